"""Estimated and spent time of an issue (https://docs.gitlab.com/user/project/time_tracking/).

The trap: it is among the comments too. Each change writes a line of history, and reports are made from those.
"""

from __future__ import annotations

from app.sandbox import permissions, webhooks
from app.sandbox.durations import human
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import add_system_note, require, require_item
from app.sandbox.world import User, WorkItem, World


def set_estimate(world: World, actor: User, item: WorkItem, seconds: int) -> None:
    """0 takes the estimate away. Planner and up; raises NotFound, Forbidden."""
    text = f"changed time estimate to {human(seconds)}" if seconds else "removed time estimate"
    _set(world, actor, item, seconds, item.time_spent, text)


def spend_time(world: World, actor: User, item: WorkItem, seconds: int) -> None:
    """Less than nothing subtracts. Raises NotFound, Forbidden, Invalid when more would be taken than is there."""
    _require(world, actor, item)
    if item.time_spent + seconds < 0:
        raise Invalid({"base": ["Time to subtract exceeds the total time spent"]})
    text = f"{'added' if seconds > 0 else 'subtracted'} {human(abs(seconds))} of time spent"
    _set(world, actor, item, item.time_estimate, item.time_spent + seconds, text)


def forget_spent_time(world: World, actor: User, item: WorkItem) -> None:
    """Back to nothing. Raises NotFound, Forbidden."""
    _set(world, actor, item, item.time_estimate, 0, "removed time spent")


def _require(world: World, actor: User, item: WorkItem) -> None:
    require_item(world, actor, item)
    require(permissions.can_set_metadata(world, actor, item))


def _set(world: World, actor: User, item: WorkItem, estimate: int, spent: int, text: str) -> None:
    _require(world, actor, item)
    before = webhooks.snapshot(world, item)
    item.time_estimate, item.time_spent = estimate, spent
    if webhooks.snapshot(world, item) != before:
        item.updated_at, item.updated_by_id = world.clock(), actor.id
        add_system_note(world, actor, item, "time_tracking", text)
        webhooks.item_changed(world, actor, item, before, "update", through_issues_api=True)
