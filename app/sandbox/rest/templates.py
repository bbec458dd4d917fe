"""Issue templates of a project (https://docs.gitlab.com/api/project_templates/).

The trap: only what lies in the folder itself is a template, and only on the default branch.
"""

from __future__ import annotations

from app.sandbox.errors import Invalid, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_repository
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.routing import Call, Routes, ok
from app.sandbox.world import Project

routes = Routes()

TEMPLATE_FOLDER = ".gitlab/issue_templates/"


@routes.get("/projects/:id/templates/:type", listed=True)
def list_templates(call: Call) -> Response:
    """Files of `.gitlab/issue_templates` on the default branch (https://docs.gitlab.com/api/project_templates/)."""
    names = sorted(_templates(the_repository(call), call.path["type"]))
    return paginate(call, names, lambda name: {"key": name, "name": name})


@routes.get("/projects/:id/templates/:type/:name")
def read_template(call: Call) -> Response:
    templates = _templates(the_repository(call), call.path["type"])
    name = call.path["name"]
    if name not in templates:
        raise NotFound.of("Template")
    return ok({"name": name, "content": templates[name]})


def _templates(project: Project, kind: str) -> dict[str, str]:
    if kind != "issues":
        raise Invalid(f"The sandbox has issue templates only, not {kind}.")
    return {
        path.removeprefix(TEMPLATE_FOLDER).removesuffix(".md"): text
        for path, text in project.files.items()
        if path.startswith(TEMPLATE_FOLDER) and path.endswith(".md") and path.count("/") == TEMPLATE_FOLDER.count("/")
    }
