"""Lists: issues, epics, milestones, labels, members.

The trap it avoids: a filter that forgets what it filtered by. State and labels stay in the address, so a list can be
sent to somebody else.
"""

from __future__ import annotations

from urllib.parse import urlencode

from app.sandbox import operations, permissions
from app.sandbox.http import Response
from app.sandbox.pages import rendering
from app.sandbox.pages.chips import chip_of
from app.sandbox.pages.references import labels_of
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import Container, Member, Milestone, WorkItem, records_of

PAGE = 50
STATES = ("opened", "closed", "all")


def issues(visit: Visit, home: Container) -> Response:
    """`/-/issues?state=opened|closed|all&label_name[]=...&search=...&page=2`."""
    return _listing(visit, home, ["ISSUE", "INCIDENT", "TASK"], "Issues", "issues")


def epics(visit: Visit, home: Container) -> Response:
    """`/groups/<path>/-/epics`, with the same filters."""
    return _listing(visit, home, ["EPIC"], "Epics", "epics")


def _listing(visit: Visit, home: Container, types: list[str], title: str, tab: str) -> Response:
    state = visit.query("state", "opened")
    state = state if state in STATES else "opened"
    labels = [x for x in (*visit.query_all("label_name[]"), *visit.query_all("label_name")) if x]
    search = visit.query("search").strip()
    matching = [x for x in visit.items(home, types) if _has_labels(visit, x, labels) and _mentions(x, search)]
    shown = [x for x in matching if state in ("all", x.state)]
    pages = max((len(shown) + PAGE - 1) // PAGE, 1)
    number = min(max(int(visit.query("page")), 1), pages) if visit.query("page").isdecimal() else 1
    kept = [("label_name[]", x) for x in labels] + ([("search", search)] if search else [])

    def address(**changes: str) -> str:
        return "?" + urlencode([*changes.items(), *kept])

    counts = {s: sum(1 for x in matching if s in ("all", x.state)) for s in STATES}
    rows = shown[(number - 1) * PAGE : number * PAGE]
    values = {"rows": rows, "state": state, "counts": counts, "labels": labels, "search": search}
    return rendering.page(
        visit, "items.html", title=title, home=home, tab=tab, address=address, number=number, pages=pages, **values
    )


def _has_labels(visit: Visit, item: WorkItem, titles: list[str]) -> bool:
    own = {visit.world.labels[i].title.lower() for i in item.label_ids if i in visit.world.labels}
    return all(title.lower() in own for title in titles)


def _mentions(item: WorkItem, search: str) -> bool:
    return search.lower() in item.title.lower() or search.lower() in item.description.lower()


def milestones(visit: Visit, home: Container) -> Response:
    """`/-/milestones`."""
    found = [(m, *_progress(visit, home, m)) for m in operations.available_milestones(visit.world, home)]
    found.sort(key=lambda row: (row[0].state != "active", row[0].due_date is None, row[0].due_date, row[0].id))
    return rendering.page(visit, "milestones.html", title="Milestones", home=home, tab="milestones", rows=found)


def milestone(visit: Visit, home: Container, number: int) -> Response:
    """`/-/milestones/<iid>` with its issues."""
    found = next((m for m in records_of(home, visit.world.milestones) if m.iid == number), None)
    if found is None:
        raise Hidden("milestone")
    closed, opened = _progress(visit, home, found)
    values = {"milestone": found, "opened": opened, "closed": closed}
    return rendering.page(visit, "milestone.html", title=found.title, home=home, tab="milestones", **values)


def _progress(visit: Visit, home: Container, milestone: Milestone) -> tuple[list[WorkItem], list[WorkItem]]:
    """(closed, open) items of a milestone that the viewer may see."""
    items = [x for x in visit.items(home, ["ISSUE", "INCIDENT", "TASK", "EPIC"]) if x.milestone_id == milestone.id]
    return [x for x in items if x.state == "closed"], [x for x in items if x.state == "opened"]


def labels(visit: Visit, home: Container) -> Response:
    """`/-/labels`: own and inherited."""
    found = [(x, chip_of(x, scoped=visit.world.licensed)) for x in labels_of(visit.world, home)]
    return rendering.page(visit, "labels.html", title="Labels", home=home, tab="labels", rows=found)


def members(visit: Visit, home: Container) -> Response:
    """Everybody with a role here; each person once, with the highest role, and where it comes from."""
    world = visit.world
    best: dict[int, Member] = {}
    for member in permissions.members_of(world, home):
        if member.user_id not in best or best[member.user_id].access_level < member.access_level:
            best[member.user_id] = member
    rows = [(world.users[m.user_id], m, m in home.members) for m in best.values() if m.user_id in world.users]
    rows.sort(key=lambda row: (-row[1].access_level, row[0].name.lower()))
    return rendering.page(visit, "members.html", title="Members", home=home, tab="members", rows=rows)
