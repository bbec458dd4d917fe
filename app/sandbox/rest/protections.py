"""Protected branches of a project (https://docs.gitlab.com/api/protected_branches/).

The trap: `allowed_to_push` and its twins are Premium: without a licence GitLab takes them and does nothing, so the
sandbox refuses them there.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations
from app.sandbox.errors import NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_project, the_repository
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import Parameter, ParameterError, boolean, integer, objects, text
from app.sandbox.rest.presenters import repository as presenters
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import ADMINISTRATOR, DEVELOPER, MAINTAINER, NO_ACCESS, Project

routes = Routes()

LEVELS = (NO_ACCESS, DEVELOPER, MAINTAINER, ADMINISTRATOR)
RULES: tuple[Parameter, ...] = (
    boolean("allow_force_push"),
    boolean("code_owner_approval_required"),
    objects("allowed_to_push"),
    objects("allowed_to_merge"),
    objects("allowed_to_unprotect"),
    integer("unprotect_access_level", *LEVELS[1:]),
)
_NAMES = {
    "push_access_level": "push_level",
    "merge_access_level": "merge_level",
    "unprotect_access_level": "unprotect_level",
    "allow_force_push": "allow_force_push",
}


@routes.get("/projects/:id/protected_branches", text("search"), listed=True)
def list_protected_branches(call: Call) -> Response:
    project = the_repository(call)
    word = call.get("search", "").lower()
    rows = [name for name in sorted(project.protected_branches) if word in name.lower()]
    return paginate(call, rows, lambda name: presenters.protected_branch(call.world, project, name))


@routes.get("/projects/:id/protected_branches/:name")
def read_protected_branch(call: Call) -> Response:
    return _answer(call, the_repository(call))


@routes.post(
    "/projects/:id/protected_branches",
    text("name", required=True),
    integer("push_access_level", *LEVELS),
    integer("merge_access_level", *LEVELS),
    *RULES,
)
def protect_branch(call: Call) -> Response:
    project, name = the_project(call), call.get("name", "")
    operations.set_protection(call.world, call.actor, project, name, new=True, **_rules(call))
    return created(presenters.protected_branch(call.world, project, name))


@routes.patch("/projects/:id/protected_branches/:name", *RULES)
def update_protected_branch(call: Call) -> Response:
    project = the_project(call)
    operations.set_protection(call.world, call.actor, project, call.path["name"], new=False, **_rules(call))
    return _answer(call, project)


@routes.delete("/projects/:id/protected_branches/:name")
def unprotect_branch(call: Call) -> Response:
    operations.unprotect_branch(call.world, call.actor, the_project(call), call.path["name"])
    return no_content()


def _rules(call: Call) -> dict[str, Any]:
    """The given rules; of the lists the sandbox knows access levels, not single people and groups."""
    rules = {_NAMES[name]: value for name, value in call.some(*_NAMES).items()}
    for kind in ("push", "merge", "unprotect"):
        name = f"allowed_to_{kind}"
        if name not in call.given:
            continue
        levels = [each.get("access_level") for each in call.given[name]]
        if not call.world.licensed:
            raise ParameterError(f"{name} is invalid (it needs Premium; use {kind}_access_level on this tier)")
        if any(level is None for level in levels):
            raise ParameterError(f"{name} is invalid (the sandbox knows access_level only, not people and groups)")
        rules[f"{kind}_level"] = min(int(level) for level in levels) if levels else MAINTAINER
    return rules


def _answer(call: Call, project: Project) -> Response:
    name = call.path["name"]
    if name not in project.protected_branches:
        raise NotFound
    return ok(presenters.protected_branch(call.world, project, name))
