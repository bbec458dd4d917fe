"""Comments, emoji and the lines of history that hang on an issue or epic.

The trap: three kinds of history. System notes are among the notes; label, state and milestone changes have lists of
their own (https://docs.gitlab.com/api/resource_label_events/) and are the audit trail that survives an edit.
"""

from __future__ import annotations

from app.sandbox.rest.presenters.formats import Json, moment
from app.sandbox.rest.presenters.labels import label_basic
from app.sandbox.rest.presenters.labels import milestone as present_milestone
from app.sandbox.rest.presenters.people import user_by_id
from app.sandbox.world import Award, LabelEvent, MilestoneEvent, Note, StateEvent, WorkItem, World


def _legacy_id(item: WorkItem) -> int | None:
    return item.epic_id if item.type == "EPIC" else item.id


def _kind(item: WorkItem) -> str:
    return "Epic" if item.type == "EPIC" else "Issue"


def note(world: World, item: WorkItem, record: Note) -> Json:
    """A comment or system note (https://docs.gitlab.com/api/notes/)."""
    data: Json = {
        "id": record.id,
        "type": "DiscussionNote" if record.threaded else None,
        "body": record.body,
        "author": user_by_id(world, record.author_id),
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "system": record.system,
        "noteable_id": _legacy_id(item),
        "noteable_type": _kind(item),
        "project_id": item.project_id,
        "resolvable": record.threaded,
        "confidential": record.internal,
        "internal": record.internal,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": item.iid,
        "commands_changes": {},
    }
    if item.project_id is None:
        del data["project_id"]
    if record.threaded:
        by = record.resolved_by_id
        data |= {
            "resolved": record.resolved_at is not None,
            "resolved_by": None if by is None else user_by_id(world, by),
            "resolved_at": moment(record.resolved_at),
        }
    return data


def award(world: World, item: WorkItem, record: Award, on_note: Note | None) -> Json:
    """An emoji reaction (https://docs.gitlab.com/api/emoji_reactions/)."""
    return {
        "id": record.id,
        "name": record.name,
        "user": user_by_id(world, record.user_id),
        "created_at": moment(record.created_at),
        "updated_at": moment(record.created_at),
        "awardable_id": _legacy_id(item) if on_note is None else on_note.id,
        "awardable_type": _kind(item) if on_note is None else "Note",
        "url": None,
    }


def _event(world: World, item: WorkItem, event: LabelEvent | StateEvent | MilestoneEvent) -> Json:
    """What the lines of all three kinds begin with."""
    return {
        "id": event.id,
        "user": user_by_id(world, event.user_id),
        "created_at": moment(event.created_at),
        "resource_type": _kind(item),
        "resource_id": _legacy_id(item),
    }


def label_event(world: World, item: WorkItem, event: LabelEvent) -> Json:
    """`label` is null when the label was deleted since."""
    label = world.labels.get(event.label_id)
    return _event(world, item, event) | {
        "label": None if label is None else label_basic(label),
        "action": event.action,
    }


def state_event(world: World, item: WorkItem, event: StateEvent) -> Json:
    return _event(world, item, event) | {
        "source_commit": None,
        "source_merge_request_id": None,
        "state": event.state,
    }


def milestone_event(world: World, item: WorkItem, event: MilestoneEvent) -> Json:
    milestone = world.milestones.get(event.milestone_id)
    return _event(world, item, event) | {
        "milestone": None if milestone is None else present_milestone(world, milestone),
        "action": event.action,
        "state": item.state,
    }
