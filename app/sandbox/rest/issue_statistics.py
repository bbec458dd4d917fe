"""How many issues there are, by the filters of the lists (https://docs.gitlab.com/api/issues_statistics/).

The trap: no state. What is counted is both, side by side; and without a project or group only one's own count.
"""

from __future__ import annotations

from app.sandbox.http import Response
from app.sandbox.rest.finding import the_group, the_project
from app.sandbox.rest.issue_filters import FILTERS, select_issues
from app.sandbox.rest.parameters import text
from app.sandbox.rest.routing import Call, Routes, ok
from app.sandbox.world import WorkItem

routes = Routes()

_OF_LISTS = ("with_labels_details", "state", "order_by", "sort", "due_date", "issue_type", "closed_by_id", "scope")
COUNTED = (
    *(parameter for parameter in FILTERS if parameter.name not in _OF_LISTS),
    text("scope", "created_by_me", "assigned_to_me", "all"),
)


def _count(call: Call, rows: list[WorkItem], scope: str = "all") -> Response:
    found = select_issues(call, rows, scope)
    closed = sum(item.state == "closed" for item in found)
    return ok({"statistics": {"counts": {"all": len(found), "closed": closed, "opened": len(found) - closed}}})


@routes.get("/issues_statistics", *COUNTED, signed_in=True)
def count_my_issues(call: Call) -> Response:
    return _count(call, list(call.world.work_items.values()), "created_by_me")


@routes.get("/groups/:id/issues_statistics", *COUNTED)
def count_group_issues(call: Call) -> Response:
    group, world = the_group(call), call.world
    below = {row.id for row in world.descendants(group)}
    projects = {project.id for project in world.projects.values() if project.group_id in below}
    return _count(call, [item for item in world.work_items.values() if item.project_id in projects])


@routes.get("/projects/:id/issues_statistics", *COUNTED)
def count_project_issues(call: Call) -> Response:
    return _count(call, call.world.work_items.where("project_id", the_project(call).id))
