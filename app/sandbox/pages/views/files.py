"""Files, folders and commits of a project.

The trap it avoids: a file from a stranger served as HTML. Raw files go out as plain text (SVG as an image that may run
nothing), and everything else is shown escaped.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from app.sandbox import addresses, operations, permissions
from app.sandbox.errors import Invalid, SandboxError
from app.sandbox.http import Response
from app.sandbox.pages import markdown, rendering
from app.sandbox.pages.markdown import Setting
from app.sandbox.pages.references import References
from app.sandbox.pages.visit import Hidden, Visit, fingerprint
from app.sandbox.world import Commit, Project

MAX_LINES = 5_000


@dataclass(frozen=True)
class Entry:
    """A row of a folder: `path` from the root; folders first."""

    name: str
    path: str
    is_folder: bool


def entries(files: dict[str, str], folder: str) -> list[Entry]:
    """The direct children of a folder (`""` is the root)."""
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    names: dict[str, bool] = {}
    for path in files:
        if path.startswith(prefix):
            name, slash, _ = path[len(prefix) :].partition("/")
            names[name] = bool(slash)
    rows = [Entry(name, prefix + name, is_folder) for name, is_folder in names.items()]
    return sorted(rows, key=lambda row: (not row.is_folder, row.name.lower()))


def tree(visit: Visit, project: Project, tail: str) -> Response:
    """`/-/tree/<ref>/<folder>`."""
    files, path = _at(visit, project, tail)
    rows = entries(files, path)
    if path and not rows:
        raise Hidden("folder")
    readme = next((r.path for r in rows if r.name.lower() == "readme.md"), None)
    html = None if readme is None else _markdown(visit, project, readme, files[readme])
    return rendering.page(
        visit, "tree.html", title=path or "Files", home=project, tab="files", rows=rows, path=path, readme=html
    )


def blob(visit: Visit, project: Project, tail: str) -> Response:
    """`/-/blob/<ref>/<path>`: Markdown is rendered, `?plain=1` shows its source as on GitLab."""
    files, path = _at(visit, project, tail)
    text = _text(files, path)
    rich = path.lower().endswith((".md", ".markdown")) and visit.query("plain") != "1"
    lines = text.split("\n")
    return rendering.page(
        visit,
        "blob.html",
        title=path,
        home=project,
        tab="files",
        path=path,
        html=_markdown(visit, project, path, text) if rich else None,
        is_markdown=path.lower().endswith((".md", ".markdown")),
        lines=lines[:MAX_LINES],
        hidden_lines=max(len(lines) - MAX_LINES, 0),
        size=len(text.encode()),
        may_push=permissions.can_push(visit.world, visit.viewer, project, project.default_branch),
    )


def raw(visit: Visit, project: Project, tail: str) -> Response:
    """`/-/raw/<ref>/<path>`."""
    files, path = _at(visit, project, tail)
    text = _text(files, path)
    kind = "image/svg+xml" if path.lower().endswith(".svg") else "text/plain; charset=utf-8"
    headers = {
        "Content-Type": kind,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return Response(200, headers, text.encode())


def edit(visit: Visit, project: Project, tail: str) -> Response:
    """`/-/edit/<ref>/<path>`: a form with the file."""
    files, path = _at(visit, project, tail)
    return _editor(visit, project, path, _text(files, path))


def save(visit: Visit, project: Project, tail: str) -> Response:
    """Commit the edited file to the default branch."""
    files, path = _at(visit, project, tail)
    _text(files, path)
    content = visit.form.get("content", "")
    message = visit.form.get("message", "").strip() or f"Update {path}"
    action = {"action": "update", "file_path": path, "content": content}
    try:
        if visit.form.get("seen") != fingerprint(files[path]):
            raise Invalid("Somebody changed this file meanwhile. Open it again and repeat your change.")
        operations.commit_files(
            visit.world, visit.viewer, project, branch=project.default_branch, message=message, actions=[action]
        )
    except SandboxError as refused:
        visit.alert, visit.status = "; ".join(refused.sentences()), refused.status
        return _editor(visit, project, path, content)
    return rendering.redirect(visit, addresses.of_file(visit.world, project, path), notice="Your change is committed.")


def commits(visit: Visit, project: Project, tail: str) -> Response:
    """`/-/commits/<ref>`: newest first."""
    del tail
    _require_code(visit, project)
    found = list(reversed(project.commits))[:200]
    return rendering.page(visit, "commits.html", title="Commits", home=project, tab="files", commits=found)


def commit(visit: Visit, project: Project, sha: str) -> Response:
    """`/-/commit/<sha>`: what it added, changed and removed."""
    _require_code(visit, project)
    found = _commit(project, sha)
    if found is None:
        raise Hidden("commit")
    title = found.message.partition("\n")[0] or found.sha[:8]
    return rendering.page(visit, "commit.html", title=title, home=project, tab="files", commit=found)


def _editor(visit: Visit, project: Project, path: str, content: str) -> Response:
    seen = fingerprint(project.files[path])
    values = {"path": path, "content": content, "seen": seen}
    return rendering.page(visit, "edit.html", title=f"Edit {path}", home=project, tab="files", **values)


def _markdown(visit: Visit, project: Project, path: str, text: str) -> Markup:
    return markdown.render(text, file_setting(visit, project, path))


def file_setting(visit: Visit, project: Project, path: str) -> Setting:
    """Repository text: relative links and images are relative to the file's folder."""
    folder = path.rpartition("/")[0]
    tail = f"{folder}/" if folder else ""
    blob = addresses.of_file(visit.world, project, "") + "/" + tail
    raw = addresses.of_file(visit.world, project, "", "raw") + "/" + tail
    return Setting(References(visit.world, visit.viewer, project), link_base=blob, image_base=raw)


def _require_code(visit: Visit, project: Project) -> None:
    world = visit.world
    if not permissions.can_download_code(world, visit.viewer, project):
        raise Hidden("file", visit.others(lambda user: permissions.can_download_code(world, user, project)))


def _at(visit: Visit, project: Project, tail: str) -> tuple[dict[str, str], str]:
    """Splits `<ref>/<path>`: the default branch, HEAD or a commit. Raises Hidden for another ref."""
    _require_code(visit, project)
    for ref in (project.default_branch, "HEAD"):
        if tail == ref or tail.startswith(ref + "/"):
            return project.files, tail[len(ref) + 1 :].strip("/")
    ref, _, path = tail.partition("/")
    found = _commit(project, ref)
    if found is None:
        raise Hidden("branch or commit")
    return found.files, path.strip("/")


def _commit(project: Project, sha: str) -> Commit | None:
    return next((c for c in project.commits if len(sha) >= 6 and c.sha.startswith(sha)), None)


def _text(files: dict[str, str], path: str) -> str:
    if path not in files:
        raise Hidden("file")
    return files[path]
