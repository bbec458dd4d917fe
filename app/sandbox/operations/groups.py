"""Groups and subgroups."""

from __future__ import annotations

from app.sandbox import permissions, webhooks
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import UNSET, check_path, require, require_visible
from app.sandbox.world import OWNER, Group, Member, User, Visibility, World

_ORDER: dict[str, int] = {"private": 0, "internal": 1, "public": 2}


def create_group(
    world: World,
    actor: User,
    *,
    path: str,
    name: str,
    parent: Group | None = None,
    description: str = "",
    visibility: Visibility = "private",
) -> Group:
    """A group whose creator is its Owner. A subgroup needs Maintainer in the parent and is never more open than it.

    Raises Invalid for a taken or malformed path, Forbidden without the right (https://docs.gitlab.com/api/groups/).
    """
    if parent is not None:
        require_visible(world, actor, parent)
        require(permissions.can_create_subgroup(world, actor, parent))
        if _ORDER[visibility] > _ORDER[parent.visibility]:
            complaint = f"{visibility} is not allowed since the parent group has a {parent.visibility} visibility."
            raise Invalid({"visibility_level": [complaint]})
    check_path(path)
    if not name.strip():
        raise Invalid({"name": ["can't be blank"]})
    full_path = f"{parent.full_path}/{path}" if parent else path
    if world.group_by_path(full_path) or world.project_by_path(full_path):
        raise Invalid({"path": ["has already been taken"]})
    now = world.clock()
    group = Group(
        id=world.ids.next("group"),
        path=path,
        name=name,
        full_path=full_path,
        description=description,
        created_at=now,
        parent_id=parent.id if parent else None,
        visibility=visibility,
    )
    world.groups[group.id] = group
    if parent is None or not permissions.member_level(world, actor, parent) >= OWNER:
        group.members.append(Member(world.ids.next("member"), actor.id, OWNER, now, created_by_id=actor.id))
    webhooks.subgroup_changed(world, group, "create")
    return group


def update_group(world: World, actor: User, group: Group, *, name: str = UNSET, description: str = UNSET) -> Group:
    """Owner only. Raises Forbidden, Invalid."""
    require_visible(world, actor, group)
    require(permissions.can_admin(world, actor, group))
    if name is not UNSET:
        if not name.strip():
            raise Invalid({"name": ["can't be blank"]})
        group.name = name
    if description is not UNSET:
        group.description = description
    return group
