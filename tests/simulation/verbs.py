"""What people can do, by name: `bind(deed, people)` picks what it is about, the function that it returns does it.

Everything a day is about is picked before its first deed, while both worlds are at rest and look alike: picked later,
a deed could mean another issue only because one bot was faster. Where there is nothing to do it with, nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.journey import markers
from app.sandbox import operations
from app.sandbox.world import Project, User, WorkItem, World
from simulation.auditor import BOT, Ledger, name_of
from simulation.story import Deed

Act = Callable[[], None]
PEOPLE = {
    "acme": ("Acme Integrators", "rsi", "acme.lead", "acme.dev", "gl.sa1"),
    "globex": ("Globex Consulting", "gsi", "globex.lead", "globex.dev", "gl.sa2"),
    "initech": ("Initech", "rsi", "initech.lead", "initech.dev", "gl.sa1"),
}


@dataclass
class People:
    """The people of one world: who they are, what they see, and the ledger of what they wrote."""

    world: World
    ledger: Ledger
    words: int = 0

    def user(self, name: str) -> User:
        found = self.world.user_by_name(name)
        if found is None:
            raise KeyError(name)
        return found

    def say(self) -> str:
        """Words that nobody else ever writes."""
        self.words += 1
        return f"said {self.words} by somebody"

    @property
    def control(self) -> Project:
        return self.projects["journey-control"]

    @property
    def projects(self) -> dict[str, Project]:
        return {project.path: project for project in self.world.projects.values()}

    def commit(self, project: Project, path: str, text: str) -> None:
        """An administrator merges one file."""
        verb = "update" if path in project.files else "create"
        if project.files.get(path) != text:
            operations.commit_files(
                self.world, self.user("root"), project, branch="main", message=f"{verb} {path}",
                actions=[{"action": verb, "file_path": path, "content": text}],
            )  # fmt: skip


@dataclass
class Here:
    """One deed in one world: whose it is and what is there to pick from, in an order that both worlds share."""

    people: People
    deed: Deed

    @property
    def world(self) -> World:
        return self.people.world

    @property
    def number(self) -> int:
        return self.deed.number

    @property
    def actor(self) -> User:
        """The partner's lead or the architect who coaches them."""
        lead, architect = PEOPLE[self.deed.slug][2], PEOPLE[self.deed.slug][4]
        return self.people.user((lead, architect)[self.number % 2])

    @property
    def architect(self) -> User:
        return self.people.user(PEOPLE[self.deed.slug][4])

    @property
    def root(self) -> User:
        return self.people.user("root")

    @property
    def project(self) -> Project | None:
        return self.people.projects.get(self.deed.slug)

    def pick(self, things: list[Any]) -> Any | None:
        return things[self.number // 2 % len(things)] if things else None

    def items(self, *, by_bot: bool = True) -> list[WorkItem]:
        """The partner's issues by name."""
        project = self.project
        found = [i for i in self.world.work_items.values() if project is not None and i.project_id == project.id]
        bot = self.people.user(BOT).id
        return sorted((i for i in found if (i.author_id == bot) is by_bot), key=lambda i: name_of(self.world, i))

    def capabilities(self, *, state: str | None = None) -> list[WorkItem]:
        return [
            i for i in self.items() if markers.find("capability", i.description) and state in (None, i.state)
        ]  # fmt: skip

    @property
    def page(self) -> WorkItem | None:
        return next((i for i in self.items() if markers.find("page", i.description)), None)

    @property
    def epic(self) -> WorkItem | None:
        bot = self.people.user(BOT).id
        found = (i for i in self.world.work_items.values() if i.author_id == bot)
        return next((i for i in found if markers.find("partner", i.description) == self.deed.slug), None)

    def change(self, item: WorkItem, by: User, **changes: Any) -> None:
        """Somebody edits an item, if it is still there."""
        if item.id in self.world.work_items:
            operations.update_work_item(self.world, by, item, **changes)

    def finish(self, item: WorkItem, by: User) -> None:
        """Somebody gives the evidence and closes an issue."""
        self.note(item, by, f"{self.people.say()}, see https://example.com/evidence")
        self.change(item, by, state_event="close")

    def note(self, item: WorkItem, by: User, body: str) -> None:
        if item.id in self.world.work_items:
            self.people.ledger.add("note", item, body)
            operations.create_note(self.world, by, item, body=body)

    def write(self, item: WorkItem, by: User, kept: str, text: Callable[[str], str]) -> None:
        """Somebody changes a description; `kept` is what must still be there ever after."""
        if item.id in self.world.work_items:
            self.change(item, by, description=text(item.description))
            if kept:
                self.people.ledger.add("description", item, kept)


Verb = Callable[[Here], Act | None]
VERBS: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    def known(function: Verb) -> Verb:
        VERBS[name] = function
        return function

    return known


def bind(deed: Deed, people: People) -> Act | None:
    """What this deed means in this world; None where there is nothing to do it with."""
    return VERBS[deed.verb](Here(people, deed))


def on_item(name: str, act: Callable[[Here, WorkItem], None], *, page: bool = False, state: str | None = None) -> None:
    """A verb about one of the bot's issues."""

    def chosen(here: Here) -> Act | None:
        items = here.capabilities(state=state) + ([here.page] if page and here.page else [])
        item = here.pick(items)
        return None if item is None else lambda: act(here, item)

    VERBS[name] = chosen


def on_epic(name: str, act: Callable[[Here, WorkItem], None]) -> None:
    """A verb about the partner's epic, or on Free the tracker issue."""

    def chosen(here: Here) -> Act | None:
        epic = here.epic
        return None if epic is None else lambda: act(here, epic)

    VERBS[name] = chosen
