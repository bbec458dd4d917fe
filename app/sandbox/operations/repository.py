"""Commits of many files at once (https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Forbidden, Invalid
from app.sandbox.operations.common import require_visible, touch
from app.sandbox.world import Commit, Project, User, World

ACTIONS = ("create", "update", "delete", "move", "chmod")


def commit_files(
    world: World,
    actor: User,
    project: Project,
    *,
    branch: str,
    message: str,
    actions: Sequence[Mapping[str, Any]],
) -> Commit:
    """Apply all actions or none. An action is {action, file_path, content?, encoding?, previous_path?}.

    The sandbox keeps one line of history: only the default branch can be committed to. Raises Invalid for create on an
    existing file, update, delete or move of a missing one, and for an unknown branch; Forbidden without push rights.
    """
    require_visible(world, actor, project)
    if not permissions.can_push(world, actor, project, branch):
        raise Forbidden("403 Forbidden - You are not allowed to push into this branch")
    if branch != project.default_branch:
        raise Invalid("You can only create or edit files when you are on a branch")
    if not message.strip():
        raise Invalid("commit_message is empty")
    files, before = dict(project.files), project.files
    for action in actions:
        _apply(files, action)
    return add_commit(
        world,
        actor,
        project,
        message,
        files,
        added=sorted(files.keys() - before.keys()),
        modified=sorted(path for path in files.keys() & before.keys() if files[path] != before[path]),
        removed=sorted(before.keys() - files.keys()),
    )


def add_commit(
    world: World,
    actor: User,
    project: Project,
    message: str,
    files: dict[str, str],
    *,
    added: Sequence[str] = (),
    modified: Sequence[str] = (),
    removed: Sequence[str] = (),
) -> Commit:
    """Record a commit whose whole tree is `files`, and tell the hooks. No right is checked here."""
    now = world.clock()
    head = project.commits[-1] if project.commits else None
    commit = Commit(
        sha=world.ids.hex(40),
        message=message,
        author_id=actor.id,
        created_at=now,
        parent_shas=[head.sha] if head else [],
        files=files,
        added=list(added),
        modified=list(modified),
        removed=list(removed),
    )
    project.commits.append(commit)
    touch(project, now)
    webhooks.pushed(world, actor, project, commit)
    return commit


def _apply(files: dict[str, str], action: Mapping[str, Any]) -> None:
    verb, path = action.get("action"), str(action.get("file_path") or "")
    if verb not in ACTIONS:
        raise Invalid(f"actions[action] does not have a valid value: {verb}")
    _check_file_path(path)
    if verb == "create":
        if path in files:
            raise Invalid("A file with this name already exists")
        files[path] = _content(action)
    elif verb == "move":
        previous = str(action.get("previous_path") or "")
        if previous not in files:
            raise Invalid("A file with this name doesn't exist")
        if path in files:
            raise Invalid("A file with this name already exists")
        text = files.pop(previous)
        files[path] = _content(action) if action.get("content") is not None else text
    elif path not in files:
        raise Invalid("A file with this name doesn't exist")
    elif verb == "update":
        files[path] = _content(action)
    elif verb == "delete":
        del files[path]


def _check_file_path(path: str) -> None:
    parts = path.split("/")
    if not path or path.startswith("/") or ".." in parts or "" in parts or ".git" in parts:
        raise Invalid("invalid path: " + repr(path))


def _content(action: Mapping[str, Any]) -> str:
    content = action.get("content")
    if content is None:
        raise Invalid("You must provide content")
    if action.get("encoding", "text") != "base64":
        return str(content)
    try:
        return base64.b64decode(str(content), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Invalid("content is not base64 of UTF-8 text, which is all the sandbox stores") from error
