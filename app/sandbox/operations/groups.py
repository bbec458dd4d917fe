"""Groups and subgroups."""

from __future__ import annotations

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import UNSET, check_filled, check_path, deletion_suffix, require, require_visible
from app.sandbox.operations.members import add_founder
from app.sandbox.operations.projects import purge_project
from app.sandbox.world import OWNER, Group, Project, User, Visibility, World, is_more_open


def create_group(
    world: World,
    actor: User,
    *,
    path: str,
    name: str,
    parent: Group | None = None,
    description: str = "",
    visibility: Visibility = "private",
    settings: dict[str, object] | None = None,
) -> Group:
    """A group whose creator is its Owner. A subgroup needs Maintainer in the parent and is never more open than it.

    Raises Invalid for a taken or malformed path, Forbidden without the right (https://docs.gitlab.com/api/groups/).
    """
    if parent is not None:
        require_visible(world, actor, parent)
        require(permissions.can_create_subgroup(world, actor, parent))
        _check_visibility(parent, visibility)
    check_path(path)
    check_filled("name", name)
    full_path = f"{parent.full_path}/{path}" if parent else path
    _check_free(world, full_path)
    group = Group(
        id=world.ids.next("group"),
        path=path,
        name=name,
        full_path=full_path,
        description=description,
        created_at=world.clock(),
        parent_id=parent.id if parent else None,
        visibility=visibility,
        settings=dict(settings or {}),
    )
    world.groups[group.id] = group
    if parent is None or not permissions.member_level(world, actor, parent) >= OWNER:
        add_founder(world, group, actor)
    webhooks.subgroup_changed(world, group, "create")
    return group


def update_group(
    world: World,
    actor: User,
    group: Group,
    *,
    name: str = UNSET,
    path: str = UNSET,
    description: str = UNSET,
    visibility: Visibility = UNSET,
    settings: dict[str, object] | None = None,
) -> Group:
    """Owner only. Another path moves all that is below; `settings` are kept as given. Raises Forbidden, Invalid."""
    require_visible(world, actor, group)
    require(permissions.can_admin(world, actor, group))
    if name is not UNSET:
        check_filled("name", name)
    if visibility is not UNSET:
        _check_visibility(world.groups.get(group.parent_id or 0), visibility)
        _check_content(world, group, visibility)
    if path not in (UNSET, group.path):
        check_path(path)
        _check_free(world, f"{group.full_path.removesuffix(group.path)}{path}", ignoring=group)
        _rename(world, group, path)
    group.name = group.name if name is UNSET else name
    group.description = group.description if description is UNSET else description
    group.visibility = group.visibility if visibility is UNSET else visibility
    group.settings |= settings or {}
    return group


def _check_visibility(parent: Group | None, visibility: Visibility) -> None:
    if parent is not None and is_more_open(visibility, parent.visibility):
        complaint = f"{visibility} is not allowed since the parent group has a {parent.visibility} visibility."
        raise Invalid({"visibility_level": [complaint]})


def _check_content(world: World, group: Group, visibility: Visibility) -> None:
    """Nothing in a group is more open than the group (GitLab's app/models/group.rb)."""
    inside: dict[str, list[Project | Group]] = {
        "this group contains projects": [row for row in world.projects.values() if row.group_id == group.id],
        "there are sub-groups": [row for row in world.groups.values() if row.parent_id == group.id],
    }
    for what, found in inside.items():
        if any(is_more_open(each.visibility, visibility) for each in found):
            complaint = f"{visibility} is not allowed since {what} with higher visibility."
            raise Invalid({"visibility_level": [complaint]})


def _check_free(world: World, full_path: str, *, ignoring: Group | None = None) -> None:
    if world.group_by_path(full_path) not in (None, ignoring) or world.project_by_path(full_path):
        raise Invalid({"path": ["has already been taken"]})


def delete_group(world: World, actor: User, group: Group) -> None:
    """Owner only. First call: marked for deletion and renamed, so that the path is free; second call: gone with all
    that is in it (https://docs.gitlab.com/user/group/manage/#delete-a-group)."""
    require_visible(world, actor, group)
    require(permissions.can_admin(world, actor, group))
    if group.marked_for_deletion_on is None:
        group.marked_for_deletion_on = world.clock().date()
        if not world.faults.paths_kept:
            _rename(world, group, group.path + deletion_suffix(group))
        return
    webhooks.subgroup_changed(world, group, "destroy")
    for below in world.descendants(group):
        for project in [each for each in world.projects.values() if each.group_id == below.id]:
            purge_project(world, project)
        for table in (world.work_items, world.labels, world.milestones, world.boards, world.hooks):
            for key in [key for key, row in table.items() if getattr(row, "group_id", None) == below.id]:
                del table[key]
        del world.groups[below.id]


def restore_group(world: World, actor: User, group: Group) -> Group:
    """Take a marked group back under its old path. Raises Invalid when the path has been reused."""
    require_visible(world, actor, group)
    require(permissions.can_admin(world, actor, group))
    path = group.path.removesuffix(deletion_suffix(group))
    wanted = f"{group.full_path.removesuffix(group.path)}{path}"
    if path != group.path:
        _check_free(world, wanted)
    _rename(world, group, path)
    group.marked_for_deletion_on = None
    return group


def _rename(world: World, group: Group, path: str) -> None:
    """The group's path and, with it, the full path of everything below."""
    old, new = group.full_path, f"{group.full_path.removesuffix(group.path)}{path}"
    group.path = path
    for each in world.groups.values():
        if each is group or each.full_path.startswith(f"{old}/"):
            each.full_path = new + each.full_path.removeprefix(old)
