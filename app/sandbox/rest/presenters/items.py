"""Issues and epics as REST shows them (https://docs.gitlab.com/api/issues/, https://docs.gitlab.com/api/epics/).

The trap: ids. An issue's `id` is its work item id; an epic's `id` is a different, older number, and only
`work_item_id` leads to the work item. Premium fields are absent without a licence, not null.
"""

from __future__ import annotations

import re
from datetime import date

from app.sandbox import addresses
from app.sandbox.durations import human
from app.sandbox.operations.subscriptions import is_subscribed
from app.sandbox.rest.presenters import labels as label_presenters
from app.sandbox.rest.presenters.formats import Json, day, moment, text_color
from app.sandbox.rest.presenters.people import user_basic, user_by_id
from app.sandbox.world import User, WorkItem, World

_TASK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[([ xX~])\]\s", re.MULTILINE)
EPIC_COLOR = "#1068bf"


def _by_id(world: World, user_ids: list[int]) -> list[Json]:
    return [user_basic(world, world.users[user_id]) for user_id in user_ids]


def _label_field(world: World, item: WorkItem, details: bool) -> list[str] | list[Json]:
    found = sorted((world.labels[label_id] for label_id in item.label_ids), key=lambda label: label.title.lower())
    return [label_presenters.label_basic(row) for row in found] if details else [row.title for row in found]


def task_completion(item: WorkItem) -> tuple[int, int]:
    """(checkboxes, checked ones) of the description; inapplicable `[~]` ones do not count."""
    marks = [mark for mark in _TASK.findall(item.description) if mark != "~"]
    return len(marks), sum(mark in "xX" for mark in marks)


def _votes(item: WorkItem) -> Json:
    names = [award.name for award in item.awards]
    return {"upvotes": names.count("thumbsup"), "downvotes": names.count("thumbsdown")}


def item_url(world: World, item: WorkItem) -> str:
    """The web page of an issue, task or epic."""
    return world.base_url + addresses.of_item(world, item)


def _references(world: World, item: WorkItem) -> Json:
    short = addresses.short_reference(item)
    return {"short": short, "relative": short, "full": addresses.reference(world, item)}


def issue_basic(world: World, item: WorkItem, *, label_details: bool = False) -> Json:
    """The issue in links and epics."""
    assignees = _by_id(world, item.assignee_ids)
    count, done = task_completion(item)
    milestone = None if item.milestone_id is None else world.milestones[item.milestone_id]
    data: Json = {
        "id": item.id,
        "iid": item.iid,
        "project_id": item.project_id,
        "title": item.title,
        "description": item.description,
        "state": item.state,
        "created_at": moment(item.created_at),
        "updated_at": moment(item.updated_at),
        "closed_at": moment(item.closed_at),
        "closed_by": user_by_id(world, item.closed_by_id),
        "labels": _label_field(world, item, label_details),
        "milestone": None if milestone is None else label_presenters.milestone(world, milestone),
        "assignees": assignees,
        "author": user_by_id(world, item.author_id),
        "type": item.type,
        "assignee": assignees[0] if assignees else None,
        "user_notes_count": sum(not note.system for note in item.notes),
        "merge_requests_count": 0,
        **_votes(item),
        "start_date": day(item.start_date),
        "due_date": day(item.due_date),
        "confidential": item.confidential,
        "discussion_locked": item.discussion_locked,
        "issue_type": item.type.lower(),
        "web_url": item_url(world, item),
        "time_stats": time_stats(item),
        "task_completion_status": {"count": count, "completed_count": done},
        "blocking_issues_count": len(item.blocks_ids),
    }
    if world.licensed:
        data["weight"] = item.weight
    return data


def time_stats(item: WorkItem) -> Json:
    return {
        "time_estimate": item.time_estimate,
        "total_time_spent": item.time_spent,
        "human_time_estimate": human(item.time_estimate),
        "human_total_time_spent": human(item.time_spent),
    }


def issue(world: World, item: WorkItem, *, label_details: bool = False) -> Json:
    """The issue as the issue routes answer it."""
    count, done = task_completion(item)
    links = f"{world.base_url}/api/v4/projects/{item.project_id}/issues/{item.iid}"
    data = issue_basic(world, item, label_details=label_details) | {
        "has_tasks": count > 0,
        "task_status": f"{done} of {count} checklist item{'' if count == 1 else 's'} completed" if count else "",
        "_links": {
            "self": links,
            "notes": f"{links}/notes",
            "award_emoji": f"{links}/award_emoji",
            "project": f"{world.base_url}/api/v4/projects/{item.project_id}",
            "closed_as_duplicate_of": None,
        },
        "references": _references(world, item),
        "severity": "UNKNOWN",
        "moved_to_id": item.moved_to_id,
        "imported": False,
        "imported_from": "none",
        "service_desk_reply_to": None,
    }
    duplicate = world.work_items.get(item.duplicated_to_id or 0)
    if duplicate is not None:
        target = f"{world.base_url}/api/v4/projects/{duplicate.project_id}/issues/{duplicate.iid}"
        data["_links"]["closed_as_duplicate_of"] = target
    if world.licensed:
        parent = world.work_items.get(item.parent_id or 0)
        epic_parent = parent if parent is not None and parent.type == "EPIC" else None
        data |= {
            "epic_iid": None if epic_parent is None else epic_parent.iid,
            "epic": None if epic_parent is None else _epic_reference(world, epic_parent),
            "iteration": None,
            "health_status": None,
        }
    return data


def issue_for(world: World, item: WorkItem, viewer: User | None) -> Json:
    """One issue: a list answers without `subscribed`, a single read with it."""
    return issue(world, item) | {"subscribed": viewer is not None and is_subscribed(item, viewer)}


def _epic_reference(world: World, item: WorkItem) -> Json:
    return {
        "id": item.epic_id,
        "iid": item.iid,
        "title": item.title,
        "url": addresses.of_item(world, item),
        "group_id": item.group_id,
        "human_readable_end_date": None,
        "human_readable_timestamp": None,
    }


def epic(world: World, item: WorkItem, *, label_details: bool = False) -> Json:
    """An epic; paths use `iid`, its notes and events use `id`."""
    parent = world.work_items.get(item.parent_id or 0)
    links = f"{world.base_url}/api/v4/groups/{item.group_id}/epics"
    return {
        "id": item.epic_id,
        "work_item_id": item.id,
        "iid": item.iid,
        "color": EPIC_COLOR,
        "text_color": text_color(EPIC_COLOR),
        "group_id": item.group_id,
        "parent_id": None if parent is None else parent.epic_id,
        "parent_iid": None if parent is None else parent.iid,
        "imported": False,
        "imported_from": "none",
        "title": item.title,
        "description": item.description,
        "confidential": item.confidential,
        "author": user_by_id(world, item.author_id),
        **_fixed_date("start_date", item.start_date),
        "end_date": day(item.due_date),
        **_fixed_date("due_date", item.due_date),
        "state": item.state,
        "web_edit_url": addresses.of_item(world, item),
        "web_url": item_url(world, item),
        "references": _references(world, item),
        "created_at": moment(item.created_at),
        "updated_at": moment(item.updated_at),
        "closed_at": moment(item.closed_at),
        "labels": _label_field(world, item, label_details),
        **_votes(item),
        "_links": {
            "self": f"{links}/{item.iid}",
            "epic_issues": f"{links}/{item.iid}/issues",
            "group": f"{world.base_url}/api/v4/groups/{item.group_id}",
            "parent": None if parent is None else f"{links}/{parent.iid}",
        },
    }


def _fixed_date(name: str, value: date | None) -> Json:
    """A date of an epic that people set; the sandbox has none that an epic inherits from what is below it."""
    shown = day(value)
    return {
        name: shown,
        f"{name}_is_fixed": value is not None,
        f"{name}_fixed": shown,
        f"{name}_from_inherited_source": None,
        f"{name}_from_milestones": None,
    }


def epic_issue(world: World, item: WorkItem) -> Json:
    """An issue below an epic. The link's id is the issue's id here: every issue has one parent at most."""
    return issue(world, item) | {"epic_issue_id": item.id, "relative_position": item.relative_position}


def epic_issue_link(world: World, parent: WorkItem, item: WorkItem) -> Json:
    return {
        "id": item.id,
        "relative_position": item.relative_position,
        "epic": epic(world, parent),
        "issue": issue_basic(world, item),
    }


def related_issue(world: World, item: WorkItem, link_id: int, link_type: str) -> Json:
    """An issue in the list of links (https://docs.gitlab.com/api/issue_links/)."""
    return issue(world, item) | {
        "issue_link_id": link_id,
        "link_type": link_type,
        "link_created_at": moment(item.created_at),
        "link_updated_at": moment(item.updated_at),
    }


def issue_link(world: World, source: WorkItem, target: WorkItem, link_id: int, link_type: str) -> Json:
    return {
        "id": link_id,
        "source_issue": issue_basic(world, source),
        "target_issue": issue_basic(world, target),
        "link_type": link_type,
    }
