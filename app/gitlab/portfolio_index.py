"""Which epic (on Free: tracker issue) is whose, for a partner whose number nobody remembers.

Not by label, for people take labels away, and a second epic would be made. GitLab cannot search for a hidden mark, so
all of the bot's are read: once, and later only what is newer. The trap: reading them all for each new partner. What is
found here is a hint like any remembered number; whoever uses it looks whether it is true.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.gitlab.client import Client
from app.gitlab.instance import Instance
from app.gitlab.nodes import author_of
from app.journey import markers
from app.journey.observed import Place


@dataclass(frozen=True)
class Entry:
    """One of the bot's items. `partner`: by its mark, None where somebody took that away; `named`: in its text."""

    iid: int
    title: str
    partner: str | None
    named: frozenset[str]


def entry(node: Mapping[str, Any], place: Place) -> Entry:
    """What an item of GitLab's answer says of itself; its author is for the caller to look at."""
    text = next((w["description"] for w in node["widgets"] if w.get("description")), "")
    named = re.findall(rf"{re.escape(place.group)}/([\w.-]+)#\d", text)
    return Entry(int(node["iid"]), node["title"], markers.find("partner", text), frozenset(named))


def is_of(each: Entry, slug: str, title: str | None) -> bool:
    """By the mark. One that a person deleted is forgiven where title and text fit no other partner."""
    if each.partner is not None:
        return each.partner == slug
    return each.title == title and each.named <= {slug}


class PortfolioIndex:
    """Safe to use from several threads. Raises GitLabError."""

    def __init__(self, client: Client, instance: Instance, place: Place) -> None:
        self._client = client
        self._instance = instance
        self._place = place
        self._marked: dict[str, Entry] = {}
        self._unmarked: dict[int, Entry] = {}
        self._newest = 0
        self._lock = threading.Lock()

    def find(self, slug: str, title: str | None, *, anew: bool = False) -> str | None:
        """The number of a partner's item, the oldest of several. One request, the first time one for each hundred.

        `anew`: the last answer was wrong, so everything is read again.
        """
        with self._lock:
            if anew:
                self._marked, self._unmarked, self._newest = {}, {}, 0
            self._read()
            marked = self._marked.get(slug)
            if marked is not None:
                return str(marked.iid)
            fitting = [each.iid for each in self._unmarked.values() if is_of(each, slug, title)]
            return str(min(fitting)) if fitting else None

    def _read(self) -> None:
        """From the newest down to what is known."""
        found: list[Entry] = []
        variables = {
            "portfolio": self._place.group if self._place.epics else self._place.control,
            "types": ["EPIC" if self._place.epics else "ISSUE"],
            "author": self._instance.bot_username,
        }
        for nodes in self._client.work_items("portfolio", variables, "namespace"):
            found += [entry(node, self._place) for node in nodes if author_of(node) == self._instance.bot_id]
            if any(int(node["iid"]) <= self._newest for node in nodes):
                break
        for each in found:
            self._keep(each)
        self._newest = max([self._newest, *(each.iid for each in found)])

    def _keep(self, each: Entry) -> None:
        if each.partner is None:
            self._unmarked[each.iid] = each
        elif each.partner not in self._marked or each.iid < self._marked[each.partner].iid:
            self._marked[each.partner] = each
