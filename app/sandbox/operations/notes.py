"""Comments, with the quick actions in them.

A comment of nothing but quick actions makes no comment. The commands run with the rights of whoever wrote it
(https://docs.gitlab.com/api/notes/, https://docs.gitlab.com/user/project/quick_actions/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.sandbox import permissions, quick_actions, webhooks
from app.sandbox.errors import Invalid, NotFound
from app.sandbox.operations.commands import Interpretation, interpret
from app.sandbox.operations.common import check_filled, require, require_item
from app.sandbox.operations.relations import mark_duplicate
from app.sandbox.operations.work_items import update_work_item
from app.sandbox.world import MAINTAINER, OWNER, Note, User, WorkItem, World


@dataclass
class NoteOutcome:
    """`note` is None when the body was only quick actions: REST then answers 202 with the other two."""

    note: Note | None
    commands_changes: dict[str, Any] = field(default_factory=dict)
    summary: list[str] = field(default_factory=list)

    def commands(self) -> dict[str, Any]:
        """What REST answers where no comment was left over (https://docs.gitlab.com/api/notes/)."""
        return {"commands_changes": self.plain_changes(), "summary": self.summary}

    def plain_changes(self) -> dict[str, Any]:
        """`commands_changes` as JSON can carry it."""
        changes = self.commands_changes.items()
        return {key: value.isoformat() if isinstance(value, date | datetime) else value for key, value in changes}


def create_note(
    world: World,
    actor: User,
    item: WorkItem,
    *,
    body: str,
    internal: bool = False,
    discussion_id: str | None = None,
    threaded: bool = False,
) -> NoteOutcome:
    """Comment, or run the quick actions in the body, or both. `discussion_id` makes it a reply, `threaded` a thread.

    Raises NotFound, Forbidden (also for `internal` below Planner), Invalid for a blank, too long or surplus comment and
    when a body of only quick actions could not be applied.
    """
    require_item(world, actor, item)
    require(permissions.can_comment(world, actor, item))
    require(not internal or permissions.can_write_internal_notes(world, actor, item))
    _check_body(world, item, body)
    if discussion_id is not None and all(note.discussion_id != discussion_id for note in item.notes):
        raise NotFound.of("Discussion")
    text, commands = quick_actions.extract(body, licensed=world.licensed)
    found = interpret(world, actor, world.container_of(item), item, commands)
    if not text and not found.messages:
        raise Invalid("400 Bad request - Failed to apply commands.")
    _run(world, actor, item, found)  # before the comment, so that a refused change leaves no comment behind
    note = _write(world, actor, item, text, internal, discussion_id, threaded) if text else None
    return NoteOutcome(note, found.reported, found.messages)


def update_note(world: World, actor: User, item: WorkItem, note: Note, *, body: str) -> Note:
    """The author, or Maintainer and up. Quick actions in the new body run as in a new comment.

    Raises NotFound, Forbidden, Invalid.
    """
    _require_note(world, actor, item, note)
    _require_note_admin(world, actor, item, note)
    _check_body(world, item, body, existing=True)
    text, commands = quick_actions.extract(body, licensed=world.licensed)
    found = interpret(world, actor, world.container_of(item), item, commands)
    now = world.clock()
    if not text:
        item.notes.remove(note)
    elif text != note.body:
        note.body, note.updated_at = text, now
        note.last_edited_at, note.last_edited_by_id = now, actor.id
        item.updated_at = now
        webhooks.noted(world, actor, item, note, "update")
    _run(world, actor, item, found)
    return note


def backdate_note(world: World, actor: User, item: WorkItem, note: Note, created_at: datetime | None) -> None:
    """A time given by hand, for Owners; from others it is passed over in silence, as on GitLab."""
    if created_at and permissions.access_level(world, actor, world.container_of(item)) >= OWNER:
        note.created_at = note.updated_at = created_at


def resolve(world: World, actor: User, item: WorkItem, notes: Sequence[Note], resolved: bool) -> None:
    """Settle a thread, or open it again. Raises NotFound, Forbidden; a comment on its own is neither."""
    require_item(world, actor, item)
    require(permissions.can_comment(world, actor, item))
    for note in notes:
        if note.threaded and not note.system and (note.resolved_at is not None) is not resolved:
            note.resolved_at = world.clock() if resolved else None
            note.resolved_by_id = actor.id if resolved else None


def delete_note(world: World, actor: User, item: WorkItem, note: Note) -> None:
    """The author, or Maintainer and up. No webhook tells."""
    _require_note(world, actor, item, note)
    _require_note_admin(world, actor, item, note)
    item.notes.remove(note)
    item.note_awards.pop(note.id, None)


def _write(
    world: World, actor: User, item: WorkItem, text: str, internal: bool, discussion_id: str | None, threaded: bool
) -> Note:
    now = world.clock()
    answered = [note for note in item.notes if note.discussion_id == discussion_id]
    for note in answered:
        note.threaded = True
    note = Note(
        id=world.ids.next("note"),
        author_id=actor.id,
        body=text,
        created_at=now,
        updated_at=now,
        discussion_id=discussion_id or world.ids.hex(40),
        internal=internal,
        threaded=threaded or bool(answered),
    )
    item.notes.append(note)
    item.updated_at = now
    webhooks.noted(world, actor, item, note, "create")
    return note


def _run(world: World, actor: User, item: WorkItem, found: Interpretation) -> None:
    changes = dict(found.changes)
    duplicate_of = changes.pop("duplicate_of", None)
    if changes:
        update_work_item(world, actor, item, **changes)
    if duplicate_of is not None:
        mark_duplicate(world, actor, item, world.work_items[duplicate_of])


def _check_body(world: World, item: WorkItem, body: str, *, existing: bool = False) -> None:
    check_filled("note", body)
    if len(body) > world.limits.note_characters:
        raise Invalid({"note": [f"is too long (maximum is {world.limits.note_characters} characters)"]})
    if not existing and len(item.notes) >= world.limits.notes_per_item:
        raise Invalid({"base": ["Maximum number of comments exceeded"]})


def _require_note(world: World, actor: User, item: WorkItem, note: Note) -> None:
    require_item(world, actor, item)
    if all(note is not other for other in item.notes) or not permissions.can_read_note(world, actor, item, note):
        raise NotFound.of("Note")


def _require_note_admin(world: World, actor: User, item: WorkItem, note: Note) -> None:
    level = permissions.access_level(world, actor, world.container_of(item))
    require(not note.system and (actor.id == note.author_id or level >= MAINTAINER))
