"""The issues of the control project that carry the weekly digests: one for each solution architect, assigned to him.

The trap: a comment posted twice, after a crash or by two processes. Only GitLab knows what was posted, so the newest
comments are looked through for the week's mark before one is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.gitlab.api_paths import project_api
from app.gitlab.client import Client
from app.gitlab.instance import Instance
from app.journey import markers
from app.journey.observed import Place
from app.journey.prose.digest import DIGEST_WORD, digest_description, digest_title


@dataclass(frozen=True)
class DigestIssue:
    """`wanted`: False when somebody has closed it, which means that he wants no digest."""

    iid: int
    wanted: bool


class DigestIssues:
    """Reads and writes them. Every verb raises GitLabError."""

    def __init__(self, client: Client, instance: Instance, place: Place) -> None:
        self._client = client
        self._instance = instance
        self._issues = f"{project_api(place.control)}/issues"

    def find(self) -> dict[str, DigestIssue]:
        """Username in lower case -> the oldest issue. One request (https://docs.gitlab.com/api/issues/)."""
        rows = self._client.list(
            self._issues, author_username=self._instance.bot_username, search=DIGEST_WORD, sort="asc", **{"in": "title"}
        )
        found: dict[str, DigestIssue] = {}
        for row in rows:
            whose = markers.find("digest", row["description"] or "")
            if whose is not None and self._by_bot(row):
                found.setdefault(whose.casefold(), DigestIssue(int(row["iid"]), row["state"] == "opened"))
        return found

    def open(self, sa: str) -> DigestIssue | None:
        """A new issue for an architect; None when GitLab has no active user of that name. Two requests."""
        users = [u for u in self._client.get("/users", username=sa) if u["state"] == "active"]
        if not users:
            return None
        issue = self._client.post(
            self._issues, title=digest_title(sa), description=digest_description(sa), assignee_ids=[users[0]["id"]]
        )
        return DigestIssue(int(issue["iid"]), wanted=True)

    def has(self, issue: DigestIssue, mark: str) -> bool:
        """Whether one of the hundred newest comments is the bot's and has this mark. One request."""
        notes = self._client.get(f"{self._issues}/{issue.iid}/notes", sort="desc", order_by="created_at", per_page=100)
        return any(self._by_bot(note) and markers.find("comment", note["body"]) == mark for note in notes)

    def comment(self, issue: DigestIssue, body: str) -> None:
        """One request."""
        self._client.post(f"{self._issues}/{issue.iid}/notes", body=body)

    def _by_bot(self, row: dict[str, Any]) -> bool:
        return bool(row["author"]["username"] == self._instance.bot_username)
