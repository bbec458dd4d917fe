"""Work item statuses (Premium): the five that every GitLab comes with.

The trap this avoids: names. People may rename statuses; only the *category* says whether something is done
(https://docs.gitlab.com/user/work_items/status/).
"""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

from app.sandbox import statuses as known
from app.sandbox.graphql import context
from app.sandbox.graphql.connections import Connection, in_order
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.global_ids import GlobalId
from app.sandbox.graphql.registry import PLAIN, field
from app.sandbox.graphql.resolvers.widgets import Widget
from app.sandbox.statuses import Status
from app.sandbox.world import Container

PLAIN.update(WorkItemStatus=Status)

_ICONS = {
    "to_do": "status-waiting",
    "in_progress": "status-running",
    "done": "status-success",
    "canceled": "status-cancelled",
}


def name_of(wanted: GlobalId) -> str:
    """The name of a status by id. Raises GraphQLError when there is none."""
    found = next((each.name for each in known.ALL if each.id == wanted.number), None)
    if found is None:
        raise GraphQLError(f"System-defined status doesn't exist: {wanted}")
    return found


@field("WorkItemWidgetStatus.status")
def status(source: Widget, _info: Info) -> Status | None:
    return known.current(source.item)


@field("WorkItemStatus.id")
def id_(source: Status, _info: Info) -> str:
    return source.gid


@field("WorkItemStatus.category")
def category(source: Status, _info: Info) -> str:
    return source.category.upper()


@field("WorkItemStatus.iconName")
def icon_name(source: Status, _info: Info) -> str:
    return _ICONS[source.category]


@field("WorkItemStatus.description")
def description(_source: Status, _info: Info) -> None:
    return None


@field("WorkItemStatus.position")
def position(source: Status, _info: Info) -> int:
    """The place within its category."""
    return 10 if source is known.DUPLICATE else 0


@field("Group.statuses", "Namespace.statuses")
def statuses(_source: Container, info: Info, **page: Any) -> Connection:
    """All statuses; none without a licence."""
    return in_order(known.ALL if context.of(info).world.licensed else (), **page)


@field("Query.workItemAllowedStatuses")
def allowed_statuses(_: Any, info: Info, **arguments: Any) -> Connection:
    """Statuses by name, for who is signed in."""
    request, name = context.of(info), arguments.pop("name", None)
    found = known.ALL if request.world.licensed and request.user is not None else ()
    return in_order([each for each in found if name in (None, each.name)], **arguments)
