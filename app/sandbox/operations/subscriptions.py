"""Who hears of an item (https://docs.gitlab.com/user/profile/notifications/#subscribe-to-notifications-for-a-specific-issue-merge-request-or-epic).

The trap: nobody has to subscribe. Whoever wrote, is assigned or commented takes part and hears of it; only a choice
against that is kept.
"""

from __future__ import annotations

from app.sandbox.operations.common import require_item
from app.sandbox.world import User, WorkItem, World


def is_subscribed(item: WorkItem, user: User) -> bool:
    """What the person chose; without a choice, whether the person takes part."""
    takes_part = user.id == item.author_id or user.id in item.assignee_ids or _has_written(item, user)
    return item.subscriptions.get(user.id, takes_part)


def _has_written(item: WorkItem, user: User) -> bool:
    return any(note.author_id == user.id and not note.system for note in item.notes)


def set_subscription(world: World, actor: User, item: WorkItem, subscribed: bool) -> bool:
    """Subscribe or unsubscribe the caller; False when it was so already. Raises NotFound."""
    require_item(world, actor, item)
    changed = is_subscribed(item, actor) is not subscribed
    item.subscriptions[actor.id] = subscribed
    return changed
