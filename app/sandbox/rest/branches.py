"""Branches of a project (https://docs.gitlab.com/api/branches/).

The trap: a branch of an empty repository. There is none, not even the default one, until the first commit.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations, permissions
from app.sandbox.errors import NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_repository
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import text
from app.sandbox.rest.presenters import repository as presenters
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Project

routes = Routes()


@routes.get(
    "/projects/:id/repository/branches",
    text("search"),
    text("regex"),
    text("sort", "name_asc", "updated_asc", "updated_desc"),
    listed=True,
)
def list_branches(call: Call) -> Response:
    project = the_repository(call)
    word = call.get("search", "").strip("^$").lower()
    names = [name for name in project.branch_names if word in name.lower()]
    return paginate(call, names, lambda name: _branch(call, project, name))


@routes.get("/projects/:id/repository/branches/:branch")
def read_branch(call: Call) -> Response:
    project = the_repository(call)
    return ok(_branch(call, project, call.path["branch"]))


@routes.post("/projects/:id/repository/branches", text("branch", required=True), text("ref", required=True))
def create_branch(call: Call) -> Response:
    """`ref` is another branch or a commit (https://docs.gitlab.com/api/branches/#create-repository-branch)."""
    project, name = the_repository(call), call.get("branch", "")
    operations.create_branch(call.world, call.actor, project, name, call.get("ref", ""))
    return created(_branch(call, project, name))


@routes.delete("/projects/:id/repository/branches/:branch")
def delete_branch(call: Call) -> Response:
    operations.delete_branch(call.world, call.actor, the_repository(call), call.path["branch"])
    return no_content()


def _branch(call: Call, project: Project, name: str) -> dict[str, Any]:
    line = project.line(name)
    if line is None:
        raise NotFound.of("Branch")
    can_push = permissions.can_push(call.world, call.user, project, name)
    return presenters.branch(
        call.world, project, name, line[-1],
        protected=bool(project.protections_for(name)), can_push=can_push,
    )  # fmt: skip
