"""Partners by the thousand, as they stand in GitLab once they are onboarded: copies of one that really was.

The copy is made in the sandbox alone: its project, board, milestones, webhook, issues and epic, with ids of its own and
the other partner's name in every text. The bot then takes the copies up as it would after the loss of its database. The
trap: a copy that is not what an onboarding leaves behind; the bot would have to write to mend it, and `take_up` tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any

from app.demo.local import ACME, LocalStage
from app.sandbox import operations
from app.sandbox.world import Milestone, Project, WorkItem, World

DIGITS = 5
"""All numbers are equally long, and digits equally wide: so the pictures differ in nothing but the number."""


def slug_of(number: int) -> str:
    return f"p-{number:0{DIGITS}}"


def file_of(number: int) -> str:
    """The partner file of a numbered partner."""
    return ACME.replace("Acme", f"Number {number:0{DIGITS}}")


def write_files(stage: LocalStage, numbers: Iterable[int]) -> None:
    """One commit with all of these partner files, as an import writes them."""
    actions = [{"action": "create", "file_path": f"partners/{slug_of(n)}.yaml", "content": file_of(n)} for n in numbers]
    control, root = stage.project("journey-control"), stage.user("root")
    operations.commit_files(stage.world, root, control, branch="main", message="Add partners", actions=actions)


def seed(stage: LocalStage, numbers: Iterable[int], pattern: int = 0) -> None:
    """Copies of the partner `pattern`, and their files. The webhooks of nothing but the files are sent."""
    numbers = list(numbers)
    for number in numbers:
        _copy(stage.world, stage.project(slug_of(pattern)), f"{pattern:0{DIGITS}}", f"{number:0{DIGITS}}")
    write_files(stage, numbers)


def _copy(world: World, pattern: Project, old: str, new: str) -> None:
    project: Project = _renamed(pattern, old, new)
    project.id = world.ids.next("project")
    for member in project.members:
        member.id = world.ids.next("member")
    for badge in project.badges:
        badge.id = world.ids.next("badge")
    world.projects[project.id] = project
    milestones = {m.id: _placed(world, "milestone", m, project, old, new) for m in _of(world.milestones, pattern)}
    for hook in _of(world.hooks, pattern):
        _placed(world, "hook", hook, project, old, new)
    for board in _of(world.boards, pattern):
        for entry in _placed(world, "board", board, project, old, new).lists:
            entry.id = world.ids.next("list")
    items = _of(world.work_items, pattern)
    epics = {i.parent_id: _epic(world, world.work_items[i.parent_id], old, new) for i in items[:1] if i.parent_id}
    for item in items:
        copy = _item(world, item, old, new)
        copy.project_id = project.id
        copy.milestone_id = milestones[item.milestone_id].id if item.milestone_id else None
        copy.parent_id = epics[item.parent_id].id if item.parent_id else None
        world.work_items[copy.id] = copy


def _of(table: Any, project: Project) -> list[Any]:
    return list(table.where("project_id", project.id))


def _placed(world: World, kind: str, record: Any, project: Project, old: str, new: str) -> Any:
    """A copy of a milestone, hook or board in its table."""
    copy = _renamed(record, old, new)
    copy.id, copy.project_id = world.ids.next(kind), project.id
    table: Any = world.milestones if isinstance(record, Milestone) else getattr(world, f"{kind}s")
    table[copy.id] = copy
    return copy


def _epic(world: World, epic: WorkItem, old: str, new: str) -> WorkItem:
    copy = _item(world, epic, old, new)
    group = world.groups[epic.group_id or 0]
    group.work_item_counter += 1
    copy.iid, copy.epic_id = group.work_item_counter, world.ids.next("epic")
    world.work_items[copy.id] = copy
    return copy


def _item(world: World, item: WorkItem, old: str, new: str) -> WorkItem:
    copy: WorkItem = _renamed(item, old, new)
    copy.id = world.ids.next("work_item")
    for note in copy.notes:
        note.id, note.discussion_id = world.ids.next("note"), world.ids.hex(40)
    for label_event in copy.label_events:
        label_event.id = world.ids.next("label_event")
    for milestone_event in copy.milestone_events:
        milestone_event.id = world.ids.next("milestone_event")
    return copy


def _renamed(value: Any, old: str, new: str) -> Any:
    """A copy all the way down, with the other number in every text."""
    if isinstance(value, str):
        return value.replace(f"p-{old}", f"p-{new}").replace(f"Number {old}", f"Number {new}")
    if isinstance(value, list):
        return [_renamed(each, old, new) for each in value]
    if isinstance(value, dict):
        return {key: _renamed(each, old, new) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{each.name: _renamed(getattr(value, each.name), old, new) for each in fields(value)})
    return value
