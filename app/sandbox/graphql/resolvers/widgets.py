"""Widgets: the parts that a work item has by its type and the licence.

The trap this avoids: a widget that is asked for and silently empty. A widget that the licence or the type does not give
is not in the list at all, so `widgets(onlyTypes: [STATUS])` is `[]` without a licence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from graphql import GraphQLError

from app.sandbox import operations, permissions
from app.sandbox.durations import human
from app.sandbox.graphql import context
from app.sandbox.graphql.connections import Connection, in_order, paginate
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.registry import TYPES_OF, field
from app.sandbox.graphql.resolvers.labels import by_title
from app.sandbox.world import Milestone, User, WorkItem, World

_NAMES = {
    "ASSIGNEES": "WorkItemWidgetAssignees",
    "AWARD_EMOJI": "WorkItemWidgetAwardEmoji",
    "DESCRIPTION": "WorkItemWidgetDescription",
    "HEALTH_STATUS": "WorkItemWidgetHealthStatus",
    "HIERARCHY": "WorkItemWidgetHierarchy",
    "LABELS": "WorkItemWidgetLabels",
    "LINKED_ITEMS": "WorkItemWidgetLinkedItems",
    "MILESTONE": "WorkItemWidgetMilestone",
    "NOTES": "WorkItemWidgetNotes",
    "START_AND_DUE_DATE": "WorkItemWidgetStartAndDueDate",
    "STATUS": "WorkItemWidgetStatus",
    "TIME_TRACKING": "WorkItemWidgetTimeTracking",
    "WEIGHT": "WorkItemWidgetWeight",
}


@dataclass
class Widget:
    """One part of an item, named as in WorkItemWidgetType."""

    kind: str
    item: WorkItem


@dataclass
class Linked:
    """Another item, and how the asked one is linked to it."""

    item: WorkItem
    kind: operations.LinkType


_FILTERS: dict[operations.LinkType, str] = {"relates_to": "RELATED", "blocks": "BLOCKS", "is_blocked_by": "BLOCKED_BY"}


TYPES_OF["WorkItemWidget"] = lambda widget: _NAMES[widget.kind]


def kinds_of(world: World, item: WorkItem) -> list[str]:
    """Which widgets an item has. Status: issues and tasks with a licence; weight: those and epics; health: Ultimate."""
    without = set() if world.licensed else {"STATUS", "WEIGHT"}
    if world.tier != "ultimate":
        without.add("HEALTH_STATUS")
    if item.type not in ("ISSUE", "TASK"):
        without.add("STATUS")
    return [kind for kind in _NAMES if kind not in without]


@field("WorkItem.widgets")
def widgets(source: WorkItem, info: Info, **arguments: Any) -> list[Widget]:
    """The widgets of an item, limited to or without the given types."""
    only, others = arguments.get("onlyTypes"), arguments.get("exceptTypes")
    if only is not None and others is not None:
        raise GraphQLError("Only one of [exceptTypes, onlyTypes] arguments is allowed at the same time.")
    return [
        Widget(kind, source)
        for kind in kinds_of(context.of(info).world, source)
        if (only is None or kind in only) and (others is None or kind not in others)
    ]


def _kind(source: Widget, _info: Info) -> str:
    return source.kind


for _name in _NAMES.values():
    field(f"{_name}.type")(_kind)


@field("WorkItemWidgetDescription.description")
def description(source: Widget, _info: Info) -> str:
    return source.item.description


@field("WorkItemWidgetDescription.edited")
def edited(source: Widget, _info: Info) -> bool:
    return source.item.last_edited_at is not None


@field("WorkItemWidgetDescription.lastEditedAt")
def last_edited_at(source: Widget, _info: Info) -> datetime | None:
    return source.item.last_edited_at


@field("WorkItemWidgetDescription.lastEditedBy")
def last_edited_by(source: Widget, info: Info) -> User | None:
    return context.of(info).world.users.get(source.item.last_edited_by_id or 0)


_BOX = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[([ xX])\]\s", re.MULTILINE)


@field("WorkItemWidgetDescription.taskCompletionStatus")
def task_completion_status(source: Widget, _info: Info) -> tuple[int, int]:
    """The check boxes of the description: how many are ticked, how many there are."""
    boxes = _BOX.findall(source.item.description + "\n")
    return sum(box != " " for box in boxes), len(boxes)


@field("TaskCompletionStatus.completedCount")
def completed_count(source: tuple[int, int], _info: Info) -> int:
    return source[0]


@field("TaskCompletionStatus.count")
def task_count(source: tuple[int, int], _info: Info) -> int:
    return source[1]


@field("WorkItemWidgetLabels.labels")
def labels(source: Widget, info: Info, **page: Any) -> Connection:
    known = context.of(info).world.labels
    return paginate([known[each] for each in source.item.label_ids if each in known], by_title, **page)


@field("WorkItemWidgetLabels.allowsScopedLabels", "WorkItemWidgetAssignees.allowsMultipleAssignees")
def licensed(_source: Widget, info: Info) -> bool:
    return context.of(info).world.licensed


@field("WorkItemWidgetAssignees.assignees")
def assignees(source: Widget, info: Info, **page: Any) -> Connection:
    known = context.of(info).world.users
    found = [known[each] for each in source.item.assignee_ids if each in known]
    return paginate(found, lambda user: (user.name.lower(), user.id), **page)


@field("WorkItemWidgetAssignees.canInviteMembers")
def can_invite_members(source: Widget, info: Info) -> bool:
    request = context.of(info)
    home = request.world.container_of(source.item)
    return permissions.can_manage_members(request.world, request.user, home)


@field("WorkItemWidgetMilestone.milestone")
def milestone(source: Widget, info: Info) -> Milestone | None:
    return context.of(info).world.milestones.get(source.item.milestone_id or 0)


@field("WorkItemWidgetStartAndDueDate.dueDate")
def due_date(source: Widget, _info: Info) -> date | None:
    return source.item.due_date


@field("WorkItemWidgetStartAndDueDate.startDate")
def start_date(source: Widget, _info: Info) -> date | None:
    return source.item.start_date


@field("WorkItemWidgetStartAndDueDate.isFixed")
def is_fixed(_source: Widget, _info: Info) -> bool:
    """Dates are always set by hand in the sandbox, never rolled up."""
    return True


@field("WorkItemWidgetStartAndDueDate.rollUp")
def roll_up(source: Widget, _info: Info) -> bool:
    return source.item.type == "EPIC"


@field("WorkItemWidgetHealthStatus.healthStatus")
def health_status(_source: Widget, _info: Info) -> None:
    """Nobody sets one in the sandbox."""


@field("WorkItemWidgetTimeTracking.timeEstimate")
def time_estimate(source: Widget, _info: Info) -> int:
    return source.item.time_estimate


@field("WorkItemWidgetTimeTracking.totalTimeSpent")
def total_time_spent(source: Widget, _info: Info) -> int:
    return source.item.time_spent


@field("WorkItemWidgetTimeTracking.humanReadableAttributes")
def human_readable(source: Widget, _info: Info) -> Widget:
    return source


@field("WorkItemWidgetTimeTrackingHumanReadableAttributes.timeEstimate")
def human_estimate(source: Widget, _info: Info) -> str | None:
    return human(source.item.time_estimate)


@field("WorkItemWidgetTimeTrackingHumanReadableAttributes.totalTimeSpent")
def human_time_spent(source: Widget, _info: Info) -> str | None:
    return human(source.item.time_spent)


@field("WorkItemWidgetWeight.weight")
def weight(source: Widget, _info: Info) -> int | None:
    return source.item.weight


@field("WorkItemWidgetLinkedItems.linkedItems")
def linked_items(source: Widget, info: Info, **arguments: Any) -> Connection:
    """Linked items that the user may read, of one type where `filter` says so."""
    request, wanted = context.of(info), arguments.pop("filter", None)
    found = [
        Linked(item, kind)
        for item, kind in operations.links_of(request.world, source.item)
        if wanted in (None, _FILTERS[kind]) and request.readable(item) is not None
    ]
    return in_order(found, **arguments)


@field("LinkedWorkItemType.linkType")
def link_type(source: Linked, _info: Info) -> str:
    return source.kind


@field("LinkedWorkItemType.workItem")
def linked_item(source: Linked, _info: Info) -> WorkItem:
    return source.item
