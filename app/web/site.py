"""The portfolio site: pages for solution architects, and every table as CSV and JSON.

Nothing is shown before GitLab has said who reads and that this person is in the group. Pages read what reconciles left
behind; only a partner's own page may ask GitLab anew, when the bot has just changed something there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware

from app.engine.desired import DesiredState
from app.engine.queue import Queue
from app.engine.reconcile import Reconciler
from app.engine.standings import Standings
from app.engine.store import Store
from app.engine.watch import Watch
from app.gitlab.client import Client
from app.gitlab.errors import GitLabError
from app.gitlab.ground import Ground
from app.gitlab.verdicts import circle_of
from app.journey.overview import Filter
from app.journey.picture import Picture, render_picture, spoken
from app.journey.standing import Standing, standing_picture
from app.journey.tables import MEDIA_TYPES, Kind, Table, exported
from app.settings import Settings
from app.web.health import Health
from app.web.portfolio import Portfolio
from app.web.protection import page_headers, picture_headers
from app.web.rendering import address, render, static_file
from app.web.sessions import LIFE, NoArchitect, NotSignedIn, Sessions, Visitor, local_path, session_key

if TYPE_CHECKING:
    from app.gitlab.signin import SignIn

PAGE_SIZE = 50
_STATIC = {"site.css": "text/css; charset=utf-8", "local-times.js": "text/javascript; charset=utf-8"}


class SiteParts(Protocol):
    """What the site needs of the service."""

    settings: Settings
    client: Client
    ground: Ground
    store: Store
    standings: Standings
    desired: DesiredState
    reconciler: Reconciler
    queue: Queue
    watch: Watch
    signin: SignIn | None

    def clock(self) -> Any:
        """The time now, aware."""
        ...


class Site:
    """The parts of the site put together for one service."""

    def __init__(self, parts: SiteParts, health: Health) -> None:
        self.parts = parts
        self.health = health
        self.portfolio = Portfolio(parts.standings, parts.store, parts.queue, parts.clock)
        self.sessions = Sessions(parts.store, parts.signin, parts.clock) if parts.signin else None
        self.https = parts.settings.public_url.startswith("https://")

    def page(self, template: str, *, status: int = 200, visitor: Visitor | None = None, **values: object) -> Response:
        """A page with the protective headers."""
        text = render(template, visitor=visitor, now=self.parts.clock(), gitlab=self.parts.settings.url, **values)
        return HTMLResponse(text, status_code=status, headers=page_headers(https=self.https))

    def download(self, found: Table, kind: Kind) -> Response:
        """A table as a file."""
        headers = page_headers(https=self.https) | {
            "Content-Disposition": f'attachment; filename="{found.name}.{kind}"'
        }
        return Response(exported(found, kind), media_type=MEDIA_TYPES[kind], headers=headers)

    def visitor(self, request: Request) -> Visitor:
        """Who reads. Raises NotSignedIn or NoArchitect."""
        if self.sessions is None:
            raise NotSignedIn
        return self.sessions.visitor(request)

    def standing(self, slug: str) -> Standing:
        """The partner's standing; asked anew where nothing is known, or links to new issues are missing."""
        found = self.portfolio.partner(slug)
        if found is None or any(item.stage == found.stage and item.url is None for item in found.capabilities):
            try:
                return self.parts.reconciler.standing(slug)
            except GitLabError as error:
                if found is None:
                    raise HTTPException(404, f"{error.cause} {error.fix}") from None
        return found

    def picture(self, found: Standing) -> Picture | None:
        """The partner's map; None while the journey's files cannot be read."""
        try:
            partner, templates = self.parts.desired.partner(found.slug)
        except GitLabError:
            return None
        return standing_picture(templates.journey_for(partner), found, as_of=self.parts.clock().date())


def add_site(app: FastAPI, parts: SiteParts, health: Health) -> None:
    """Adds pages, sign-in and sessions to the application."""
    site = Site(parts, health)
    secret = parts.settings.oauth_secret
    if secret is not None:
        app.add_middleware(
            SessionMiddleware, secret_key=session_key(secret.get_secret_value()),
            session_cookie="__Host-journey" if site.https else "journey", max_age=int(LIFE.total_seconds()),
            same_site="lax", https_only=site.https,
        )  # fmt: skip
    app.include_router(_static(site))
    app.include_router(_signin(site))
    app.include_router(_pages(site))
    app.include_router(_tables(site))

    @app.exception_handler(NotSignedIn)
    def ask_to_sign_in(request: Request, _: Exception) -> Response:
        if request.url.path.endswith((".csv", ".json")):
            return Response("Sign in on the site first.\n", 401, media_type="text/plain")
        then = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(address("/", next="" if then == "/" else then), 303)

    @app.exception_handler(NoArchitect)
    def refuse(_: Request, error: Exception) -> Response:
        username = error.username if isinstance(error, NoArchitect) else ""
        return site.page("refused.html", status=403, username=username, circle=circle_of(parts.ground.place))


def _static(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404, "There is no such file.")
        headers = page_headers(https=site.https) | {"Cache-Control": "max-age=300"}
        return Response(static_file(name), media_type=_STATIC[name], headers=headers)

    return router


def _signin(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/signin")
    def signin(request: Request, next: str = "/") -> Response:
        if site.sessions is None or site.parts.signin is None:
            return RedirectResponse("/", 303)
        leaving = _asking(site, site.parts.signin.leave)
        if isinstance(leaving, Response):
            return leaving
        site.sessions.leave(request, leaving, next)
        return RedirectResponse(leaving.address, 303, page_headers(https=site.https))

    @router.get("/signin/callback")
    def callback(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
        if site.sessions is None or site.parts.signin is None:
            return RedirectResponse("/", 303)
        left = site.sessions.come_back(request, state)
        if left is None:
            why = "This answer of GitLab does not belong to a sign-in that this browser began a short while ago."
            return site.page("trouble.html", status=400, title="Sign in again", cause=why, fix="Begin once more here.")
        if error or not code:
            why = "GitLab did not confirm the sign-in; perhaps you chose not to allow it."
            return site.page("trouble.html", status=403, title="Not signed in", cause=why, fix="Begin once more here.")
        person = _asking(
            site,
            lambda: site.parts.signin.come_back(code, nonce=left["nonce"], verifier=left["verifier"]),  # type: ignore[union-attr]
        )
        if isinstance(person, Response):
            return person
        begun = _asking(site, lambda: site.sessions.begin(request, person))  # type: ignore[union-attr]
        if isinstance(begun, Response):
            return begun
        return RedirectResponse(local_path(left["then"]), 303, page_headers(https=site.https))

    @router.post("/signout")
    async def signout(request: Request) -> Response:
        form = parse_qs((await request.body())[:10_000].decode("utf-8", "replace"))
        token = form.get("form", [""])[0]
        if site.sessions is None or not await run_in_threadpool(site.sessions.end, request, token):
            why = "This form is not of your present session."
            return site.page("trouble.html", status=403, title="Not signed out", cause=why, fix="Open the page again.")
        return RedirectResponse("/", 303, page_headers(https=site.https))

    return router


def _asking(site: Site, ask: Callable[[], Any]) -> Any:
    """The answer, or a page that says why there is none."""
    try:
        return ask()
    except GitLabError as error:
        return site.page("trouble.html", status=502, title="GitLab did not answer", cause=error.cause, fix=error.fix)


def _filter(
    category: str = "", region: str = "", sa: str = "", stage: str = "", show: str = "", text: str = ""
) -> Filter:
    return Filter(category, region, sa, stage, show, text)


Wanted = Annotated[Filter, Depends(_filter)]


def _pages(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def start(
        request: Request,
        wanted: Wanted,
        order: str = "stage",
        page: Annotated[int, Query(ge=1)] = 1,
        next: str = "/",
    ) -> Response:
        try:
            visitor = site.visitor(request)
        except NotSignedIn:
            return site.page("welcome.html", then=local_path(next), settings=site.parts.settings, ready=site.sessions)
        picture = site.portfolio.picture(wanted, order)
        pages = max(1, -(-len(picture.rows) // PAGE_SIZE))
        page = min(page, pages)
        rows = picture.rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        query = vars(wanted) | {"order": "" if order == "stage" else order}
        return site.page(
            "portfolio.html", visitor=visitor, picture=picture, rows=rows, wanted=wanted, order=order, page=page,
            pages=pages, query=query,
        )  # fmt: skip

    @router.get("/partners/{slug}")
    def partner(request: Request, slug: str) -> Response:
        visitor = site.visitor(request)
        state = site.portfolio.state(slug)
        try:
            standing: Standing | None = site.standing(slug)
        except HTTPException:
            if not state.failures:
                return site.page("trouble.html", status=404, visitor=visitor, title="No such partner",
                                 cause=f"There is no partner {slug}.", fix="Choose one in the portfolio.")  # fmt: skip
            standing = None
        runs = site.portfolio.runs(slug, 200)
        told = [run for run in runs if run is runs[0] or run.actions or run.outcome != "ok"][:30]
        return site.page(
            "partner.html", visitor=visitor, slug=slug, standing=standing, state=state, spoken=spoken,
            picture=site.picture(standing) if standing else None,
            waits=site.portfolio.waits(slug), runs=told, quiet=len(told) < len(runs),
            timeline=site.portfolio.timeline(standing) if standing else [],
        )  # fmt: skip

    @router.get("/partners/{slug}/journey.svg")
    def picture(request: Request, slug: str) -> Response:
        site.visitor(request)
        found = site.picture(site.standing(slug))
        if found is None:
            raise HTTPException(404, "The journey's files cannot be read now; the health page says why.")
        return Response(render_picture(found), media_type="image/svg+xml", headers=picture_headers(https=site.https))

    @router.get("/queue")
    def queue(request: Request, sa: str | None = None) -> Response:
        visitor = site.visitor(request)
        names = site.portfolio.architects()
        whose = sa if sa is not None else visitor.username if visitor.username in names else ""
        items = site.portfolio.queue(whose)
        return site.page("queue.html", visitor=visitor, items=items, whose=whose, names=names)

    @router.get("/numbers")
    def numbers(request: Request) -> Response:
        return site.page("numbers.html", visitor=site.visitor(request), numbers=site.portfolio.numbers())

    @router.get("/health")
    def health(request: Request) -> Response:
        return site.page(
            "health.html", visitor=site.visitor(request), checks=site.health.checks(), parked=site.health.parked(),
            deliveries=site.health.deliveries(),
        )  # fmt: skip

    return router


def _tables(site: Site) -> APIRouter:
    """Every table of the pages at `/tables/…`, under the same name."""
    router = APIRouter(prefix="/tables", include_in_schema=False, dependencies=[Depends(site.visitor)])

    @router.get("/partners.{kind}")
    def partners(kind: Kind, wanted: Wanted, order: str = "stage") -> Response:
        return site.download(site.portfolio.partners_table(wanted, order), kind)

    @router.get("/queue.{kind}")
    def queue(kind: Kind, sa: str = "") -> Response:
        return site.download(site.portfolio.queue_table(sa), kind)

    @router.get("/{name}.{kind}")
    def others(name: str, kind: Kind) -> Response:
        makers: dict[str, Callable[[], Table]] = {
            "funnel": site.portfolio.funnel_table,
            "numbers": site.portfolio.numbers_table,
            "checks": site.health.checks_table,
            "parked": site.health.parked_table,
            "deliveries": site.health.deliveries_table,
        }
        if name not in makers:
            raise HTTPException(404, "There is no such table.")
        return site.download(makers[name](), kind)

    @router.get("/partners/{slug}/{name}.{kind}")
    def of_partner(slug: str, name: str, kind: Kind) -> Response:
        if name == "runs":
            return site.download(site.portfolio.runs_table(slug), kind)
        makers = {
            "capabilities": site.portfolio.capabilities_table, "practices": site.portfolio.practices_table,
            "timeline": site.portfolio.timeline_table,
        }  # fmt: skip
        if name not in makers:
            raise HTTPException(404, "There is no such table.")
        return site.download(makers[name](site.standing(slug)), kind)

    return router
