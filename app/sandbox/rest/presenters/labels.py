"""Labels, milestones and boards as REST shows them (https://docs.gitlab.com/api/labels/).

The trap: a group label and a project label differ by fields, not by path: only the project answers carry `priority`
and `is_project_label`.
"""

from __future__ import annotations

import html

from app.sandbox import addresses
from app.sandbox.rest.presenters.formats import Json, day, moment, text_color
from app.sandbox.world import Board, BoardList, Label, Milestone, User, World


def label_basic(label: Label) -> Json:
    return {
        "id": label.id,
        "name": label.title,
        "description": label.description,
        "description_html": html.escape(label.description or ""),
        "text_color": text_color(label.color),
        "color": label.color,
        "archived": label.archived,
    }


def label(record: Label, viewer: User | None, *, for_project: bool, counts: tuple[int, int] | None = None) -> Json:
    """A label with subscription; `counts` are open and closed issues when `with_counts` was asked."""
    data = label_basic(record) | {"subscribed": viewer is not None and viewer.id in record.subscriber_ids}
    if counts is not None:
        data |= {"open_issues_count": counts[0], "closed_issues_count": counts[1], "open_merge_requests_count": 0}
    if for_project:
        data |= {"priority": record.priority, "is_project_label": record.project_id is not None}
    return data


def milestone(world: World, record: Milestone) -> Json:
    """A milestone with either `project_id` or `group_id` (https://docs.gitlab.com/api/milestones/)."""
    of_project = record.project_id is not None
    owner: Json = {"project_id": record.project_id} if of_project else {"group_id": record.group_id}
    return {
        "id": record.id,
        "iid": record.iid,
        **owner,
        "title": record.title,
        "description": record.description,
        "state": record.state,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "due_date": day(record.due_date),
        "start_date": day(record.start_date),
        "expired": record.due_date is not None and record.due_date < world.clock().date(),
        "web_url": world.base_url + addresses.of_milestone(world, record),
    }


def board_list(world: World, record: BoardList, *, epic: bool = False) -> Json:
    """A list of a board; epic boards name the type (https://docs.gitlab.com/api/group_epic_boards/)."""
    found = None if record.label_id is None else label_basic(world.labels[record.label_id])
    data: Json = {"id": record.id, "label": found, "position": record.position}
    if epic:
        return data | {"list_type": record.list_type}
    if world.licensed:
        data |= {"max_issue_count": 0, "max_issue_weight": 0, "limit_metric": None}
    return data


def board(world: World, record: Board, project_basic: Json | None) -> Json:
    """An issue board. REST lists label lists only; Open and Closed are flags (https://docs.gitlab.com/api/boards/)."""
    data: Json = {
        "id": record.id,
        "name": record.name,
        "hide_backlog_list": record.hide_backlog_list,
        "hide_closed_list": record.hide_closed_list,
        "project": project_basic,
        "lists": [board_list(world, row) for row in record.lists if row.list_type == "label"],
    }
    if world.licensed:
        data |= {
            "group": None if record.group_id is None else group_reference(world, record.group_id),
            "milestone": None,
            "assignee": None,
            "labels": [label_basic(world.labels[label_id]) for label_id in record.label_ids],
            "weight": None,
        }
    return data


def epic_board(world: World, record: Board) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "hide_backlog_list": record.hide_backlog_list,
        "hide_closed_list": record.hide_closed_list,
        "group": group_reference(world, record.group_id or 0),
        "labels": [label_basic(world.labels[label_id]) for label_id in record.label_ids],
        "lists": [board_list(world, row, epic=True) for row in record.lists],
    }


def group_reference(world: World, group_id: int) -> Json:
    group = world.groups[group_id]
    return {"id": group.id, "web_url": world.base_url + addresses.of_container(world, group), "name": group.name}
