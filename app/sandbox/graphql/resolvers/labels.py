"""Labels and milestones of groups and projects.

The trap this avoids: a search that finds part of a title. `labels(title:)` and `milestones(title:)` match the whole
title, `searchTerm` and `searchTitle` any part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from app.sandbox import addresses, permissions
from app.sandbox.graphql import context, global_ids
from app.sandbox.graphql.connections import Connection, paginate
from app.sandbox.graphql.context import Context, Info
from app.sandbox.graphql.global_ids import number_of
from app.sandbox.graphql.registry import PLAIN, field
from app.sandbox.graphql.resolvers.namespaces import below
from app.sandbox.world import Container, Group, Label, Milestone, Project
from app.sandbox.world.tables import Table

PLAIN.update(Label=Label, Milestone=Milestone)


def by_title(label: Label) -> tuple[str, int]:
    """GitLab's default order of labels."""
    return (label.title, label.id)


@field("Label.id", "Milestone.id")
def id_(source: Label | Milestone, _info: Info) -> str:
    return global_ids.of(source)


@field("Label.textColor")
def text_color(source: Label, _info: Info) -> str:
    """Dark text on a light label, white text on a dark one."""
    red, green, blue = (int(source.color[start : start + 2], 16) for start in (1, 3, 5))
    return "#1F1E24" if 0.299 * red + 0.587 * green + 0.114 * blue > 150 else "#FFFFFF"


@field("Label.lockOnMerge")
def lock_on_merge(_source: Label, _info: Info) -> bool:
    return False


@field("Group.labels", "Project.labels")
def labels(source: Container, info: Info, **arguments: Any) -> Connection:
    """Labels of a group or project, by title. Without `onlyGroupLabels` a group shows those of its projects too."""
    request = context.of(info)
    title, term = arguments.pop("title", None), (arguments.pop("searchTerm", None) or "").lower()
    places, archived = arguments.pop("searchIn"), arguments.pop("archived", None)
    groups, projects = _homes(
        request,
        source,
        ancestors=arguments.pop("includeAncestorGroups", False),
        descendants=arguments.pop("includeDescendantGroups", False),
        projects=not arguments.pop("onlyGroupLabels", False),
    )
    found = [
        label
        for label in _at(request.world.labels, groups, projects)
        if (archived is None or label.archived == archived)
        and (title is None or label.title == title)
        and (title is not None or _mentions(label, term, places))
    ]
    return paginate(found, by_title, **arguments)


@field("Group.label", "Project.label")
def label_by_title(source: Container, info: Info, title: str) -> Label | None:
    """The label with exactly this title, of the container or an ancestor group."""
    request = context.of(info)
    groups, projects = _homes(request, source, ancestors=True, descendants=False, projects=False)
    found = _at(request.world.labels, groups, projects)
    return next((each for each in found if each.title == title), None)


_Placed = TypeVar("_Placed", Label, Milestone)


def _at(table: Table[_Placed], groups: Iterable[int], projects: Iterable[int]) -> list[_Placed]:
    """Those of these groups and projects, oldest first."""
    found = [each for number in groups for each in table.where("group_id", number)]
    found += [each for number in projects for each in table.where("project_id", number)]
    return sorted(found, key=lambda each: each.id)


def _homes(
    request: Context, source: Container, *, ancestors: bool, descendants: bool, projects: bool
) -> tuple[set[int], set[int]]:
    """The ids of the groups and of the projects whose records count: the container's own and the asked ones."""
    if isinstance(source, Project):
        above = request.world.ancestors(request.world.group_of(source)) if ancestors else ()
        return {each.id for each in above}, {source.id}
    groups = below(request, source) if descendants else {source.id}
    inside = {
        each.id
        for number in (groups if projects else ())
        for each in request.world.projects.where("group_id", number)
        if permissions.can_read_project(request.world, request.user, each)
    }
    return groups | ({each.id for each in request.world.ancestors(source)} if ancestors else set()), inside


def _mentions(label: Label, term: str, places: list[str]) -> bool:
    return (
        not term
        or ("TITLE" in places and term in label.title.lower())
        or ("DESCRIPTION" in places and term in (label.description or "").lower())
    )


@field("Group.milestones", "Project.milestones")
def milestones(source: Container, info: Info, **arguments: Any) -> Connection:
    """Milestones, by due date unless sorted otherwise; those without one come last."""
    request = context.of(info)
    state, title = arguments.pop("state", None), arguments.pop("title", None)
    part = (arguments.pop("searchTitle", None) or "").lower()
    raw_ids = arguments.pop("ids", None)
    ids = None if raw_ids is None else {number_of(each) for each in raw_ids}
    sort = arguments.pop("sort", None) or "DUE_DATE_ASC"
    ancestors, deep = arguments.pop("includeAncestors", False), arguments.pop("includeDescendants", False)
    groups, projects = _homes(request, source, ancestors=ancestors, descendants=deep, projects=deep)
    found = [
        each
        for each in _at(request.world.milestones, groups, projects)
        if (state is None or each.state == state)
        and (title is None or each.title == title)
        and (ids is None or each.id in ids)
        and part in each.title.lower()
    ]
    return paginate(found, lambda each: _milestone_key(each, sort.upper()), **arguments)


def _milestone_key(milestone: Milestone, sort: str) -> tuple[Any, ...]:
    direction = -1 if sort.endswith("_DESC") else 1
    if sort.startswith("DUE_DATE"):
        due = milestone.due_date
        return (due is None, direction * (due.toordinal() if due else 0), direction * milestone.id)
    moment = milestone.created_at if sort.startswith("CREATED") else milestone.updated_at
    return (direction * moment.timestamp(), direction * milestone.id)


def _today(info: Info) -> date:
    return context.of(info).world.clock().date()


@field("Milestone.expired")
def expired(source: Milestone, info: Info) -> bool:
    return source.due_date is not None and source.due_date < _today(info)


@field("Milestone.upcoming")
def upcoming(source: Milestone, info: Info) -> bool:
    return source.start_date is not None and source.start_date > _today(info)


@field("Milestone.group")
def milestone_group(source: Milestone, info: Info) -> Group | None:
    return context.of(info).world.groups.get(source.group_id or 0)


@field("Milestone.project")
def milestone_project(source: Milestone, info: Info) -> Project | None:
    return context.of(info).world.projects.get(source.project_id or 0)


@field("Milestone.groupMilestone")
def group_milestone(source: Milestone, _info: Info) -> bool:
    return source.group_id is not None


@field("Milestone.projectMilestone")
def project_milestone(source: Milestone, _info: Info) -> bool:
    return source.project_id is not None


@field("Milestone.subgroupMilestone")
def subgroup_milestone(source: Milestone, info: Info) -> bool:
    group = context.of(info).world.groups.get(source.group_id or 0)
    return group is not None and group.parent_id is not None


@field("Milestone.webPath")
def milestone_web_path(source: Milestone, info: Info) -> str:
    return addresses.of_milestone(context.of(info).world, source)
