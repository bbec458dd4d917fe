"""The portfolio site: what its pages and tables have in common.

Nothing is shown before GitLab has said who reads and that this person is in the group. Pages read what reconciles left
behind; only a partner's own page may ask GitLab anew, when the bot has just changed something there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fastapi import HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from app.engine.desired import DesiredState
from app.engine.queue import Queue
from app.engine.reconcile import Reconciler
from app.engine.standings import Standings
from app.engine.store import Store
from app.engine.watch import Watch
from app.gitlab.client import Client
from app.gitlab.errors import GitLabError
from app.gitlab.ground import Ground
from app.journey.picture import Picture
from app.journey.standing import Standing, standing_picture
from app.journey.tables import MEDIA_TYPES, Kind, Table, exported
from app.settings import Settings
from app.web.health import Health
from app.web.portfolio import Portfolio
from app.web.protection import page_headers
from app.web.rendering import render
from app.web.sessions import NotSignedIn, Sessions, Visitor

if TYPE_CHECKING:
    from app.gitlab.signin import SignIn


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
