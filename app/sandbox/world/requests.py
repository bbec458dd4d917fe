"""What clients asked, and how much GitLab takes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Limits:
    """What GitLab enforces; numbers of gitlab.com (https://docs.gitlab.com/user/gitlab_com/#rate-limits-on-gitlabcom)."""

    graphql_complexity: int = 250
    graphql_characters: int = 10_000
    page_size: int = 100
    description_characters: int = 1_048_576
    note_characters: int = 1_000_000
    notes_per_item: int = 5_000
    hooks_per_project: int = 100
    enforce_rates: bool = False
    api_per_minute: int = 2_000
    notes_per_minute: int = 60
    issues_per_minute: int = 200  # and epics
    project_per_minute: int = 400
    group_per_minute: int = 400
    group_projects_per_minute: int = 600
    members_per_minute: int = 200
    hook_tests_per_minute: int = 5  # for each project or group
    hook_resends_per_minute: int = 5


@dataclass
class JournalEntry:
    """One request that a client made: the sandbox's request journal, read by tests, budgets and a page."""

    id: int
    at: datetime
    username: str | None
    method: str
    path: str
    query: str
    body: str
    status: int
    operation: str | None = None  # name of the GraphQL operation
    response_body: str = ""
