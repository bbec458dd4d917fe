"""Badges of projects and groups (https://docs.gitlab.com/api/project_badges/).

The trap: a project's list shows its groups' badges too, with `kind: group`, and those cannot be changed through it.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_container
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import text
from app.sandbox.rest.presenters import repository as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Badge, Container, Project

routes = Routes()


def _find(call: Call, container: Container) -> Badge:
    badge_id = call.number("badge_id", "Badge")
    for badge in container.badges:
        if badge.id == badge_id:
            return badge
    raise NotFound.of("Badge")


@routes.get("/:scope/:id/badges", text("name"), listed=True)
def list_badges(call: Call) -> Response:
    container, world = the_container(call), call.world
    rows: list[tuple[str, Badge]] = []
    if isinstance(container, Project):
        for group in world.ancestors(world.groups[container.group_id]):
            rows += [("group", badge) for badge in group.badges]
        rows += [("project", badge) for badge in container.badges]
    else:
        rows += [("group", badge) for badge in container.badges]
    rows = [row for row in rows if call.get("name") in (None, row[1].name)]

    def present(row: tuple[str, Badge]) -> Json:
        return presenters.badge(world, container, row[1]) | {"kind": row[0]}

    return paginate(call, rows, present)


@routes.get("/:scope/:id/badges/render", text("link_url", required=True), text("image_url", required=True))
def preview_badge(call: Call) -> Response:
    """How a badge would look; nothing is made."""
    container = the_container(call)
    if not permissions.can_admin(call.world, call.user, container):
        raise Forbidden
    draft = presenters.badge(call.world, container, Badge(0, None, call.given["link_url"], call.given["image_url"]))
    return ok({name: value for name, value in draft.items() if name not in ("id", "kind")})


@routes.get("/:scope/:id/badges/:badge_id")
def read_badge(call: Call) -> Response:
    container = the_container(call)
    return ok(presenters.badge(call.world, container, _find(call, container)))


@routes.post("/:scope/:id/badges", text("link_url", required=True), text("image_url", required=True), text("name"))
def create_badge(call: Call) -> Response:
    container = the_container(call)
    badge = operations.create_badge(
        call.world,
        call.actor,
        container,
        link_url=call.get("link_url", ""),
        image_url=call.get("image_url", ""),
        name=call.get("name"),
    )
    return created(presenters.badge(call.world, container, badge))


@routes.put("/:scope/:id/badges/:badge_id", text("link_url"), text("image_url"), text("name"))
def update_badge(call: Call) -> Response:
    container = the_container(call)
    badge = _find(call, container)
    operations.update_badge(call.world, call.actor, container, badge, **call.given)
    return ok(presenters.badge(call.world, container, badge))


@routes.delete("/:scope/:id/badges/:badge_id")
def delete_badge(call: Call) -> Response:
    container = the_container(call)
    operations.delete_badge(call.world, call.actor, container, _find(call, container))
    return no_content()
