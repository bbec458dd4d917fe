"""Threads of comments.

The trap: a thread whose first comment the user may not read. Only comments that the user may read are passed on, and
a thread without any is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.sandbox import permissions
from app.sandbox.graphql import context
from app.sandbox.graphql.connections import Connection, paginate
from app.sandbox.graphql.context import Context, Info
from app.sandbox.graphql.registry import field
from app.sandbox.graphql.resolvers.notes import Pair
from app.sandbox.graphql.resolvers.widgets import Widget
from app.sandbox.world import Note, User, WorkItem


@dataclass
class Thread:
    """An item's comments under one discussion id, oldest first."""

    item: WorkItem
    notes: list[Note]

    @property
    def first(self) -> Note:
        return self.notes[0]


def _threads(request: Context, item: WorkItem) -> list[Thread]:
    found: dict[str, Thread] = {}
    for note in item.notes:
        if permissions.can_read_note(request.world, request.user, item, note):
            found.setdefault(note.discussion_id, Thread(item, [])).notes.append(note)
    return list(found.values())


@field("WorkItemWidgetNotes.discussions")
def discussions(source: Widget, info: Info, **arguments: Any) -> Connection:
    system = {"ONLY_COMMENTS": False, "ONLY_ACTIVITY": True}.get(arguments.pop("filter", None) or "")
    descending = arguments.pop("sort", None) == "CREATED_DESC"
    found = [row for row in _threads(context.of(info), source.item) if system in (None, row.first.system)]
    sign = -1 if descending else 1
    return paginate(found, lambda row: (sign * row.first.created_at.timestamp(), sign * row.first.id), **arguments)


@field("Note.discussion")
def discussion(source: Pair, info: Info) -> Thread | None:
    wanted = source[1].discussion_id
    return next((row for row in _threads(context.of(info), source[0]) if row.first.discussion_id == wanted), None)


@field("Discussion.id", "Discussion.replyId")
def id_(source: Thread, _info: Info) -> str:
    return f"gid://gitlab/Discussion/{source.first.discussion_id}"


@field("Discussion.createdAt")
def created_at(source: Thread, _info: Info) -> datetime:
    return source.first.created_at


@field("Discussion.notes")
def notes(source: Thread, _info: Info, **page: Any) -> Connection:
    pairs = [(source.item, note) for note in source.notes]
    return paginate(pairs, lambda pair: (pair[1].created_at.timestamp(), pair[1].id), **page)


def _note(source: Thread | Pair) -> Note:
    return source.first if isinstance(source, Thread) else source[1]


@field("Discussion.resolvable", "Note.resolvable")
def resolvable(source: Thread | Pair, _info: Info) -> bool:
    return _note(source).threaded


@field("Discussion.resolved", "Note.resolved")
def resolved(source: Thread | Pair, _info: Info) -> bool:
    return _note(source).resolved_at is not None


@field("Discussion.resolvedAt", "Note.resolvedAt")
def resolved_at(source: Thread | Pair, _info: Info) -> datetime | None:
    return _note(source).resolved_at


@field("Discussion.resolvedBy", "Note.resolvedBy")
def resolved_by(source: Thread | Pair, info: Info) -> User | None:
    return context.of(info).world.users.get(_note(source).resolved_by_id or 0)
