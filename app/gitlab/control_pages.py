"""Pages of the control project for solution architects: wiki pages, or issues there where the wiki is switched off.

Not files, for a commit to the control project makes every partner be looked at. The trap: two pages after a create that
got no answer. Each look finds the page by its address, or the issue by its mark and author, before it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.gitlab.api_paths import project_api
from app.gitlab.client import Client
from app.gitlab.errors import Missing
from app.gitlab.instance import Instance
from app.journey import markers
from app.journey.observed import Place

Planned = Callable[[str | None], str | None]
"""From a page's present text (None: no page) to its new text (None: nothing changes)."""


class ControlPages:
    """Reads and writes pages. Every verb raises GitLabError."""

    def __init__(self, client: Client, instance: Instance, place: Place) -> None:
        self._client = client
        self._instance = instance
        self._project = project_api(place.control)

    def renew(self, title: str, page: str, planned: Planned) -> bool:
        """Writes what `planned` makes of the page; returns whether anything was written.

        `page`: the value of its mark `page`, by which a stand-in issue is found. Two requests when nothing is to be
        written, one more else (https://docs.gitlab.com/api/wikis/).
        """
        project = self._client.get(self._project)
        if project["wiki_access_level"] == "disabled":
            return self._issue(title, page, planned)
        return self._wiki(title, planned)

    def _wiki(self, title: str, planned: Planned) -> bool:
        pages = f"{self._project}/wikis"
        address = f"{pages}/{title.replace(' ', '-')}"
        try:
            seen: str | None = self._client.get(address)["content"]
        except Missing:
            seen = None
        text = planned(seen)
        if text is None:
            return False
        if seen is None:
            self._client.post(pages, title=title, content=text)
        else:
            self._client.put(address, content=text)
        return True

    def _issue(self, title: str, page: str, planned: Planned) -> bool:
        issues = f"{self._project}/issues"
        found = self._client.list(issues, state="opened", search=title, **{"in": "title"})
        mine = next((issue for issue in found if self._is_ours(issue, page)), None)
        text = planned(mine["description"] if mine else None)
        if text is None:
            return False
        if mine is None:
            self._client.post(issues, title=title, description=text)
        else:
            self._client.put(f"{issues}/{mine['iid']}", description=text)
        return True

    def _is_ours(self, issue: dict[str, Any], page: str) -> bool:
        by_bot = issue["author"]["username"] == self._instance.bot_username
        return by_bot and markers.find("page", issue["description"] or "") == page
