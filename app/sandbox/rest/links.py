"""Links between issues (https://docs.gitlab.com/api/issue_links/).

The trap: a link has an id of its own that is neither issue's id. The sandbox stores links as pairs and derives the id
from the pair, so that it stays the same from read to read.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_issue, find_project, the_issue
from app.sandbox.rest.parameters import ParameterError, integer, text
from app.sandbox.rest.presenters import items as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, created, ok
from app.sandbox.world import WorkItem

routes = Routes()

WIDTH = 1_000_000  # room for the second id of a pair


def link_id(first: WorkItem, second: WorkItem) -> int:
    """The id of the link between two items, the same from both sides."""
    low, high = sorted((first.id, second.id))
    return low * WIDTH + high


def _linked(call: Call, item: WorkItem) -> list[tuple[WorkItem, operations.LinkType]]:
    """Linked issues that the caller may see, and how the item is linked to them."""
    world = call.world
    found = operations.links_of(world, item)
    return [
        (row, kind)
        for row, kind in found
        if row.project_id is not None and permissions.can_read_item(world, call.user, row)
    ]


@routes.get("/projects/:id/issues/:issue_iid/links")
def list_links(call: Call) -> Response:
    """Not paginated, as on GitLab."""
    item = the_issue(call)
    rows = sorted(_linked(call, item), key=lambda row: row[0].id)
    return ok([presenters.related_issue(call.world, row, link_id(item, row), kind) for row, kind in rows])


@routes.post(
    "/projects/:id/issues/:issue_iid/links",
    text("target_project_id", required=True),
    integer("target_issue_iid", required=True),
    text("link_type", "relates_to", "blocks", "is_blocked_by"),
)
def create_link(call: Call) -> Response:
    """`blocks` and `is_blocked_by` need a licence; the Community Edition does not know them."""
    item, kind = the_issue(call), call.get("link_type", "relates_to")
    if kind != "relates_to" and not call.world.enterprise:
        raise ParameterError("link_type does not have a valid value")
    project = find_project(call, call.get("target_project_id", ""))
    other = find_issue(call, project, call.get("target_issue_iid", 0))
    operations.create_issue_link(call.world, call.actor, item, other, kind)
    return created(_presented(call, item, other, kind))


@routes.get("/projects/:id/issues/:issue_iid/links/:issue_link_id")
def read_link(call: Call) -> Response:
    item = the_issue(call)
    return ok(_presented(call, item, *_other(call, item)))


@routes.delete("/projects/:id/issues/:issue_iid/links/:issue_link_id")
def delete_link(call: Call) -> Response:
    item = the_issue(call)
    other, kind = _other(call, item)
    answer = _presented(call, item, other, kind)
    operations.delete_issue_link(call.world, call.actor, item, other)
    return ok(answer)


def _presented(call: Call, item: WorkItem, other: WorkItem, kind: operations.LinkType) -> Json:
    """GitLab keeps a blocking link from its blocker's side, so what blocks is always the source."""
    source, target = (other, item) if kind == "is_blocked_by" else (item, other)
    shown = "blocks" if kind == "is_blocked_by" else kind
    return presenters.issue_link(call.world, source, target, link_id(item, other), shown)


def _other(call: Call, item: WorkItem) -> tuple[WorkItem, operations.LinkType]:
    wanted = call.number("issue_link_id")
    for row, kind in _linked(call, item):
        if link_id(item, row) == wanted:
            return row, kind
    raise NotFound
