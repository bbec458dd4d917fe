"""What GitLab shows of one partner, as plain values.

Nothing in here knows how GitLab is asked. Ids are opaque strings that `apply` hands back; `plan` compares names,
texts and states. The trap: an observation that hides "not read" behind "not there". What was not read is not a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from app.journey import markers

State = Literal["open", "closed"]


PartnerRole: TypeAlias = Literal["guest", "planner", "reporter"]
"""What partner people are in their project."""


@dataclass(frozen=True)
class Place:
    """Where this partner lives and what that GitLab offers; decided by settings and licence, not by the partner."""

    base_url: str
    group: str
    control: str
    bot: str
    hook_url: str | None = None  # None: no server listens, so no webhook is wanted
    group_hook: bool = False  # True: the group has one webhook for all, so a project wants none
    partner_role: PartnerRole = "reporter"
    architects_group: str | None = None  # None: the Developers and up of `group`
    epics: bool = True  # False on Free and CE: a tracker issue in the control project stands in

    @property
    def confidential(self) -> bool:
        """Whether issues and epic must be confidential.

        Whoever is a member of one project can read the groups above it and their open epics, hence other partners'
        (https://docs.gitlab.com/user/permissions/). A confidential epic is hidden from them, and it takes only
        confidential children. The tracker issues of the Free tier live in the control project, which nobody sees.
        """
        return self.epics

    def project_path(self, slug: str) -> str:
        return f"{self.group}/{slug}"

    def project_url(self, slug: str) -> str:
        return f"{self.base_url}/{self.group}/{slug}"


@dataclass(frozen=True)
class Note:
    id: str
    body: str
    created_at: datetime
    by_bot: bool
    author: str = ""  # username
    number: int = 0  # grows with time, over the whole GitLab

    @property
    def told(self) -> str | None:
        """What the bot has told with it, by its mark. A mark in anybody else's comment says nothing."""
        return markers.find("comment", self.body) if self.by_bot else None


@dataclass(frozen=True)
class Issue:
    id: str
    iid: int
    title: str
    description: str
    state: State
    created_at: datetime
    updated_at: datetime
    url: str
    by_bot: bool
    labels: frozenset[str] = frozenset()
    assignees: tuple[str, ...] = ()
    parent: str | None = None  # id
    due: date | None = None
    closed_at: datetime | None = None
    moved: bool = False
    duplicate: bool = False
    canceled: bool = False  # closed with a status such as "Won't do"
    confidential: bool = False


@dataclass(frozen=True)
class PortfolioItem:
    """The partner's epic, or on Free the tracker issue: what SAs see and partners never do."""

    id: str
    iid: int
    title: str
    description: str
    state: State
    url: str
    labels: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    confidential: bool = False


@dataclass(frozen=True)
class StandIn:
    """A tracker issue that is still open although there are epics (again); its text keeps a record of its own."""

    id: str
    description: str


@dataclass(frozen=True)
class Milestone:
    id: str
    title: str
    state: Literal["active", "closed"]
    due: date | None = None


@dataclass(frozen=True)
class Board:
    id: str
    name: str
    lists: frozenset[str] = frozenset()  # label titles


@dataclass(frozen=True)
class Hook:
    id: str
    url: str
    alert: Literal["executable", "temporarily_disabled", "disabled"] = "executable"


@dataclass(frozen=True)
class Project:
    id: str
    url: str
    default_branch: str = "main"
    marked_for_deletion: bool = False
    files: Mapping[str, str] = field(default_factory=dict)  # path -> git blob id
    milestones: tuple[Milestone, ...] = ()
    boards: tuple[Board, ...] = ()
    members: Mapping[str, int] = field(default_factory=dict)  # username -> access level, direct members only
    hook: Hook | None = None
    issues: tuple[Issue, ...] = ()
    status_notes: tuple[Note, ...] = ()
    comments: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)  # by issue id; only those that were read


@dataclass(frozen=True)
class Approval:
    by: str
    at: datetime


@dataclass(frozen=True)
class Answers:
    """What a look does not show and was asked for one by one; see `questions.py`. By issue id, as usernames."""

    architects: frozenset[str] = frozenset()  # who may verify, reject and waive
    managers: frozenset[str] = frozenset()  # who may waive besides
    closers: Mapping[str, str] = field(default_factory=dict)  # who closed it last
    approvals: Mapping[str, Approval] = field(default_factory=dict)  # who set the label `verify::ok` last


@dataclass(frozen=True)
class Observed:
    """One look at GitLab. `known_users` holds those of the partner's people whom GitLab knows."""

    place: Place
    group_id: str
    labels: Mapping[str, str]  # title -> id, the group's own labels
    known_users: Mapping[str, str]  # username -> id
    project: Project | None = None
    portfolio_item: PortfolioItem | None = None
    portfolio_board: Board | None = None
    stand_in: StandIn | None = None
    answers: Answers = field(default_factory=Answers)
