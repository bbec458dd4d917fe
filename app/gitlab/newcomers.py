"""The issues of the control project that describe new partners, and the bot's one reply in each.

The trap: a reply at every look. There is one, found by its mark, and it is edited in place when there is something else
to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.gitlab.api_paths import project_api
from app.gitlab.client import Client
from app.gitlab.ground import Ground
from app.gitlab.names import number
from app.gitlab.verdicts import circle_of
from app.journey import labels, markers
from app.journey.prose.newcomers import REPLY


@dataclass(frozen=True)
class NewcomerIssue:
    """`writers`: usernames of who opened it and who changed its description last. `reply`: id and text, if any."""

    iid: int
    description: str
    writers: frozenset[str]
    reply: tuple[str, str] | None


class NewcomerIssues:
    """Reads and answers them. Every verb raises GitLabError."""

    def __init__(self, client: Client, ground: Ground) -> None:
        self._client = client
        self._ground = ground

    def find(self) -> list[NewcomerIssue]:
        """The twenty oldest that are open. One request."""
        variables = {"control": self._ground.place.control, "label": [labels.NEWCOMER]}
        project = self._client.query("newcomers", variables)["project"]
        nodes = project["workItems"]["nodes"] if project else []
        return [self._issue(node) for node in nodes]

    def architects(self) -> frozenset[str]:
        """Usernames. One request for each hundred members."""
        circle = circle_of(self._ground.place)
        return circle.architects(self._client.list(circle.address), self._ground.place.bot)

    def answer(self, issue: NewcomerIssue, body: str) -> None:
        """The bot's reply says this from now on. At most one request (https://docs.gitlab.com/api/notes/)."""
        notes = f"{self._address(issue)}/notes"
        if issue.reply is None:
            self._client.post(notes, body=body)
        elif issue.reply[1] != body:
            self._client.put(f"{notes}/{number(issue.reply[0])}", body=body)

    def close(self, issue: NewcomerIssue) -> None:
        """One request."""
        self._client.put(self._address(issue), state_event="close")

    def _address(self, issue: NewcomerIssue) -> str:
        return f"{project_api(self._ground.place.control)}/issues/{issue.iid}"

    def _issue(self, node: dict[str, Any]) -> NewcomerIssue:
        widgets: dict[str, Any] = {}
        for widget in node["widgets"]:
            widgets |= widget
        editor = widgets.get("lastEditedBy") or node["author"]
        bot = self._ground.place.bot
        replies = (
            (str(note["id"]), str(note["body"]))
            for note in (widgets.get("notes") or {"nodes": []})["nodes"]
            if (note["author"] or {}).get("username") == bot and markers.find("comment", note["body"]) == REPLY
        )
        return NewcomerIssue(
            iid=int(node["iid"]),
            description=widgets.get("description") or "",
            writers=frozenset({str(node["author"]["username"]), str(editor["username"])}),
            reply=next(replies, None),
        )
