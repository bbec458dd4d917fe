"""What all verbs share: the UNSET sentinel, refusals, bookkeeping of time and history.

The trap this avoids: `None` meaning both "leave it" and "clear it". UNSET leaves, None clears.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from app.sandbox import permissions
from app.sandbox.errors import Forbidden, Invalid, NotFound
from app.sandbox.world import Container, Group, Note, Project, User, WorkItem, World

UNSET: Any = object()
"""Not given: leave as it is."""

PATH = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*")
PATH_COMPLAINT = (
    "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'"
)


def require(allowed: bool) -> None:
    """Raise Forbidden unless allowed."""
    if not allowed:
        raise Forbidden


def require_visible(world: World, actor: User | None, subject: Container) -> None:
    """Raise NotFound for what the actor must not know of."""
    if not permissions.can_read_container(world, actor, subject):
        raise NotFound.of(subject.noun.capitalize())


def require_item(world: World, actor: User | None, item: WorkItem) -> None:
    """Raise NotFound unless the actor sees the item."""
    if item.id not in world.work_items or not permissions.can_read_item(world, actor, item):
        raise NotFound


def check_filled(attribute: str, value: str) -> None:
    """Raise Invalid for blank text."""
    if not value.strip():
        raise Invalid({attribute: ["can't be blank"]})


def check_path(path: str) -> None:
    """Raise Invalid for a project or group path that GitLab does not allow."""
    if not path:
        raise Invalid({"path": ["can't be blank"]})
    if not PATH.fullmatch(path) or path.lower().endswith((".git", ".atom")):
        raise Invalid({"path": [PATH_COMPLAINT]})


def deletion_suffix(container: Container) -> str:
    """What the path of something that waits for its deletion ends with, so that the path itself is free."""
    return f"-deletion_scheduled-{container.id}"


def one_container(world: World, project: Project | None, group: Group | None) -> Container:
    """The one of the two that was given; both or neither is a programming error."""
    container = project if project is not None else group
    if container is None or (project is not None and group is not None):
        raise ValueError("give either project or group")
    known = container.id in (world.projects if isinstance(container, Project) else world.groups)
    if not known:
        raise NotFound.of(container.noun.capitalize())
    return container


def as_keywords(container: Container) -> dict[str, Any]:
    """What the callers of such an operation say: project= or group=."""
    return {container.noun: container}


def add_system_note(world: World, actor: User, item: WorkItem, action: str, body: str) -> None:
    """Append a line of history. Labels, state and milestone have events of their own instead."""
    now = world.clock()
    item.notes.append(
        Note(
            id=world.ids.next("note"),
            author_id=actor.id,
            body=body,
            created_at=now,
            updated_at=now,
            discussion_id=world.ids.hex(40),
            system=True,
            system_action=action,
        )
    )


def touch(project: Project, now: datetime) -> None:
    project.updated_at = now
    project.last_activity_at = now
