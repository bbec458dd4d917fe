"""Epics of a group (https://docs.gitlab.com/api/epics/).

The trap: three answers that look alike. Without a licence every epic route is 403, on the Community Edition there is no
such route (404), and a private group is 404 for strangers as well.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations, permissions
from app.sandbox.errors import NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import epic_group, find_epic, the_epic
from app.sandbox.rest.issue_filters import has_reaction
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import (
    Parameter,
    boolean,
    day,
    integer,
    mapping,
    moment,
    require_any,
    span,
    text,
    texts,
)
from app.sandbox.rest.presenters import items as presenters
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Group, WorkItem

routes = Routes()

ATTRIBUTES: tuple[Parameter, ...] = (
    text("description"),
    texts("labels"),
    boolean("confidential"),
    boolean("start_date_is_fixed"),
    day("start_date_fixed"),
    boolean("due_date_is_fixed"),
    day("due_date_fixed"),
    integer("parent_id"),
)


@routes.get(
    "/groups/:id/epics",
    text("order_by", "created_at", "updated_at", "title"),
    text("sort", "asc", "desc"),
    text("search"),
    text("state", "opened", "closed", "all"),
    integer("author_id"),
    text("author_username"),
    texts("labels"),
    boolean("with_labels_details"),
    *span("created"),
    *span("updated"),
    boolean("include_ancestor_groups"),
    boolean("include_descendant_groups"),
    boolean("confidential"),
    text("my_reaction_emoji"),
    mapping("not", texts("labels"), integer("author_id"), text("author_username")),
    listed=True,
)
def list_epics(call: Call) -> Response:
    """With the epics of subgroups unless `include_descendant_groups=false`."""
    group, world = epic_group(call), call.world
    groups = {group.id}
    if call.get("include_descendant_groups", True):
        groups |= {row.id for row in world.descendants(group)}
    if call.get("include_ancestor_groups"):
        groups |= {row.id for row in world.ancestors(group)}
    rows = [item for item in world.work_items.values() if item.group_id in groups and _matches(call, item)]
    order = call.get("order_by", "created_at")
    rows.sort(key=lambda item: (getattr(item, order), item.id), reverse=call.get("sort", "desc") == "desc")
    details = call.get("with_labels_details", False)
    return paginate(call, rows, lambda item: presenters.epic(world, item, label_details=details))


def _matches(call: Call, item: WorkItem) -> bool:
    world, get = call.world, call.get
    titles = {world.labels[label_id].title for label_id in item.label_ids}
    unwanted: dict[str, Any] = get("not", {})
    author = world.users[item.author_id].username
    checks = (
        permissions.can_read_item(world, call.user, item),
        get("state", "all") in ("all", item.state),
        get("confidential") in (None, item.confidential),
        get("author_id") in (None, item.author_id),
        get("author_username") in (None, author),
        set(get("labels", [])) <= titles,
        has_reaction(call, item, get("my_reaction_emoji")),
        all(word in f"{item.title}\n{item.description}".lower() for word in get("search", "").lower().split()),
        call.within("created", item.created_at),
        call.within("updated", item.updated_at),
        not titles & set(unwanted.get("labels", [])),
        unwanted.get("author_id") != item.author_id,
        unwanted.get("author_username") != author,
    )
    return all(checks)


@routes.get("/groups/:id/epics/:epic_iid")
def read_epic(call: Call) -> Response:
    return ok(presenters.epic(call.world, the_epic(call)) | {"subscribed": False})


@routes.post("/groups/:id/epics", text("title", required=True), *ATTRIBUTES, moment("created_at"))
def create_epic(call: Call) -> Response:
    group = epic_group(call)
    item = operations.create_work_item(
        call.world,
        call.actor,
        type="EPIC",
        title=call.get("title", ""),
        description=call.get("description", ""),
        group=group,
        label_ids=_label_ids(call, group, call.get("labels", [])),
        confidential=call.get("confidential", False),
        created_at=call.get("created_at"),
        **_dates(call),
        **_parent(call, group),
    )
    return created(presenters.epic(call.world, item))


@routes.put(
    "/groups/:id/epics/:epic_iid",
    text("title"),
    text("state_event", "close", "reopen"),
    texts("add_labels"),
    texts("remove_labels"),
    *ATTRIBUTES,
)
def update_epic(call: Call) -> Response:
    names = ("title", "state_event", "add_labels", "remove_labels", *(p.name for p in ATTRIBUTES))
    require_any(call.given, *names)
    item, group = the_epic(call), epic_group(call)
    changes = call.some("title", "state_event", "confidential") | _dates(call) | _parent(call, group)
    if "description" in call.given:
        changes["description"] = call.get("description", "")
    for name, key in (("labels", "label_ids"), ("add_labels", "add_label_ids")):
        if name in call.given:
            changes[key] = _label_ids(call, group, call.given[name])
    if "remove_labels" in call.given:
        known = operations.available_labels(call.world, group)
        changes["remove_label_ids"] = [label.id for label in known if label.title in call.given["remove_labels"]]
    operations.update_work_item(call.world, call.actor, item, **changes)
    return ok(presenters.epic(call.world, item))


def _dates(call: Call) -> dict[str, Any]:
    """Fixed dates; `..._is_fixed: false` gives the date back to inheritance, which the sandbox shows as none."""
    dates: dict[str, Any] = {}
    for name in ("start_date", "due_date"):
        if f"{name}_fixed" in call.given:
            dates[name] = call.given[f"{name}_fixed"]
        if call.given.get(f"{name}_is_fixed") is False:
            dates[name] = None
    return dates


def _parent(call: Call, group: Group) -> dict[str, Any]:
    """`parent_id` is the legacy id of an epic in reach; 0 takes the epic out."""
    if "parent_id" not in call.given:
        return {}
    wanted = call.given["parent_id"]
    if not wanted:
        return {"parent_id": None}
    for ancestor in call.world.ancestors(group):
        for item in call.world.work_items.values():
            if item.group_id == ancestor.id and item.epic_id == wanted:
                return {"parent_id": find_epic(call, ancestor, legacy_id=wanted).id}
    raise NotFound.of("Epic")


def _label_ids(call: Call, group: Group, titles: list[str]) -> list[int]:
    """Unknown titles become group labels, for who may create them."""
    known = {label.title: label.id for label in operations.available_labels(call.world, group)}
    for title in titles:
        if title not in known and permissions.can_admin_labels(call.world, call.user, group):
            known[title] = operations.create_label(call.world, call.actor, title=title, group=group).id
    return [known[title] for title in titles if title in known]


@routes.delete("/groups/:id/epics/:epic_iid")
def delete_epic(call: Call) -> Response:
    operations.delete_work_item(call.world, call.actor, the_epic(call))
    return no_content()
