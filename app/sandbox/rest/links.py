"""Links between issues (https://docs.gitlab.com/api/issue_links/).

The trap: a link has an id of its own that is neither issue's id. The sandbox stores links as pairs and derives the id
from the pair, so that it stays the same from read to read.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Conflict, Invalid, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_issue, find_project, the_issue
from app.sandbox.rest.parameters import integer, text
from app.sandbox.rest.presenters import items as presenters
from app.sandbox.rest.routing import Call, Routes, created, ok
from app.sandbox.world import WorkItem

routes = Routes()

WIDTH = 1_000_000  # room for the second id of a pair


def link_id(first: WorkItem, second: WorkItem) -> int:
    """The id of the link between two items, the same from both sides."""
    low, high = sorted((first.id, second.id))
    return low * WIDTH + high


def _linked(call: Call, item: WorkItem) -> list[WorkItem]:
    """Linked issues that the caller may see, whichever of the two stores the pair."""
    world = call.world
    others = [row for row in world.work_items.values() if row.id in item.linked_ids or item.id in row.linked_ids]
    return [row for row in others if row.project_id is not None and permissions.can_read_item(world, call.user, row)]


@routes.get("/projects/:id/issues/:issue_iid/links")
def list_links(call: Call) -> Response:
    """Not paginated, as on GitLab."""
    item = the_issue(call)
    return ok([presenters.related_issue(call.world, row, link_id(item, row)) for row in _linked(call, item)])


@routes.post(
    "/projects/:id/issues/:issue_iid/links",
    text("target_project_id", required=True),
    integer("target_issue_iid", required=True),
    text("link_type", "relates_to", "blocks", "is_blocked_by"),
)
def create_link(call: Call) -> Response:
    """`blocks` and `is_blocked_by` are Premium on GitLab and not part of the sandbox."""
    item = the_issue(call)
    if call.get("link_type", "relates_to") != "relates_to":
        raise Invalid("The sandbox keeps links of type relates_to only.")
    project = find_project(call, call.get("target_project_id", ""))
    other = find_issue(call, project, call.get("target_issue_iid", 0))
    if other in _linked(call, item):
        raise Conflict("Issue(s) already assigned")
    operations.create_issue_link(call.world, call.actor, item, other)
    return created(presenters.issue_link(call.world, item, other, link_id(item, other)))


@routes.get("/projects/:id/issues/:issue_iid/links/:issue_link_id")
def read_link(call: Call) -> Response:
    item = the_issue(call)
    return ok(presenters.issue_link(call.world, item, _other(call, item), call.number("issue_link_id")))


@routes.delete("/projects/:id/issues/:issue_iid/links/:issue_link_id")
def delete_link(call: Call) -> Response:
    item = the_issue(call)
    other = _other(call, item)
    answer = presenters.issue_link(call.world, item, other, link_id(item, other))
    operations.delete_issue_link(call.world, call.actor, item, other)
    return ok(answer)


def _other(call: Call, item: WorkItem) -> WorkItem:
    wanted = call.number("issue_link_id")
    for row in _linked(call, item):
        if link_id(item, row) == wanted:
            return row
    raise NotFound
