"""A project's page with its README, and its wiki.

The trap it avoids: showing files to a Guest. GitLab hides the code of a private project from Guests
(https://docs.gitlab.com/user/permissions/), and the README is code.
"""

from __future__ import annotations

from markupsafe import Markup

from app.sandbox import addresses, permissions
from app.sandbox.http import Response
from app.sandbox.pages import markdown, rendering
from app.sandbox.pages.markdown import Setting
from app.sandbox.pages.references import References
from app.sandbox.pages.views.files import entries, file_setting
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import Project


def overview(visit: Visit, project: Project) -> Response:
    """`/<group>/<project>`."""
    may_read_files = permissions.can_download_code(visit.world, visit.viewer, project)
    issues = visit.items(project, ["ISSUE", "INCIDENT", "TASK"])
    files = project.files if may_read_files else {}
    readme = next((path for path in files if path.lower() == "readme.md"), None)
    return rendering.page(
        visit,
        "project.html",
        title=project.name,
        home=project,
        tab="overview",
        may_read_files=may_read_files,
        rows=entries(files, ""),
        readme=None if readme is None else markdown.render(files[readme], file_setting(visit, project, readme)),
        head=project.commits[-1] if project.commits and may_read_files else None,
        open_issues=[item for item in issues if item.state == "opened"],
        closed_issues=[item for item in issues if item.state == "closed"],
        boards=visit.boards(project),
    )


def wiki(visit: Visit, project: Project, slug: str) -> Response:
    """`/-/wikis/<slug>`; without a slug the page `home`, or the first."""
    wanted = slug or "home"
    pages = project.wiki
    found = next((p for p in pages if p.slug.lower() == wanted.lower()), None)
    if found is None and slug:
        raise Hidden("wiki page")
    shown = found or (pages[0] if pages else None)
    html = None if shown is None else visit_markdown(visit, project, shown.content)
    title = shown.title if shown else "Wiki"
    return rendering.page(
        visit, "wiki.html", title=title, home=project, tab="wiki", pages=pages, shown=shown, html=html
    )


def visit_markdown(visit: Visit, project: Project, text: str) -> Markup:
    """Wiki text: relative links stay in the wiki."""
    base = f"{addresses.of_container(visit.world, project)}/-/wikis/"
    setting = Setting(References(visit.world, visit.viewer, project), link_base=base)
    return markdown.render(text, setting)
