"""Parents and children of work items (https://docs.gitlab.com/user/group/epics/manage_epics/).

The trap this covers: an epic can only be the parent of issues in its own group or in groups below, and a confidential
epic takes confidential children only.
"""

from __future__ import annotations

from app.sandbox import permissions
from app.sandbox.addresses import reference, short_reference
from app.sandbox.errors import Forbidden, Invalid, NotFound
from app.sandbox.operations.common import add_system_note
from app.sandbox.world import GUEST, User, WorkItem, World

MAXIMUM_CHILDREN = 5_000
MAXIMUM_EPIC_DEPTH = 7
_CHILD_TYPES = {"EPIC": {"EPIC", "ISSUE"}, "ISSUE": {"TASK"}, "INCIDENT": {"TASK"}, "TASK": set[str]()}


def checked_parent(world: World, actor: User, item: WorkItem, parent_id: int) -> WorkItem:
    """The parent, if the item may get it.

    Raises NotFound for what the actor does not see, Forbidden for an epic without a licence, Invalid otherwise.
    """
    parent = world.work_items.get(parent_id)
    if parent is None or not permissions.can_read_item(world, actor, parent):
        raise NotFound
    if parent.type == "EPIC" and not world.licensed:
        raise Forbidden
    if permissions.access_level(world, actor, world.container_of(parent)) < GUEST:
        raise NotFound
    _check_kinds(world, item, parent)
    _check_place(world, item, parent)
    if parent.confidential and not item.confidential:
        raise _refused(
            item,
            parent,
            "cannot assign a non-confidential item to a confidential parent. Make it confidential and try again",
        )
    if len(children_of(world, parent)) >= MAXIMUM_CHILDREN:
        raise _refused(item, parent, "parent already has maximum number of children.")
    return parent


def set_parent(world: World, actor: User, item: WorkItem, parent_id: int | None) -> None:
    """Move the item under another parent or, with None, out. Raises as `checked_parent`."""
    if parent_id == item.parent_id:
        return
    parent = checked_parent(world, actor, item, parent_id) if parent_id is not None else None
    former = world.work_items.get(item.parent_id) if item.parent_id is not None else None
    item.parent_id = parent.id if parent else None
    world.work_items.file(item.id)
    noun = item.type.lower()
    if former is not None:
        text = f"removed parent {former.type.lower()} {reference(world, former)}"
        add_system_note(world, actor, item, "unrelate_from_parent", text)
        text = f"removed child {noun} {reference(world, item)}"
        add_system_note(world, actor, former, "unrelate_from_child", text)
    if parent is not None:
        text = f"added {reference(world, parent)} as parent {parent.type.lower()}"
        add_system_note(world, actor, item, "relate_to_parent", text)
        text = f"added {reference(world, item)} as child {noun}"
        add_system_note(world, actor, parent, "relate_to_child", text)


def move_child(world: World, actor: User, child: WorkItem, neighbour: WorkItem, *, after: bool) -> None:
    """Put a child right after or right before one of its siblings. Raises Invalid for no sibling, Forbidden.

    Planner and up in the parent's group (https://docs.gitlab.com/api/epic_issues/#reorder-issues-in-an-epic).
    """
    parent = world.work_items.get(child.parent_id or 0)
    if parent is None or neighbour is child or neighbour.parent_id != child.parent_id:
        raise Invalid("400 Bad request - Issue could not be moved!")
    if not permissions.can_update_item(world, actor, parent):
        raise Forbidden
    rows = children_of(world, parent)
    rows.remove(child)
    rows.insert(rows.index(neighbour) + after, child)
    for position, item in enumerate(rows, 1):
        item.relative_position = position


def children_of(world: World, parent: WorkItem) -> list[WorkItem]:
    """Direct children in the order that people gave them, oldest first without one, regardless of who looks."""
    return sorted(world.work_items.where("parent_id", parent.id), key=lambda child: (child.relative_position, child.id))


def _check_kinds(world: World, item: WorkItem, parent: WorkItem) -> None:
    if item.type not in _CHILD_TYPES[parent.type]:
        raise _refused(item, parent, "it's not allowed to add this type of parent item")
    if item.type == "EPIC" and world.tier != "ultimate":
        raise Forbidden
    depth, current = 1, parent
    while current.parent_id is not None:
        if current.parent_id == item.id or current.id == item.id:
            raise _refused(item, parent, "it's already present in this item's hierarchy")
        current, depth = world.work_items[current.parent_id], depth + 1
    if current.id == item.id:
        raise _refused(item, parent, "it's already present in this item's hierarchy")
    if item.type == "EPIC" and depth >= MAXIMUM_EPIC_DEPTH:
        raise _refused(item, parent, "reached maximum depth")


def _check_place(world: World, item: WorkItem, parent: WorkItem) -> None:
    if parent.group_id is None:
        if item.project_id != parent.project_id:
            raise _refused(item, parent, "parent must be in the same project or group as child.")
        return
    group_id = item.group_id
    if item.project_id is not None:
        group_id = world.projects[item.project_id].group_id
    if group_id is None or parent.group_id not in {group.id for group in world.ancestors(world.groups[group_id])}:
        raise _refused(item, parent, "the parent must be in the item's group or in a group above it")


def _refused(item: WorkItem, parent: WorkItem, why: str) -> Invalid:
    return Invalid(f"#{item.iid} cannot be added to {short_reference(parent)}: {why}")
