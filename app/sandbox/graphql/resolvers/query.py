"""The entry points of queries: what a request may ask for by path, id or name.

The trap this avoids: an error where GitLab answers null. In a *query* what is absent or invisible is null and the
rest of the answer stands; only mutations fail for it (https://docs.gitlab.com/api/graphql/#known-issues).
"""

from __future__ import annotations

import hashlib
from typing import Any

from graphql import GraphQLError

from app.sandbox import permissions
from app.sandbox.graphql import context
from app.sandbox.graphql.connections import Connection, paginate
from app.sandbox.graphql.context import Context, Info, ResourceUnavailable
from app.sandbox.graphql.global_ids import GlobalId, number_of
from app.sandbox.graphql.registry import field
from app.sandbox.world import Container, Group, Milestone, Note, Project, User, WorkItem


@field("Query.currentUser")
def current_user(_: Any, info: Info) -> User | None:
    return context.of(info).user


@field("Query.echo")
def echo(_: Any, info: Info, text: str) -> str:
    user = context.of(info).user
    return f'"{user.username if user else "nil"}" says: {text}'


@field("Query.metadata")
def metadata(_: Any, info: Info) -> Context | None:
    """Nothing for who is not signed in."""
    found = context.of(info)
    return found if found.user is not None else None


@field("Metadata.version")
def version(source: Context, _info: Info) -> str:
    return source.world.version


@field("Metadata.revision")
def revision(source: Context, _info: Info) -> str:
    return hashlib.sha256(source.world.version.encode()).hexdigest()[:11]


@field("Metadata.enterprise")
def enterprise(source: Context, _info: Info) -> bool:
    return source.world.enterprise


@field("Query.queryComplexity")
def query_complexity(_: Any, info: Info) -> Context:
    return context.of(info)


@field("QueryComplexity.score")
def complexity_score(source: Context, _info: Info) -> int:
    return source.score


@field("QueryComplexity.limit")
def complexity_limit(source: Context, _info: Info) -> int:
    return source.limit


@field("Query.group")
def group(_: Any, info: Info, **arguments: Any) -> Group | None:
    return context.of(info).group(arguments["fullPath"])


@field("Query.project")
def project(_: Any, info: Info, **arguments: Any) -> Project | None:
    return context.of(info).project(arguments["fullPath"])


@field("Query.namespace")
def namespace(_: Any, info: Info, **arguments: Any) -> Container | None:
    """A group or, by a project's full path, the namespace of that project."""
    return context.of(info).container(arguments["fullPath"])


@field("Query.groups")
def groups(_: Any, info: Info, **arguments: Any) -> Connection:
    """Every group that the user sees, by name."""
    request = context.of(info)
    parent = arguments.pop("parentPath", None)
    search = (arguments.pop("search", None) or "").lower()
    top_only = arguments.pop("topLevelOnly", None)
    ids = _numbers(arguments.pop("ids", None))
    parent_id = getattr(request.world.group_by_path(parent), "id", -1) if parent is not None else None
    found = [
        each
        for each in request.world.groups.values()
        if (ids is None or each.id in ids)
        and (parent_id is None or each.parent_id == parent_id)
        and not (top_only and each.parent_id is not None)
        and (search in each.name.lower() or search in each.path.lower())
        and permissions.can_read_group(request.world, request.user, each)
    ]
    return paginate(found, lambda each: (each.name.lower(), each.id), **arguments)


@field("Query.projects")
def projects(_: Any, info: Info, **arguments: Any) -> Connection:
    """Every project that the user sees, newest first; with `membership` those in which the user has a role."""
    request = context.of(info)
    paths = arguments.pop("fullPaths", None)
    wanted = None if paths is None else {path.lower() for path in paths}
    search = (arguments.pop("search", None) or "").lower()
    membership = arguments.pop("membership", None)
    ids = _numbers(arguments.pop("ids", None))
    found = [
        each
        for each in request.world.projects.values()
        if (ids is None or each.id in ids)
        and (wanted is None or request.world.project_path(each).lower() in wanted)
        and (search in each.name.lower() or search in each.path.lower())
        and permissions.can_read_project(request.world, request.user, each)
        and not (membership and permissions.member_level(request.world, request.user, each) == 0)
    ]
    return paginate(found, lambda each: (-each.id,), **arguments)


@field("Query.workItem")
def work_item(_: Any, info: Info, **arguments: Any) -> WorkItem | None:
    wanted: GlobalId = arguments["id"]
    request = context.of(info)
    return request.readable(request.world.work_items.get(wanted.number))


@field("Query.milestone")
def milestone(_: Any, info: Info, **arguments: Any) -> Milestone | None:
    request = context.of(info)
    found = request.world.milestones.get(arguments["id"].number)
    if found is None:
        return None
    home = request.world.container_of(found)
    return found if permissions.can_read_container(request.world, request.user, home) else None


@field("Query.note")
def note(_: Any, info: Info, **arguments: Any) -> tuple[WorkItem, Note] | None:
    return context.of(info).note(arguments["id"].number)


@field("Query.user")
def user(_: Any, info: Info, **arguments: Any) -> User | None:
    request = context.of(info)
    if ("id" in arguments) == ("username" in arguments):
        raise GraphQLError("Provide either a single username or id")
    if "id" in arguments:
        return request.world.users.get(arguments["id"].number)
    return request.world.user_by_name(arguments["username"])


@field("Query.users")
def users(_: Any, info: Info, **arguments: Any) -> Connection:
    """Users by name, id or search; anonymous visitors must give user names."""
    request = context.of(info)
    names, raw_ids = arguments.pop("usernames", None), arguments.pop("ids", None)
    if names is not None and raw_ids is not None:
        raise GraphQLError("Provide either a list of usernames or ids")
    if request.user is None and not names:
        raise ResourceUnavailable
    wanted, ids = None if names is None else {name.lower() for name in names}, _numbers(raw_ids)
    search = (arguments.pop("search", None) or "").lower()
    active, admins, humans = (arguments.pop(name, None) for name in ("active", "admins", "humans"))
    descending = arguments.pop("sort", "created_desc").lower().endswith("_desc")
    found = [
        each
        for each in request.world.users.values()
        if (wanted is None or each.username.lower() in wanted)
        and (ids is None or each.id in ids)
        and (search in each.username.lower() or search in each.name.lower())
        and (not active or each.state == "active")
        and (not admins or each.admin)
        and (not humans or not each.bot)
    ]
    return paginate(found, lambda each: (-each.id if descending else each.id,), **arguments)


def _numbers(ids: list[str] | None) -> set[int | None] | None:
    return None if ids is None else {number_of(each) for each in ids}
