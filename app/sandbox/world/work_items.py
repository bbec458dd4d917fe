"""Issues, tasks and epics with their comments and their history.

The trap: history is not all notes. Labels, state and milestone have events of their own, as on GitLab, and a comment
can be a line of history (`system`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass
class Note:
    """A comment or, with `system`, a line of history such as "closed"."""

    id: int
    author_id: int
    body: str
    created_at: datetime
    updated_at: datetime
    discussion_id: str
    internal: bool = False
    system: bool = False
    system_action: str | None = None
    last_edited_at: datetime | None = None
    last_edited_by_id: int | None = None
    threaded: bool = False  # part of a thread, not a comment on its own
    resolved_at: datetime | None = None
    resolved_by_id: int | None = None


@dataclass
class LabelEvent:
    """A line of `resource_label_events`: who added or removed which label, when."""

    id: int
    user_id: int
    label_id: int
    action: Literal["add", "remove"]
    created_at: datetime


@dataclass
class StateEvent:
    """A line of `resource_state_events`: who closed or reopened, when."""

    id: int
    user_id: int
    state: Literal["closed", "reopened"]
    created_at: datetime


@dataclass
class MilestoneEvent:
    id: int
    user_id: int
    milestone_id: int
    action: Literal["add", "remove"]
    created_at: datetime


@dataclass
class Award:
    id: int
    user_id: int
    name: str
    created_at: datetime


@dataclass
class WorkItem:
    """An issue or task (in a project) or an epic (in a group). Type names as in GraphQL's IssueType."""

    id: int
    iid: int
    type: Literal["ISSUE", "TASK", "INCIDENT", "EPIC"]
    title: str
    description: str
    author_id: int
    created_at: datetime
    updated_at: datetime
    project_id: int | None = None
    group_id: int | None = None
    epic_id: int | None = None  # the legacy id of an epic in REST; differs from the work item id
    state: Literal["opened", "closed"] = "opened"
    closed_at: datetime | None = None
    closed_by_id: int | None = None
    updated_by_id: int | None = None
    last_edited_at: datetime | None = None
    last_edited_by_id: int | None = None
    confidential: bool = False
    discussion_locked: bool | None = None
    label_ids: list[int] = field(default_factory=list)
    assignee_ids: list[int] = field(default_factory=list)
    milestone_id: int | None = None
    parent_id: int | None = None  # work item id
    start_date: date | None = None
    due_date: date | None = None
    weight: int | None = None
    time_estimate: int = 0  # seconds, as the spent time
    time_spent: int = 0
    moved_to_id: int | None = None
    duplicated_to_id: int | None = None
    status: str | None = None  # name of a work item status (Premium): To do, In progress, Done, Won't do, Duplicate
    linked_ids: list[int] = field(default_factory=list)  # relates_to; each link is kept on both sides
    blocks_ids: list[int] = field(default_factory=list)
    blocked_by_ids: list[int] = field(default_factory=list)
    subscriptions: dict[int, bool] = field(default_factory=dict)  # what people chose, against the rule
    notes: list[Note] = field(default_factory=list)
    label_events: list[LabelEvent] = field(default_factory=list)
    state_events: list[StateEvent] = field(default_factory=list)
    milestone_events: list[MilestoneEvent] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    note_awards: dict[int, list[Award]] = field(default_factory=dict)
    lock_version: int = 0
    relative_position: int = 0

    @property
    def place(self) -> tuple[int | None, int | None, int]:
        """Group, project and number there: where its address leads."""
        return (self.group_id, self.project_id, self.iid)
