"""Milestones of projects and groups (https://docs.gitlab.com/api/milestones/)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import UNSET, check_filled, one_container, require, require_visible
from app.sandbox.world import Container, Group, Milestone, Project, User, World, belonging_to, records_of


def available_milestones(world: World, container: Container) -> list[Milestone]:
    """Those that items of this project or group can carry: its own and those of all groups above."""
    found = [milestone for place in world.lineage(container) for milestone in records_of(place, world.milestones)]
    return sorted(found, key=lambda milestone: milestone.id)


def create_milestone(
    world: World,
    actor: User,
    *,
    title: str,
    project: Project | None = None,
    group: Group | None = None,
    description: str | None = None,
    due_date: date | None = None,
    start_date: date | None = None,
) -> Milestone:
    """Planner and up. Raises Invalid for a blank or taken title or a due date before the start date."""
    container = one_container(world, project, group)
    _require_admin(world, actor, container)
    _check(world, container, title, start_date, due_date)
    now = world.clock()
    container.milestone_counter += 1
    milestone = Milestone(
        id=world.ids.next("milestone"),
        iid=container.milestone_counter,
        title=title,
        description=description,
        state="active",
        created_at=now,
        updated_at=now,
        start_date=start_date,
        due_date=due_date,
        **belonging_to(container),
    )
    world.milestones[milestone.id] = milestone
    webhooks.milestone_changed(world, milestone, "create")
    return milestone


def update_milestone(
    world: World,
    actor: User,
    milestone: Milestone,
    *,
    title: str = UNSET,
    description: str | None = UNSET,
    due_date: date | None = UNSET,
    start_date: date | None = UNSET,
    state_event: Literal["close", "activate"] = UNSET,
) -> Milestone:
    """Planner and up. Closing and reopening tell the hooks, other changes do not. Raises Invalid, Forbidden."""
    container = world.container_of(milestone)
    _require_admin(world, actor, container)
    if state_event is not UNSET and state_event not in ("close", "activate"):
        raise Invalid("state_event does not have a valid value")
    new_title = milestone.title if title is UNSET else title
    new_start = milestone.start_date if start_date is UNSET else start_date
    new_due = milestone.due_date if due_date is UNSET else due_date
    _check(world, container, new_title, new_start, new_due, ignoring=milestone)
    milestone.title, milestone.start_date, milestone.due_date = new_title, new_start, new_due
    if description is not UNSET:
        milestone.description = description
    milestone.updated_at = world.clock()
    if state_event == "close" and milestone.state == "active":
        milestone.state = "closed"
        webhooks.milestone_changed(world, milestone, "close")
    elif state_event == "activate" and milestone.state == "closed":
        milestone.state = "active"
        webhooks.milestone_changed(world, milestone, "reopen")
    return milestone


def delete_milestone(world: World, actor: User, milestone: Milestone) -> None:
    """Planner and up. The milestone leaves all items."""
    container = world.container_of(milestone)
    _require_admin(world, actor, container)
    webhooks.milestone_changed(world, milestone, "delete")
    del world.milestones[milestone.id]
    for item in world.work_items.values():
        if item.milestone_id == milestone.id:
            item.milestone_id = None


def _require_admin(world: World, actor: User, container: Container) -> None:
    require_visible(world, actor, container)
    require(permissions.can_admin_milestones(world, actor, container))


def _check(
    world: World,
    container: Container,
    title: str,
    start: date | None,
    due: date | None,
    ignoring: Milestone | None = None,
) -> None:
    check_filled("title", title)
    if any(other.title == title and other is not ignoring for other in available_milestones(world, container)):
        raise Invalid({"title": ["already being used for another group or project milestone."]})
    if start is not None and due is not None and due < start:
        raise Invalid({"due_date": ["must be greater than start date"]})
