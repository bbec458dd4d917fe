"""One visit of a page: the request, who looks, and what that person may see.

Everything a page shows is fetched through `Visit`, which asks the permissions first. The trap it avoids: a page that
looks an object up by itself and so shows a partner what GitLab would hide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl

from app.sandbox import operations, permissions
from app.sandbox.http import Request
from app.sandbox.pages.markdown import Setting
from app.sandbox.pages.references import References
from app.sandbox.pages.session import Session, Sessions, people
from app.sandbox.world import Board, Container, Group, Project, User, WorkItem, World


class Hidden(Exception):
    """Nothing here for this person. `allowed` are those who would see it; empty when there is nothing at all."""

    def __init__(self, noun: str, allowed: list[User] | None = None) -> None:
        self.noun = noun
        self.allowed = allowed or []
        super().__init__(f"{noun} not found")


@dataclass
class Visit:
    """A request by a person. `alert` is a refusal to show on top; `draft` what they had typed, so it is not lost.

    `forms_lead_to`: another origin to which this page's forms redirect; browsers refuse it unless it is named.
    """

    world: World
    request: Request
    viewer: User
    session: Session
    sessions: Sessions
    is_new: bool
    alert: str = ""
    draft: str = ""
    status: int = 200
    forms_lead_to: str = ""
    crumbs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def csrf(self) -> str:
        return self.sessions.csrf(self.session)

    @property
    def path(self) -> str:
        """The address of this page as sent, with its query."""
        query = self.request.query_string
        return self.request.path + (f"?{query}" if query else "")

    def query(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.request.query if key == name), default)

    def query_all(self, name: str) -> list[str]:
        return [value for key, value in self.request.query if key == name]

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a posted form; browsers send line ends as CRLF, GitLab stores LF."""
        pairs = parse_qsl(self.request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {key: value.replace("\r\n", "\n") for key, value in pairs}

    @property
    def notice(self) -> str:
        """A sentence our own redirect put into the address; shown only when its signature is ours."""
        text = self.query("notice")
        return text if text and self.sessions.matches(self.session, "notice:" + text, self.query("proof")) else ""

    # What may be seen

    def sees(self, subject: Container | WorkItem) -> bool:
        """Whether the viewer may read it."""
        return may_read(self.world, self.viewer, subject)

    def require(self, noun: str, subject: Container | WorkItem | None) -> None:
        """Raises Hidden when the subject is missing or not for the viewer, with those who would see it."""
        if subject is None:
            raise Hidden(noun)
        if not self.sees(subject):
            raise Hidden(noun, self.others(lambda user: may_read(self.world, user, subject)))

    def others(self, may: Callable[[User], bool]) -> list[User]:
        """Other people for whom `may` holds, humans first."""
        return [user for user in people(self.world) if user is not self.viewer and may(user)]

    def project(self, full_path: str) -> Project:
        found = self.world.project_by_path(full_path)
        self.require("project", found)
        assert found is not None  # noqa: S101 - require() raised otherwise
        return found

    def group(self, full_path: str) -> Group:
        found = self.world.group_by_path(full_path)
        self.require("group", found)
        assert found is not None  # noqa: S101 - require() raised otherwise
        return found

    def projects(self, under: Group | None = None) -> list[Project]:
        """Readable projects, last active first; with `under` those in that group or below it."""
        found = [p for p in self.world.projects.values() if self.sees(p) and (under is None or self._below(p, under))]
        return sorted(found, key=lambda p: p.last_activity_at, reverse=True)

    def groups(self, parent: Group | None = None) -> list[Group]:
        """Readable groups by path; with `parent` its direct subgroups."""
        found = [g for g in self.world.groups.values() if self.sees(g)]
        return sorted((g for g in found if parent is None or g.parent_id == parent.id), key=lambda g: g.full_path)

    def _below(self, project: Project, group: Group) -> bool:
        return group in self.world.lineage(project)

    def items(self, home: Container, types: Iterable[str]) -> list[WorkItem]:
        """Readable items of a project, or of a group and everything below it, newest first."""
        wanted = set(types)
        found = [
            item
            for item in self.world.work_items.values()
            if item.type in wanted and is_within(self.world, item, home) and self.sees(item)
        ]
        return sorted(found, key=lambda item: item.id, reverse=True)

    @cached_property
    def child_counts(self) -> dict[int, tuple[int, int]]:
        """Work item id -> (closed, all) of its readable children."""
        counts: dict[int, tuple[int, int]] = {}
        for item in self.world.work_items.values():
            if item.parent_id is not None and self.sees(item):
                closed, total = counts.get(item.parent_id, (0, 0))
                counts[item.parent_id] = (closed + (item.state == "closed"), total + 1)
        return counts

    def boards(self, home: Container, *, epic: bool = False) -> list[Board]:
        return operations.boards_of(self.world, home, epic=epic)

    # How text is shown

    def setting(self, home: Container, *, tickable: bool = False) -> Setting:
        """How Markdown of `home` is rendered for this viewer."""
        return Setting(References(self.world, self.viewer, home), tickable)


def fingerprint(text: str) -> str:
    """A form carries the fingerprint of the text it edits, so that a newer text is not overwritten unseen."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def may_read(world: World, user: User, subject: Container | WorkItem) -> bool:
    """can_read_project, can_read_group or can_read_item, whichever fits."""
    if isinstance(subject, WorkItem):
        return permissions.can_read_item(world, user, subject)
    return permissions.can_read_container(world, user, subject)


def is_within(world: World, item: WorkItem, home: Container) -> bool:
    """Whether the item lives in `home`, or below it when that is a group."""
    return any(place is home for place in world.lineage(world.container_of(item)))
