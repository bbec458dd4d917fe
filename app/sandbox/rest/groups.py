"""Groups and the projects in them (https://docs.gitlab.com/api/groups/).

The trap: `GET /groups/:id/projects` shows only the group's own projects; those of subgroups need `include_subgroups`.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations, permissions
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_group, the_group
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import GUEST_AND_UP, boolean, integer, integers, text
from app.sandbox.rest.presenters import containers
from app.sandbox.rest.projects import PROJECT_FILTERS, check_deletion, present_projects, select_projects
from app.sandbox.rest.routing import CUSTOM_ATTRIBUTES, Call, Routes, accepted, created, ok
from app.sandbox.world import GUEST, OWNER, VISIBILITIES, Group

routes = Routes()

GROUP_FILTERS = (
    text("search"),
    text("visibility", *VISIBILITIES),
    boolean("owned"),
    boolean("all_available"),
    boolean("top_level_only"),
    boolean("statistics"),
    boolean("active"),
    boolean("archived"),
    integers("skip_groups"),
    integer("min_access_level", *GUEST_AND_UP),
    text("order_by", "name", "path", "id", "similarity"),
    text("sort", "asc", "desc"),
    *CUSTOM_ATTRIBUTES,
)


@routes.get("/groups", *GROUP_FILTERS, listed=True)
def list_groups(call: Call) -> Response:
    return _list(call, list(call.world.groups.values()))


@routes.get("/groups/:id/subgroups", *GROUP_FILTERS, listed=True)
def list_subgroups(call: Call) -> Response:
    parent = the_group(call)
    return _list(call, [group for group in call.world.groups.values() if group.parent_id == parent.id])


@routes.get("/groups/:id/descendant_groups", *GROUP_FILTERS, listed=True)
def list_descendants(call: Call) -> Response:
    top = the_group(call)
    return _list(call, [group for group in call.world.descendants(top) if group is not top])


def _list(call: Call, groups: list[Group]) -> Response:
    rows = [group for group in groups if _matches(call, group)]
    order = call.get("order_by", "name")
    rows.sort(
        key=lambda group: (getattr(group, "name" if order == "similarity" else order), group.id),
        reverse=call.get("sort", "asc") == "desc",
    )
    return paginate(call, rows, lambda group: containers.group(call.world, group))


def _matches(call: Call, group: Group) -> bool:
    world, word = call.world, call.get("search", "").lower()
    level = permissions.access_level(world, call.user, group)
    checks = (
        permissions.can_read_group(world, call.user, group),
        word in group.name.lower() or word in group.path.lower(),
        call.get("visibility") in (None, group.visibility),
        not call.get("owned") or level >= OWNER,
        call.get("all_available", True) or level >= GUEST,
        not call.get("top_level_only") or group.parent_id is None,
        not call.get("archived"),
        level >= call.get("min_access_level", 0),
        group.id not in call.get("skip_groups", []),
    )
    return all(checks)


@routes.get("/groups/:id", boolean("with_projects"), *CUSTOM_ATTRIBUTES)
def read_group(call: Call) -> Response:
    """Its projects come along unless `with_projects=false`; GitLab shows a hundred at most."""
    group = the_group(call)
    projects = None
    if call.get("with_projects", True):
        own = [p for p in call.world.projects.values() if p.group_id == group.id]
        projects = [p for p in own if permissions.can_read_project(call.world, call.user, p)][:100]
    return ok(containers.group_detail(call.world, group, call.user, projects))


SETTINGS = (
    *(boolean(name) for name, value in containers.GROUP_SWITCHES.items() if isinstance(value, bool)),
    boolean("auto_devops_enabled"),
    boolean("mentions_disabled"),
    boolean("membership_lock"),
    integer("two_factor_grace_period"),
    integer("default_branch_protection", 0, 1, 2, 3, 4),
    text("default_branch"),
    text("project_creation_level", "noone", "owner", "maintainer", "developer", "administrator"),
    text("subgroup_creation_level", "owner", "maintainer"),
    text("wiki_access_level", "disabled", "private", "enabled"),
)
LATER_SETTINGS = (
    text("shared_runners_setting", "disabled_and_unoverridable", "disabled_and_overridable", "enabled"),
    boolean("prevent_sharing_groups_outside_hierarchy"),
)


def _settings(call: Call) -> dict[str, Any]:
    """What the sandbox keeps and shows, without an effect. A null changes nothing: go-gitlab sends one by itself."""
    given = call.some(*(parameter.name for parameter in SETTINGS + LATER_SETTINGS))
    return {name: value for name, value in given.items() if value is not None}


@routes.post(
    "/groups",
    text("name", required=True),
    text("path", required=True),
    integer("parent_id"),
    text("description"),
    text("visibility", *VISIBILITIES),
    *SETTINGS,
)
def create_group(call: Call) -> Response:
    parent_id = call.get("parent_id")
    parent = None if parent_id is None else find_group(call, str(parent_id))
    group = operations.create_group(
        call.world,
        call.actor,
        path=call.get("path", ""),
        name=call.get("name", ""),
        parent=parent,
        description=call.get("description", ""),
        visibility=call.get("visibility", "private"),
        settings=_settings(call),
    )
    return created(containers.group_detail(call.world, group, call.user, []))


@routes.put(
    "/groups/:id",
    text("name"),
    text("path"),
    text("description"),
    text("visibility", *VISIBILITIES),
    *SETTINGS,
    *LATER_SETTINGS,
)
def update_group(call: Call) -> Response:
    names = ("name", "path", "description", "visibility")
    changes = {name: value for name, value in call.some(*names).items() if value is not None}
    group = operations.update_group(call.world, call.actor, the_group(call), settings=_settings(call), **changes)
    return ok(containers.group_detail(call.world, group, call.user, []))


@routes.delete("/groups/:id", boolean("permanently_remove"), text("full_path"))
def delete_group(call: Call) -> Response:
    """Delayed on every tier; `permanently_remove` with the full path needs the first delete before it."""
    group = the_group(call)
    check_deletion(call, group, "subgroup")
    operations.delete_group(call.world, call.actor, group)
    return accepted({"message": "202 Accepted"})


@routes.post("/groups/:id/restore")
def restore_group(call: Call) -> Response:
    group = operations.restore_group(call.world, call.actor, the_group(call))
    return created(containers.group_detail(call.world, group, call.user, []))


@routes.get(
    "/groups/:id/projects",
    *PROJECT_FILTERS,
    boolean("include_subgroups"),
    boolean("include_ancestor_groups"),
    boolean("with_shared"),
    listed=True,
)
def list_group_projects(call: Call) -> Response:
    group, world = the_group(call), call.world
    wanted = {group.id}
    if call.get("include_subgroups"):
        wanted |= {row.id for row in world.descendants(group)}
    if call.get("include_ancestor_groups"):
        wanted |= {row.id for row in world.ancestors(group)}
    rows = select_projects(call, [p for p in world.projects.values() if p.group_id in wanted])
    return paginate(call, rows, present_projects(call, with_permissions=False))
