"""Milestones of projects and groups (https://docs.gitlab.com/api/milestones/).

The trap: the path takes the global `id`, not the `iid` that people see, and a project's list leaves out the groups'
milestones unless `include_ancestors` asks for them.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_container
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, day, integers, moment, only_for, require_any, text
from app.sandbox.rest.presenters import items
from app.sandbox.rest.presenters import labels as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Milestone, belongs

routes = Routes()

CHANGES = (text("description"), day("due_date"), day("start_date"))


@routes.get(
    "/:scope/:id/milestones",
    text("state", "active", "closed", "all"),
    integers("iids"),
    text("title"),
    text("search"),
    boolean("include_parent_milestones"),
    boolean("include_ancestors"),
    *only_for("groups", boolean("include_descendants")),
    moment("updated_before"),
    moment("updated_after"),
    listed=True,
)
def list_milestones(call: Call) -> Response:
    container = the_container(call)
    rows = operations.available_milestones(call.world, container)
    if not (call.get("include_ancestors") or call.get("include_parent_milestones")):
        rows = [row for row in rows if belongs(row, container)]
    rows = [row for row in rows if _matches(call, row)]
    rows.sort(key=lambda row: (row.due_date is None, row.due_date or row.created_at.date(), row.id))
    return paginate(call, rows, lambda row: presenters.milestone(call.world, row))


def _matches(call: Call, row: Milestone) -> bool:
    word = call.get("search", "").lower()
    checks = (
        call.get("state", "all") in ("all", row.state),
        not call.get("iids") or row.iid in call.get("iids"),
        call.get("title") in (None, row.title),
        word in row.title.lower() or word in (row.description or "").lower(),
        call.within("updated", row.updated_at),
    )
    return all(checks)


def _find(call: Call) -> Milestone:
    container = the_container(call)
    row = call.world.milestones.get(call.number("milestone_id", "Milestone"))
    if row is None or not belongs(row, container):
        raise NotFound.of("Milestone")
    return row


@routes.get("/:scope/:id/milestones/:milestone_id")
def read_milestone(call: Call) -> Response:
    return ok(presenters.milestone(call.world, _find(call)))


@routes.post("/:scope/:id/milestones", text("title", required=True), *CHANGES)
def create_milestone(call: Call) -> Response:
    row = operations.create_milestone(
        call.world,
        call.actor,
        title=call.get("title", ""),
        **operations.as_keywords(the_container(call)),
        **call.some("description", "due_date", "start_date"),
    )
    return created(presenters.milestone(call.world, row))


@routes.put("/:scope/:id/milestones/:milestone_id", text("title"), text("state_event", "close", "activate"), *CHANGES)
def update_milestone(call: Call) -> Response:
    names = ("title", "description", "start_date", "due_date", "state_event")
    require_any(call.given, *names)
    row = operations.update_milestone(call.world, call.actor, _find(call), **call.some(*names))
    return ok(presenters.milestone(call.world, row))


@routes.delete("/:scope/:id/milestones/:milestone_id")
def delete_milestone(call: Call) -> Response:
    operations.delete_milestone(call.world, call.actor, _find(call))
    return no_content()


@routes.get("/:scope/:id/milestones/:milestone_id/issues", listed=True)
def list_milestone_issues(call: Call) -> Response:
    row, world = _find(call), call.world
    issues = [item for item in world.work_items.values() if item.milestone_id == row.id and item.type != "EPIC"]
    visible = [item for item in issues if permissions.can_read_item(world, call.user, item)]
    return paginate(call, visible, lambda item: items.issue_basic(world, item))


@routes.get("/:scope/:id/milestones/:milestone_id/merge_requests", listed=True)
def list_merge_requests(call: Call) -> Response:
    """The sandbox has no merge requests, so none is planned for a milestone."""
    _find(call)
    return paginate(call, list[Json](), lambda row: row)
