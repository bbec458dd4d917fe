"""Reading commits: lists, one, what it changed, where it is (https://docs.gitlab.com/api/commits/).

The trap: the order. The newest commit comes first here, while a branch keeps its oldest first.
"""

from __future__ import annotations

from app.sandbox.http import Response
from app.sandbox.rest.finding import the_repository
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import boolean, integer, moment, text
from app.sandbox.rest.presenters import repository as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.repository import line_to
from app.sandbox.rest.routing import Call, Routes, ok
from app.sandbox.world import Commit

routes = Routes()
COMMIT = "/projects/:id/repository/commits/:sha"


@routes.get(
    "/projects/:id/repository/commits",
    text("ref_name"),
    moment("since"),
    moment("until"),
    text("path"),
    text("author"),
    boolean("all"),
    boolean("with_stats"),
    boolean("trailers"),
    boolean("first_parent"),
    text("order", "default", "topo"),
    listed=True,
)
def list_commits(call: Call) -> Response:
    project, world = the_repository(call), call.world
    if not project.commits:
        return paginate(call, [], lambda row: row)
    rows = [c for c in line_to(project, call.get("ref_name")) if _matches(call, c)]
    return paginate(call, rows[::-1], lambda row: presenters.commit(world, project, row))


def _matches(call: Call, commit: Commit) -> bool:
    path, (name, email) = call.get("path"), call.world.author_of(commit)
    changed = commit.added + commit.modified + commit.removed
    checks = (
        not path or any(each == path or each.startswith(f"{path.rstrip('/')}/") for each in changed),
        call.get("since") is None or commit.created_at >= call.get("since"),
        call.get("until") is None or commit.created_at <= call.get("until"),
        call.get("author", "").lower() in f"{name} <{email}>".lower(),
    )
    return all(checks)


@routes.get("/projects/:id/repository/commits/:sha", boolean("stats"))
def read_commit(call: Call) -> Response:
    project = the_repository(call)
    commit = line_to(project, call.path["sha"])[-1]
    return ok(presenters.commit_detail(call.world, project, commit, with_stats=call.get("stats", True)))


@routes.get(f"{COMMIT}/diff", boolean("unidiff"), listed=True)
def read_diff(call: Call) -> Response:
    project = the_repository(call)
    commit = line_to(project, call.path["sha"])[-1]
    rows = presenters.diff(project, commit, headed=call.get("unidiff", False))
    return paginate(call, rows, lambda row: row)


@routes.get(f"{COMMIT}/refs", text("type", "branch", "tag", "all"), listed=True)
def list_refs(call: Call) -> Response:
    """The branches that have the commit; the sandbox has no tags."""
    project = the_repository(call)
    sha = line_to(project, call.path["sha"])[-1].sha
    names = [name for name in project.branch_names if any(c.sha == sha for c in project.line(name) or [])]
    rows = [] if call.get("type") == "tag" else [{"type": "branch", "name": name} for name in names]
    return paginate(call, rows, lambda row: row)


@routes.get(f"{COMMIT}/merge_requests", text("state", "opened", "closed", "locked", "merged", "all"), listed=True)
@routes.get(
    f"{COMMIT}/statuses",
    text("ref"),
    text("stage"),
    text("name"),
    integer("pipeline_id"),
    boolean("all"),
    text("order_by", "id", "pipeline_id"),
    text("sort", "asc", "desc"),
    listed=True,
)
def list_nothing(call: Call) -> Response:
    """The sandbox has neither merge requests nor pipelines, so nothing hangs on a commit."""
    line_to(the_repository(call), call.path["sha"])
    return paginate(call, list[Json](), lambda row: row)
