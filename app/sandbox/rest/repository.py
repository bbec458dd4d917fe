"""Files and commits of a project (https://docs.gitlab.com/api/repositories/).

The trap: an empty repository. Its tree is 404 "Tree Not Found", not an empty list, and the first commit makes the
branch. Every branch of the sandbox keeps its whole line of commits; there are no merges.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from app.sandbox import operations
from app.sandbox.errors import Invalid, NotFound
from app.sandbox.git_ids import blob_id
from app.sandbox.http import Response
from app.sandbox.rest.finding import the_project, the_repository
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import Parameter, boolean, objects, text
from app.sandbox.rest.presenters import repository as presenters
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Commit, Project

routes = Routes()

AUTHOR = (text("author_name"), text("author_email"), text("start_branch"))


def line_to(project: Project, ref: str | None, noun: str = "Commit") -> list[Commit]:
    """All commits up to a branch name, `HEAD`, a full or an abbreviated hash, oldest first; raises NotFound."""
    line = project.line_to(project.default_branch if ref in (None, "", "HEAD") else str(ref))
    if line is None:
        raise NotFound.of(noun)
    return line


def _last_change(line: list[Commit], path: str) -> Commit:
    touching = [c for c in line if path in c.added or path in c.modified]
    return touching[-1] if touching else line[-1]


@routes.get(
    "/projects/:id/repository/tree",
    text("ref"),
    text("path"),
    boolean("recursive"),
    text("pagination", "legacy", "keyset", "none"),
    listed=True,
)
def list_tree(call: Call) -> Response:
    project = the_repository(call)
    commit = line_to(project, call.get("ref"), "Tree")[-1]
    try:
        rows = presenters.tree(commit.files, call.get("path", ""), recursive=call.get("recursive", False))
    except LookupError as error:
        raise NotFound("404 invalid revision or path Not Found") from error
    return paginate(call, rows, lambda row: row)


@routes.get("/projects/:id/repository/files/:file_path", text("ref", required=True))
def read_file(call: Call) -> Response:
    """https://docs.gitlab.com/api/repository_files/; `HEAD` may stand for the default branch."""
    project = the_repository(call)
    path, ref = call.path["file_path"], call.get("ref", "")
    line = line_to(project, ref)
    if path not in line[-1].files:
        raise NotFound.of("File")
    data = presenters.file(path, ref, line[-1], _last_change(line, path))
    response = ok(data)
    for name in ("blob_id", "commit_id", "content_sha256", "encoding", "execute_filemode", "file_name", "file_path"):
        response.headers[f"X-Gitlab-{name.title().replace('_', '-')}"] = _header_text(data[name])
    response.headers |= {
        "X-Gitlab-Last-Commit-Id": data["last_commit_id"],
        "X-Gitlab-Ref": _header_text(ref),
        "X-Gitlab-Size": str(data["size"]),
    }
    return response


def _header_text(value: object) -> str:
    """A header carries ASCII only: other letters of a path are percent-encoded."""
    return str(value).lower() if isinstance(value, bool) else quote(str(value), safe="/ .-_")


@routes.get("/projects/:id/repository/files/:file_path/raw", text("ref"), boolean("lfs"))
def read_raw_file(call: Call) -> Response:
    project = the_repository(call)
    path = call.path["file_path"]
    commit = line_to(project, call.get("ref"))[-1]
    if path not in commit.files:
        raise NotFound.of("File")
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Gitlab-Blob-Id": blob_id(commit.files[path])}
    return Response(200, headers, commit.files[path].encode())


def _file_parameters(*extra: Parameter) -> tuple[Parameter, ...]:
    return (text("branch", required=True), text("commit_message", required=True), *AUTHOR, *extra)


CONTENT = (
    text("content", required=True),
    text("encoding", "text", "base64"),
    text("last_commit_id"),
    boolean("execute_filemode"),  # taken and not kept: no file of the sandbox is a program
)


@routes.post("/projects/:id/repository/files/:file_path", *_file_parameters(*CONTENT))
def create_file(call: Call) -> Response:
    _commit_one(call, "create")
    return created({"file_path": call.path["file_path"], "branch": call.get("branch")})


@routes.put("/projects/:id/repository/files/:file_path", *_file_parameters(*CONTENT))
def update_file(call: Call) -> Response:
    _commit_one(call, "update")
    return ok({"file_path": call.path["file_path"], "branch": call.get("branch")})


@routes.delete("/projects/:id/repository/files/:file_path", *_file_parameters(text("last_commit_id")))
def delete_file(call: Call) -> Response:
    _commit_one(call, "delete")
    return no_content()


def _commit_one(call: Call, verb: str) -> None:
    action = {"action": verb, "file_path": call.path["file_path"]}
    _commit(call, [action | call.some("content", "encoding", "last_commit_id")])


def _commit(call: Call, actions: list[dict[str, Any]]) -> tuple[Project, Commit]:
    project = the_project(call)
    branch = call.get("branch", "")
    start = call.get("start_branch")
    if start not in (None, branch):
        if project.line(branch) is not None:
            raise Invalid(f"A branch called '{branch}' already exists. Switch to that branch in order to make changes")
        operations.create_branch(call.world, call.actor, project, branch, start or "")
    for action in actions:
        _check_unchanged(project.line(branch), action)
    commit = operations.commit_files(
        call.world, call.actor, project, branch=branch, message=call.get("commit_message", ""), actions=actions,
        author=(call.get("author_name"), call.get("author_email")),
    )  # fmt: skip
    return project, commit


def _check_unchanged(line: list[Commit] | None, action: dict[str, Any]) -> None:
    """`last_commit_id` is GitLab's optimistic lock on a file."""
    wanted, path = action.get("last_commit_id"), str(action.get("file_path", ""))
    if wanted and line and path in line[-1].files and _last_change(line, path).sha != wanted:
        raise Invalid("You are attempting to update a file that has changed since you started editing it.")


@routes.post(
    "/projects/:id/repository/commits",
    text("branch", required=True),
    text("commit_message", required=True),
    objects("actions", required=True),
    boolean("force"),
    boolean("stats"),
    *AUTHOR,
)
def create_commit(call: Call) -> Response:
    """All actions or none (https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions)."""
    project, commit = _commit(call, call.get("actions", []))
    return created(presenters.commit_detail(call.world, project, commit, with_stats=call.get("stats", True)))
