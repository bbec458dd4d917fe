"""Comments, lines of history, and award emoji.

The trap this avoids: an internal note shown to a guest. What GraphQL passes on is the pair of item and note, so that
every note is judged where it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.sandbox import addresses, permissions
from app.sandbox.graphql import context, global_ids
from app.sandbox.graphql.connections import Connection, paginate
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.registry import PLAIN, field
from app.sandbox.graphql.resolvers.widgets import Widget
from app.sandbox.world import Award, Note, Project, User, WorkItem

Pair = tuple[WorkItem, Note]

PLAIN.update(AwardEmoji=Award)


@field("WorkItemWidgetNotes.discussionLocked")
def discussion_locked(source: Widget, _info: Info) -> bool | None:
    return source.item.discussion_locked


@field("WorkItemWidgetNotes.notes")
def notes(source: Widget, info: Info, **arguments: Any) -> Connection:
    """Notes that the user may read, oldest first: all, only comments, or only history."""
    request, item = context.of(info), source.item
    system = {"ONLY_COMMENTS": False, "ONLY_ACTIVITY": True}.get(arguments.pop("filter", None) or "")
    found = [
        (item, note)
        for note in item.notes
        if system in (None, note.system) and permissions.can_read_note(request.world, request.user, item, note)
    ]
    return paginate(found, lambda pair: (pair[1].created_at.timestamp(), pair[1].id), **arguments)


@field("Note.id")
def id_(source: Pair, _info: Info) -> str:
    return global_ids.of(source[1])


@field("Note.body")
def body(source: Pair, _info: Info) -> str:
    return source[1].body


@field("Note.system")
def system(source: Pair, _info: Info) -> bool:
    return source[1].system


@field("Note.internal")
def internal(source: Pair, _info: Info) -> bool:
    return source[1].internal


@field("Note.createdAt")
def created_at(source: Pair, _info: Info) -> datetime:
    return source[1].created_at


@field("Note.updatedAt")
def updated_at(source: Pair, _info: Info) -> datetime:
    return source[1].updated_at


@field("Note.lastEditedAt")
def last_edited_at(source: Pair, _info: Info) -> datetime | None:
    return source[1].last_edited_at


@field("Note.lastEditedBy")
def last_edited_by(source: Pair, info: Info) -> User | None:
    return context.of(info).world.users.get(source[1].last_edited_by_id or 0)


@field("Note.author")
def author(source: Pair, info: Info) -> User | None:
    return context.of(info).world.users.get(source[1].author_id)


@field("Note.project")
def project(source: Pair, info: Info) -> Project | None:
    return context.of(info).world.projects.get(source[0].project_id or 0)


@field("Note.noteableId")
def noteable_id(source: Pair, _info: Info) -> int:
    return source[0].id


@field("Note.noteableType")
def noteable_type(_source: Pair, _info: Info) -> str:
    return "Issue"


@field("Note.url")
def url(source: Pair, info: Info) -> str:
    world = context.of(info).world
    return f"{world.base_url}{addresses.of_item(world, source[0])}#note_{source[1].id}"


def _page(awards: list[Award], page: dict[str, Any]) -> Connection:
    return paginate(awards, lambda award: (award.id,), **page)


@field("Note.awardEmoji")
def note_awards(source: Pair, _info: Info, **page: Any) -> Connection:
    return _page(source[0].note_awards.get(source[1].id, []), page)


@field("WorkItemWidgetAwardEmoji.awardEmoji")
def awards(source: Widget, _info: Info, **page: Any) -> Connection:
    return _page(source.item.awards, page)


@field("WorkItemWidgetAwardEmoji.upvotes")
def upvotes(source: Widget, _info: Info) -> int:
    return sum(award.name == "thumbsup" for award in source.item.awards)


@field("WorkItemWidgetAwardEmoji.downvotes")
def downvotes(source: Widget, _info: Info) -> int:
    return sum(award.name == "thumbsdown" for award in source.item.awards)


_CHARACTERS = {"thumbsup": "\N{THUMBS UP SIGN}", "thumbsdown": "\N{THUMBS DOWN SIGN}"}


@field("AwardEmoji.emoji")
def emoji(source: Award, _info: Info) -> str:
    """The character; for emoji whose character the sandbox does not know, `:name:`."""
    return _CHARACTERS.get(source.name, f":{source.name}:")


@field("AwardEmoji.user")
def award_user(source: Award, info: Info) -> User | None:
    return context.of(info).world.users.get(source.user_id)
