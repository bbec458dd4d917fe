"""Which work items a list holds, and in which order (https://docs.gitlab.com/api/graphql/reference/#namespaceworkitems).

The trap this avoids: a filter that is read loosely. `labelName` needs *all* its labels, `or.labelNames` one of them,
times include their bounds, and an item that the user may not read is not counted either.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from graphql import GraphQLError

from app.sandbox import permissions
from app.sandbox.graphql.connections import Key
from app.sandbox.graphql.context import Context
from app.sandbox.graphql.resolvers.namespaces import below
from app.sandbox.world import Container, Milestone, Project, WorkItem

Test = Callable[[WorkItem], bool]

_FAR = 9e15
"""Sorts items without a date behind all others, in both directions, as GitLab does."""


def select(request: Context, home: Container, arguments: dict[str, Any]) -> list[WorkItem]:
    """The readable items of a container that pass every filter given (names as in the schema)."""
    groups, projects = _scope(request, home, arguments)
    tests = _tests(request, {name: value for name, value in arguments.items() if value is not None})
    table = request.world.work_items
    found = [item for number in projects for item in table.where("project_id", number) if all(t(item) for t in tests)]
    found += [item for number in groups for item in table.where("group_id", number) if all(t(item) for t in tests)]
    return [item for item in found if permissions.can_read_item(request.world, request.user, item)]


def _scope(request: Context, home: Container, arguments: dict[str, Any]) -> tuple[set[int], set[int]]:
    """The ids of the groups and of the projects whose items count."""
    flags = {name: bool(arguments.pop(name, False)) for name in _SCOPE}
    world = request.world
    if isinstance(home, Project):
        return set(), {home.id}
    deep = flags["includeDescendants"] or flags["includeDescendantWorkItems"]
    groups = below(request, home) if deep else {home.id}
    projects = {each.id for number in groups for each in world.projects.where("group_id", number)} if deep else set()
    if flags["includeAncestors"]:
        groups |= {each.id for each in world.ancestors(home)}
    return set() if flags["excludeGroupWorkItems"] else groups, set() if flags["excludeProjects"] else projects


_SCOPE = (
    "excludeGroupWorkItems",
    "excludeProjects",
    "includeAncestors",
    "includeDescendants",
    "includeDescendantWorkItems",
)


def _tests(request: Context, given: dict[str, Any]) -> list[Test]:
    places = given.pop("in", None) or ["TITLE", "DESCRIPTION"]
    tests: list[Test] = []
    for name, value in given.items():
        if name == "search":
            tests.append(_search(value, places))
        elif name == "not":
            tests += [_refuse(_FILTERS[each](request, part)) for each, part in _parts(value)]
        elif name == "or":
            tests += [_EITHER[each](request, part) for each, part in _parts(value)]
        elif name in _MOMENTS:
            tests.append(_moment(name, value))
        else:
            tests.append(_FILTERS[name](request, value))
    return tests


def _parts(value: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, part) for name, part in value.items() if part is not None]


def _refuse(test: Test) -> Test:
    return lambda item: not test(item)


def _search(text: str, places: list[str]) -> Test:
    words = text.lower().split()

    def test(item: WorkItem) -> bool:
        haystack = (
            (item.title if "TITLE" in places else "") + "\n" + (item.description if "DESCRIPTION" in places else "")
        )
        return all(word in haystack.lower() for word in words)

    return test


_MOMENTS = {
    f"{prefix}{bound}": (attribute, bound)
    for prefix, attribute in (
        ("closed", "closed_at"),
        ("created", "created_at"),
        ("due", "due_date"),
        ("updated", "updated_at"),
    )
    for bound in ("After", "Before")
}


def _moment(name: str, limit: datetime) -> Test:
    attribute, bound = _MOMENTS[name]

    def test(item: WorkItem) -> bool:
        value: datetime | date | None = getattr(item, attribute)
        if value is None:
            return False
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
        return moment >= limit if bound == "After" else moment <= limit

    return test


def _labels(request: Context, titles: list[str]) -> Test:
    """Every title must be carried; `None` and `Any` stand for no label and any label."""
    if [each.lower() for each in titles] == ["none"]:
        return lambda item: not item.label_ids
    if [each.lower() for each in titles] == ["any"]:
        return lambda item: bool(item.label_ids)
    sets = [_ids(request, title) for title in titles]
    return lambda item: all(not ids.isdisjoint(item.label_ids) for ids in sets)


def _any_label(request: Context, titles: list[str]) -> Test:
    ids = {number for title in titles for number in _ids(request, title)}
    return lambda item: not ids.isdisjoint(item.label_ids)


def _ids(request: Context, title: str) -> set[int]:
    return {each.id for each in request.world.labels.values() if each.title == title}


def _users(request: Context, names: list[str]) -> set[int]:
    return {user.id for name in names if (user := request.world.user_by_name(name)) is not None}


def _assignees(request: Context, names: list[str]) -> Test:
    """All of them must be assigned."""
    wanted = [_users(request, [name]) for name in names]
    return lambda item: all(bool(ids) and not ids.isdisjoint(item.assignee_ids) for ids in wanted)


def _any_assignee(request: Context, names: list[str]) -> Test:
    ids = _users(request, names)
    return lambda item: not ids.isdisjoint(item.assignee_ids)


def _authors(request: Context, names: str | list[str]) -> Test:
    ids = _users(request, [names] if isinstance(names, str) else names)
    return lambda item: item.author_id in ids


def _milestone_titles(request: Context, titles: list[str]) -> Test:
    ids = {each.id for each in request.world.milestones.values() if each.title in titles}
    return lambda item: item.milestone_id in ids


def _milestone_wildcard(request: Context, wildcard: str) -> Test:
    today = request.world.clock().date()

    def fits(milestone: Milestone | None) -> bool:
        if wildcard in ("NONE", "ANY"):
            return (milestone is not None) == (wildcard == "ANY")
        if milestone is None or milestone.state != "active" or milestone.start_date is None:
            return False
        ends = milestone.due_date or date.max
        return milestone.start_date <= today <= ends if wildcard == "STARTED" else milestone.start_date > today

    return lambda item: fits(request.world.milestones.get(item.milestone_id or 0))


def _state(_request: Context, wanted: str) -> Test:
    if wanted == "locked":
        return lambda item: bool(item.discussion_locked)
    return lambda item: wanted in ("all", item.state)


def _among(attribute: str) -> Callable[[Context, Any], Test]:
    def build(_request: Context, values: Any) -> Test:
        wanted = {getattr(each, "number", each) for each in values}
        return lambda item: getattr(item, attribute) in wanted

    return build


def _iids(_request: Context, values: str | list[str]) -> Test:
    wanted = {values} if isinstance(values, str) else set(values)
    return lambda item: str(item.iid) in wanted


_FILTERS: dict[str, Callable[[Context, Any], Test]] = {
    "assigneeUsernames": _assignees,
    "assigneeWildcardId": lambda _, wildcard: lambda item: bool(item.assignee_ids) == (wildcard == "ANY"),
    "authorUsername": _authors,
    "confidential": lambda _, wanted: lambda item: item.confidential == wanted,
    "ids": _among("id"),
    "iid": _iids,
    "iids": _iids,
    "labelName": _labels,
    "milestoneTitle": _milestone_titles,
    "milestoneWildcardId": _milestone_wildcard,
    "parentIds": _among("parent_id"),
    "parentWildcardId": lambda _, wildcard: lambda item: (item.parent_id is not None) == (wildcard == "ANY"),
    "state": _state,
    "types": _among("type"),
}
_EITHER: dict[str, Callable[[Context, Any], Test]] = {
    "assigneeUsernames": _any_assignee,
    "authorUsernames": _authors,
    "labelNames": _any_label,
}

_SORTS: dict[str, Callable[[WorkItem], Any]] = {
    "CLOSED_AT": lambda item: item.closed_at,
    "CREATED": lambda item: item.created_at,
    "DUE_DATE": lambda item: item.due_date,
    "RELATIVE_POSITION": lambda item: item.relative_position,
    "START_DATE": lambda item: item.start_date,
    "UPDATED": lambda item: item.updated_at,
}


def sort_key(sort: str) -> Callable[[WorkItem], Key]:
    """The key for a WorkItemSort in capitals. Raises GraphQLError for an order that the sandbox does not know."""
    name, _, direction = sort.rpartition("_")
    sign = -1 if direction == "DESC" else 1
    if name == "TITLE":
        return lambda item: (_turned(item.title.lower(), sign), sign * item.id)
    value_of = _SORTS.get(name)
    if value_of is None:
        raise GraphQLError(f"The sandbox cannot sort work items by {sort}")
    return lambda item: (_number(value_of(item), sign), sign * item.id)


def _number(value: Any, sign: int) -> float:
    if value is None:
        return _FAR
    if isinstance(value, datetime):
        return sign * value.timestamp()
    return float(sign * (value.toordinal() if isinstance(value, date) else value))


def _turned(text: str, sign: int) -> list[int]:
    """Characters as numbers that sort backwards for a negative sign; the end of a text then sorts behind all."""
    return [sign * ord(character) for character in text] + ([1] if sign < 0 else [])
