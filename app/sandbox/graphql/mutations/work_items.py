"""Mutations on work items (https://docs.gitlab.com/api/graphql/reference/#mutationworkitemcreate).

The trap this avoids: labels by title. A label is named by its global id only; whoever has a title looks the label up
first.
"""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

from app.sandbox import operations
from app.sandbox.errors import Invalid
from app.sandbox.graphql.context import Context, ResourceUnavailable
from app.sandbox.graphql.mutations.common import Input, Payload, item_by_id, mutation
from app.sandbox.graphql.resolvers.statuses import name_of
from app.sandbox.graphql.resolvers.work_items import type_by_number
from app.sandbox.rates import TooManyRequests
from app.sandbox.world import Group, Project, User, WorkItem

MAX_LINKS = 10


@mutation("workItemCreate")
def create(request: Context, actor: User, given: Input) -> Payload:
    """An issue or task of a project, or an epic of a group; a group without a licence takes none.

    Beyond the limit GitLab answers 429 for the whole request, and what was done before stays done.
    """
    project_path, namespace_path = given.get("projectPath"), given.get("namespacePath")
    if (project_path is None) == (namespace_path is None):
        raise GraphQLError("Please provide either projectPath or namespacePath argument, but not both.")
    home = request.project(project_path) if project_path is not None else request.container(namespace_path or "")
    if home is None or (isinstance(home, Group) and not request.world.licensed):
        raise ResourceUnavailable
    try:
        request.count("issues")
    except TooManyRequests:
        request.stopped = True
        raise
    item = operations.create_work_item(
        request.world,
        actor,
        type=type_by_number(given["workItemTypeId"].number).key,
        title=given["title"],
        description=_part(given, "descriptionWidget").get("description") or given.get("description") or "",
        confidential=bool(given.get("confidential")),
        created_at=given.get("createdAt"),
        **_creation(request, given),
        **operations.as_keywords(home),
    )
    status = _part(given, "statusWidget").get("status")
    if status is not None:
        operations.update_work_item(request.world, actor, item, status=name_of(status))
    _link(request, actor, item, _part(given, "linkedItemsWidget"))
    return {"workItem": item}


@mutation("workItemUpdate")
def update(request: Context, actor: User, given: Input) -> Payload:
    """Change what the input names and nothing else; `hierarchyWidget.childrenIds` get this item as parent."""
    item = item_by_id(request, given["id"])
    children = [item_by_id(request, each) for each in _part(given, "hierarchyWidget").get("childrenIds") or ()]
    operations.update_work_item(request.world, actor, item, **_changes(request, given))
    for child in children:
        operations.update_work_item(request.world, actor, child, parent_id=item.id)
    return {"workItem": item}


@mutation("workItemDelete")
def delete(request: Context, actor: User, given: Input) -> Payload:
    item = item_by_id(request, given["id"])
    home = request.world.container_of(item)
    operations.delete_work_item(request.world, actor, item)
    return {"project": home if isinstance(home, Project) else None, "namespace": home}


@mutation("workItemAddLinkedItems")
def add_linked_items(request: Context, actor: User, given: Input) -> Payload:
    """Link related items, ten at most."""
    item = item_by_id(request, given["id"])
    linked = _link(request, actor, item, given)
    return {"workItem": item, "message": f"Successfully linked ID(s): {' and '.join(str(each) for each in linked)}."}


def _part(given: Input, name: str) -> dict[str, Any]:
    part: dict[str, Any] = given.get(name) or {}
    return part


_LINK_TYPES: dict[str, operations.LinkType] = {
    "RELATED": "relates_to", "BLOCKS": "blocks", "BLOCKED_BY": "is_blocked_by",
}  # fmt: skip


def _link(request: Context, actor: User, item: WorkItem, part: dict[str, Any]) -> list[int]:
    """Link by `workItemsIds`; the ids that are linked now. Blocking links need Premium."""
    wanted = part.get("workItemsIds") or []
    if len(wanted) > MAX_LINKS:
        raise GraphQLError(f"No more than {MAX_LINKS} work items can be linked at the same time.")
    kind = _LINK_TYPES[part.get("linkType") or "RELATED"]
    if kind != "relates_to" and not request.world.licensed:
        raise Invalid("Blocked work items are not available for the current subscription tier")
    others = [item_by_id(request, each) for each in wanted]
    for other in others:
        operations.create_issue_link(request.world, actor, item, other, kind)
    return [other.id for other in others]


def _numbers(part: dict[str, Any], name: str) -> list[int]:
    return [each.number for each in part.get(name) or ()]


def _creation(request: Context, given: Input) -> dict[str, Any]:
    """Keyword arguments of create_work_item from the widgets."""
    milestone = _part(given, "milestoneWidget").get("milestoneId")
    dates = _part(given, "startAndDueDateWidget")
    found: dict[str, Any] = {
        "label_ids": _numbers(_part(given, "labelsWidget"), "labelIds"),
        "assignee_ids": _numbers(_part(given, "assigneesWidget"), "assigneeIds"),
        "milestone_id": milestone.number if milestone is not None else None,
        "due_date": dates.get("dueDate"),
        "start_date": dates.get("startDate"),
        "weight": _part(given, "weightWidget").get("weight"),
    }
    parent = _part(given, "hierarchyWidget").get("parentId")
    if parent is not None:
        found["parent_id"] = item_by_id(request, parent).id
    return found


def _changes(request: Context, given: Input) -> dict[str, Any]:
    """Keyword arguments of update_work_item: what is not named is not touched, null clears."""
    found: dict[str, Any] = {}
    if given.get("title") is not None:
        found["title"] = given["title"]
    if given.get("stateEvent") is not None:
        found["state_event"] = given["stateEvent"].lower()
    if given.get("confidential") is not None:
        found["confidential"] = given["confidential"]
    labels = _part(given, "labelsWidget")
    found["add_label_ids"], found["remove_label_ids"] = (
        _numbers(labels, "addLabelIds"),
        _numbers(labels, "removeLabelIds"),
    )
    for widget, name, keyword in _PLAIN:
        part = _part(given, widget)
        if name in part:
            found[keyword] = getattr(part[name], "number", part[name])
    if "assigneesWidget" in given:
        found["assignee_ids"] = _numbers(_part(given, "assigneesWidget"), "assigneeIds")
    if "parentId" in _part(given, "hierarchyWidget"):
        parent = _part(given, "hierarchyWidget")["parentId"]
        found["parent_id"] = None if parent is None else item_by_id(request, parent).id
    if _part(given, "statusWidget").get("status") is not None:
        found["status"] = name_of(_part(given, "statusWidget")["status"])
    return found


_PLAIN = (
    ("descriptionWidget", "description", "description"),
    ("milestoneWidget", "milestoneId", "milestone_id"),
    ("notesWidget", "discussionLocked", "discussion_locked"),
    ("startAndDueDateWidget", "dueDate", "due_date"),
    ("startAndDueDateWidget", "startDate", "start_date"),
    ("weightWidget", "weight", "weight"),
)
"""Widget, its field, the keyword of update_work_item. An id becomes its number."""
