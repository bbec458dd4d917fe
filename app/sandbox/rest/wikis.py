"""Wiki pages of a project (https://docs.gitlab.com/api/wikis/).

The trap: the slug. It comes from the title with dashes for spaces, keeps its folders, and changes when the title does.
"""

from __future__ import annotations

from app.sandbox import permissions
from app.sandbox.errors import Forbidden, Invalid, NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_project
from app.sandbox.rest.parameters import boolean, require_any, text
from app.sandbox.rest.presenters import repository as presenters
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import DEVELOPER, PLANNER, Project, WikiPage

routes = Routes()

FORMATS = text("format", "markdown", "rdoc", "asciidoc", "org")


def _readable(call: Call) -> Project:
    project = the_project(call)
    if project.settings.get("wiki_access_level", "enabled") == "disabled":
        raise NotFound.of("Wiki")
    return project


def _writable(call: Call) -> Project:
    """Planner, and Developer and up, write pages (https://docs.gitlab.com/user/permissions/#project-planning)."""
    project = _readable(call)
    level = permissions.access_level(call.world, call.user, project)
    if level != PLANNER and level < DEVELOPER:
        raise Forbidden
    return project


def _find(project: Project, slug: str) -> WikiPage:
    for page in project.wiki:
        if page.slug == slug:
            return page
    raise NotFound.of("Wiki Page")


def slug_of(title: str) -> str:
    """`Best practices` -> `Best-practices`; folders stay."""
    return "-".join(title.strip().strip("/").split())


def _free_slug(project: Project, title: str, keeping: WikiPage | None = None) -> str:
    if not title.strip():
        raise Invalid({"title": ["can't be blank"]})
    slug = slug_of(title)
    if any(page.slug == slug and page is not keeping for page in project.wiki):
        raise Invalid({"base": ["Duplicate page: A page with that title already exists"]})
    return slug


@routes.get("/projects/:id/wikis", boolean("with_content"))
def list_pages(call: Call) -> Response:
    """Not paginated, as on GitLab."""
    pages = sorted(_readable(call).wiki, key=lambda page: page.slug.lower())
    return ok([presenters.wiki_page(page, with_content=call.get("with_content", False)) for page in pages])


@routes.get("/projects/:id/wikis/:slug", boolean("render_html"), text("version"))
def read_page(call: Call) -> Response:
    return ok(presenters.wiki_page(_find(_readable(call), call.path["slug"])))


@routes.post("/projects/:id/wikis", text("title", required=True), text("content", required=True), FORMATS)
def create_page(call: Call) -> Response:
    project = _writable(call)
    title, content = call.get("title", ""), call.get("content", "")
    slug = _free_slug(project, title)
    page = WikiPage(slug, title.rpartition("/")[2], _checked(content), call.get("format", "markdown"))
    project.wiki.append(page)
    return created(presenters.wiki_page(page))


@routes.put("/projects/:id/wikis/:slug", text("title"), text("content"), FORMATS)
def update_page(call: Call) -> Response:
    project = _writable(call)
    page = _find(project, call.path["slug"])
    require_any(call.given, "content", "title", "format")
    slug = _free_slug(project, call.given["title"], page) if call.get("title") is not None else page.slug
    content = _checked(call.given["content"]) if call.get("content") is not None else page.content
    page.slug, page.content, page.format = slug, content, call.get("format", page.format)
    if call.get("title") is not None:
        page.title = call.given["title"].rpartition("/")[2]
    return ok(presenters.wiki_page(page))


def _checked(content: str) -> str:
    if not content.strip():
        raise Invalid({"content": ["can't be blank"]})
    return content


@routes.delete("/projects/:id/wikis/:slug")
def delete_page(call: Call) -> Response:
    project = _writable(call)
    project.wiki.remove(_find(project, call.path["slug"]))
    return no_content()
