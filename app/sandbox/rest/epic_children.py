"""What is below an epic: child epics and issues (https://docs.gitlab.com/api/epic_links/, .../api/epic_issues/).

The trap: paths that look alike and count differently. A child epic is named by its `id`, not its `iid`, a new link to
an issue by the issue's global `id`, and a link that is there by the link's own.
"""

from __future__ import annotations

from typing import NoReturn

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import ISSUE_TYPES, find_any_epic, the_epic
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, integer, text
from app.sandbox.rest.presenters import items as presenters
from app.sandbox.rest.routing import Call, Routes, created, ok
from app.sandbox.world import WorkItem

routes = Routes()


@routes.get("/groups/:id/epics/:epic_iid/epics")
def list_child_epics(call: Call) -> Response:
    """Not paginated, as on GitLab (https://docs.gitlab.com/api/epic_links/)."""
    return ok([presenters.epic(call.world, item) for item in _children(call) if item.type == "EPIC"])


@routes.post("/groups/:id/epics/:epic_iid/epics", text("title", required=True), boolean("confidential"))
def create_child_epic(call: Call) -> Response:
    """A new epic below this one; without a word as confidential as its parent. Ultimate only."""
    parent = _parent_of_epics(call)
    item = operations.create_work_item(
        call.world,
        call.actor,
        type="EPIC",
        title=call.get("title", ""),
        group=call.world.groups[parent.group_id or 0],
        confidential=call.get("confidential", parent.confidential),
        parent_id=parent.id,
    )
    return created(presenters.epic(call.world, item))


@routes.post("/groups/:id/epics/:epic_iid/epics/:child_epic_id")
def add_child_epic(call: Call) -> Response:
    """`child_epic_id` is the epic's id, not its iid (https://docs.gitlab.com/api/epic_links/)."""
    parent = _parent_of_epics(call)
    child = find_any_epic(call, call.number("child_epic_id"))
    operations.update_work_item(call.world, call.actor, child, parent_id=parent.id)
    return created(presenters.epic(call.world, child))


@routes.put("/groups/:id/epics/:epic_iid/epics/:child_epic_id", integer("move_before_id"), integer("move_after_id"))
def reorder_child_epic(call: Call) -> Response:
    child = _child_epic(call)
    neighbour = call.get("move_before_id", call.get("move_after_id"))
    other = None if neighbour is None else find_any_epic(call, neighbour)
    _reorder(call, child, other)
    return ok([presenters.epic(call.world, item) for item in _children(call) if item.type == "EPIC"])


@routes.delete("/groups/:id/epics/:epic_iid/epics/:child_epic_id")
def remove_child_epic(call: Call) -> Response:
    """The child stays, without a parent; answers it, as GitLab does."""
    child = _child_epic(call)
    operations.update_work_item(call.world, call.actor, child, parent_id=None)
    return ok(presenters.epic(call.world, child))


def _parent_of_epics(call: Call) -> WorkItem:
    parent = the_epic(call)
    if call.world.tier != "ultimate":
        raise Forbidden
    return parent


def _child_epic(call: Call) -> WorkItem:
    parent, child = _parent_of_epics(call), find_any_epic(call, call.number("child_epic_id"))
    if child.parent_id != parent.id:
        raise NotFound
    return child


def _reorder(call: Call, child: WorkItem, neighbour: WorkItem | None) -> None:
    """`move_before_id` names what shall stand before the child, `move_after_id` what shall stand after it."""
    if neighbour is not None:
        after = "move_before_id" in call.given
        operations.move_child(call.world, call.actor, child, neighbour, after=after)


@routes.get("/groups/:id/epics/:epic_iid/issues", listed=True)
def list_epic_issues(call: Call) -> Response:
    """https://docs.gitlab.com/api/epic_issues/; only issues that the caller may see."""
    rows = [item for item in _children(call) if item.type in ISSUE_TYPES]
    return paginate(call, rows, lambda item: presenters.epic_issue(call.world, item))


def _children(call: Call) -> list[WorkItem]:
    parent, world = the_epic(call), call.world
    return [item for item in operations.children_of(world, parent) if permissions.can_read_item(world, call.user, item)]


@routes.post("/groups/:id/epics/:epic_iid/issues/:issue_id")
def add_epic_issue(call: Call) -> Response:
    """`issue_id` is the global id of the issue."""
    parent, item = the_epic(call), _issue(call)
    operations.update_work_item(call.world, call.actor, item, parent_id=parent.id)
    return created(presenters.epic_issue_link(call.world, parent, item))


@routes.put("/groups/:id/epics/:epic_iid/issues/:issue_id", integer("move_before_id"), integer("move_after_id"))
def reorder_epic_issue(call: Call) -> Response:
    """Ids of links, which equal the ids of the issues here; answers all issues of the epic."""
    parent, item = the_epic(call), _issue(call)
    if item.parent_id != parent.id:
        raise NotFound
    neighbour = call.get("move_before_id", call.get("move_after_id"))
    _reorder(call, item, None if neighbour is None else call.world.work_items.get(neighbour) or _absent())
    rows = [row for row in _children(call) if row.type in ISSUE_TYPES]
    return ok([presenters.epic_issue(call.world, row) for row in rows])


def _absent() -> NoReturn:
    raise NotFound


@routes.delete("/groups/:id/epics/:epic_iid/issues/:issue_id")
def remove_epic_issue(call: Call) -> Response:
    """The link's id equals the issue's id in the sandbox: an issue has one parent at most."""
    parent, item = the_epic(call), _issue(call)
    if item.parent_id != parent.id:
        raise NotFound
    answer = presenters.epic_issue_link(call.world, parent, item)
    operations.update_work_item(call.world, call.actor, item, parent_id=None)
    return ok(answer)


def _issue(call: Call) -> WorkItem:
    item = call.world.work_items.get(call.number("issue_id", "Issue"))
    if item is None or item.type not in ISSUE_TYPES or not permissions.can_read_item(call.world, call.user, item):
        raise NotFound
    return item
