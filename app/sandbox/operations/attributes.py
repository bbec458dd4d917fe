"""Setting the attributes of a work item, one function each: validate, change, write the line of history.

Nobody's rights are checked here and no webhook is made: `work_items` does both around these.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.sandbox import permissions
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import add_system_note, check_filled
from app.sandbox.operations.hierarchy import children_of
from app.sandbox.operations.labels import apply_labels, available_labels
from app.sandbox.operations.milestones import available_milestones
from app.sandbox.world import LabelEvent, MilestoneEvent, User, WorkItem, World


def check_title(title: str) -> None:
    """Raises Invalid."""
    check_filled("title", title)
    if len(title) > 255:
        raise Invalid({"title": ["is too long (maximum is 255 characters)"]})


def check_description(world: World, description: str) -> None:
    """Raises Invalid above GitLab's limit of characters."""
    limit = world.limits.description_characters
    if len(description) > limit:
        raise Invalid({"description": [f"is too long (maximum is {limit} characters)"]})


def check_dates(start: date | None, due: date | None) -> None:
    """Raises Invalid when the due date is before the start date."""
    if start is not None and due is not None and due < start:
        raise Invalid({"due_date": ["must be greater than or equal to start date"]})


def check_weight(weight: int | None) -> None:
    """Raises Invalid below 0."""
    if weight is not None and weight < 0:
        raise Invalid({"weight": ["must be greater than or equal to 0"]})


def check_confidential(world: World, item: WorkItem, confidential: bool) -> None:
    """Raises Invalid where a parent would be more confidential than its child."""
    parent = world.work_items.get(item.parent_id) if item.parent_id is not None else None
    if not confidential and parent is not None and parent.confidential:
        raise Invalid(
            {"confidential": ["associated parent is confidential and can not have non-confidential children."]}
        )
    children = children_of(world, item)
    if confidential and any(not child.confidential for child in children):
        raise Invalid({"confidential": ["all child items must be confidential in order to turn on confidentiality."]})


def set_title(world: World, actor: User, item: WorkItem, title: str) -> None:
    check_title(title)
    title = title.strip()
    if title != item.title:
        add_system_note(world, actor, item, "title", f"changed title from **{item.title}** to **{title}**")
        item.title = title
        item.lock_version += 1


def set_description(world: World, actor: User, item: WorkItem, description: str) -> None:
    check_description(world, description)
    if description != item.description:
        add_system_note(world, actor, item, "description", "changed the description")
        item.description = description
        item.lock_version += 1
        item.last_edited_at, item.last_edited_by_id = world.clock(), actor.id


def set_labels(world: World, actor: User, item: WorkItem, add: Iterable[int], remove: Iterable[int]) -> None:
    """Ids that are not available here are passed over in silence, as GitLab does."""
    available = {label.id for label in available_labels(world, world.container_of(item))}
    before = list(item.label_ids)
    item.label_ids = apply_labels(world, before, [label_id for label_id in add if label_id in available], remove)
    now = world.clock()
    for label_id in item.label_ids:
        if label_id not in before:
            item.label_events.append(LabelEvent(world.ids.next("label_event"), actor.id, label_id, "add", now))
    for label_id in before:
        if label_id not in item.label_ids:
            item.label_events.append(LabelEvent(world.ids.next("label_event"), actor.id, label_id, "remove", now))


def set_assignees(world: World, actor: User, item: WorkItem, user_ids: Iterable[int]) -> None:
    """Who cannot see the project or group is passed over; without a licence only the first one stays."""
    container = world.container_of(item)
    users = [world.users[user_id] for user_id in dict.fromkeys(user_ids) if user_id in world.users]
    wanted = [user.id for user in users if permissions.can_read_container(world, user, container)]
    if not world.licensed:
        wanted = wanted[:1]
    before, item.assignee_ids = item.assignee_ids, wanted
    added = _mentions(world, [user_id for user_id in wanted if user_id not in before])
    gone = _mentions(world, [user_id for user_id in before if user_id not in wanted])
    parts = ([f"assigned to {added}"] if added else []) + ([f"unassigned {gone}"] if gone else [])
    if parts:
        add_system_note(world, actor, item, "assignee", " and ".join(parts))


def set_milestone(world: World, actor: User, item: WorkItem, milestone_id: int | None) -> None:
    """A milestone that is not available here means none, as on GitLab."""
    available = {milestone.id for milestone in available_milestones(world, world.container_of(item))}
    wanted = milestone_id if milestone_id in available else None
    if wanted == item.milestone_id:
        return
    now = world.clock()
    if item.milestone_id is not None:
        event = MilestoneEvent(world.ids.next("milestone_event"), actor.id, item.milestone_id, "remove", now)
        item.milestone_events.append(event)
    if wanted is not None:
        item.milestone_events.append(MilestoneEvent(world.ids.next("milestone_event"), actor.id, wanted, "add", now))
    item.milestone_id = wanted


def set_dates(world: World, actor: User, item: WorkItem, start: date | None, due: date | None) -> None:
    """Raises as `check_dates`."""
    check_dates(start, due)
    for noun, before, after in (("start", item.start_date, start), ("due", item.due_date, due)):
        if before != after:
            text = f"changed {noun} date to {after:%B} {after.day}, {after.year}" if after else f"removed {noun} date"
            add_system_note(world, actor, item, "start_date_or_due_date", text)
    item.start_date, item.due_date = start, due


def set_weight(world: World, actor: User, item: WorkItem, weight: int | None) -> None:
    """Premium and Ultimate; elsewhere passed over. Raises as `check_weight`."""
    if not world.licensed or weight == item.weight:
        return
    check_weight(weight)
    text = f"set weight to **{weight}**" if weight is not None else "removed the weight"
    add_system_note(world, actor, item, "weight", text)
    item.weight = weight


def set_confidential(world: World, actor: User, item: WorkItem, confidential: bool) -> None:
    """Raises as `check_confidential`."""
    if confidential == item.confidential:
        return
    check_confidential(world, item, confidential)
    noun = item.type.lower()
    text = f"made the {noun} confidential" if confidential else f"made the {noun} visible to everyone"
    add_system_note(world, actor, item, "confidential" if confidential else "visible", text)
    item.confidential = confidential


def set_locked(world: World, actor: User, item: WorkItem, locked: bool) -> None:
    if locked == bool(item.discussion_locked):
        return
    verb = "locked" if locked else "unlocked"
    add_system_note(world, actor, item, verb, f"{verb} the discussion in this {item.type.lower()}")
    item.discussion_locked = locked


def _mentions(world: World, user_ids: list[int]) -> str:
    return " ".join(f"@{world.users[user_id].username}" for user_id in user_ids)
