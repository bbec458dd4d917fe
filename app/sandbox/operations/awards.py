"""Emoji reactions on items and comments (https://docs.gitlab.com/api/emoji_reactions/)."""

from __future__ import annotations

import re

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Invalid, NotFound
from app.sandbox.operations.common import require, require_item
from app.sandbox.world import Award, Note, User, WorkItem, World


def add_award(world: World, actor: User, item: WorkItem, name: str, note: Note | None = None) -> Award:
    """React to the item, or to one of its notes. Raises NotFound, Forbidden, Invalid for a second equal reaction."""
    require_item(world, actor, item)
    if note is not None and not permissions.can_read_note(world, actor, item, note):
        raise NotFound.of("Note")
    require(permissions.can_comment(world, actor, item))
    name = name.strip(":")
    if not re.fullmatch(r"[a-z0-9_+-]+", name):
        raise Invalid({"name": ["is not a valid emoji name"]})
    awards = _awards(item, note)
    if any(award.user_id == actor.id and award.name == name for award in awards):
        raise Invalid({"name": ["has already been taken"]})
    award = Award(world.ids.next("award"), actor.id, name, world.clock())
    awards.append(award)
    webhooks.awarded(world, actor, item, award, note, "award")
    return award


def remove_award(world: World, actor: User, item: WorkItem, award: Award, note: Note | None = None) -> None:
    """Take one's own reaction back; an administrator takes back any. Raises NotFound, Forbidden."""
    require_item(world, actor, item)
    awards = _awards(item, note)
    if award not in awards:
        raise NotFound.of("Award Emoji")
    require(actor.admin or award.user_id == actor.id)
    awards.remove(award)
    webhooks.awarded(world, actor, item, award, note, "revoke")


def _awards(item: WorkItem, note: Note | None) -> list[Award]:
    return item.awards if note is None else item.note_awards.setdefault(note.id, [])
