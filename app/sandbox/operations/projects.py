"""Projects: create, settings, delayed deletion (https://docs.gitlab.com/api/projects/)."""

from __future__ import annotations

import re
from typing import Any

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import check_filled, check_path, deletion_suffix, require, require_visible, touch
from app.sandbox.operations.members import add_founder
from app.sandbox.operations.repository import add_commit
from app.sandbox.world import OWNER, Group, Project, User, Visibility, World, is_more_open

_DIRECT = frozenset({"name", "path", "description", "visibility", "default_branch", "topics", "archived"})


def create_project(
    world: World,
    actor: User,
    *,
    group: Group,
    path: str,
    name: str | None = None,
    visibility: Visibility = "private",
    initialize_with_readme: bool = False,
    **attributes: Any,
) -> Project:
    """A project in a group; the creator keeps the role that the group gives, or becomes Owner without one.

    `attributes` as in `update_project`. Raises Forbidden, or Invalid for a taken name or path: 400, not 409.
    """
    require_visible(world, actor, group)
    require(permissions.can_create_project(world, actor, group))
    check_path(path)
    name = path if name is None else name
    _check_name(name)
    _check_free(world, group, path, name)
    _check_visibility(group, visibility)
    project = _blank(world, actor, group, path, name, visibility)
    _assign(project, attributes)
    world.projects[project.id] = project
    if not permissions.member_level(world, actor, group):
        add_founder(world, project, actor)
    if initialize_with_readme:
        text = f"# {name}\n\n{project.description or ''}\n".rstrip("\n") + "\n"
        add_commit(world, actor, project, "Initial commit", {"README.md": text}, added=["README.md"])
    webhooks.project_changed(world, project, "create")
    return project


def update_project(world: World, actor: User, project: Project, **attributes: Any) -> Project:
    """Set attributes by their REST names; what is no column of the sandbox goes into `settings`. Maintainer and up.

    Visibility, path and archiving need Owner, as on GitLab.
    """
    require_visible(world, actor, project)
    require(permissions.can_admin(world, actor, project))
    if {"visibility", "path", "archived"} & attributes.keys():
        require(permissions.access_level(world, actor, project) >= OWNER)
    group = world.groups[project.group_id]
    name, path = attributes.get("name", project.name), attributes.get("path", project.path)
    _check_name(name)
    check_path(path)
    _check_free(world, group, path, name, ignoring=project)
    _check_visibility(group, attributes.get("visibility", project.visibility))
    _assign(project, attributes)
    world.projects.file(project.id)
    touch(project, world.clock())
    return project


def delete_project(world: World, actor: User, project: Project) -> None:
    """Owner only. First call: marked for deletion and renamed so that the path is free (but see `Faults.paths_kept`);
    second call: gone."""
    require_visible(world, actor, project)
    require(permissions.can_delete_project(world, actor, project))
    if project.marked_for_deletion_on is None:
        project.marked_for_deletion_on = world.clock().date()
        if not world.faults.paths_kept:
            suffix = deletion_suffix(project)
            project.path, project.name = project.path + suffix, project.name + suffix
            world.projects.file(project.id)
        return
    webhooks.project_changed(world, project, "destroy")
    purge_project(world, project)


def restore_project(world: World, actor: User, project: Project) -> Project:
    """Take a marked project back under its old path. Raises Invalid when the path has been reused."""
    require_visible(world, actor, project)
    require(permissions.can_delete_project(world, actor, project))
    suffix = deletion_suffix(project)
    path, name = project.path.removesuffix(suffix), project.name.removesuffix(suffix)
    _check_free(world, world.groups[project.group_id], path, name, ignoring=project)
    project.path, project.name, project.marked_for_deletion_on = path, name, None
    world.projects.file(project.id)
    return project


def purge_project(world: World, project: Project) -> None:
    """The project and all that is in it, at once; asks nobody."""
    for table in (world.work_items, world.labels, world.milestones, world.boards, world.hooks):
        for row in table.where("project_id", project.id):
            del table[row.id]
    del world.projects[project.id]


def _blank(world: World, actor: User, group: Group, path: str, name: str, visibility: Visibility) -> Project:
    now = world.clock()
    return Project(
        id=world.ids.next("project"),
        group_id=group.id,
        path=path,
        name=name,
        description=None,
        created_at=now,
        creator_id=actor.id,
        updated_at=now,
        last_activity_at=now,
        visibility=visibility,
    )


def _assign(project: Project, attributes: dict[str, Any]) -> None:
    for key, value in attributes.items():
        if key in _DIRECT:
            setattr(project, key, list(value) if key == "topics" else value)
        else:
            project.settings[key] = value


def _check_name(name: str) -> None:
    check_filled("name", name)
    if not re.match(r"[\w\U00002600-\U0001FAFF]", name):
        raise Invalid({"name": ["must start with a letter, digit, emoji, or underscore."]})


def _check_free(world: World, group: Group, path: str, name: str, ignoring: Project | None = None) -> None:
    """GitLab lists every taken attribute. Names are compared within the namespace, case-insensitively."""
    others = [p for p in world.projects.where("group_id", group.id) if p is not ignoring]
    complaints: dict[str, list[str]] = {}
    if any(other.name.lower() == name.lower() for other in others):
        complaints["name"] = complaints["project_namespace.name"] = ["has already been taken"]
    if any(other.path.lower() == path.lower() for other in others) or world.group_by_path(f"{group.full_path}/{path}"):
        complaints["path"] = ["has already been taken"]
    if complaints:
        raise Invalid(complaints)


def _check_visibility(group: Group, visibility: Visibility) -> None:
    if is_more_open(visibility, group.visibility):
        raise Invalid({"visibility_level": [f"{visibility} is not allowed in a {group.visibility} group."]})
