"""Threads on issues and epics (https://docs.gitlab.com/api/discussions/).

The trap: every comment is in a discussion, a single one too (`individual_note`). Only one that was opened as a thread,
or that got an answer, is a thread and can be resolved. Paths of epics take the legacy `id`, as those of their notes do.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Invalid, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import epic_group, find_epic, the_issue
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, moment, require_one, text
from app.sandbox.rest.presenters import history as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, accepted, created, no_content, ok
from app.sandbox.world import Note, WorkItem

routes = Routes()

ISSUE, EPIC = "/projects/:id/issues/:issue_iid/discussions", "/groups/:id/epics/:epic_id/discussions"
NEW = (text("body", required=True), moment("created_at"))


def _item(call: Call) -> WorkItem:
    if "issue_iid" in call.path:
        return the_issue(call)
    return find_epic(call, epic_group(call), legacy_id=call.number("epic_id"))


def _threads(call: Call, item: WorkItem) -> dict[str, list[Note]]:
    """Discussion id -> its comments that the caller may read, oldest first."""
    found: dict[str, list[Note]] = {}
    for note in item.notes:
        if permissions.can_read_note(call.world, call.user, item, note):
            found.setdefault(note.discussion_id, []).append(note)
    return found


def _thread(call: Call, item: WorkItem) -> list[Note]:
    notes = _threads(call, item).get(call.path["discussion_id"])
    if notes is None:
        raise NotFound.of("Discussion")
    return notes


def _note(call: Call, item: WorkItem) -> Note:
    wanted = call.number("note_id", "Note")
    for note in _thread(call, item):
        if note.id == wanted:
            return note
    raise NotFound.of("Note")


def _present(call: Call, item: WorkItem, notes: list[Note]) -> Json:
    return {
        "id": notes[0].discussion_id,
        "individual_note": not notes[0].threaded,
        "notes": [presenters.note(call.world, item, note) for note in notes],
    }


@routes.get(ISSUE, listed=True)
@routes.get(EPIC, listed=True)
def list_discussions(call: Call) -> Response:
    item = _item(call)
    return paginate(call, list(_threads(call, item).values()), lambda notes: _present(call, item, notes))


@routes.post(ISSUE, *NEW)
@routes.post(EPIC, *NEW)
def open_discussion(call: Call) -> Response:
    item = _item(call)
    outcome = operations.create_note(call.world, call.actor, item, body=call.get("body", ""), threaded=True)
    if outcome.note is None:
        return accepted(outcome.commands())
    operations.backdate_note(call.world, call.actor, item, outcome.note, call.get("created_at"))
    return created(_present(call, item, [outcome.note]))


@routes.get(f"{ISSUE}/:discussion_id")
@routes.get(f"{EPIC}/:discussion_id")
def read_discussion(call: Call) -> Response:
    item = _item(call)
    return ok(_present(call, item, _thread(call, item)))


@routes.put(f"{ISSUE}/:discussion_id", boolean("resolved", required=True))
@routes.put(f"{EPIC}/:discussion_id", boolean("resolved", required=True))
def resolve_discussion(call: Call) -> Response:
    item = _item(call)
    notes = _thread(call, item)
    operations.resolve(call.world, call.actor, item, notes, bool(call.get("resolved")))
    return ok(_present(call, item, notes))


@routes.get(f"{ISSUE}/:discussion_id/notes")
@routes.get(f"{EPIC}/:discussion_id/notes")
def list_discussion_notes(call: Call) -> Response:
    """GitLab answers the comments; its document says the discussion."""
    item = _item(call)
    return ok([presenters.note(call.world, item, note) for note in _thread(call, item)])


@routes.post(f"{ISSUE}/:discussion_id/notes", *NEW)
@routes.post(f"{EPIC}/:discussion_id/notes", *NEW)
def reply(call: Call) -> Response:
    """An answer makes a thread of a single comment; a line of history takes none."""
    item = _item(call)
    first = _thread(call, item)[0]
    if first.system:
        raise Invalid("400 Bad request - Discussion can not be replied to.")
    outcome = operations.create_note(
        call.world, call.actor, item, body=call.get("body", ""), internal=first.internal,
        discussion_id=first.discussion_id,
    )  # fmt: skip
    if outcome.note is None:
        return accepted(outcome.commands())
    operations.backdate_note(call.world, call.actor, item, outcome.note, call.get("created_at"))
    return created(presenters.note(call.world, item, outcome.note))


@routes.get(f"{ISSUE}/:discussion_id/notes/:note_id")
@routes.get(f"{EPIC}/:discussion_id/notes/:note_id")
def read_discussion_note(call: Call) -> Response:
    item = _item(call)
    return ok(presenters.note(call.world, item, _note(call, item)))


@routes.put(f"{ISSUE}/:discussion_id/notes/:note_id", text("body"), boolean("resolved"))
@routes.put(f"{EPIC}/:discussion_id/notes/:note_id", text("body"), boolean("resolved"))
def update_discussion_note(call: Call) -> Response:
    require_one(call.given, "body", "resolved")
    item = _item(call)
    note = _note(call, item)
    if "body" in call.given:
        operations.update_note(call.world, call.actor, item, note, body=call.get("body", ""))
    else:
        operations.resolve(call.world, call.actor, item, [note], bool(call.get("resolved")))
    return ok(presenters.note(call.world, item, note))


@routes.delete(f"{ISSUE}/:discussion_id/notes/:note_id")
@routes.delete(f"{EPIC}/:discussion_id/notes/:note_id")
def delete_discussion_note(call: Call) -> Response:
    item = _item(call)
    operations.delete_note(call.world, call.actor, item, _note(call, item))
    return no_content()
