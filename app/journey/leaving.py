"""What is still to be done so that a partner has left: from what GitLab shows to steps, in an order that survives a
crash anywhere.

The file goes first: from then on nobody plans for the partner any more, and running the command again completes the
rest. The project is frozen before the export is taken, so that nothing is missing in it; people go after the export,
for with them go their assignments. The trap: closing what is not done. Issues and milestones stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.journey.observed import PortfolioItem


@dataclass(frozen=True)
class MoveFile:
    """`partners/<slug>.yaml` to the archived ones; `outdated`: files of an earlier leaving, which it replaces."""

    slug: str
    outdated: tuple[str, ...] = ()
    verb: Literal["~"] = "~"
    reason: str = "nobody plans for this partner any more"

    @property
    def key(self) -> str:
        return f"partners/{self.slug}.yaml to partners/archived/"


@dataclass(frozen=True)
class RemoveHook:
    path: str  # below /api/v4
    verb: Literal["-"] = "-"
    reason: str = "nothing is to be heard from the project any more"
    key: str = "webhook of the project"


@dataclass(frozen=True)
class LockIssues:
    ids: tuple[str, ...]
    verb: Literal["~"] = "~"
    reason: str = "they are kept as they are, open or closed"

    @property
    def key(self) -> str:
        return f"{len(self.ids)} issues locked"


@dataclass(frozen=True)
class FreezeProject:
    """GitLab calls it archived: read-only, and out of the lists."""

    verb: Literal["~"] = "~"
    reason: str = "nothing in it can change any more"
    key: str = "project archived"


@dataclass(frozen=True)
class KeepExport:
    """The texts are made when it is done: of the frozen project."""

    paths: tuple[str, ...]
    verb: Literal["+"] = "+"
    reason: str = "capabilities, evidence, comments and stage changes, for solution architects"

    @property
    def key(self) -> str:
        return f"export {', '.join(self.paths)}"


@dataclass(frozen=True)
class RemoveMember:
    username: str
    id: int
    verb: Literal["-"] = "-"
    reason: str = "belongs to the partner, not to the group"

    @property
    def key(self) -> str:
        return f"member {self.username}"


@dataclass(frozen=True)
class WithdrawInvitation:
    email: str
    verb: Literal["-"] = "-"
    reason: str = "was not accepted yet"

    @property
    def key(self) -> str:
        return f"invitation {self.email}"


@dataclass(frozen=True)
class CloseEpic:
    """The last comment where it is missing, and the end. On Free it is the tracker issue."""

    comment: bool
    verb: Literal["-"] = "-"
    reason: str = "its last comment says what was done and where the export is"
    key: str = "epic closed"


Step = MoveFile | RemoveHook | LockIssues | FreezeProject | KeepExport | RemoveMember | WithdrawInvitation | CloseEpic


@dataclass(frozen=True)
class Remains:
    """What GitLab shows of a partner who leaves. The lists hold what is still to be taken away."""

    slug: str
    file: Literal["active", "archived"]
    archived_files: frozenset[str] = frozenset()
    project: bool = False  # whether there is one
    frozen: bool = False
    hooks: tuple[str, ...] = ()
    unlocked: tuple[str, ...] = ()
    members: Mapping[str, int] = field(default_factory=dict)  # username -> id; who is in the group stays
    invitations: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()  # groups that were invited as a whole; a person ends that
    epic: PortfolioItem | None = None
    told: bool = False


def archived_path(slug: str, suffix: str = "yaml") -> str:
    """Where the file and the export (`json`, `csv`, `md`) of a partner who has left are in the control project."""
    return f"partners/archived/{slug}.{suffix}"


def export_paths(slug: str) -> tuple[str, ...]:
    return tuple(archived_path(slug, suffix) for suffix in ("json", "csv", "md"))


def plan_leaving(remains: Remains) -> tuple[Step, ...]:
    """All steps that are left; none once the partner has left. After FreezeProject look again before going on."""
    slug = remains.slug
    steps: list[Step] = []
    exported = remains.archived_files >= set(export_paths(slug))
    if remains.file == "active":
        steps.append(MoveFile(slug, tuple(sorted(remains.archived_files))))
        exported = False
    if remains.project:
        steps += [RemoveHook(path) for path in remains.hooks]
        if remains.unlocked and not remains.frozen:
            steps.append(LockIssues(remains.unlocked))
        if not remains.frozen:
            steps.append(FreezeProject())
    if not exported:
        steps.append(KeepExport(export_paths(slug)))
    steps += [RemoveMember(name, number) for name, number in sorted(remains.members.items())]
    steps += [WithdrawInvitation(email) for email in remains.invitations]
    if remains.epic is not None and (remains.epic.state == "open" or not remains.told):
        steps.append(CloseEpic(comment=not remains.told))
    return tuple(steps)
