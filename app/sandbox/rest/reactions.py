"""Emoji reactions, and the histories of labels, state and milestone, of issues and epics.

Docs: https://docs.gitlab.com/api/emoji_reactions/, https://docs.gitlab.com/api/resource_label_events/. The trap:
reactions of an epic are found by its `iid`, its histories by its legacy `id`.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.sandbox import operations
from app.sandbox.errors import Forbidden, Invalid, NotFound, Unauthorized
from app.sandbox.http import Response
from app.sandbox.rest.finding import epic_group, find_epic, the_epic, the_issue, the_note
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import text
from app.sandbox.rest.presenters import history as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Award, LabelEvent, MilestoneEvent, Note, StateEvent, WorkItem

routes = Routes()

Event = LabelEvent | StateEvent | MilestoneEvent
ISSUE, EPIC = "/projects/:id/issues/:issue_iid", "/groups/:id/epics/:epic_id"
EPIC_BY_IID = "/groups/:id/epics/:epic_iid"
NAME = text("name", required=True)


def _item(call: Call) -> WorkItem:
    """The issue, or the epic by the id that its histories use."""
    if "issue_iid" in call.path:
        return the_issue(call)
    if "epic_iid" in call.path:
        return the_epic(call)
    return find_epic(call, epic_group(call), legacy_id=call.number("epic_id"))


def _present(call: Call, item: WorkItem, event: Event) -> Json:
    if isinstance(event, LabelEvent):
        return presenters.label_event(call.world, item, event)
    if isinstance(event, StateEvent):
        return presenters.state_event(call.world, item, event)
    return presenters.milestone_event(call.world, item, event)


def _list(call: Call, item: WorkItem, events: Sequence[Event]) -> Response:
    return paginate(call, events, lambda event: _present(call, item, event))


def _one(call: Call, item: WorkItem, events: Sequence[Event]) -> Response:
    wanted = call.number("event_id")
    for event in events:
        if event.id == wanted:
            return ok(_present(call, item, event))
    raise NotFound


@routes.get(f"{ISSUE}/resource_label_events", listed=True)
@routes.get(f"{EPIC}/resource_label_events", listed=True)
def list_label_events(call: Call) -> Response:
    item = _item(call)
    return _list(call, item, item.label_events)


@routes.get(f"{ISSUE}/resource_label_events/:event_id")
@routes.get(f"{EPIC}/resource_label_events/:event_id")
def read_label_event(call: Call) -> Response:
    item = _item(call)
    return _one(call, item, item.label_events)


@routes.get(f"{ISSUE}/resource_state_events", listed=True)
@routes.get(f"{EPIC}/resource_state_events", listed=True)
def list_state_events(call: Call) -> Response:
    item = _item(call)
    return _list(call, item, item.state_events)


@routes.get(f"{ISSUE}/resource_state_events/:event_id")
@routes.get(f"{EPIC}/resource_state_events/:event_id")
def read_state_event(call: Call) -> Response:
    item = _item(call)
    return _one(call, item, item.state_events)


@routes.get(f"{ISSUE}/resource_milestone_events", listed=True)
def list_milestone_events(call: Call) -> Response:
    item = _item(call)
    return _list(call, item, item.milestone_events)


@routes.get(f"{ISSUE}/resource_milestone_events/:event_id")
def read_milestone_event(call: Call) -> Response:
    item = _item(call)
    return _one(call, item, item.milestone_events)


def _target(call: Call) -> tuple[WorkItem, Note | None, list[Award]]:
    """The item, its note if the path names one, and the reactions there."""
    item = _item(call)
    if "note_id" not in call.path:
        return item, None, item.awards
    note = the_note(call, item)
    return item, note, item.note_awards.get(note.id, [])


def _find(call: Call, awards: list[Award]) -> Award:
    wanted = call.number("award_id")
    for award in awards:
        if award.id == wanted:
            return award
    raise NotFound.of("Award Emoji")


@routes.get(f"{ISSUE}/award_emoji", listed=True)
@routes.get(f"{ISSUE}/notes/:note_id/award_emoji", listed=True)
@routes.get(f"{EPIC_BY_IID}/award_emoji", listed=True)
def list_awards(call: Call) -> Response:
    item, note, awards = _target(call)
    return paginate(call, awards, lambda award: presenters.award(call.world, item, award, note))


@routes.get(f"{ISSUE}/award_emoji/:award_id")
@routes.get(f"{ISSUE}/notes/:note_id/award_emoji/:award_id")
@routes.get(f"{EPIC_BY_IID}/award_emoji/:award_id")
def read_award(call: Call) -> Response:
    item, note, awards = _target(call)
    return ok(presenters.award(call.world, item, _find(call, awards), note))


@routes.post(f"{ISSUE}/award_emoji", NAME)
@routes.post(f"{ISSUE}/notes/:note_id/award_emoji", NAME)
@routes.post(f"{EPIC_BY_IID}/award_emoji", NAME)
def create_award(call: Call) -> Response:
    """GitLab answers 404 to a reaction that it refuses, with the reason in the middle (lib/api/award_emoji.rb)."""
    item, note, _ = _target(call)
    try:
        award = operations.add_award(call.world, call.actor, item, call.get("name", ""), note)
    except Invalid as error:
        raise NotFound.of(f"Award Emoji {' and '.join(error.sentences())}") from error
    return created(presenters.award(call.world, item, award, note))


@routes.delete(f"{ISSUE}/award_emoji/:award_id")
@routes.delete(f"{ISSUE}/notes/:note_id/award_emoji/:award_id")
@routes.delete(f"{EPIC_BY_IID}/award_emoji/:award_id")
def delete_award(call: Call) -> Response:
    """Somebody else's is 401 there, not 403 (lib/api/award_emoji.rb)."""
    item, note, awards = _target(call)
    award = _find(call, awards)
    try:
        operations.remove_award(call.world, call.actor, item, award, note)
    except Forbidden as error:
        raise Unauthorized from error
    return no_content()
