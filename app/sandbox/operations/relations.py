"""Items among each other: links, duplicates, moves (https://docs.gitlab.com/api/issue_links/).

The trap this shows: moved and duplicate items are *closed*, and look done to whoever only reads the state.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Literal, TypeAlias, get_args

from app.sandbox import permissions, webhooks
from app.sandbox.addresses import reference
from app.sandbox.errors import Conflict, Forbidden, Invalid, NotFound
from app.sandbox.operations import attributes
from app.sandbox.operations.common import add_system_note, require, require_item, require_visible
from app.sandbox.operations.labels import available_labels
from app.sandbox.operations.milestones import available_milestones
from app.sandbox.operations.work_items import change_state
from app.sandbox.world import GUEST, PLANNER, Project, User, WorkItem, World

LinkType: TypeAlias = Literal["relates_to", "blocks", "is_blocked_by"]
LINK_TYPES: tuple[LinkType, ...] = get_args(LinkType)
_OPPOSITE: dict[LinkType, LinkType] = {"blocks": "is_blocked_by", "is_blocked_by": "blocks", "relates_to": "relates_to"}
_LINKED: dict[LinkType, str] = {
    "relates_to": "marked this issue as related to",
    "blocks": "marked this issue as blocking",
    "is_blocked_by": "marked this issue as blocked by",
}


def linked_ids(item: WorkItem, link_type: LinkType) -> list[int]:
    """The ids of what the item is linked to in this way; the item's own list, to be changed in place."""
    if link_type == "relates_to":
        return item.linked_ids
    return item.blocks_ids if link_type == "blocks" else item.blocked_by_ids


def links_of(world: World, item: WorkItem) -> list[tuple[WorkItem, LinkType]]:
    """Everything that the item is linked to, as the item sees it: it blocks, is blocked by or relates to the other."""
    pairs = [(world.work_items.get(number), kind) for kind in LINK_TYPES for number in linked_ids(item, kind)]
    return [(other, kind) for other, kind in pairs if other is not None]


def create_issue_link(
    world: World, actor: User, item: WorkItem, other: WorkItem, link_type: LinkType = "relates_to"
) -> None:
    """Link two items, both ways; Guest and up on both sides. Raises NotFound, Conflict when they are linked.

    Blocking needs a licence (https://docs.gitlab.com/user/project/issues/related_issues/): Forbidden without.
    """
    require_item(world, actor, item)
    if link_type != "relates_to" and not world.licensed:
        raise Forbidden("Blocked issues not available for current license")
    if not permissions.can_read_item(world, actor, other) or not _is_guest(world, actor, other):
        raise NotFound("No matching issue found. Make sure that you are adding a valid issue URL.")
    require(_is_guest(world, actor, item))
    if other is item or any(row is other for row, _kind in links_of(world, item)):
        raise Conflict("Issue(s) already assigned")
    for one, two, kind in ((item, other, link_type), (other, item, _OPPOSITE[link_type])):
        linked_ids(one, kind).append(two.id)
        add_system_note(world, actor, one, "relate", f"{_LINKED[kind]} {reference(world, two)}")


def delete_issue_link(world: World, actor: User, item: WorkItem, other: WorkItem) -> None:
    """Raises NotFound when the two are not linked, Forbidden."""
    require_item(world, actor, item)
    kind = next((kind for row, kind in links_of(world, item) if row is other), None)
    if kind is None:
        raise NotFound
    require(_is_guest(world, actor, item))
    linked_ids(item, kind).remove(other.id)
    linked_ids(other, _OPPOSITE[kind]).remove(item.id)
    add_system_note(world, actor, item, "unrelate", f"removed the relation with {reference(world, other)}")
    add_system_note(world, actor, other, "unrelate", f"removed the relation with {reference(world, item)}")


def mark_duplicate(world: World, actor: User, item: WorkItem, of: WorkItem) -> WorkItem:
    """Close the item as a duplicate of another, and link the two. Raises NotFound, Forbidden, Invalid."""
    require_item(world, actor, item)
    require_item(world, actor, of)
    require(permissions.can_update_item(world, actor, item) and permissions.can_comment(world, actor, of))
    if of is item:
        raise Invalid("An issue cannot be a duplicate of itself")
    add_system_note(world, actor, item, "duplicate", f"marked this issue as a duplicate of {reference(world, of)}")
    add_system_note(world, actor, of, "duplicate", f"marked {reference(world, item)} as a duplicate of this issue")
    if of.id not in item.linked_ids:
        item.linked_ids.append(of.id)
        of.linked_ids.append(item.id)
    change_state(world, actor, item, "close", duplicate_of=of)
    return item


def move_issue(world: World, actor: User, item: WorkItem, target_project: Project) -> WorkItem:
    """Close the issue and open a copy with its comments elsewhere; labels and milestone follow by title.

    Planner and up in both projects. Raises NotFound, Invalid (400, also for a missing right, as on GitLab).
    """
    require_item(world, actor, item)
    require_visible(world, actor, target_project)
    if item.project_id is None or item.type not in ("ISSUE", "INCIDENT"):
        raise Invalid("Cannot move issues of '" + item.type.lower() + "' type.")
    if item.project_id == target_project.id:
        raise Invalid("Cannot move issue to project it originates from!")
    levels = [permissions.access_level(world, actor, p) for p in (world.projects[item.project_id], target_project)]
    if min(levels) < PLANNER or item.moved_to_id is not None or not permissions.issues_enabled(target_project):
        raise Invalid("Cannot move issue due to insufficient permissions!")
    copy = _copy_to(world, item, target_project)
    attributes.set_assignees(world, actor, copy, item.assignee_ids)
    add_system_note(world, actor, copy, "moved", f"moved from {reference(world, item)}")
    add_system_note(world, actor, item, "moved", f"moved to {reference(world, copy)}")
    item.moved_to_id = copy.id
    change_state(world, actor, item, "close", moved_to=copy)
    webhooks.item_opened(world, actor, copy)
    return copy


def _copy_to(world: World, item: WorkItem, target: Project) -> WorkItem:
    titles = {world.labels[label_id].title for label_id in item.label_ids}
    milestone = world.milestones.get(item.milestone_id) if item.milestone_id is not None else None
    target.issue_counter += 1
    now = world.clock()
    copy = WorkItem(
        id=world.ids.next("work_item"),
        iid=target.issue_counter,
        type=item.type,
        title=item.title,
        description=item.description,
        author_id=item.author_id,
        created_at=item.created_at,
        updated_at=now,
        project_id=target.id,
        confidential=item.confidential,
        label_ids=[label.id for label in available_labels(world, target) if label.title in titles],
        milestone_id=next(
            (m.id for m in available_milestones(world, target) if milestone and m.title == milestone.title), None
        ),
        due_date=item.due_date,
        start_date=item.start_date,
        weight=item.weight,
    )
    for note in item.notes:
        twin = deepcopy(note)
        twin.id, twin.discussion_id = world.ids.next("note"), world.ids.hex(40)
        copy.notes.append(twin)
    world.work_items[copy.id] = copy
    return copy


def _is_guest(world: World, actor: User, item: WorkItem) -> bool:
    return permissions.access_level(world, actor, world.container_of(item)) >= GUEST
