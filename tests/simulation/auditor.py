"""Judges a world at rest: is it what the same story gives in peace, and was nothing doubled, lost or trespassed on?

`picture` is all that people can see, by names and without ids and times, so that two worlds can be compared.
`breaches` are rules that hold in any world, whatever the other one looks like. `Ledger` remembers what people wrote.
The trap it avoids: an auditor that asks the bot. Everything here is read from the sandbox's own state.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from app.journey import labels, markers
from app.sandbox.world import Board, Label, Note, Project, WorkItem, World

BOT = "partner-bot"
NOTES_PER_MINUTE = 60

_DIGEST = re.compile(r"begin [0-9a-f]{12}")  # of the words before issues had numbers, or after; shows nowhere
_STATE = re.compile(r"(?<=<!-- partner-journey state )\{.*\}(?= -->)")
_LASTING = ("accepted", "by", "valid_until", "due", "blocked", "assigned")
"""Of a judgement, what does not depend on when exactly the bot looked."""
_DELETED = re.compile(r"-deletion_scheduled-\d+")
_REFERENCE = re.compile(r"(?:partners/([a-z0-9-]+))?#(\d+)")

Kind = Literal["description", "title", "label", "note"]


# --- what people wrote ---


@dataclass
class Ledger:
    """Every word and label that people put somewhere, and so must still be there: (kind, work item id, text)."""

    entries: set[tuple[Kind, int, str]] = field(default_factory=set)

    def add(self, kind: Kind, item: WorkItem, text: str) -> None:
        self.entries.add((kind, item.id, text))

    def forget(self, item: WorkItem, *kinds: Kind) -> None:
        """People themselves took it away again."""
        self.entries = {e for e in self.entries if e[1] != item.id or e[0] not in kinds}

    def forget_label(self, title: str) -> None:
        """The label itself is gone, and from all items with it."""
        self.entries = {e for e in self.entries if e[0] != "label" or e[2] != title}

    def lost(self, world: World) -> Iterator[str]:
        """What is no longer there, though its item still is."""
        for kind, item_id, text in sorted(self.entries):
            item = world.work_items.get(item_id)
            if item is not None and not _is_there(world, item, kind, text):
                yield f"lost: the {kind} {text!r} of people on {_place(world, item)} {name_of(world, item)}"


def _is_there(world: World, item: WorkItem, kind: Kind, text: str) -> bool:
    match kind:
        case "description":
            return text in item.description
        case "title":
            return text == item.title
        case "label":
            return text in label_titles(world, item)
        case "note":
            return any(text == note.body for note in item.notes)


# --- names instead of numbers ---


def bot_id(world: World) -> int:
    user = world.user_by_name(BOT)
    if user is None:
        raise KeyError(BOT)
    return user.id


def name_of(world: World, item: WorkItem) -> str:
    """What an item is, the same in both worlds: the bot's mark where the bot made it, else its title."""
    if item.author_id == bot_id(world):
        for kind in ("double", "capability", "page", "partner", "problem"):
            value = markers.find(kind, item.description)
            if value is not None:
                return f"{kind} {value}"
    return item.title


def label_titles(world: World, item: WorkItem) -> list[str]:
    return sorted(world.labels[label_id].title for label_id in item.label_ids)


def comments(world: World, item: WorkItem, *, by_bot: bool) -> list[Note]:
    return [n for n in item.notes if not n.system and (n.author_id == bot_id(world)) is by_bot]


def _place(world: World, thing: WorkItem | Board | Label) -> str:
    if thing.project_id is not None:
        return _DELETED.sub("-deleted", world.projects[thing.project_id].path)
    return world.groups[thing.group_id or 0].full_path


class _Words:
    """Texts with issue numbers replaced by what they stand for: numbers may differ, what is meant may not."""

    def __init__(self, world: World) -> None:
        self._names = {
            (_place(world, i), i.iid): name_of(world, i) for i in world.work_items.values() if i.project_id is not None
        }

    def plain(self, text: str, place: str) -> str:
        def named(found: re.Match[str]) -> str:
            return f"#<{self._names.get((found[1] or place, int(found[2])), 'gone')}>"

        return _STATE.sub(_lasting, _DIGEST.sub("begin", _REFERENCE.sub(named, text)))


def _lasting(found: re.Match[str]) -> str:
    """The bot's record without what depends on when it looked: the day matters, the minute does not."""
    try:
        state = json.loads(found[0])
    except ValueError:
        return found[0]
    state.pop("heard", None)
    state.pop("risks", None)  # who was quick saw a risk that others did not
    if "at_risk_since" in state:
        state["at_risk_since"] = state["at_risk_since"][:10]
    judged = {
        name: {key: each[key] for key in _LASTING if key in each} for name, each in state.get("judged", {}).items()
    }
    state["judged"] = {name: each for name, each in judged.items() if each}
    return json.dumps(state, sort_keys=True)


# --- the picture ---


def picture(world: World) -> dict[str, Any]:
    """All that people can see, as nested dictionaries of plain values."""
    words = _Words(world)
    items: dict[str, list[dict[str, Any]]] = {}
    for item in sorted(world.work_items.values(), key=lambda i: i.id):
        healed = markers.find("problem", item.description) and item.state == "closed"  # a day's trouble, long over
        if not healed and not _is_elsewhere(world, item):
            items.setdefault(f"{_place(world, item)} {name_of(world, item)}", []).append(_item(world, item, words))
    return {
        "items": {name: dict(enumerate(same)) for name, same in items.items()},
        "projects": {p.path: _project(world, p) for p in world.projects.values() if not _is_left(p)},
        "labels": {f"{_place(world, la)} {la.title}": (la.color, la.description) for la in world.labels.values()},
        "boards": {f"{_place(world, b)} {b.name} {b.epic}": _lists(world, b) for b in world.boards.values()},
    }  # fmt: skip


def _item(world: World, item: WorkItem, words: _Words) -> dict[str, Any]:
    place = _place(world, item)
    parent = world.work_items.get(item.parent_id) if item.parent_id else None
    closer = world.users.get(item.closed_by_id) if item.closed_by_id else None
    return {
        "type": item.type,
        "title": item.title,
        "description": words.plain(item.description, place),
        "state": item.state,
        "closed by": closer.username if closer else None,
        "status": item.status,
        "gone elsewhere": (item.moved_to_id is not None, item.duplicated_to_id is not None),
        "author": world.users[item.author_id].username,
        "confidential": item.confidential,
        "labels": label_titles(world, item),
        "assignees": sorted(world.users[user_id].username for user_id in item.assignee_ids),
        "milestone": world.milestones[item.milestone_id].title if item.milestone_id else None,
        "due": str(item.due_date),
        "parent": name_of(world, parent) if parent else None,
        # Answers depend on what the bot saw: it is told twice of no closing, but may miss one that lasted a minute.
        "announcements": [
            words.plain(n.body, place)
            for n in comments(world, item, by_bot=True)
            if (markers.find("comment", n.body) or "").startswith("stage/")
        ],
        "people's comments": [n.body for n in comments(world, item, by_bot=False)],
    }


def _project(world: World, project: Project) -> dict[str, Any]:
    return {
        "name": project.name,
        "description": project.description,
        "visibility": project.visibility,
        "settings": project.settings,
        "members": {world.users[m.user_id].username: m.access_level for m in project.members},
        "files": project.files,
        "milestones": {
            m.title: (m.state, str(m.due_date), m.description)
            for m in world.milestones.values()
            if m.project_id == project.id
        },
        "hooks": {
            h.url: (bool(h.signing_token), sorted(name for name, on in h.flags.items() if on))
            for h in world.hooks.values()
            if h.project_id == project.id
        },
    }


def _lists(world: World, board: Board) -> list[str]:
    return [world.labels[entry.label_id].title for entry in board.lists if entry.label_id is not None]


def announcements(world: World) -> set[str]:
    """Every stage change that the bot has told partners or architects of: `<partner>/<mark>`."""
    found = set()
    for item in world.work_items.values():
        slug = markers.find("partner", item.description) or _place(world, item)
        for note in comments(world, item, by_bot=True):
            mark = markers.find("comment", note.body)
            if mark is not None and mark.startswith("stage/") and not _is_elsewhere(world, item):
                found.add(f"{slug}/{mark}")
    return found


def differences(peace: Any, chaos: Any, path: str = "") -> list[str]:
    """Where two pictures differ, one line for each place; empty when they are equal."""
    if isinstance(peace, dict) and isinstance(chaos, dict):
        found = []
        for key in sorted(peace.keys() | chaos.keys(), key=str):
            here = f"{path} > {key}" if path else str(key)
            if key not in chaos:
                found.append(f"{here}: only in peace")
            elif key not in peace:
                found.append(f"{here}: only in chaos")
            else:
                found += differences(peace[key], chaos[key], here)
        return found
    if peace == chaos:
        return []
    if isinstance(peace, str) and isinstance(chaos, str) and "\n" in peace + chaos:
        return [f"{path}:\n{_changed_lines(peace, chaos)}"]
    return [f"{path}: in peace {peace!r}, in chaos {chaos!r}"]


def _changed_lines(peace: str, chaos: str) -> str:
    here, there = peace.splitlines(), chaos.splitlines()
    lines = [f"    peace | {line}" for line in here if line not in there]
    lines += [f"    chaos | {line}" for line in there if line not in here]
    return "\n".join(lines) or "    the same lines in another order or number"


# --- rules for any world ---


def breaches(world: World, ledger: Ledger) -> list[str]:
    """Every broken rule, in words: things made twice, comments told twice, people's things touched or lost."""
    return [*_doubles(world), *_told_twice(world), *_trespasses(world), *_shouting(world), *ledger.lost(world)]


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"double: {count} {what} {name}"


def _doubles(world: World) -> Iterator[str]:
    bot = bot_id(world)
    ours = [i for i in world.work_items.values() if i.author_id == bot and not _is_elsewhere(world, i)]
    named = [(i, name_of(world, i)) for i in ours if i.title != name_of(world, i)]
    yield from (f"healed: {name} in {_place(world, i)}" for i, name in named if name.startswith("double "))
    alive = [(i, name) for i, name in named if not name.startswith(("double ", "problem "))]
    yield from _twice("issues", (f"{_place(world, i)} {name}" for i, name in alive))
    open_problems = (name for i, name in named if name.startswith("problem ") and i.state == "opened")
    yield from _twice("issues", open_problems)
    yield from _twice("milestones", (f"{m.project_id}/{m.title}" for m in world.milestones.values()))
    yield from _twice("boards", (f"{b.group_id}/{b.project_id}/{b.name}" for b in world.boards.values()))
    yield from _twice("hooks", (f"{h.project_id}/{h.url}" for h in world.hooks.values()))
    yield from _twice("labels", (f"{la.group_id}/{la.project_id}/{la.title}" for la in world.labels.values()))
    for board in world.boards.values():
        yield from _twice(f"lists on {board.name}", _lists(world, board))


def _told_twice(world: World) -> Iterator[str]:
    for item in world.work_items.values():
        notes = comments(world, item, by_bot=True)
        where = f"on {_place(world, item)} {name_of(world, item)}"
        yield from _twice(
            f"comments {where} with the mark", (m for n in notes if (m := markers.find("comment", n.body)))
        )
        yield from _twice(f"comments {where} with the words", (n.body for n in notes))


def _trespasses(world: World) -> Iterator[str]:
    """The bot left a trace on something that people made."""
    bot = bot_id(world)
    for item in world.work_items.values():
        if item.author_id == bot and not _is_elsewhere(world, item):
            edited = [n for n in comments(world, item, by_bot=False) if n.last_edited_by_id == bot]
            yield from (f"trespass: {n.body!r} on {name_of(world, item)} was edited" for n in edited)
            continue
        if item.project_id is not None and world.projects[item.project_id].marked_for_deletion_on is not None:
            continue
        if any(world.labels[i].title == labels.NEWCOMER for i in item.label_ids if i in world.labels):
            continue  # a form asks the bot to answer and to close it
        traces = [e for e in (*item.state_events, *item.label_events, *item.milestone_events) if e.user_id == bot]
        written = [] if _is_elsewhere(world, item) else comments(world, item, by_bot=True)
        if traces or written or bot in (item.updated_by_id, item.last_edited_by_id):
            yield f"trespass: the bot changed {_place(world, item)} {item.title!r}"


def _is_elsewhere(world: World, item: WorkItem) -> bool:
    """Moved by people to a project that is no partner's, or deleted with its project: no longer the bot's business.

    It stays as it was at that moment, so it is not compared either.
    """
    return item.project_id is not None and _is_left(world.projects[item.project_id])


def _is_left(project: Project) -> bool:
    return project.path == "attic" or project.marked_for_deletion_on is not None


def _shouting(world: World) -> Iterator[str]:
    """https://docs.gitlab.com/user/gitlab_com/ allows 60 comments a minute."""
    notes = (n for i in world.work_items.values() for n in comments(world, i, by_bot=True))
    for minute, count in Counter(n.created_at.strftime("%Y-%m-%d %H:%M") for n in notes).items():
        if count > NOTES_PER_MINUTE:
            yield f"too loud: {count} comments at {minute}"
