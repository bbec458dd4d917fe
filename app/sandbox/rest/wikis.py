"""Wiki pages of a project (https://docs.gitlab.com/api/wikis/).

The trap: a project without a wiki. Its pages are 404, as if there were none yet.
"""

from __future__ import annotations

from app.sandbox import operations, permissions
from app.sandbox.errors import Forbidden, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_project
from app.sandbox.rest.parameters import boolean, require_any, text
from app.sandbox.rest.presenters import repository as presenters
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Project, WikiPage

routes = Routes()

FORMATS = text("format", "markdown", "rdoc", "asciidoc", "org")


def _with_wiki(call: Call) -> Project:
    project = the_project(call)
    if project.settings.get("wiki_access_level", "enabled") == "disabled":
        raise NotFound.of("Wiki")
    return project


def _writable(call: Call) -> Project:
    project = _with_wiki(call)
    if not permissions.can_write_wiki(call.world, call.user, project):
        raise Forbidden
    return project


def _find(call: Call, project: Project) -> WikiPage:
    for page in project.wiki:
        if page.slug == call.path["slug"]:
            return page
    raise NotFound.of("Wiki Page")


@routes.get("/projects/:id/wikis", boolean("with_content"))
def list_pages(call: Call) -> Response:
    """Not paginated, as on GitLab."""
    pages = sorted(_with_wiki(call).wiki, key=lambda page: page.slug.lower())
    return ok([presenters.wiki_page(page, with_content=call.get("with_content", False)) for page in pages])


@routes.get("/projects/:id/wikis/:slug", boolean("render_html"), text("version"))
def read_page(call: Call) -> Response:
    return ok(presenters.wiki_page(_find(call, _with_wiki(call))))


@routes.post("/projects/:id/wikis", text("title", required=True), text("content", required=True), FORMATS)
def create_page(call: Call) -> Response:
    page = operations.create_wiki_page(
        call.world,
        call.actor,
        _writable(call),
        title=call.get("title", ""),
        content=call.get("content", ""),
        format=call.get("format", "markdown"),
    )
    return created(presenters.wiki_page(page))


@routes.put("/projects/:id/wikis/:slug", text("title"), text("content"), FORMATS)
def update_page(call: Call) -> Response:
    project = _writable(call)
    page = _find(call, project)
    require_any(call.given, "content", "title", "format")
    changes = {name: value for name, value in call.some("title", "content", "format").items() if value is not None}
    operations.update_wiki_page(call.world, call.actor, project, page, **changes)
    return ok(presenters.wiki_page(page))


@routes.delete("/projects/:id/wikis/:slug")
def delete_page(call: Call) -> Response:
    project = _writable(call)
    operations.delete_wiki_page(call.world, call.actor, project, _find(call, project))
    return no_content()
