"""The state of the sandbox GitLab as plain data, and nothing else.

Every response, page and webhook is *derived* from these records. What GitLab knows is changed by `operations` alone, so
one human act always has one effect: state first, then the webhook made from that state. The trap this avoids: a fake
whose webhooks come from thin air and disagree with what the next read would show.

Ids are global and never reused, as on GitLab; issues and epics share one table of work items, so the REST `id` of an
issue *is* its work item id (https://docs.gitlab.com/api/issues/), while `iid` counts per project or group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.sandbox.faults import Faults
from app.sandbox.world.access import (
    ADMINISTRATOR,
    DEVELOPER,
    GUEST,
    MAINTAINER,
    MINIMAL,
    NO_ACCESS,
    OWNER,
    PLANNER,
    REPORTER,
    ROLES,
    Invitation,
    Member,
    Share,
)
from app.sandbox.world.accounts import Application, Grant, Token, User
from app.sandbox.world.containers import (
    VISIBILITIES,
    Badge,
    Belonging,
    Belongs,
    Container,
    Group,
    Project,
    Visibility,
    WikiPage,
    belonging_to,
    belongs,
    is_more_open,
    records_of,
)
from app.sandbox.world.hooks import Delivery, Hook
from app.sandbox.world.ids import Ids
from app.sandbox.world.planning import Board, BoardList, Label, Milestone
from app.sandbox.world.repository import NO_COMMIT, Commit, Protection
from app.sandbox.world.requests import JournalEntry, Limits
from app.sandbox.world.tables import Table
from app.sandbox.world.work_items import Award, LabelEvent, MilestoneEvent, Note, StateEvent, WorkItem

__all__ = [
    "ADMINISTRATOR",
    "DEVELOPER",
    "GUEST",
    "MAINTAINER",
    "MINIMAL",
    "NO_ACCESS",
    "NO_COMMIT",
    "OWNER",
    "PLANNER",
    "REPORTER",
    "ROLES",
    "VISIBILITIES",
    "Application",
    "Award",
    "Badge",
    "Belonging",
    "Belongs",
    "Board",
    "BoardList",
    "Commit",
    "Container",
    "Delivery",
    "Grant",
    "Group",
    "Hook",
    "Ids",
    "Invitation",
    "JournalEntry",
    "Label",
    "LabelEvent",
    "Limits",
    "Member",
    "Milestone",
    "MilestoneEvent",
    "Note",
    "Project",
    "Protection",
    "Share",
    "StateEvent",
    "Table",
    "Tier",
    "Token",
    "User",
    "Visibility",
    "WikiPage",
    "WorkItem",
    "World",
    "belonging_to",
    "belongs",
    "is_more_open",
    "records_of",
]

Tier = Literal["ce", "free", "premium", "ultimate"]


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

    def author_of(self, commit: Commit) -> tuple[str, str]:
        """Name and address of who wrote it: who committed it, unless others were named."""
        committer = self.users[commit.author_id]
        return commit.author_name or committer.name, commit.author_email or committer.email

    def ancestors(self, group: Group) -> Iterator[Group]:
        """The group itself, then its parents up to the top."""
        current: Group | None = group
        while current is not None:
            yield current
            current = self.groups.get(current.parent_id) if current.parent_id is not None else None

    def descendants(self, group: Group) -> list[Group]:
        """The group itself and all groups below it."""
        return [each for each in self.groups.values() if any(above is group for above in self.ancestors(each))]

    def group_of(self, container: Container) -> Group:
        """A project's group; a group is its own."""
        return self.groups[container.group_id] if isinstance(container, Project) else container

    def lineage(self, container: Container) -> Iterator[Container]:
        """The project or group itself, then the groups above it up to the top."""
        if isinstance(container, Project):
            yield container
        yield from self.ancestors(self.group_of(container))

    def container_of(self, record: Belongs) -> Container:
        """What a record belongs to: an issue's project, an epic's group."""
        if record.project_id is not None:
            return self.projects[record.project_id]
        if record.group_id is None:
            raise LookupError(f"{type(record).__name__} {record.id} has neither project nor group")
        return self.groups[record.group_id]

    def path_of(self, container: Container) -> str:
        """`group/project` or `group/subgroup`."""
        return self.project_path(container) if isinstance(container, Project) else container.full_path

    def full_name(self, container: Container) -> str:
        """`Group / Subgroup / Project`, as breadcrumbs show it."""
        return " / ".join(reversed([place.name for place in self.lineage(container)]))

    def item_at(self, container: Container, iid: int) -> WorkItem | None:
        """The item with this number that is the container's own."""
        belonging = belonging_to(container)
        place = (belonging["group_id"], belonging["project_id"], iid)
        return next(iter(self.work_items.where("place", place)), None)
