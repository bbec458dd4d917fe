"""Groups, projects, and namespaces: a `Namespace` is a group or the namespace that every project has.

The trap this avoids: a client that reads a project's issues through `namespace(fullPath:)`, as GitLab's own pages do,
and finds nothing because only groups were thought of.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import addresses, permissions
from app.sandbox.graphql import context, global_ids
from app.sandbox.graphql.connections import Connection, paginate
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.global_ids import number_of
from app.sandbox.graphql.registry import PLAIN, field
from app.sandbox.world import Container, Group, Project

PLAIN.update(Group=Group, Project=Project, Namespace=Group)  # a project has the attributes of Namespace too


@field("Group.id", "Project.id")
def id_(source: Container, _info: Info) -> str:
    return global_ids.of(source)


@field("Namespace.id")
def namespace_id(source: Container, _info: Info) -> str:
    if isinstance(source, Group):
        return global_ids.of(source)
    return f"gid://gitlab/Namespaces::ProjectNamespace/{source.id}"


@field("Group.fullPath", "Project.fullPath", "Namespace.fullPath")
def full_path(source: Container, info: Info) -> str:
    return context.of(info).world.path_of(source)


@field("Group.fullName", "Namespace.fullName", "Project.nameWithNamespace")
def full_name(source: Container, info: Info) -> str:
    return context.of(info).world.full_name(source)


@field("Group.webUrl", "Project.webUrl", "Namespace.webUrl")
def web_url(source: Container, info: Info) -> str:
    return context.of(info).url_of(source)


@field("Group.avatarUrl", "Project.avatarUrl", "Namespace.avatarUrl")
def avatar_url(_source: Container, _info: Info) -> None:
    return None


@field("Group.parent")
def parent(source: Group, info: Info) -> Group | None:
    request = context.of(info)
    above = request.world.groups.get(source.parent_id) if source.parent_id is not None else None
    return above if above is not None and permissions.can_read_group(request.world, request.user, above) else None


@field("Project.group")
def project_group(source: Project, info: Info) -> Group | None:
    request = context.of(info)
    above = request.world.groups[source.group_id]
    return above if permissions.can_read_group(request.world, request.user, above) else None


@field("Project.namespace")
def project_namespace(source: Project, info: Info) -> Group | None:
    return project_group(source, info)


@field("Project.markedForDeletion")
def marked_for_deletion(source: Project, _info: Info) -> bool:
    return source.marked_for_deletion_on is not None


@field("Project.autocloseReferencedIssues")
def autoclose(source: Project, _info: Info) -> bool:
    return bool(source.settings.get("autoclose_referenced_issues", True))


@field("Project.httpUrlToRepo")
def http_url(source: Project, info: Info) -> str:
    return f"{context.of(info).url_of(source)}.git"


@field("Project.sshUrlToRepo")
def ssh_url(source: Project, info: Info) -> str:
    return addresses.over_ssh(context.of(info).world, source)


@field("Project.maxAccessLevel")
def max_access_level(source: Project, info: Info) -> int:
    request = context.of(info)
    return permissions.access_level(request.world, request.user, source)


@field("Project.openIssuesCount")
def open_issues_count(source: Project, info: Info) -> int:
    request = context.of(info)
    return sum(
        item.state == "opened" and item.type in ("ISSUE", "INCIDENT") and request.readable(item) is not None
        for item in request.world.work_items.where("project_id", source.id)
    )


@field("Group.descendantGroups")
def descendant_groups(source: Group, info: Info, **arguments: Any) -> Connection:
    """Subgroups at any depth; with `includeParentDescendants: false` only those directly below."""
    request = context.of(info)
    deep = arguments.pop("includeParentDescendants", True) is not False
    search = (arguments.pop("search", None) or "").lower()
    found = [
        each
        for each in request.world.groups.values()
        if each is not source
        and (each.full_path.startswith(source.full_path + "/") if deep else each.parent_id == source.id)
        and search in each.name.lower()
        and permissions.can_read_group(request.world, request.user, each)
    ]
    return paginate(found, lambda each: (each.name.lower(), each.id), **arguments)


@field("Group.projects", "Namespace.projects")
def projects(source: Container, info: Info, **arguments: Any) -> Connection:
    """Projects of a group, with `includeSubgroups` those of its subgroups too."""
    request = context.of(info)
    deep = arguments.pop("includeSubgroups", False)
    search = (arguments.pop("search", None) or "").lower()
    raw_ids = arguments.pop("ids", None)
    ids = None if raw_ids is None else {number_of(each) for each in raw_ids}
    groups = set()
    if isinstance(source, Group):
        groups = below(request, source) if deep else {source.id}
    found = [
        each
        for each in request.world.projects.values()
        if each.group_id in groups
        and (ids is None or each.id in ids)
        and (search in each.name.lower() or search in each.path.lower())
        and permissions.can_read_project(request.world, request.user, each)
    ]
    return paginate(found, lambda each: (-each.id,), **arguments)


def below(request: context.Context, group: Group) -> set[int]:
    """The ids of a group and of all groups below it."""
    return {each.id for each in request.world.descendants(group)}
