"""What work items are sorted by: labels, milestones, boards. Each belongs to a group or to a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass
class Label:
    """A group label (`group_id` set) or a project label (`project_id` set)."""

    id: int
    title: str
    color: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    group_id: int | None = None
    project_id: int | None = None
    priority: int | None = None
    archived: bool = False
    subscriber_ids: list[int] = field(default_factory=list)


@dataclass
class Milestone:
    id: int
    iid: int
    title: str
    description: str | None
    state: Literal["active", "closed"]
    created_at: datetime
    updated_at: datetime
    start_date: date | None = None
    due_date: date | None = None
    group_id: int | None = None
    project_id: int | None = None


@dataclass
class BoardList:
    id: int
    list_type: Literal["backlog", "label", "closed"]
    position: int | None
    label_id: int | None = None


@dataclass
class Board:
    """An issue board of a project or group, or (with `epic`) an epic board of a group."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    group_id: int | None = None
    project_id: int | None = None
    epic: bool = False
    hide_backlog_list: bool = False
    hide_closed_list: bool = False
    label_ids: list[int] = field(default_factory=list)
    lists: list[BoardList] = field(default_factory=list)
