"""What templates may call: addresses, people, chips, dates. Bound to one visit, so templates stay free of rules.

The trap it avoids: dates that depend on the machine's clock or locale; everything is told from `world.clock()` in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup

from app.sandbox import addresses, permissions
from app.sandbox.operations.badges import fill_placeholders
from app.sandbox.pages import markdown
from app.sandbox.pages.chips import Chip, chips_of
from app.sandbox.pages.references import label_address
from app.sandbox.pages.visit import Visit
from app.sandbox.world import ROLES, Board, Container, Group, Milestone, Project, User, WorkItem

EMOJI = {"thumbsup": "👍", "thumbsdown": "👎", "tada": "🎉", "rocket": "🚀", "heart": "❤️", "eyes": "👀", "wave": "👋"}


@dataclass(frozen=True)
class Due:
    """A due date in words, and whether it has passed."""

    text: str
    late: bool


@dataclass(frozen=True)
class Kit:
    """Helpers of one visit, `kit` in every template."""

    visit: Visit

    def address(self, subject: Container | WorkItem | Board | Milestone | User) -> str:
        """Where the subject's page is."""
        world = self.visit.world
        if isinstance(subject, WorkItem):
            return addresses.of_item(world, subject)
        if isinstance(subject, Board):
            return addresses.of_board(world, subject)
        if isinstance(subject, Milestone):
            return addresses.of_milestone(world, subject)
        if isinstance(subject, User):
            return addresses.of_user(subject)
        return addresses.of_container(world, subject)

    def file_address(self, project: Project, path: str, verb: str = "blob") -> str:
        return addresses.of_file(self.visit.world, project, path, verb)

    def label_address(self, home: Container, title: str) -> str:
        return label_address(self.visit.world, home, title)

    def reference(self, item: WorkItem, home: Container | None = None) -> str:
        """`#3` at home, `group/project#3` elsewhere."""
        if self.visit.world.container_of(item) is home:
            return addresses.short_reference(item)
        return addresses.reference(self.visit.world, item)

    def is_project(self, home: Container) -> bool:
        return isinstance(home, Project)

    def ancestry(self, home: Container) -> list[Group]:
        """The readable groups above, top first."""
        world = self.visit.world
        above = [group for group in world.ancestors(world.group_of(home)) if group is not home]
        return [group for group in reversed(above) if self.visit.sees(group)]

    def hidden_tabs(self, home: Container) -> set[str]:
        """Tabs that would lead to nothing for this viewer."""
        if isinstance(home, Group):
            return set()
        hidden = set() if permissions.can_download_code(self.visit.world, self.visit.viewer, home) else {"files"}
        if not home.wiki:
            hidden.add("wiki")
        return hidden if permissions.issues_enabled(home) else hidden | {"issues", "boards"}

    def badge_url(self, home: Container, url: str) -> str:
        """A badge's address, filled in; only http and https, for badges come from API clients."""
        filled = fill_placeholders(self.visit.world, home, url)
        return filled if filled.startswith(("https://", "http://")) else "#"

    def may_close(self, item: WorkItem) -> bool:
        """Whether the viewer may close it."""
        return item.state == "opened" and permissions.can_update_item(self.visit.world, self.visit.viewer, item)

    def container(self, item: WorkItem) -> Container:
        return self.visit.world.container_of(item)

    def path_of(self, home: Container) -> str:
        return self.visit.world.path_of(home)

    def user(self, user_id: int | None) -> User:
        """The user, or GitLab's Ghost User when the account is gone."""
        found = self.visit.world.users.get(user_id) if user_id is not None else None
        return found or User(0, "ghost", "Ghost User", "")

    def assignees(self, item: WorkItem) -> list[User]:
        return [self.user(i) for i in item.assignee_ids]

    def milestone(self, item: WorkItem) -> Milestone | None:
        return self.visit.world.milestones.get(item.milestone_id) if item.milestone_id is not None else None

    def parent(self, item: WorkItem) -> WorkItem | None:
        """The parent, when the viewer may see it."""
        found = self.visit.world.work_items.get(item.parent_id) if item.parent_id is not None else None
        return found if found is not None and self.visit.sees(found) else None

    def chips(self, item: WorkItem, without: set[int] | None = None) -> list[Chip]:
        return chips_of(self.visit.world, item.label_ids, without)

    def tasks(self, item: WorkItem) -> tuple[int, int]:
        return markdown.task_count(item.description)

    def markdown(self, text: str, home: Container, *, tickable: bool = False) -> Markup:
        return markdown.render(text, self.visit.setting(home, tickable=tickable))

    def emoji(self, name: str) -> str:
        """The picture of an award's name, or the name between colons."""
        return EMOJI.get(name, f":{name}:")

    def role(self, level: int) -> str:
        """The role in sentence case, as all words of a page."""
        return ROLES.get(level, "No role").capitalize()

    def role_of(self, user: User, home: Container) -> str:
        return self.role(permissions.access_level(self.visit.world, user, home))

    def due(self, item: WorkItem) -> Due | None:
        """The due date; late only while the item is open."""
        if item.due_date is None:
            return None
        return Due(self.day(item.due_date), item.state == "opened" and item.due_date < self.today())

    def today(self) -> date:
        return self.visit.world.clock().date()

    def day(self, value: date) -> str:
        """`2 Nov` in the current year, `2 Nov 2027` otherwise."""
        text = f"{value.day} {value:%b}"
        return text if value.year == self.today().year else f"{text} {value.year}"

    def moment(self, value: datetime) -> str:
        """`2026-11-02 09:05 UTC`."""
        return f"{value:%Y-%m-%d %H:%M} UTC"

    def ago(self, value: datetime) -> str:
        """How long before now, in the largest fitting unit."""
        seconds = int((self.visit.world.clock() - value).total_seconds())
        if abs(seconds) < 45:
            return "just now"
        for name, size in (
            ("year", 31_536_000),
            ("month", 2_592_000),
            ("day", 86_400),
            ("hour", 3_600),
            ("minute", 60),
        ):
            count = round(abs(seconds) / size)
            if abs(seconds) >= size or name == "minute":
                words = f"{max(count, 1)} {name}{'' if count <= 1 else 's'}"
                return f"{words} ago" if seconds > 0 else f"in {words}"
        return "just now"
