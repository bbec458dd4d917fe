"""Parents and children of work items.

The trap this avoids: telling of an item through its relatives. A parent that the user may not read is null and a
child is left out, yet `hasParent` and `hasChildren` say that something is there, as on GitLab.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.sandbox import operations
from app.sandbox.graphql import context
from app.sandbox.graphql.connections import Connection, in_order
from app.sandbox.graphql.context import Context, Info
from app.sandbox.graphql.registry import field
from app.sandbox.graphql.resolvers.widgets import Widget
from app.sandbox.graphql.resolvers.work_items import TYPES, ItemType, count_states
from app.sandbox.world import WorkItem

_DESCENDANTS = {"EPIC": ("EPIC", "ISSUE", "TASK"), "ISSUE": ("TASK",), "INCIDENT": ("TASK",), "TASK": ()}
"""Which types an item may have below it."""


@field("WorkItemWidgetHierarchy.parent")
def parent(source: Widget, info: Info) -> WorkItem | None:
    request = context.of(info)
    return request.readable(request.world.work_items.get(source.item.parent_id or 0))


@field("WorkItemWidgetHierarchy.hasParent")
def has_parent(source: Widget, _info: Info) -> bool:
    return source.item.parent_id is not None


@field("WorkItemWidgetHierarchy.hasChildren")
def has_children(source: Widget, info: Info) -> bool:
    return bool(operations.children_of(context.of(info).world, source.item))


@field("WorkItemWidgetHierarchy.children")
def children(source: Widget, info: Info, **arguments: Any) -> Connection:
    """Direct children in the order that people gave them."""
    state = arguments.pop("state", None)
    wanted = {"OPEN": "opened", "CLOSED": "closed"}.get(state or "")
    found = [each for each in context.of(info).children(source.item) if wanted in (None, each.state)]
    return in_order(found, **arguments)


@field("WorkItemWidgetHierarchy.ancestors")
def ancestors(source: Widget, info: Info, **arguments: Any) -> Connection:
    """The parent, its parent and so on, the topmost first."""
    request, current = context.of(info), source.item
    found: list[WorkItem] = []
    while current.parent_id is not None:
        above = request.readable(request.world.work_items.get(current.parent_id))
        if above is None:
            break
        found.insert(0, above)
        current = above
    return in_order(found, **arguments)


@field("WorkItemWidgetHierarchy.rolledUpCountsByType")
def rolled_up_counts(source: Widget, info: Info) -> list[tuple[ItemType, dict[str, int]]]:
    """Items at any depth below, counted by type and state; a type that may occur is listed even with none."""
    everything = list(_below(context.of(info), source.item))
    return [
        (TYPES[key], count_states([each for each in everything if each.type == key]))
        for key in _DESCENDANTS[source.item.type]
    ]


def _below(request: Context, item: WorkItem) -> Iterator[WorkItem]:
    for child in request.children(item):
        yield child
        yield from _below(request, child)


@field("WorkItemTypeCountsByState.workItemType")
def counted_type(source: tuple[ItemType, dict[str, int]], _info: Info) -> ItemType:
    return source[0]


@field("WorkItemTypeCountsByState.countsByState")
def counts(source: tuple[ItemType, dict[str, int]], _info: Info) -> dict[str, int]:
    return source[1]
