"""Wiki pages of a project (https://docs.gitlab.com/api/wikis/).

The trap: the slug. It comes from the title with dashes for spaces, keeps its folders, and changes when the title does.
"""

from __future__ import annotations

from app.sandbox import permissions
from app.sandbox.errors import Invalid
from app.sandbox.operations.common import UNSET, check_filled, require, require_visible
from app.sandbox.world import Project, User, WikiPage, World


def create_wiki_page(
    world: World, actor: User, project: Project, *, title: str, content: str, format: str = "markdown"
) -> WikiPage:
    """Planner, and Developer and up. Raises Forbidden, or Invalid for a blank or taken title and for no content."""
    _require_writer(world, actor, project)
    slug = _free_slug(project, title)
    check_filled("content", content)
    page = WikiPage(slug, _last_part(title), content, format)
    project.wiki.append(page)
    return page


def update_wiki_page(
    world: World,
    actor: User,
    project: Project,
    page: WikiPage,
    *,
    title: str = UNSET,
    content: str = UNSET,
    format: str = UNSET,
) -> WikiPage:
    """Raises as `create_wiki_page`."""
    _require_writer(world, actor, project)
    new_slug = page.slug if title is UNSET else _free_slug(project, title, page)
    if content is not UNSET:
        check_filled("content", content)
        page.content = content
    if title is not UNSET:
        page.slug, page.title = new_slug, _last_part(title)
    if format is not UNSET:
        page.format = format
    return page


def delete_wiki_page(world: World, actor: User, project: Project, page: WikiPage) -> None:
    """Raises Forbidden."""
    _require_writer(world, actor, project)
    project.wiki.remove(page)


def _require_writer(world: World, actor: User, project: Project) -> None:
    require_visible(world, actor, project)
    require(permissions.can_write_wiki(world, actor, project))


def _free_slug(project: Project, title: str, keeping: WikiPage | None = None) -> str:
    """`Best practices` -> `Best-practices`; folders stay."""
    check_filled("title", title)
    slug = "-".join(title.strip().strip("/").split())
    if any(page.slug == slug and page is not keeping for page in project.wiki):
        raise Invalid({"base": ["Duplicate page: A page with that title already exists"]})
    return slug


def _last_part(title: str) -> str:
    return title.rpartition("/")[2]
