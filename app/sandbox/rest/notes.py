"""Comments on issues and epics (https://docs.gitlab.com/api/notes/).

The trap: a comment of quick actions only makes no note. GitLab answers 202 with what the commands did, and a client
that expects an `id` breaks. Paths of epics take the legacy `id` here, not the `iid`.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.http import Response
from app.sandbox.rest.finding import epic_group, find_epic, the_issue, the_note
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, moment, text
from app.sandbox.rest.presenters import history as presenters
from app.sandbox.rest.routing import Call, Routes, accepted, created, no_content, ok
from app.sandbox.world import WorkItem

routes = Routes()

LIST = (
    text("order_by", "created_at", "updated_at"),
    text("sort", "asc", "desc"),
    text("activity_filter", "all_notes", "only_comments", "only_activity"),
)
NEW = (text("body", required=True), boolean("internal"), boolean("confidential"), moment("created_at"))


def _epic(call: Call) -> WorkItem:
    return find_epic(call, epic_group(call), legacy_id=call.number("epic_id"))


def _list(call: Call, item: WorkItem) -> Response:
    wanted = call.get("activity_filter", "all_notes")
    rows = [
        note
        for note in item.notes
        if permissions.can_read_note(call.world, call.user, item, note)
        and (wanted == "all_notes" or note.system == (wanted == "only_activity"))
    ]
    order = call.get("order_by", "created_at")
    rows.sort(key=lambda note: (getattr(note, order), note.id), reverse=call.get("sort", "desc") == "desc")
    return paginate(call, rows, lambda note: presenters.note(call.world, item, note))


def _create(call: Call, item: WorkItem) -> Response:
    internal = call.get("internal", call.get("confidential", False))
    outcome = operations.create_note(call.world, call.actor, item, body=call.get("body", ""), internal=internal)
    if outcome.note is None:
        return accepted(outcome.commands())
    operations.backdate_note(call.world, call.actor, item, outcome.note, call.get("created_at"))
    return created(presenters.note(call.world, item, outcome.note) | {"commands_changes": outcome.plain_changes()})


def _read(call: Call, item: WorkItem) -> Response:
    return ok(presenters.note(call.world, item, the_note(call, item)))


def _update(call: Call, item: WorkItem) -> Response:
    note = operations.update_note(call.world, call.actor, item, the_note(call, item), body=call.get("body", ""))
    return ok(presenters.note(call.world, item, note))


def _delete(call: Call, item: WorkItem) -> Response:
    operations.delete_note(call.world, call.actor, item, the_note(call, item))
    return no_content()


ISSUE, EPIC = "/projects/:id/issues/:issue_iid/notes", "/groups/:id/epics/:epic_id/notes"


@routes.get(ISSUE, *LIST, listed=True)
def list_issue_notes(call: Call) -> Response:
    return _list(call, the_issue(call))


@routes.post(ISSUE, *NEW)
def create_issue_note(call: Call) -> Response:
    return _create(call, the_issue(call))


@routes.get(f"{ISSUE}/:note_id")
def read_issue_note(call: Call) -> Response:
    return _read(call, the_issue(call))


@routes.put(f"{ISSUE}/:note_id", text("body", required=True))
def update_issue_note(call: Call) -> Response:
    return _update(call, the_issue(call))


@routes.delete(f"{ISSUE}/:note_id")
def delete_issue_note(call: Call) -> Response:
    return _delete(call, the_issue(call))


@routes.get(EPIC, *LIST, listed=True)
def list_epic_notes(call: Call) -> Response:
    return _list(call, _epic(call))


@routes.post(EPIC, *NEW)
def create_epic_note(call: Call) -> Response:
    return _create(call, _epic(call))


@routes.get(f"{EPIC}/:note_id")
def read_epic_note(call: Call) -> Response:
    return _read(call, _epic(call))


@routes.put(f"{EPIC}/:note_id", text("body", required=True))
def update_epic_note(call: Call) -> Response:
    return _update(call, _epic(call))


@routes.delete(f"{EPIC}/:note_id")
def delete_epic_note(call: Call) -> Response:
    return _delete(call, _epic(call))
