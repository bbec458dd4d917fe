"""The state of the sandbox GitLab as plain data, and nothing else.

Every response, page and webhook is *derived* from these records. No module but `operations` changes them, so one
human act always has one effect: state first, then the webhook made from that state. The trap this avoids: a fake
whose webhooks come from thin air and disagree with what the next read would show.

Ids are global and never reused, as on GitLab; issues and epics share one table of work items, so the REST `id` of an
issue *is* its work item id (https://docs.gitlab.com/api/issues/), while `iid` counts per project or group.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from app.sandbox.faults import Faults
from app.sandbox.tables import Table

Tier = Literal["ce", "free", "premium", "ultimate"]
Visibility = Literal["private", "internal", "public"]

NO_ACCESS, MINIMAL, GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 0, 5, 10, 15, 20, 30, 40, 50


@dataclass
class User:
    id: int
    username: str
    name: str
    email: str
    admin: bool = False
    bot: bool = False
    state: str = "active"
    created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Token:
    """A personal access token, or (with `application_id`) an OAuth one. `value` is what a client sends; scopes as on
    GitLab (`api`, `read_api`, ...). A personal token ends with a day, an OAuth one at a moment.
    """

    id: int
    user_id: int
    name: str
    value: str
    scopes: list[str]
    created_at: datetime
    expires_at: date | None = None
    revoked: bool = False
    application_id: int | None = None
    lapses_at: datetime | None = None
    resource: tuple[str, int] | None = None  # ("project" or "group", id) of a project's or group's own token
    refresh: str | None = None  # the refresh token that was handed out with it


@dataclass
class Application:
    """An OAuth application. `uid` and `secret` are what a client calls its id and secret."""

    id: int
    uid: str
    secret: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]
    confidential: bool = True


@dataclass
class Grant:
    """An authorization code on its way from the person's browser to the application; good for one exchange."""

    code: str
    application_id: int
    user_id: int
    redirect_uri: str
    scopes: list[str]
    challenge: str
    nonce: str | None
    created_at: datetime
    lapses_at: datetime
    used: bool = False


@dataclass
class Member:
    id: int
    user_id: int
    access_level: int
    created_at: datetime
    created_by_id: int | None = None
    expires_at: date | None = None


@dataclass
class Share:
    """A group that was invited as a whole: its members come in, with this role at most."""

    group_id: int
    access_level: int
    expires_at: date | None = None


@dataclass
class Invitation:
    id: int
    email: str
    access_level: int
    created_at: datetime
    created_by_id: int
    token: str
    expires_at: date | None = None


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


@dataclass
class Badge:
    id: int
    name: str | None
    link_url: str
    image_url: str


@dataclass
class WikiPage:
    slug: str
    title: str
    content: str
    format: str = "markdown"


@dataclass
class Commit:
    sha: str
    message: str
    author_id: int
    created_at: datetime
    parent_shas: list[str]
    files: dict[str, str]  # the whole tree after this commit: path -> text content
    added: list[str] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass
class Delivery:
    """One webhook request and what came back. `status` is None while it waits, 0 when nobody answered."""

    id: int
    hook_id: int
    url: str
    trigger: str
    event_uuid: str
    idempotency_key: str
    request_headers: dict[str, str]
    request_body: str
    created_at: datetime
    status: int | None = None
    response_body: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)
    duration_seconds: float = 0.0
    forced: bool = False  # a test or a resend: sent although the hook is disabled


@dataclass
class Hook:
    """A project webhook (`project_id`) or group webhook (`group_id`). Secrets are write-only in every answer."""

    id: int
    url: str
    created_at: datetime
    project_id: int | None = None
    group_id: int | None = None
    name: str | None = None
    description: str | None = None
    token: str | None = None
    signing_token: str | None = None
    enable_ssl_verification: bool = True
    flags: dict[str, bool] = field(default_factory=dict)  # issues_events, note_events, push_events, ...
    push_events_branch_filter: str | None = None
    branch_filter_strategy: str = "wildcard"
    custom_headers: list[dict[str, str]] = field(default_factory=list)
    custom_webhook_template: str | None = None
    recent_failures: int = 0
    disabled_until: datetime | None = None


@dataclass
class Protection:
    """Who may push to and merge into a protected branch: the least access level, 0 for nobody."""

    push_level: int = 40
    merge_level: int = 40
    unprotect_level: int | None = None
    allow_force_push: bool = False


@dataclass
class Project:
    id: int
    group_id: int
    path: str
    name: str
    description: str | None
    created_at: datetime
    creator_id: int
    updated_at: datetime
    last_activity_at: datetime
    visibility: Visibility = "private"
    default_branch: str = "main"
    topics: list[str] = field(default_factory=list)
    archived: bool = False
    marked_for_deletion_on: date | None = None
    settings: dict[str, object] = field(default_factory=dict)  # issues_access_level, autoclose_referenced_issues, ...
    members: list[Member] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)  # oldest first; the last is the head of the default branch
    branches: dict[str, list[Commit]] = field(default_factory=dict)  # the other branches, each with its whole line
    badges: list[Badge] = field(default_factory=list)
    wiki: list[WikiPage] = field(default_factory=list)
    issue_counter: int = 0
    milestone_counter: int = 0
    protections: dict[str, Protection] | None = None  # None: nobody has changed them

    @property
    def place(self) -> tuple[int, str]:
        """Group and path, in which GitLab knows no capitals."""
        return (self.group_id, self.path.lower())

    @property
    def protected_branches(self) -> dict[str, Protection]:
        """Name, which may have a `*`, -> protection. On a new project it is the default branch, for Maintainers."""
        return {self.default_branch: Protection()} if self.protections is None else self.protections

    def line(self, branch: str) -> list[Commit] | None:
        """The commits of a branch, oldest first; None where there is no such branch. An empty repository has none."""
        return (self.commits or None) if branch == self.default_branch else self.branches.get(branch)

    @property
    def branch_names(self) -> list[str]:
        return sorted([*([self.default_branch] if self.commits else []), *self.branches])

    @property
    def files(self) -> dict[str, str]:
        """Path -> text of the default branch; empty for an empty repository."""
        return self.commits[-1].files if self.commits else {}


@dataclass
class Group:
    id: int
    path: str
    name: str
    full_path: str
    description: str
    created_at: datetime
    parent_id: int | None = None
    visibility: Visibility = "private"
    members: list[Member] = field(default_factory=list)
    marked_for_deletion_on: date | None = None
    shares: list[Share] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    badges: list[Badge] = field(default_factory=list)
    work_item_counter: int = 0
    milestone_counter: int = 0


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


class Ids:
    """Ids, tokens and UUIDs from one seeded generator: the same seed and story give the same world."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a sandbox wants repeatable ids, not secrets
        self._next: dict[str, int] = {}

    def next(self, table: str) -> int:
        """The next id of a table; tables start at different numbers so that mixed-up ids are noticed."""
        start = {"user": 1, "group": 40, "project": 100, "work_item": 1_000, "epic": 5_000, "note": 20_000}
        value = self._next.get(table, start.get(table, 300))
        self._next[table] = value + 1
        return value

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, characters: int) -> str:
        return f"{self._random.getrandbits(characters * 4):0{characters}x}"


@dataclass
class World:
    """Everything the sandbox GitLab knows. `clock` is injected: tests move time by hand, the demo uses the wall."""

    clock: Callable[[], datetime]
    ids: Ids
    base_url: str = "http://127.0.0.1:8929"
    tier: Tier = "ultimate"
    version: str = "19.5.0-sandbox"
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    users: dict[int, User] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)  # by value
    applications: dict[str, Application] = field(default_factory=dict)  # by uid
    grants: dict[str, Grant] = field(default_factory=dict)  # by code
    groups: dict[int, Group] = field(default_factory=dict)
    projects: Table[Project] = field(default_factory=lambda: Table("group_id", "place"))
    labels: Table[Label] = field(default_factory=lambda: Table("group_id", "project_id"))
    milestones: Table[Milestone] = field(default_factory=lambda: Table("group_id", "project_id"))
    work_items: Table[WorkItem] = field(default_factory=lambda: Table("group_id", "project_id", "parent_id", "place"))
    boards: Table[Board] = field(default_factory=lambda: Table("group_id", "project_id"))
    hooks: Table[Hook] = field(default_factory=lambda: Table("group_id", "project_id"))
    deliveries: list[Delivery] = field(default_factory=list)
    outgoing: list[Delivery] = field(default_factory=list)  # made but not yet sent; tests step, drop, double, reorder
    journal: list[JournalEntry] = field(default_factory=list)

    @property
    def licensed(self) -> bool:
        """Premium or Ultimate: epics, epic boards, scoped labels, group hooks, statuses, weights."""
        return self.tier in ("premium", "ultimate")

    @property
    def enterprise(self) -> bool:
        return self.tier != "ce"

    def group_by_path(self, full_path: str) -> Group | None:
        return next((g for g in self.groups.values() if g.full_path.lower() == full_path.lower()), None)

    def project_path(self, project: Project) -> str:
        return f"{self.groups[project.group_id].full_path}/{project.path}"

    def project_by_path(self, full_path: str) -> Project | None:
        above, _, path = full_path.lower().rpartition("/")
        group = self.group_by_path(above)
        return next(iter(self.projects.where("place", (group.id, path))), None) if group else None

    def user_by_name(self, username: str) -> User | None:
        return next((u for u in self.users.values() if u.username.lower() == username.lower()), None)

    def ancestors(self, group: Group) -> Iterator[Group]:
        """The group itself, then its parents up to the top."""
        current: Group | None = group
        while current is not None:
            yield current
            current = self.groups.get(current.parent_id) if current.parent_id is not None else None
