"""Namespaces: what projects live in (https://docs.gitlab.com/api/namespaces/).

The trap: the list is not everything that the caller may see, but where the caller may make projects. People have no
namespace of their own in the sandbox, so all of them are groups.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_group
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, integer, text
from app.sandbox.rest.presenters import containers
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, ok
from app.sandbox.world import MAINTAINER, OWNER, Group

routes = Routes()

QUOTAS = (integer("shared_runners_minutes_limit"), integer("extra_shared_runners_minutes_limit"))


def _present(call: Call, group: Group) -> Json:
    """Who owns it sees how much is in it."""
    data = containers.namespace(call.world, group)
    if permissions.access_level(call.world, call.user, group) >= OWNER:
        below = {row.id for row in call.world.descendants(group)}
        inside = [row for row in call.world.projects.values() if row.group_id in below]
        people = {member.user_id for row in call.world.groups.values() if row.id in below for member in row.members}
        people |= {member.user_id for row in inside for member in row.members}
        data |= {"members_count_with_descendants": len(people), "projects_count": len(inside)}
        data["root_repository_size"] = 0
    if call.actor.admin and call.world.licensed:
        data |= {quota.name: group.settings.get(quota.name) for quota in QUOTAS}
    return data


@routes.get(
    "/namespaces",
    text("search"),
    boolean("full_path_search"),
    boolean("owned_only"),
    boolean("top_level_only"),
    text("requested_hosted_plan"),
    listed=True,
    signed_in=True,
)
def list_namespaces(call: Call) -> Response:
    rows = sorted((row for row in call.world.groups.values() if _matches(call, row)), key=lambda row: row.full_path)
    return paginate(call, rows, lambda row: _present(call, row))


def _matches(call: Call, group: Group) -> bool:
    level = permissions.access_level(call.world, call.user, group)
    needed = OWNER if call.get("owned_only") else MAINTAINER
    where = group.full_path if call.get("full_path_search") else f"{group.name}\n{group.path}"
    return (
        level >= needed
        and call.get("search", "").lower() in where.lower()
        and not (call.get("top_level_only") and group.parent_id is not None)
    )


def _find(call: Call) -> Group:
    try:
        return find_group(call, call.path["id"])
    except NotFound as error:
        raise NotFound.of("Namespace") from error


@routes.get("/namespaces/:id", signed_in=True)
def read_namespace(call: Call) -> Response:
    return ok(_present(call, _find(call)))


@routes.put("/namespaces/:id", *QUOTAS)
def update_namespace(call: Call) -> Response:
    """Quotas, for administrators; kept and shown, without an effect."""
    if not call.actor.admin:
        raise Forbidden
    group = _find(call)
    operations.update_group(call.world, call.actor, group, settings=call.some(*(quota.name for quota in QUOTAS)))
    return ok(_present(call, group))


@routes.get("/namespaces/:id/exists", integer("parent_id"), signed_in=True)
def read_existence(call: Call) -> Response:
    """Whether a path is taken, and then one that is free."""
    parent = call.world.groups.get(call.get("parent_id", 0))
    above = f"{parent.full_path}/" if parent else ""
    wanted = call.path["id"]
    taken = {row.full_path.lower() for row in call.world.groups.values()}
    names = taken | ({user.username.lower() for user in call.world.users.values()} if parent is None else set())
    if f"{above}{wanted}".lower() not in names:
        return ok({"exists": False, "suggests": []})
    free = next(number for number in range(1, len(names) + 2) if f"{above}{wanted}{number}".lower() not in names)
    return ok({"exists": True, "suggests": [f"{wanted}{free}"]})
