"""The pages that people read: the portfolio, one partner, what waits for whom, numbers, health.

The trap: a page that is open to everybody by mistake. Each asks for its visitor first, who is a signed-in architect.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from app.journey.picture import render_picture, spoken
from app.journey.standing import Standing
from app.web.filtering import Wanted
from app.web.protection import picture_headers
from app.web.sessions import NotSignedIn, local_path
from app.web.site import Site

PAGE_SIZE = 50


def page_router(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_portfolio(router, site)
    _add_partner(router, site)
    _add_overviews(router, site)
    return router


def _add_portfolio(router: APIRouter, site: Site) -> None:
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
        selection = site.portfolio.selection(wanted, order)
        pages = max(1, -(-len(selection.rows) // PAGE_SIZE))
        page = min(page, pages)
        rows = selection.rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        query = vars(wanted) | {"order": "" if order == "stage" else order}
        return site.page(
            "portfolio.html", visitor=visitor, selection=selection, rows=rows, wanted=wanted, order=order, page=page,
            pages=pages, query=query,
        )  # fmt: skip


def _add_partner(router: APIRouter, site: Site) -> None:
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


def _add_overviews(router: APIRouter, site: Site) -> None:
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
