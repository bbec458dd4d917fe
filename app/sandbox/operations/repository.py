"""Commits of many files at once (https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Forbidden, Invalid, MethodNotAllowed, NotFound
from app.sandbox.operations.common import require_visible, touch
from app.sandbox.world import NO_COMMIT, Commit, Project, User, World

ACTIONS = ("create", "update", "delete", "move", "chmod")


def commit_files(
    world: World,
    actor: User,
    project: Project,
    *,
    branch: str,
    message: str,
    actions: Sequence[Mapping[str, Any]],
    author: tuple[str | None, str | None] = (None, None),
) -> Commit:
    """Apply all actions or none. An action is {action, file_path, content?, encoding?, previous_path?}.

    `author` is a name and an address other than the actor's.

    The first commit of an empty repository makes the default branch. Raises Invalid for create on an existing file,
    update, delete or move of a missing one, and for an unknown branch; Forbidden without push rights.
    """
    require_visible(world, actor, project)
    if not permissions.can_push(world, actor, project, branch):
        raise Forbidden("403 Forbidden - You are not allowed to push into this branch")
    line = project.line(branch)
    if line is None and (branch != project.default_branch or project.commits):
        raise Invalid("You can only create or edit files when you are on a branch")
    if not message.strip():
        raise Invalid("commit_message is empty")
    before = line[-1].files if line else {}
    files = dict(before)
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
        branch=branch,
        author=author,
    )


def create_branch(world: World, actor: User, project: Project, name: str, ref: str) -> list[Commit]:
    """A branch from the head of another one or from a commit (https://docs.gitlab.com/api/branches/).

    Raises Invalid for a name that is taken or no name, and for an unknown `ref`; Forbidden without push rights.
    """
    require_visible(world, actor, project)
    if not permissions.can_push(world, actor, project, name):
        raise Forbidden
    if project.line(name) is not None:
        raise Invalid("Branch already exists")
    if not re.fullmatch(r"[^\s~^:?*\[\\-][^\s~^:?*\[\\]*", name) or ".." in name or name.endswith(("/", ".lock")):
        raise Invalid("Branch name is invalid")
    line = project.line_to(ref)
    if line is None:
        raise Invalid(f"Invalid reference name: {ref}")
    project.branches[name] = list(line)
    webhooks.branch_changed(world, actor, project, name, NO_COMMIT, line[-1].sha)
    return project.branches[name]


def delete_branch(world: World, actor: User, project: Project, name: str) -> None:
    """Raises NotFound, Invalid for the default branch, MethodNotAllowed without push rights, as on GitLab."""
    require_visible(world, actor, project)
    line = project.line(name)
    if line is None:
        raise NotFound.of("Branch")
    if not permissions.can_push(world, actor, project, name):
        raise MethodNotAllowed("You dont have push access to repo")
    if name == project.default_branch:
        raise Invalid("The default branch of a project cannot be deleted.")
    del project.branches[name]
    webhooks.branch_changed(world, actor, project, name, line[-1].sha, NO_COMMIT)


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
    branch: str | None = None,
    author: tuple[str | None, str | None] = (None, None),
) -> Commit:
    """Record a commit whose whole tree is `files`, and tell the hooks. No right is checked here.

    `branch`: None for the default one.
    """
    now = world.clock()
    branch = branch or project.default_branch
    line = project.commits if branch == project.default_branch else project.branches[branch]
    head = line[-1] if line else None
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
        author_name=author[0],
        author_email=author[1],
    )
    line.append(commit)
    touch(project, now)
    webhooks.pushed(world, actor, project, commit, branch)
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
        return base64.b64decode(str(content)).decode()  # not strict, as Ruby: its own encoder breaks lines
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Invalid("content is not base64 of UTF-8 text, which is all the sandbox stores") from error
