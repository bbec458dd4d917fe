"""Items among each other: links, duplicates, moves (https://docs.gitlab.com/api/issue_links/).

The trap this shows: moved and duplicate items are *closed*, and look done to whoever only reads the state.
"""

from __future__ import annotations

from copy import deepcopy

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Conflict, Invalid, NotFound
from app.sandbox.operations import attributes
from app.sandbox.operations.common import add_system_note, require, require_item, require_visible
from app.sandbox.operations.hierarchy import reference
from app.sandbox.operations.labels import available_labels
from app.sandbox.operations.milestones import available_milestones
from app.sandbox.operations.work_items import change_state
from app.sandbox.world import GUEST, PLANNER, Project, User, WorkItem, World


def create_issue_link(world: World, actor: User, item: WorkItem, other: WorkItem) -> None:
    """Link two items as related, both ways; Guest and up on both sides. Raises NotFound, Conflict when linked."""
    require_item(world, actor, item)
    if not permissions.can_read_item(world, actor, other) or not _is_guest(world, actor, other):
        raise NotFound("No matching issue found. Make sure that you are adding a valid issue URL.")
    require(_is_guest(world, actor, item))
    if other is item or other.id in item.linked_ids:
        raise Conflict("Issue(s) already assigned")
    _link(world, actor, item, other)


def delete_issue_link(world: World, actor: User, item: WorkItem, other: WorkItem) -> None:
    """Raises NotFound when the two are not linked, Forbidden."""
    require_item(world, actor, item)
    if other.id not in item.linked_ids:
        raise NotFound
    require(_is_guest(world, actor, item))
    item.linked_ids.remove(other.id)
    other.linked_ids.remove(item.id)
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


def _link(world: World, actor: User, item: WorkItem, other: WorkItem) -> None:
    item.linked_ids.append(other.id)
    other.linked_ids.append(item.id)
    add_system_note(world, actor, item, "relate", f"marked this issue as related to {reference(world, other)}")
    add_system_note(world, actor, other, "relate", f"marked this issue as related to {reference(world, item)}")


def _is_guest(world: World, actor: User, item: WorkItem) -> bool:
    return permissions.access_level(world, actor, permissions.container_of(world, item)) >= GUEST
