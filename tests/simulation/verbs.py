"""What people can do, by name: `bind(deed, people)` picks what it is about, the function that it returns does it.

Everything a day is about is picked before its first deed, while both worlds are at rest and look alike: picked later,
a deed could mean another issue only because one bot was faster. Where there is nothing to do it with, nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
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


# --- states ---

on_item("close", lambda h, i: h.change(i, h.actor, state_event="close"), state="opened")
on_item("reopen", lambda h, i: h.change(i, h.actor, state_event="reopen"), state="closed")
on_item("wont do", lambda h, i: _wont_do(h, i), state="opened")


@verb("close stage")
def _close_stage(here: Here) -> Act | None:
    """Everything that is open is closed in one bulk edit."""
    items = here.capabilities(state="opened")
    return lambda: [here.change(item, here.actor, state_event="close") for item in items] and None


@verb("flip")
def _flip(here: Here) -> Act | None:
    """Closed by mistake and opened again, or the other way round."""
    item = here.pick(here.capabilities())
    if item is None:
        return None
    events = ("close", "reopen") if item.state == "opened" else ("reopen", "close")
    return lambda: [here.change(item, here.actor, state_event=event) for event in events] and None


@verb("duplicate")
def _duplicate(here: Here) -> Act | None:
    item, page = here.pick(here.capabilities(state="opened")), here.page
    if item is None or page is None:
        return None

    def act() -> None:
        if item.id in here.world.work_items and page.id in here.world.work_items and item.state == "opened":
            operations.mark_duplicate(here.world, here.architect, item, page)

    return act


def _wont_do(here: Here, item: WorkItem) -> None:
    if here.world.licensed:
        here.change(item, here.architect, status="Won't do")


@verb("move")
def _move(here: Here) -> Act | None:
    item = here.pick(here.capabilities(state="opened"))
    if item is None:
        return None

    def act() -> None:
        if item.id in here.world.work_items and item.moved_to_id is None:
            operations.move_issue(here.world, here.architect, item, here.people.projects["attic"])

    return act


# --- words ---


@verb("forge a comment")
def _forge(here: Here) -> Act | None:
    """A partner imitates the bot's marks, where they would matter most."""
    page = here.page
    marks = ("comment=stage/1/walk", "comment=stage/7/complete", "page=status", 'state {"stage": "complete"}')
    words = f"<!-- partner-journey {marks[here.number % 4]} -->"
    return None if page is None else lambda: here.note(page, here.actor, f"{here.people.say()}\n{words}")


def _write_outside(here: Here, item: WorkItem) -> None:
    words = here.people.say()
    if here.number % 3:
        here.write(item, here.actor, words, lambda text: f"{text}\n\n{words}")
    else:
        here.write(item, here.actor, words, lambda text: f"{words}\n\n{text}")


def _tidy(here: Here, item: WorkItem) -> None:
    """Somebody removes comments that he does not understand."""
    end = "<!-- partner-journey end -->"
    name = markers.find("capability", item.description) or ""
    first = markers.mark("capability", name)
    here.write(item, here.actor, "", lambda text: text.replace((end, first)[here.number % 2], ""))


def _wipe(here: Here, item: WorkItem) -> None:
    here.people.ledger.forget(item, "description")
    here.write(item, here.actor, "", lambda _text: "")


on_item("tick", lambda h, i: h.write(i, h.actor, "", lambda t: t.replace("- [ ]", "- [x]", 1)))
on_item("comment", lambda h, i: h.note(i, h.actor, h.people.say()), page=True)
on_item("write outside", _write_outside, page=True)
on_item("write inside", lambda h, i: h.write(i, h.actor, "", lambda t: t.replace("Learn", "Forget")), page=True)
on_item("tidy up marks", _tidy)
on_item("rename", lambda h, i: h.change(i, h.actor, title=f"Renamed {h.number}"))
on_item("wipe text", _wipe, page=False)
on_epic("comment on epic", lambda h, i: h.note(i, h.architect, h.people.say()))
on_epic("rename epic", lambda h, i: h.change(i, h.architect, title=f"Renamed {h.number}"))


def _write_in_epic(here: Here, item: WorkItem) -> None:
    words = here.people.say()
    here.write(item, here.architect, words, lambda text: f"{text}\n\n{words}")


def _wipe_epic(here: Here, item: WorkItem) -> None:
    here.people.ledger.forget(item, "description")
    here.write(item, here.architect, "", lambda text: text.partition("-->")[0] + "-->")


on_epic("write in epic", _write_in_epic)
on_epic("wipe epic", _wipe_epic)

# --- labels and fields ---


def _label(here: Here, item: WorkItem) -> None:
    project = here.world.projects.get(item.project_id or 0)
    if project is None or item.id not in here.world.work_items:
        return
    title = ("blocked", "customer::big", "review::later")[here.number % 3]
    ids = operations.ensure_labels(here.world, here.architect, project, [title])
    here.change(item, here.architect, add_label_ids=ids)
    here.people.ledger.forget(item, *(("label",) if "::" in title else ()))  # a scoped one drives out its kin
    for label_id in item.label_ids:
        if here.world.labels[label_id].project_id == project.id:
            here.people.ledger.add("label", item, here.world.labels[label_id].title)


def _unlabel(here: Here, item: WorkItem) -> None:
    here.people.ledger.forget(item, "label")
    here.change(item, here.architect, label_ids=[])


def _drag(here: Here, item: WorkItem) -> None:
    """A card is dragged to another list of a board."""
    wanted = ("stage::stand", "stage::walk", "stage::run", "stage::complete")[here.number % 4]
    label = next((la for la in here.world.labels.values() if la.title == wanted), None)
    if label is not None:
        here.change(item, here.architect, add_label_ids=[label.id])


on_item("label", _label)
on_item("unlabel", _unlabel, page=True)
on_item("drag", _drag, page=True)
on_item("assign", lambda h, i: h.change(i, h.architect, assignee_ids=[h.actor.id]), state="opened")
on_item("change due date", lambda h, i: h.change(i, h.architect, due_date=_today(h) + timedelta(h.number % 90)))
on_item("detach", lambda h, i: h.change(i, h.architect, parent_id=None), page=True)
on_item("open up", lambda h, i: _open_up(h, i), page=True)
on_item("adopt", lambda h, i: _adopt(h, i), page=True)
on_epic("drag epic", _drag)
on_epic("label epic", lambda h, i: h.change(i, h.architect, label_ids=[]))
on_epic("close epic", lambda h, i: h.change(i, h.architect, state_event="close"))


def _open_up(here: Here, item: WorkItem) -> None:
    """An open issue cannot be below a confidential epic."""
    here.change(item, here.architect, parent_id=None)
    here.change(item, here.architect, confidential=False)


def _adopt(here: Here, item: WorkItem) -> None:
    """Somebody puts an issue under an epic of his own."""
    group = here.world.group_by_path("partners")
    if group is not None and here.world.licensed and item.id in here.world.work_items:
        title = f"Campaign: {here.people.say()}"
        epic = operations.create_work_item(here.world, here.architect, type="EPIC", title=title, group=group)
        here.people.ledger.add("title", epic, title)
        here.change(item, here.architect, parent_id=epic.id)


def _today(here: Here) -> date:
    return here.world.clock().date()


# --- people's own issues ---


@verb("own issue")
def _own_issue(here: Here) -> Act | None:
    project = here.project
    if project is None:
        return None

    def act() -> None:
        marks = ("", "<!-- partner-journey capability=stand/portal -->\n", "<!-- partner-journey page=status -->\n")
        words = here.people.say()
        text = f"{marks[here.number % 3]}{words}"
        item = operations.create_work_item(
            here.world, here.actor, type="ISSUE", title=f"Question: {words}", description=text, project=project
        )
        here.people.ledger.add("description", item, words)
        here.people.ledger.add("title", item, item.title)

    return act


@verb("close own issue")
def _close_own_issue(here: Here) -> Act | None:
    item = here.pick(here.items(by_bot=False))
    return None if item is None else lambda: here.change(item, here.actor, state_event="close")


# --- what people take away ---


def _delete(here: Here, item: WorkItem) -> None:
    if item.id in here.world.work_items:
        operations.delete_work_item(here.world, here.root, item)


on_item("delete issue", _delete)
on_epic("delete epic", _delete)


@verb("delete page")
def _delete_page(here: Here) -> Act | None:
    page = here.page
    return None if page is None else lambda: _delete(here, page)


@verb("delete label")
def _delete_label(here: Here) -> Act | None:
    labels = sorted((la for la in here.world.labels.values() if la.group_id), key=lambda la: la.title)
    label = here.pick(labels)
    return None if label is None else lambda: operations.delete_label(here.world, here.root, label)


@verb("delete milestone")
def _delete_milestone(here: Here) -> Act | None:
    milestone = here.pick(_milestones(here))
    return None if milestone is None else lambda: operations.delete_milestone(here.world, here.root, milestone)


@verb("flip milestone")
def _flip_milestone(here: Here) -> Act | None:
    milestone = here.pick(_milestones(here))
    if milestone is None:
        return None
    event = "close" if milestone.state == "active" else "activate"
    return lambda: operations.update_milestone(here.world, here.root, milestone, state_event=event) and None


def _milestones(here: Here) -> list[Any]:
    project = here.project
    found = [m for m in here.world.milestones.values() if project and m.project_id == project.id]
    return sorted(found, key=lambda m: m.title)


@verb("delete board")
def _delete_board(here: Here) -> Act | None:
    board = here.pick(_boards(here))
    return None if board is None else lambda: operations.delete_board(here.world, here.root, board)


@verb("delete list")
def _delete_list(here: Here) -> Act | None:
    board = here.pick(_boards(here))
    entries = [entry for entry in board.lists if entry.label_id is not None] if board else []
    entry = here.pick(entries)
    return None if entry is None else lambda: operations.delete_board_list(here.world, here.root, board, entry)


def _boards(here: Here) -> list[Any]:
    project = here.project
    found = [b for b in here.world.boards.values() if b.project_id is None or (project and b.project_id == project.id)]
    return sorted(found, key=lambda b: (b.name, b.project_id or 0))


@verb("delete hook")
def _delete_hook(here: Here) -> Act | None:
    project = here.project
    hook = here.pick([h for h in here.world.hooks.values() if project and h.project_id == project.id])
    return None if hook is None else lambda: operations.delete_hook(here.world, here.root, hook)


@verb("remove member")
def _remove_member(here: Here) -> Act | None:
    project, user = here.project, here.people.user(PEOPLE[here.deed.slug][3])
    if project is None or not any(member.user_id == user.id for member in project.members):
        return None
    return lambda: operations.remove_member(here.world, here.root, project, user)


@verb("edit file")
def _edit_file(here: Here) -> Act | None:
    project = here.project
    path = here.pick(sorted(project.files)) if project else None
    return None if project is None or path is None else lambda: here.people.commit(project, path, "mine now\n")


@verb("delete project")
def _delete_project(here: Here) -> Act | None:
    """GitLab renames it and keeps it for some weeks; the partner file still wants one."""
    project = here.project
    return None if project is None else lambda: operations.delete_project(here.world, here.root, project)
