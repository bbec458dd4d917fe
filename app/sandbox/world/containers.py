"""Groups and projects, and what it means for a record to belong to one.

Labels, milestones, boards, hooks and items belong to a group or to a project, which GitLab tells by two fields of which
one is null. The trap: that "which of the two" asked anew in every place, and one place that forgets the group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import ClassVar, Literal, Protocol, TypeAlias, TypedDict, TypeVar

from app.sandbox.world.access import Invitation, Member, Share
from app.sandbox.world.repository import Commit, Protection
from app.sandbox.world.tables import Table

Visibility = Literal["private", "internal", "public"]
VISIBILITIES: tuple[Visibility, ...] = ("private", "internal", "public")
"""From closed to open."""


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
class Group:
    noun: ClassVar[str] = "group"

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
    settings: dict[str, object] = field(default_factory=dict)  # what is no column of the sandbox, under its REST name
    work_item_counter: int = 0
    milestone_counter: int = 0


@dataclass
class Project:
    noun: ClassVar[str] = "project"

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

    def protections_for(self, branch: str) -> list[Protection]:
        """All that fit the branch's name; none: it is open to every Developer."""
        return [rule for name, rule in self.protected_branches.items() if fnmatchcase(branch, name)]

    def line(self, branch: str) -> list[Commit] | None:
        """The commits of a branch, oldest first; None where there is no such branch. An empty repository has none."""
        return (self.commits or None) if branch == self.default_branch else self.branches.get(branch)

    def line_to(self, ref: str) -> list[Commit] | None:
        """The commits up to a branch or to a hash, seven characters of it at least, oldest first; None for neither."""
        found = self.line(ref)
        if found is not None or len(ref) < 7:
            return found
        for line in (self.commits, *self.branches.values()):
            for index, commit in enumerate(line):
                if commit.sha.startswith(ref):
                    return line[: index + 1]
        return None

    @property
    def branch_names(self) -> list[str]:
        return sorted([*([self.default_branch] if self.commits else []), *self.branches])

    @property
    def files(self) -> dict[str, str]:
        """Path -> text of the default branch; empty for an empty repository."""
        return self.commits[-1].files if self.commits else {}


Container: TypeAlias = Project | Group


class Belonging(TypedDict):
    """The two fields by which a record says what it belongs to; one of them is None."""

    group_id: int | None
    project_id: int | None


class Belongs(Protocol):
    """A record with those two fields."""

    id: int
    group_id: int | None
    project_id: int | None


Record = TypeVar("Record")


def is_more_open(one: Visibility, other: Visibility) -> bool:
    return VISIBILITIES.index(one) > VISIBILITIES.index(other)


def belonging_to(container: Container) -> Belonging:
    """What a new record of this container is made with."""
    if isinstance(container, Project):
        return {"group_id": None, "project_id": container.id}
    return {"group_id": container.id, "project_id": None}


def belongs(record: Belongs, container: Container) -> bool:
    """True when the record is the container's own, not inherited."""
    return (record.project_id if isinstance(container, Project) else record.group_id) == container.id


def records_of(container: Container, table: Table[Record]) -> list[Record]:
    """The container's own records in a table, oldest first."""
    return table.where("project_id" if isinstance(container, Project) else "group_id", container.id)
