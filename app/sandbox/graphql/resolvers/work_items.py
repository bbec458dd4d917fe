"""Work items: issues, tasks and epics, and their types.

The trap this avoids: matching types by name. Their ids are fixed numbers, and whether epics exist is told by
`workItemTypes(onlyAvailable: true)` only (https://docs.gitlab.com/api/graphql/reference/#workitemtype).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from graphql import GraphQLError

from app.sandbox import addresses, permissions
from app.sandbox.graphql import context, global_ids
from app.sandbox.graphql.connections import Connection, in_order, paginate
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.registry import PLAIN, field
from app.sandbox.graphql.resolvers.work_item_filters import select, sort_key
from app.sandbox.world import Container, Project, User, WorkItem, World

PLAIN.update(WorkItem=WorkItem)


@dataclass(frozen=True)
class ItemType:
    """A type of work item that every GitLab knows under the same number."""

    number: int
    key: Literal["ISSUE", "INCIDENT", "TASK", "EPIC"]
    name: str
    icon_name: str


TYPES: dict[str, ItemType] = {
    each.key: each
    for each in (
        ItemType(1, "ISSUE", "Issue", "work-item-issue"),
        ItemType(2, "INCIDENT", "Incident", "work-item-incident"),
        ItemType(5, "TASK", "Task", "work-item-task"),
        ItemType(8, "EPIC", "Epic", "work-item-epic"),
    )
}

PLAIN.update(WorkItemType=ItemType)


@field("WorkItemType.id")
def type_id(source: ItemType, _info: Info) -> str:
    return f"gid://gitlab/WorkItems::Type/{source.number}"


@field("Group.workItemTypes", "Project.workItemTypes", "Namespace.workItemTypes")
def types(source: Container, info: Info, **arguments: Any) -> Connection:
    """All types, or with `onlyAvailable` those that licence and container allow; a group on Free or CE has none."""
    name, only_available = arguments.pop("name", None), arguments.pop("onlyAvailable", False)
    available = _available(context.of(info).world, source)
    found = [each for key, each in TYPES.items() if name in (None, key) and (not only_available or key in available)]
    return in_order(sorted(found, key=lambda each: each.name), **arguments)


def _available(world: World, container: Container) -> set[str]:
    if isinstance(container, Project):
        return {"ISSUE", "INCIDENT", "TASK"}
    return {"EPIC"} if world.licensed else set()


@field("Group.workItem", "Namespace.workItem")
def work_item(source: Container, info: Info, iid: str) -> WorkItem | None:
    """The item with this iid that belongs to the group, or to the project of the namespace, itself."""
    request = context.of(info)
    number = int(iid) if iid.isdecimal() else 0
    return request.readable(request.world.item_at(source, number))


_PAGE = ("first", "last", "after", "before")


@field("Group.workItems", "Project.workItems", "Namespace.workItems")
def work_items(source: Container, info: Info, **arguments: Any) -> Connection:
    """The readable items that match all filters. A group has its own items only, unless told to include descendants."""
    page = {name: arguments.pop(name) for name in _PAGE if name in arguments}
    sort = arguments.pop("sort", None) or "CREATED_DESC"
    return paginate(select(context.of(info), source, arguments), sort_key(sort.upper()), **page)


@field("Group.workItemStateCounts", "Project.workItemStateCounts", "Namespace.workItemStateCounts")
def state_counts(source: Container, info: Info, **arguments: Any) -> dict[str, int]:
    """How many items match, by state."""
    arguments.pop("sort", None)
    return count_states(select(context.of(info), source, arguments))


def count_states(items: list[WorkItem]) -> dict[str, int]:
    """{all, opened, closed} of these items."""
    opened = sum(item.state == "opened" for item in items)
    return {"all": len(items), "opened": opened, "closed": len(items) - opened}


def _counted(source: dict[str, int], info: Info) -> int:
    return source[info.field_name]


field("WorkItemStateCountsType.all", "WorkItemStateCountsType.opened", "WorkItemStateCountsType.closed")(_counted)


@field("WorkItemConnection.count", "NoteConnection.count")
def count(source: Connection, _info: Info, limit: int | None = None) -> int:
    """How many items match on all pages, counted no further than one past `limit`."""
    return source.total if limit is None else min(source.total, limit + 1)


@field("WorkItem.id")
def id_(source: WorkItem, _info: Info) -> str:
    return global_ids.of(source)


@field("WorkItem.iid")
def iid(source: WorkItem, _info: Info) -> str:
    return str(source.iid)


@field("WorkItem.name")
def name(source: WorkItem, _info: Info) -> str:
    return source.title


@field("WorkItem.state", "LinkedWorkItemType.workItemState")
def state(source: WorkItem, _info: Info) -> str:
    return "OPEN" if source.state == "opened" else "CLOSED"


@field("WorkItem.author")
def author(source: WorkItem, info: Info) -> User | None:
    return context.of(info).world.users.get(source.author_id)


@field("WorkItem.workItemType")
def item_type(source: WorkItem, _info: Info) -> ItemType:
    return TYPES[source.type]


@field("WorkItem.project")
def project(source: WorkItem, info: Info) -> Project | None:
    return context.of(info).world.projects.get(source.project_id or 0)


@field("WorkItem.namespace")
def namespace(source: WorkItem, info: Info) -> Container:
    return context.of(info).world.container_of(source)


@field("WorkItem.archived")
def archived(source: WorkItem, info: Info) -> bool:
    owner = project(source, info)
    return owner is not None and owner.archived


@field("WorkItem.hidden", "WorkItem.imported")
def never(_source: WorkItem, _info: Info) -> bool:
    """Nobody is banned and nothing is imported in the sandbox."""
    return False


@field("WorkItem.showPlanUpgradePromotion")
def show_plan_upgrade_promotion(_source: WorkItem, info: Info) -> bool:
    return not context.of(info).world.licensed


@field("WorkItem.userDiscussionsCount")
def discussions_count(source: WorkItem, info: Info) -> int:
    request = context.of(info)
    return len(
        {
            note.discussion_id
            for note in source.notes
            if not note.system and permissions.can_read_note(request.world, request.user, source, note)
        }
    )


@field("WorkItem.reference")
def reference(source: WorkItem, info: Info, full: bool = False) -> str:
    """`#1` or `&1`, with `full` after the path of the project or group."""
    request = context.of(info)
    return addresses.reference(request.world, source) if full else addresses.short_reference(source)


@field("WorkItem.webPath")
def web_path(source: WorkItem, info: Info) -> str:
    return addresses.of_item(context.of(info).world, source)


@field("WorkItem.webUrl")
def web_url(source: WorkItem, info: Info) -> str:
    world = context.of(info).world
    return world.base_url + addresses.of_item(world, source)


def _url_of(info: Info, number: int | None) -> str | None:
    """The address of another item, null unless the user may read it."""
    request = context.of(info)
    other = request.readable(request.world.work_items.get(number or 0))
    return request.world.base_url + addresses.of_item(request.world, other) if other is not None else None


@field("WorkItem.movedToWorkItemUrl")
def moved_to(source: WorkItem, info: Info) -> str | None:
    return _url_of(info, source.moved_to_id)


@field("WorkItem.duplicatedToWorkItemUrl")
def duplicated_to(source: WorkItem, info: Info) -> str | None:
    return _url_of(info, source.duplicated_to_id)


@field("WorkItem.userPermissions")
def user_permissions(source: WorkItem, _info: Info) -> WorkItem:
    return source


_ALLOWED = {
    "adminWorkItem": permissions.can_set_metadata,
    "createNote": permissions.can_comment,
    "deleteWorkItem": permissions.can_delete_item,
    "readWorkItem": permissions.can_read_item,
    "setWorkItemMetadata": permissions.can_set_metadata,
    "updateWorkItem": permissions.can_update_item,
}


def _permitted(source: WorkItem, info: Info) -> bool:
    request = context.of(info)
    return _ALLOWED[info.field_name](request.world, request.user, source)


for _name in _ALLOWED:
    field(f"WorkItemPermissions.{_name}")(_permitted)


def type_by_number(number: int) -> ItemType:
    """The type with this number. Raises GraphQLError for one that no GitLab has."""
    found = next((each for each in TYPES.values() if each.number == number), None)
    if found is None:
        raise GraphQLError(f"The work item type gid://gitlab/WorkItems::Type/{number} does not exist")
    return found
