"""What a plan is made of: a closed union of small values, each with a stable key and a reason in plain words.

Actions name things by what people call them (label titles, capability ids), never by GitLab's ids of things that do
not exist yet; `apply` turns names into ids. The trap: an action that says how instead of what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Verb = Literal["+", "~", "-"]
Where = Literal["project", "portfolio"]
Talk = Literal["status", "portfolio", "capability"]
NoticeKind = Literal["stage-change", "step-back", "complete", "at-risk", "expiry"]
_PLACES: Mapping[Talk, str] = {"status": "status issue", "portfolio": "epic", "capability": "issue"}


@dataclass(frozen=True)
class CreateLabel:
    title: str
    color: str
    description: str
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"label {self.title}"


@dataclass(frozen=True)
class CreateBoard:
    """`where`: the partner's project, or the portfolio (epic board; on Free an issue board of the control project)."""

    where: Where
    name: str
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"board {self.name}"


@dataclass(frozen=True)
class AddBoardList:
    where: Where
    board: str
    label: str
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"board {self.board}: list {self.label}"


@dataclass(frozen=True)
class CreateProject:
    """`other_name` is for a group in which another project has the name: GitLab takes each name once."""

    path: str
    name: str
    other_name: str
    description: str
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"project {self.path}"


@dataclass(frozen=True)
class CommitFiles:
    """One commit; `create` and `update` map paths to whole texts, `delete` names paths."""

    create: Mapping[str, str]
    update: Mapping[str, str]
    message: str
    reason: str
    delete: tuple[str, ...] = ()
    verb: Verb = "~"

    @property
    def key(self) -> str:
        return f"commit of {len(self.create) + len(self.update) + len(self.delete)} files"


@dataclass(frozen=True)
class CreateBadge:
    """A badge of the project; `adopt`: it may be there already, for the project is older than this plan."""

    name: str
    link: str
    image: str
    reason: str
    adopt: bool = False
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"badge {self.name}"


@dataclass(frozen=True)
class CreateMilestone:
    title: str
    description: str
    due: date | None
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"milestone {self.title}"


@dataclass(frozen=True)
class UpdateMilestone:
    """`id` None: the milestone that this plan creates under `title`."""

    id: str | None
    title: str
    reason: str
    state: Literal["active", "closed"] | None = None
    due: date | None = None

    @property
    def verb(self) -> Verb:
        return "-" if self.state == "closed" else "~"

    @property
    def key(self) -> str:
        return f"milestone {self.title}"


@dataclass(frozen=True)
class InviteMembers:
    usernames: tuple[str, ...]
    access_level: int
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"members {', '.join(self.usernames)}"


@dataclass(frozen=True)
class ChangeRole:
    """`user`: the person's id in GitLab."""

    username: str
    user: str
    access_level: int
    reason: str
    verb: Verb = "~"

    @property
    def key(self) -> str:
        return f"role of {self.username}"


@dataclass(frozen=True)
class CreateHook:
    url: str
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return "webhook"


@dataclass(frozen=True)
class UpdateHook:
    id: str
    url: str
    reason: str
    verb: Verb = "~"

    @property
    def key(self) -> str:
        return "webhook"


@dataclass(frozen=True)
class CreatePortfolioItem:
    title: str
    description: str
    labels: tuple[str, ...]
    reason: str
    confidential: bool = False
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"epic {self.title}"


@dataclass(frozen=True)
class UpdatePortfolioItem:
    """`id` None: the item that this plan creates."""

    id: str | None
    reason: str
    title: str | None = None
    description: str | None = None
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    state: Literal["open", "closed"] | None = None
    hide: bool = False  # make it confidential again
    verb: Verb = "~"

    @property
    def key(self) -> str:
        return "epic"


@dataclass(frozen=True)
class CreateIssue:
    """`name` is `page/status` or a capability id; other texts may refer to it by `markers.reference(name)`."""

    name: str
    title: str
    description: str
    labels: tuple[str, ...]
    reason: str
    milestone: str | None = None  # title
    due: date | None = None
    assignee: str | None = None  # username
    under_portfolio_item: bool = True
    confidential: bool = False
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"issue {self.name}"


@dataclass(frozen=True)
class UpdateIssue:
    """`id` None: the issue that this plan creates under `name`."""

    name: str
    id: str | None
    reason: str
    title: str | None = None
    description: str | None = None
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    close: bool = False
    reopen: bool = False
    due: date | None = None
    assign: tuple[str, ...] = ()  # all assignees as usernames; empty: leave them
    attach: bool = False  # put it back under the portfolio item
    hide: bool = False  # make it confidential again

    @property
    def verb(self) -> Verb:
        return "-" if self.close else "~"

    @property
    def key(self) -> str:
        return f"issue {self.name}"


@dataclass(frozen=True)
class PostComment:
    """Found again by its mark `comment=<mark>`, so that it is never posted twice."""

    where: Talk
    mark: str
    body: str
    reason: str
    issue: str | None = None  # id of the capability's issue
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"comment {self.mark} on the {_PLACES[self.where]}"


@dataclass(frozen=True)
class React:
    """A thumb on a comment whose command was done; a second one of the same kind changes nothing."""

    note: str
    emoji: str
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"reaction {self.emoji}"


@dataclass(frozen=True)
class RemoveComment:
    """One of the bot's own comments, by GitLab's id: another one with the same mark stays."""

    where: Talk
    id: str
    mark: str
    reason: str
    verb: Verb = "-"

    @property
    def key(self) -> str:
        return f"second comment {self.mark} on the {_PLACES[self.where]}"


@dataclass(frozen=True)
class Notify:
    """Told to every outside channel once; `key` is the identity by which a channel's outbox knows it again."""

    kind: NoticeKind
    partner: str
    mark: str
    title: str
    text: str
    url: str
    reason: str
    verb: Verb = "+"

    @property
    def key(self) -> str:
        return f"notification {self.partner}/{self.mark}"


Action = (
    CreateLabel | CreateBoard | AddBoardList | CreateProject | CreateBadge | CommitFiles | CreateMilestone
    | UpdateMilestone | InviteMembers | ChangeRole | CreateHook | UpdateHook | CreatePortfolioItem
    | UpdatePortfolioItem | CreateIssue | UpdateIssue | PostComment | React | RemoveComment | Notify
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Actions in the order in which they are safe to be interrupted anywhere; `wake_at`: when time alone changes it."""

    partner: str
    actions: tuple[Action, ...] = ()
    wake_at: datetime | None = None
    wake_reason: str = ""

    def __bool__(self) -> bool:
        return bool(self.actions)

    @property
    def touches_group(self) -> bool:
        """Whether it makes things that all partners share; two such plans must not be applied at once."""
        return any(
            isinstance(a, CreateLabel) or (isinstance(a, CreateBoard | AddBoardList) and a.where == "portfolio")
            for a in self.actions
        )
