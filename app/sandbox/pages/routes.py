"""Which view answers which address. GitLab's addresses are `<namespace>/-/<rest>`.

The trap it avoids: project and group paths have any number of segments, so the namespace is split off at `/-/` first
and only then the rest is matched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from app.sandbox.http import Response
from app.sandbox.pages.views import authorize, boards, faults, files, groups, items, lists, projects, start, tools
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import Container

Answer = Callable[[], Response]
Route = tuple[str, re.Pattern[str], Callable[..., Response]]


def _routes(*rows: tuple[str, str, Callable[..., Response]]) -> list[Route]:
    return [(method, re.compile(pattern), view) for method, pattern, view in rows]


_TOOLS = _routes(
    ("POST", r"act-as", start.act_as),
    ("GET", r"deliveries", tools.deliveries),
    ("GET", r"deliveries/(?P<number>[0-9]{1,9})", tools.delivery),
    ("POST", r"deliveries/(?P<number>[0-9]{1,9})/resend", tools.resend),
    ("GET", r"faults", faults.show),
    ("POST", r"faults", faults.change),
    ("GET", r"journal", tools.journal),
    ("GET", r"journal/(?P<number>[0-9]{1,9})", tools.journal_entry),
)
_OAUTH = _routes(("GET", r"authorize", authorize.ask), ("POST", r"authorize", authorize.answer))
_PROJECT = _routes(
    ("GET", r"", projects.overview),
    ("GET", r"boards", boards.first),
    ("GET", r"boards/(?P<number>[0-9]{1,9})", boards.board),
    ("GET", r"(?:issues|work_items)", lists.issues),
    ("GET", r"(?:issues|work_items)/new", items.new),
    ("POST", r"(?:issues|work_items)/new", items.create),
    ("GET", r"(?:issues|work_items)/(?P<number>[0-9]{1,9})", items.show),
    ("POST", r"(?:issues|work_items)/(?P<number>[0-9]{1,9})", items.change),
    ("GET", r"milestones", lists.milestones),
    ("GET", r"milestones/(?P<number>[0-9]{1,9})", lists.milestone),
    ("GET", r"labels", lists.labels),
    ("GET", r"(?:project_members)", lists.members),
    ("GET", r"tree/(?P<tail>.+)", files.tree),
    ("GET", r"blob/(?P<tail>.+)", files.blob),
    ("GET", r"raw/(?P<tail>.+)", files.raw),
    ("GET", r"edit/(?P<tail>.+)", files.edit),
    ("POST", r"edit/(?P<tail>.+)", files.save),
    ("GET", r"commits(?:/(?P<tail>.*))?", files.commits),
    ("GET", r"commit/(?P<sha>[0-9a-f]{6,64})", files.commit),
    ("GET", r"wikis(?:/(?P<slug>.*))?", projects.wiki),
)
_GROUP = _routes(
    ("GET", r"", groups.overview),
    ("GET", r"epics", lists.epics),
    ("GET", r"issues", lists.issues),
    ("GET", r"(?:epics|work_items)/(?P<number>[0-9]{1,9})", items.show),
    ("POST", r"(?:epics|work_items)/(?P<number>[0-9]{1,9})", items.change),
    ("GET", r"epic_boards", boards.first_epic),
    ("GET", r"epic_boards/(?P<number>[0-9]{1,9})", boards.board),
    ("GET", r"boards", boards.first),
    ("GET", r"boards/(?P<number>[0-9]{1,9})", boards.board),
    ("GET", r"milestones", lists.milestones),
    ("GET", r"milestones/(?P<number>[0-9]{1,9})", lists.milestone),
    ("GET", r"labels", lists.labels),
    ("GET", r"group_members", lists.members),
)


def find_view(visit: Visit, path: str) -> Answer:
    """The view that answers, with its arguments bound. Raises Hidden when the address leads nowhere for this viewer."""
    path = "/" + path.strip("/")
    if path == "/":
        return partial(start.start, visit)
    if path.startswith("/-/sandbox/"):
        return _match(visit, _TOOLS, path.removeprefix("/-/sandbox/"))
    if path.startswith("/oauth/"):
        return _match(visit, _OAUTH, path.removeprefix("/oauth/"))
    where, _, rest = path[1:].partition("/-/")
    if where.startswith("groups/"):
        return _match(visit, _GROUP, rest, visit.group(where.removeprefix("groups/")))
    if rest or visit.world.project_by_path(where):
        return _match(visit, _PROJECT, rest, visit.project(where))
    if visit.world.group_by_path(where):
        return _match(visit, _GROUP, rest, visit.group(where))
    return partial(start.profile, visit, where)


def _match(visit: Visit, routes: list[Route], rest: str, *home: Container) -> Answer:
    method = "GET" if visit.request.method == "HEAD" else visit.request.method
    for allowed, pattern, view in routes:
        if allowed == method and (match := pattern.fullmatch(rest)):
            found: dict[str, Any] = {k: int(v) if k == "number" else v or "" for k, v in match.groupdict().items()}
            return partial(view, visit, *home, **found)
    raise Hidden("page")
