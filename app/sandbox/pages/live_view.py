"""GitLab Query Language in a text: a table of the issues and epics that it finds, as its reader may see them.

Language and fields: https://docs.gitlab.com/user/glql/ and its page on fields. The sandbox knows the part about work
items, and shows the source with the reason where a view asks for more. The traps it avoids: a view that shows what its
reader may not see (everything is looked up as the reader), and a view that leaves a condition out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from app.sandbox import addresses, permissions
from app.sandbox.pages.chips import chip_of
from app.sandbox.pages.references import References, label_address
from app.sandbox.world import WorkItem

MOST_ROWS = 100
LONGEST = 10_000
"""Characters of a view, as in https://docs.gitlab.com/api/glql/; what is beyond is not read."""
_SETTING = re.compile(r"(?P<name>[A-Za-z]\w*):(?P<value>.*)")
_TERM = re.compile(
    r"""\s*(?P<field>\w+)\s*(?P<operator>!=|=|\bin\b)\s*"""
    r"""(?P<value>\([^()]*\)|~?"[^"]*"|~?'[^']*'|[~@%]?[\w.:/-]+(?:\(\))?)\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_AND = re.compile(r"and\b", re.IGNORECASE)
_ALIASES = {
    "labels": "label", "assignees": "assignee", "updatedat": "updated", "createdat": "created", "opened": "created",
    "openedat": "created", "closedat": "closed", "duedate": "due",
}  # fmt: skip


class NotUnderstoodError(ValueError):
    """The view asks for something that the sandbox does not know; its text says what."""


@dataclass(frozen=True)
class Term:
    """One condition. `values` without quotes and sigils, in lower case."""

    field: str
    operator: str
    values: tuple[str, ...]

    def holds(self, found: set[str]) -> bool:
        """`=` asks for all values, `in` for one of them, `!=` for none (GitLab's table of operators)."""
        wanted = set(self.values)
        if wanted <= {"none", "null"}:
            return (not found) == (self.operator != "!=")
        if wanted == {"any"}:
            return bool(found) == (self.operator != "!=")
        if self.operator == "=":
            return wanted <= found
        return bool(wanted & found) == (self.operator == "in")


def live_table(source: str, references: References) -> Markup:
    """The table, or a sentence when nothing is found. Raises NotUnderstoodError."""
    view = _view(source)
    terms = _terms(view["query"])
    columns = [_column(name) for name in view.get("fields", "title").split(",")]
    items = [item for item in _reach(terms, references) if all(_holds(term, item, references) for term in terms)]
    items = _sorted(items, view.get("sort", "created desc"))[: _limit(view.get("limit", str(MOST_ROWS)))]
    if not items:
        return Markup("<p>No data found for this query.</p>")
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(title) for title, _ in columns)
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(cell(item, references)) for _, cell in columns)
        )
        for item in items
    )
    table = '<table tabindex="0"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    return Markup(table).format(head, rows)  # noqa: S704 - the table's own tags; head and rows are escaped


def _view(source: str) -> dict[str, str]:
    """The settings of the view. A reader of lines, not of YAML: what strangers write must not be able to grow."""
    view: dict[str, str] = {}
    name = ""
    for line in source[:LONGEST].splitlines():
        if setting := _SETTING.fullmatch(line):
            name = setting["name"].lower()
            view[name] = setting["value"].strip()
        elif name and line[:1].isspace():
            view[name] = f"{view[name]} {line.strip()}".lstrip(">|- ")
        elif line.strip():
            raise NotUnderstoodError(f"the line {line[:30]!r}")
    if not view.get("query"):
        raise NotUnderstoodError("a view without `query`")
    if view.get("display", "table") != "table":
        raise NotUnderstoodError(f"the display `{view['display']}`")
    return view


def _terms(query: str) -> list[Term]:
    found: list[Term] = []
    position = 0
    while True:
        match = _TERM.match(query, position)
        if match is None:
            raise NotUnderstoodError(f"the condition at {query[position : position + 30]!r}")
        name = _canonical(match["field"])
        if name not in _PLACES and name not in _FIELDS:
            raise NotUnderstoodError(f"the field `{name}`")
        values = tuple(_bare(value) for value in _list(match["value"]))
        found.append(Term(name, match["operator"].lower(), values))
        position = match.end()
        if position == len(query):
            return found
        joint = _AND.match(query, position)
        if joint is None:
            raise NotUnderstoodError(f"{query[position : position + 30]!r}")
        position = joint.end()


def _canonical(name: str) -> str:
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)


def _list(value: str) -> list[str]:
    return value[1:-1].split(",") if value.startswith("(") else [value]


def _bare(value: str) -> str:
    return value.strip().lstrip("~@%").strip("\"'").lower()


def _reach(terms: list[Term], references: References) -> list[WorkItem]:
    """What the reader may see of the group (with all below it) or the project that the view names, else of its home."""
    world, home = references.world, references.home
    named = {term.field: term.values[0] for term in terms if term.field in _PLACES}
    at = named.get("project") or named.get("group") or world.path_of(home)
    below = "project" not in named
    return [
        item
        for item in world.work_items.values()
        if _within(world.path_of(world.container_of(item)).lower(), at.lower(), below)
        and permissions.can_read_item(world, references.viewer, item)
    ]


def _within(path: str, at: str, below: bool) -> bool:
    return path == at or (below and path.startswith(f"{at}/"))


def _holds(term: Term, item: WorkItem, references: References) -> bool:
    if term.field in _PLACES:
        return True  # already taken by `_reach`
    me = references.viewer.username.lower()
    meant = Term(term.field, term.operator, tuple(me if value == "currentuser()" else value for value in term.values))
    return meant.holds({value.lower() for value in _FIELDS[term.field](item, references)})


def _milestones(item: WorkItem, references: References) -> set[str]:
    found = references.world.milestones.get(item.milestone_id or 0)
    return {found.title} if found else set()


_PLACES = frozenset({"group", "project"})
_FIELDS: dict[str, Callable[[WorkItem, References], set[str]]] = {
    "type": lambda item, _: {item.type},
    "state": lambda item, _: {item.state, "all"},
    "label": lambda item, at: {at.world.labels[i].title for i in item.label_ids if i in at.world.labels},
    "assignee": lambda item, at: {at.world.users[i].username for i in item.assignee_ids if i in at.world.users},
    "author": lambda item, at: {at.world.users[i].username for i in (item.author_id,) if i in at.world.users},
    "milestone": _milestones,
}


def _limit(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value[:9]) <= MOST_ROWS:
        raise NotUnderstoodError(f"the limit {value[:30]!r}")
    return int(value)


def _sorted(items: list[WorkItem], by: str) -> list[WorkItem]:
    name, _, way = by.strip().lower().partition(" ")
    key = _SORTS.get(_canonical(name))
    if key is None or way.strip() not in ("", "asc", "desc"):
        raise NotUnderstoodError(f"the order {by!r}")
    known = [item for item in items if key(item) is not None]
    return sorted(known, key=key, reverse=way.strip() == "desc") + [item for item in items if key(item) is None]


_SORTS: dict[str, Callable[[WorkItem], Any]] = {
    "title": lambda item: item.title.lower(),
    "created": lambda item: item.created_at,
    "updated": lambda item: item.updated_at,
    "closed": lambda item: item.closed_at,
    "due": lambda item: item.due_date,
}


# The cells --------------------------------------------------------------------------------------------------------

Cell = Callable[[WorkItem, References], object]


def _column(name: str) -> tuple[str, Cell]:
    cell = _CELLS.get(_canonical(name))
    if cell is None:
        raise NotUnderstoodError(f"the column `{name.strip()}`")
    return name.strip().capitalize(), cell


def _title(item: WorkItem, references: References) -> Markup:
    return Markup('<a href="{}">{}</a>').format(addresses.of_item(references.world, item), item.title)


def _labels(item: WorkItem, references: References) -> Markup:
    world = references.world
    home = world.container_of(item)
    found = sorted((world.labels[i] for i in item.label_ids if i in world.labels), key=lambda x: x.title.lower())
    return Markup(" ").join(
        chip_of(label, scoped=world.licensed).html(label_address(world, home, label.title)) for label in found
    )


def _people(user_ids: Sequence[int], references: References) -> str:
    users = references.world.users
    return ", ".join(users[i].name for i in user_ids if i in users)


def _day(value: date | datetime | None) -> str:
    return "" if value is None else f"{value.day} {value:%b %Y}"


_CELLS: dict[str, Cell] = {
    "title": _title,
    "label": _labels,
    "assignee": lambda item, references: _people(item.assignee_ids, references),
    "author": lambda item, references: _people([item.author_id], references),
    "milestone": lambda item, references: ", ".join(_milestones(item, references)),
    "state": lambda item, _: "Open" if item.state == "opened" else "Closed",
    "type": lambda item, _: item.type.capitalize(),
    "id": lambda item, references: addresses.reference(references.world, item),
    "updated": lambda item, _: _day(item.updated_at),
    "created": lambda item, _: _day(item.created_at),
    "closed": lambda item, _: _day(item.closed_at),
    "due": lambda item, _: _day(item.due_date),
}
