"""What quick actions mean: commands become changes of an item, with the rights of whoever wrote them.

Nothing is changed here; `interpret` only collects. A command that the writer may not use is reported as "Could not
apply" and otherwise ignored, as on GitLab (https://docs.gitlab.com/user/project/quick_actions/).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.sandbox import permissions
from app.sandbox.operations.labels import available_labels
from app.sandbox.operations.milestones import available_milestones
from app.sandbox.quick_actions import Command, references
from app.sandbox.world import GUEST, Container, Project, User, WorkItem, World

_ITEM = re.compile(r"^(?P<path>[\w./-]+?)?[#&](?P<iid>\d+)\+?s?$")
_URL = re.compile(r"^https?://[^/]+/(?:groups/)?(?P<path>[\w./-]+?)/-/(?:issues|work_items|epics)/(?P<iid>\d+)")


@dataclass
class Interpretation:
    """`changes` fit `update_work_item`, except `duplicate_of` (a work item id); `messages` are what GitLab answers."""

    changes: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @property
    def reported(self) -> dict[str, Any]:
        """`commands_changes` as the notes API names them."""
        names = {"duplicate_of": "canonical_issue_id", "parent_id": "set_parent"}
        return {
            names.get(key, key): value.isoformat() if isinstance(value, date) else value
            for key, value in self.changes.items()
        }


@dataclass
class _Context:
    world: World
    actor: User
    container: Container
    item: WorkItem | None  # None while the item is being created
    result: Interpretation

    @property
    def noun(self) -> str:
        return self.item.type.lower() if self.item else "issue"

    def may_update(self) -> bool:
        return self.item is not None and permissions.can_update_item(self.world, self.actor, self.item)

    def may_set_metadata(self) -> bool:
        if self.item is None:
            return permissions.access_level(self.world, self.actor, self.container) >= GUEST
        return permissions.can_set_metadata(self.world, self.actor, self.item)


class _Unavailable(Exception):
    """The command cannot be used here or by this person."""


def interpret(
    world: World, actor: User, container: Container, item: WorkItem | None, commands: Iterable[Command]
) -> Interpretation:
    """Collect what the commands would change. `item` is None for the description of an item being created."""
    context = _Context(world, actor, container, item, Interpretation())
    for command in commands:
        try:
            message = _HANDLERS[command.name](context, command.argument)
        except _Unavailable:
            message = f"Could not apply {command.name} command."
        if message:
            context.result.messages.append(message)
    return context.result


def find_item(world: World, actor: User, container: Container, text: str) -> WorkItem | None:
    """The item that `#1`, `&1`, `group/project#1` or an URL names, if the actor sees it."""
    match = _ITEM.match(text.strip()) or _URL.match(text.strip())
    if match is None:
        return None
    iid, path = int(match["iid"]), match["path"]
    project: Project | None = container if isinstance(container, Project) else None
    group = world.group_of(container)
    if path:
        project, group = world.project_by_path(path), world.group_by_path(path) or group
    wants_epic = "&" in text or "/epics/" in text or project is None
    place = (group.id, None, iid) if wants_epic or project is None else (None, project.id, iid)
    found = (item for item in world.work_items.where("place", place) if permissions.can_read_item(world, actor, item))
    return next(found, None)


def _need(allowed: bool) -> None:
    if not allowed:
        raise _Unavailable


def _close(context: _Context, _: str) -> str:
    _need(context.may_update() and context.item is not None and context.item.state == "opened")
    context.result.changes["state_event"] = "close"
    return f"Closed this {context.noun}."


def _reopen(context: _Context, _: str) -> str:
    item = context.item
    _need(context.may_update() and item is not None and item.state == "closed" and not item.discussion_locked)
    context.result.changes["state_event"] = "reopen"
    return f"Reopened this {context.noun}."


def _find_labels(context: _Context, argument: str) -> list[int]:
    by_title = {label.title.lower(): label.id for label in available_labels(context.world, context.container)}
    found = [by_title[name.lower()] for name in references(argument) if name.lower() in by_title]
    return list(dict.fromkeys(found))


def _names(context: _Context, label_ids: list[int]) -> str:
    titles = [context.world.labels[label_id].title for label_id in label_ids]
    quoted = [f'~"{title}"' if re.search(r"[^A-Za-z0-9_\-?.&]", title) else f"~{title}" for title in titles]
    return f"{' '.join(quoted)} label{'s' if len(titles) > 1 else ''}"


def _label(context: _Context, argument: str) -> str | None:
    _need(context.may_set_metadata() and bool(argument))
    found = _find_labels(context, argument)
    if not found:
        return None
    context.result.changes["add_label_ids"] = [*context.result.changes.get("add_label_ids", []), *found]
    return f"Added {_names(context, found)}."


def _unlabel(context: _Context, argument: str) -> str | None:
    _need(context.may_set_metadata() and context.item is not None and bool(context.item.label_ids))
    if not argument:
        context.result.changes["label_ids"] = []
        return "Removed all labels."
    found = _find_labels(context, argument)
    if not found:
        return None
    context.result.changes["remove_label_ids"] = [*context.result.changes.get("remove_label_ids", []), *found]
    return f"Removed {_names(context, found)}."


def _relabel(context: _Context, argument: str) -> str | None:
    _need(context.may_set_metadata() and bool(argument))
    found = _find_labels(context, argument)
    if not found:
        return None
    context.result.changes["label_ids"] = found
    return f"Replaced all labels with {_names(context, found)}."


def _find_users(context: _Context, argument: str) -> list[User]:
    names = [name.lstrip("@").rstrip(".,") for name in argument.replace(",", " ").split()]
    found = [context.actor if name == "me" else context.world.user_by_name(name) for name in names]
    return [u for u in found if u is not None and permissions.can_read_container(context.world, u, context.container)]


def _assignees(context: _Context) -> list[int]:
    current = list(context.item.assignee_ids) if context.item else []
    return list(context.result.changes.get("assignee_ids", current))


def _assign(context: _Context, argument: str) -> str | None:
    _need(context.may_set_metadata() and bool(argument))
    users = _find_users(context, argument)
    if not users:
        return "Failed to assign a user because no user was found."
    if not context.world.licensed:
        users = users[:1]
    kept = _assignees(context) if context.world.licensed else []
    context.result.changes["assignee_ids"] = list(dict.fromkeys([*kept, *(user.id for user in users)]))
    return f"Assigned {' and '.join('@' + user.username for user in users)}."


def _unassign(context: _Context, argument: str) -> str | None:
    current = _assignees(context)
    _need(context.may_set_metadata() and bool(current))
    gone = [user.id for user in _find_users(context, argument)] if argument else current
    context.result.changes["assignee_ids"] = [user_id for user_id in current if user_id not in gone]
    names = " and ".join(f"@{context.world.users[user_id].username}" for user_id in current if user_id in gone)
    return f"Removed assignee{'s' if ' and ' in names else ''} {names}." if names else None


def _due(context: _Context, argument: str) -> str:
    _need(context.may_set_metadata() and bool(argument))
    try:
        due = date.fromisoformat(argument)
    except ValueError:
        return "Failed to set due date because the date format is invalid."
    context.result.changes["due_date"] = due
    return f"Set the due date to {due:%b} {due.day}, {due.year}."


def _remove_due_date(context: _Context, _: str) -> str:
    _need(context.may_set_metadata() and context.item is not None and context.item.due_date is not None)
    context.result.changes["due_date"] = None
    return "Removed the due date."


def _milestone(context: _Context, argument: str) -> str | None:
    wanted = references(argument)
    available = [m for m in available_milestones(context.world, context.container) if m.state == "active"]
    _need(context.may_set_metadata() and bool(available))
    for milestone in available:
        if wanted and wanted[0] in (milestone.title, str(milestone.iid)):
            context.result.changes["milestone_id"] = milestone.id
            return f'Set the milestone to %"{milestone.title}".'
    return None


def _remove_milestone(context: _Context, _: str) -> str:
    item = context.item
    _need(context.may_set_metadata() and item is not None and item.milestone_id is not None)
    context.result.changes["milestone_id"] = None
    return "Removed the milestone."


def _title(context: _Context, argument: str) -> str:
    _need(context.may_update() and bool(argument))
    context.result.changes["title"] = argument
    return f'Changed the title to "{argument}".'


def _confidential(context: _Context, _: str) -> str:
    item = context.item
    _need(item is None or (context.may_set_metadata() and not item.confidential))
    context.result.changes["confidential"] = True
    return f"Made this {context.noun} confidential."


def _lock(context: _Context, _: str) -> str:
    item = context.item
    _need(context.may_set_metadata() and item is not None and not item.discussion_locked)
    context.result.changes["discussion_locked"] = True
    return "Locked the discussion."


def _unlock(context: _Context, _: str) -> str:
    item = context.item
    _need(context.may_set_metadata() and item is not None and bool(item.discussion_locked))
    context.result.changes["discussion_locked"] = False
    return "Unlocked the discussion."


def _duplicate(context: _Context, argument: str) -> str:
    _need(context.may_update() and bool(argument))
    canonical = find_item(context.world, context.actor, context.container, argument)
    if canonical is None or canonical is context.item:
        return "Failed to mark this issue as a duplicate because referenced issue was not found."
    context.result.changes["duplicate_of"] = canonical.id
    return f"Closed this {context.noun}. Marked as related to, and a duplicate of, {argument}."


def _set_parent(context: _Context, argument: str) -> str:
    _need(context.may_set_metadata() and bool(argument))
    parent = find_item(context.world, context.actor, context.container, argument)
    if parent is None or (parent.type == "EPIC" and not context.world.licensed):
        return "This parent item does not exist or you don't have sufficient permission."
    context.result.changes["parent_id"] = parent.id
    return "Parent item set successfully."


def _remove_parent(context: _Context, _: str) -> str:
    _need(context.may_set_metadata() and context.item is not None and context.item.parent_id is not None)
    context.result.changes["parent_id"] = None
    return "Parent item removed successfully."


_HANDLERS: dict[str, Callable[[_Context, str], str | None]] = {
    "close": _close,
    "reopen": _reopen,
    "label": _label,
    "unlabel": _unlabel,
    "relabel": _relabel,
    "assign": _assign,
    "unassign": _unassign,
    "due": _due,
    "remove_due_date": _remove_due_date,
    "milestone": _milestone,
    "remove_milestone": _remove_milestone,
    "title": _title,
    "confidential": _confidential,
    "lock": _lock,
    "unlock": _unlock,
    "duplicate": _duplicate,
    "set_parent": _set_parent,
    "remove_parent": _remove_parent,
}
