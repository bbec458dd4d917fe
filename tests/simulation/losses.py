"""What people take away, mostly without a webhook to tell of it. Fills `verbs.VERBS`."""

from __future__ import annotations

from typing import Any

from app.sandbox import operations
from app.sandbox.world import WorkItem
from simulation.verbs import PEOPLE, Act, Here, on_epic, on_item, verb


def _delete(here: Here, item: WorkItem) -> None:
    if item.id in here.world.work_items:
        operations.delete_work_item(here.world, here.root, item)


on_item("delete issue", _delete)
on_epic("delete epic", _delete)


def _wipe(here: Here, item: WorkItem) -> None:
    here.people.ledger.forget(item, "description")
    here.write(item, here.actor, "", lambda _text: "")


def _wipe_epic(here: Here, item: WorkItem) -> None:
    here.people.ledger.forget(item, "description")
    here.write(item, here.architect, "", lambda text: text.partition("-->")[0] + "-->")


on_item("wipe text", _wipe)
on_epic("wipe epic", _wipe_epic)


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
