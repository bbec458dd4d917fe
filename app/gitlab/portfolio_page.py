"""The page about all partners: a wiki page of the control project, or an issue there where the wiki is switched off.

Not its README, for a commit to the control project makes every partner be looked at. The trap: two pages after a create
that got no answer. Each look finds the page by its address, or the issue by its mark and author, before it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.gitlab.client import Client
from app.gitlab.errors import Missing
from app.gitlab.instance import Instance
from app.journey import markers
from app.journey.observed import Place
from app.journey.prose.portfolio_page import PORTFOLIO_PAGE


class PortfolioPage:
    """Reads and writes the page. Every verb raises GitLabError."""

    def __init__(self, client: Client, instance: Instance, place: Place) -> None:
        self._client = client
        self._instance = instance
        self._project = "/projects/" + place.control.replace("/", "%2F")

    def renew(self, planned: Callable[[str | None], str | None]) -> bool:
        """Writes what `planned` makes of the present text (None: no page); returns whether anything was written.

        Two requests when nothing is to be written, one more else (https://docs.gitlab.com/api/wikis/).
        """
        project = self._client.get(self._project)
        return self._issue(planned) if project["wiki_access_level"] == "disabled" else self._wiki(planned)

    def _wiki(self, planned: Callable[[str | None], str | None]) -> bool:
        pages = f"{self._project}/wikis"
        try:
            seen: str | None = self._client.get(f"{pages}/{PORTFOLIO_PAGE}")["content"]
        except Missing:
            seen = None
        text = planned(seen)
        if text is None:
            return False
        if seen is None:
            self._client.post(pages, title=PORTFOLIO_PAGE, content=text)
        else:
            self._client.put(f"{pages}/{PORTFOLIO_PAGE}", content=text)
        return True

    def _issue(self, planned: Callable[[str | None], str | None]) -> bool:
        issues = f"{self._project}/issues"
        found = self._client.list(issues, state="opened", search=PORTFOLIO_PAGE, **{"in": "title"})
        mine = next((issue for issue in found if self._is_ours(issue)), None)
        text = planned(mine["description"] if mine else None)
        if text is None:
            return False
        if mine is None:
            self._client.post(issues, title=PORTFOLIO_PAGE, description=text)
        else:
            self._client.put(f"{issues}/{mine['iid']}", description=text)
        return True

    def _is_ours(self, issue: dict[str, Any]) -> bool:
        by_bot = issue["author"]["username"] == self._instance.bot_username
        return by_bot and markers.find("page", issue["description"] or "") == "portfolio"
