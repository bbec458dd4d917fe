"""Webhook bodies about issues, tasks, epics, comments and reactions, and what "changed" means for them.

The trap this avoids: `changes` lists only some attributes, and a webhook can come with nothing but `updated_at` in it
(https://docs.gitlab.com/user/project/integrations/webhook_events/#work-item-events).
"""

from __future__ import annotations

from typing import Any

from app.sandbox import statuses
from app.sandbox.durations import human
from app.sandbox.webhooks.shapes import (
    Payload,
    day,
    item_url,
    label_hash,
    moment,
    person,
    project_hash,
    repository_hash,
    user_hash,
)
from app.sandbox.world import Award, Note, Project, User, WorkItem, World

Snapshot = dict[str, Any]
"""An item's attributes as webhooks show them, for comparing before and after."""

TYPE_NAMES = {"ISSUE": "Issue", "TASK": "Task", "INCIDENT": "Incident", "EPIC": "Epic"}
_SILENT = ("parent_id", "start_date", "status")
"""Compared, so that a change is noticed, but never listed in `changes`."""


def snapshot(world: World, item: WorkItem) -> Snapshot:
    """Everything whose change makes a webhook, in the form that `changes` shows."""
    labels = sorted((world.labels[label_id] for label_id in item.label_ids), key=lambda label: label.title)
    return {
        "title": item.title,
        "description": item.description,
        "state_id": 1 if item.state == "opened" else 2,
        "closed_at": moment(item.closed_at),
        "updated_at": moment(item.updated_at),
        "updated_by_id": item.updated_by_id,
        "last_edited_at": moment(item.last_edited_at),
        "last_edited_by_id": item.last_edited_by_id,
        "milestone_id": item.milestone_id,
        "due_date": day(item.due_date),
        "confidential": item.confidential,
        "discussion_locked": item.discussion_locked,
        "weight": item.weight,
        "time_estimate": item.time_estimate,
        "total_time_spent": item.time_spent,
        "labels": [label_hash(label) for label in labels],
        "assignees": [person(world.users[user_id]) for user_id in item.assignee_ids],
        "parent_id": item.parent_id,
        "start_date": day(item.start_date),
        "status": item.status,
    }


def changes_between(before: Snapshot, after: Snapshot) -> Payload:
    return {
        key: {"previous": before[key], "current": after[key]}
        for key in after
        if key not in _SILENT and before[key] != after[key]
    }


def changes_on_creation(item: WorkItem, now: Snapshot) -> Payload:
    """What a new item "changed" from nothing; what was left at its default is not listed."""
    listed: Payload = {
        "author_id": item.author_id,
        "created_at": moment(item.created_at),
        "description": item.description or None,
        "id": item.id,
        "iid": item.iid,
        "project_id": item.project_id,
        "title": item.title,
        "updated_at": moment(item.updated_at),
        "due_date": now["due_date"],
        "milestone_id": now["milestone_id"],
        "weight": now["weight"],
        "confidential": True if item.confidential else None,
    }
    return {key: {"previous": None, "current": value} for key, value in listed.items() if value is not None}


def item_hash(world: World, item: WorkItem) -> Payload:
    """`object_attributes` of an item, and `issue` in comment and emoji events."""
    now = snapshot(world, item)
    attributes: Payload = {
        "id": item.id,
        "title": item.title,
        "assignee_ids": list(item.assignee_ids),
        "assignee_id": item.assignee_ids[0] if item.assignee_ids else None,
        "author_id": item.author_id,
        "project_id": item.project_id,
        "created_at": moment(item.created_at),
        "updated_at": now["updated_at"],
        "updated_by_id": item.updated_by_id,
        "last_edited_at": now["last_edited_at"],
        "last_edited_by_id": item.last_edited_by_id,
        "relative_position": item.relative_position,
        "description": item.description,
        "milestone_id": item.milestone_id,
        "state_id": now["state_id"],
        "confidential": item.confidential,
        "discussion_locked": item.discussion_locked,
        "due_date": now["due_date"],
        "moved_to_id": item.moved_to_id,
        "duplicated_to_id": item.duplicated_to_id,
        "time_estimate": item.time_estimate,
        "total_time_spent": item.time_spent,
        "time_change": 0,
        "human_total_time_spent": human(item.time_spent),
        "human_time_estimate": human(item.time_estimate),
        "human_time_change": None,
        "type": TYPE_NAMES[item.type],
        "iid": item.iid,
        "url": item_url(world, item),
        "state": item.state,
        "severity": "unknown",
        "labels": now["labels"],
        "closed_at": now["closed_at"],
        "customer_relations_contacts": [],
    }
    if world.enterprise:
        attributes |= {"weight": item.weight, "health_status": None}
    return attributes | _status_hash(item)


def _status_hash(item: WorkItem) -> Payload:
    """Nothing while nobody has chosen a status."""
    status = statuses.by_name(item.status) if item.status is not None else None
    if status is None:
        return {}
    shown = {"name": status.name, "category": status.category, "description": None, "color": status.color}
    return {"status": {"id": status.gid, **shown}}


def item_payload(
    world: World, actor: User, item: WorkItem, action: str, changes: Payload, *, kind: str | None = None
) -> Payload:
    """`kind` is `object_kind`; by default `issue` for issues and incidents, `work_item` for tasks and epics."""
    kind = kind or ("issue" if item.type in ("ISSUE", "INCIDENT") else "work_item")
    project = world.projects[item.project_id] if item.project_id is not None else None
    attributes = {**item_hash(world, item), "action": action}
    payload: Payload = {
        "object_kind": kind,
        "event_type": f"confidential_{kind}" if item.confidential else kind,
        "user": user_hash(actor),
        "project": project_hash(world, project) if project else None,
        "object_attributes": attributes,
        "repository": repository_hash(world, project) if project else None,
        "labels": attributes["labels"],
        "changes": changes,
    }
    if item.assignee_ids:
        payload["assignees"] = [person(world.users[user_id]) for user_id in item.assignee_ids]
    return payload


def note_payload(world: World, actor: User, project: Project, item: WorkItem, note: Note, action: str) -> Payload:
    return {
        "object_kind": "note",
        "event_type": "confidential_note" if note.internal or item.confidential else "note",
        "user": user_hash(actor),
        "project_id": project.id,
        "project": project_hash(world, project),
        "repository": repository_hash(world, project),
        "object_attributes": {**note_hash(world, item, note), "action": action},
        "issue": item_hash(world, item),
    }


def note_hash(world: World, item: WorkItem, note: Note) -> Payload:
    return {
        "attachment": None,
        "author_id": note.author_id,
        "change_position": None,
        "commit_id": None,
        "created_at": moment(note.created_at),
        "discussion_id": note.discussion_id,
        "id": note.id,
        "internal": note.internal,
        "line_code": None,
        "note": note.body,
        "noteable_id": item.id,
        "noteable_type": "Issue",
        "original_position": None,
        "position": None,
        "project_id": item.project_id,
        "resolved_at": None,
        "resolved_by_id": None,
        "resolved_by_push": None,
        "st_diff": None,
        "system": note.system,
        "type": "DiscussionNote" if note.threaded else None,
        "updated_at": moment(note.updated_at),
        "updated_by_id": note.last_edited_by_id,
        "description": note.body,
        "url": f"{item_url(world, item)}#note_{note.id}",
    }


def emoji_payload(
    world: World, actor: User, project: Project, item: WorkItem, award: Award, note: Note | None, event: str
) -> Payload:
    """`event` is `award` or `revoke`."""
    on_url = item_url(world, item) + (f"#note_{note.id}" if note else "")
    payload: Payload = {
        "object_kind": "emoji",
        "event_type": event,
        "user": user_hash(actor),
        "project_id": project.id,
        "project": project_hash(world, project),
        "object_attributes": {
            "user_id": award.user_id,
            "created_at": moment(award.created_at),
            "id": award.id,
            "name": award.name,
            "awardable_type": "Note" if note else "Issue",
            "awardable_id": note.id if note else item.id,
            "updated_at": moment(award.created_at),
            "action": event,
            "awarded_on_url": on_url,
        },
    }
    if note is not None:
        payload["note"] = note_hash(world, item, note)
    payload["issue"] = item_hash(world, item)
    return payload
