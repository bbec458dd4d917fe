"""Issues: lists, read, create, change, move, delete (https://docs.gitlab.com/api/issues/).

The trap: labels by title. A title that does not exist becomes a project label without a word, so a misspelt stage label
is a new label, here as on GitLab.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations, permissions
from app.sandbox.errors import NotFound
from app.sandbox.http import Response
from app.sandbox.rest.finding import find_any_epic, find_epic, find_project, the_group, the_issue, the_project
from app.sandbox.rest.issue_filters import FILTERS, KEYED_ORDERS, TYPES, select_issues, sort_key
from app.sandbox.rest.pagination import paginate, paginate_by_key, wants_keyset
from app.sandbox.rest.parameters import (
    Parameter,
    ParameterError,
    boolean,
    day,
    exclude_each_other,
    integer,
    integers,
    moment,
    require_any,
    text,
    texts,
)
from app.sandbox.rest.presenters import items as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.presenters.people import user_by_id
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Project, WorkItem

routes = Routes()

ATTRIBUTES: tuple[Parameter, ...] = (
    text("description"),
    texts("labels"),
    texts("add_labels"),
    texts("remove_labels"),
    integers("assignee_ids"),
    integer("assignee_id"),
    integer("milestone_id"),
    day("due_date"),
    boolean("confidential"),
    boolean("discussion_locked"),
    text("issue_type", *TYPES),
    integer("weight"),
    integer("epic_id"),
    integer("epic_iid"),
)
CHANGES = ("title", "state_event", "created_at", *(parameter.name for parameter in ATTRIBUTES))
LICENSED_ONLY = ("weight", "epic_id", "epic_iid")


@routes.get("/issues", *FILTERS, boolean("non_archived"), listed=True, signed_in=True)
def list_my_issues(call: Call) -> Response:
    rows = _unarchived(call, list(call.world.work_items.values()))
    return paginate(call, select_issues(call, rows, "created_by_me"), _presenter(call))


@routes.get("/groups/:id/issues", *FILTERS, boolean("non_archived"), listed=True)
def list_group_issues(call: Call) -> Response:
    """Issues of all projects in the group and its subgroups; offset pages only."""
    group, world = the_group(call), call.world
    below = {row.id for row in world.descendants(group)}
    projects = {project.id for project in world.projects.values() if project.group_id in below}
    rows = _unarchived(call, [item for item in world.work_items.values() if item.project_id in projects])
    return paginate(call, select_issues(call, rows), _presenter(call))


def _unarchived(call: Call, rows: list[WorkItem]) -> list[WorkItem]:
    if not call.get("non_archived", True):
        return rows
    projects = call.world.projects
    return [item for item in rows if item.project_id is not None and not projects[item.project_id].archived]


@routes.get("/projects/:id/issues", *FILTERS, text("pagination", "keyset", "legacy"), text("cursor"), listed=True)
def list_project_issues(call: Call) -> Response:
    project = the_project(call)
    rows = select_issues(call, call.world.work_items.where("project_id", project.id))
    if wants_keyset(call, KEYED_ORDERS):
        order = call.get("order_by", "created_at")
        return paginate_by_key(
            call, rows, _presenter(call), lambda item: [str(sort_key(call, item, order)[1]), item.id]
        )
    return paginate(call, rows, _presenter(call))


def _presenter(call: Call) -> Any:
    details = call.get("with_labels_details", False)

    def present(item: WorkItem) -> Json:
        return presenters.issue(call.world, item, label_details=details)

    return present


@routes.get("/projects/:id/issues/:issue_iid")
def read_issue(call: Call) -> Response:
    return ok(presenters.issue_for(call.world, the_issue(call), call.user))


@routes.get("/issues/:issue_id", signed_in=True)
def read_any_issue(call: Call) -> Response:
    """By global id: administrators only, as on GitLab."""
    item = call.world.work_items.get(call.number("issue_id", "Issue"))
    if not call.actor.admin or item is None or item.project_id is None:
        raise NotFound.of("Issue")
    return ok(presenters.issue_for(call.world, item, call.user))


@routes.post("/projects/:id/issues", text("title", required=True), *ATTRIBUTES, moment("created_at"), integer("iid"))
def create_issue(call: Call) -> Response:
    project = the_project(call)
    _check(call)
    attributes = _attributes(call, project)
    label_ids = [*attributes.pop("label_ids", []), *attributes.pop("add_label_ids", [])]
    attributes.pop("remove_label_ids", None)
    locked = attributes.pop("discussion_locked", None)
    confidential = attributes.pop("confidential", None)
    item = operations.create_work_item(
        call.world,
        call.actor,
        type=call.get("issue_type", "issue").upper(),
        title=call.get("title", ""),
        description=call.get("description", ""),
        project=project,
        label_ids=label_ids,
        confidential=bool(confidential),
        created_at=call.get("created_at"),
        iid=call.get("iid"),
        **attributes,
    )
    if locked:
        operations.update_work_item(call.world, call.actor, item, discussion_locked=True)
    return created(presenters.issue_for(call.world, item, call.user))


@routes.put(
    "/projects/:id/issues/:issue_iid",
    text("title"),
    text("state_event", "close", "reopen"),
    *ATTRIBUTES,
    moment("created_at"),
    moment("updated_at"),
)
def update_issue(call: Call) -> Response:
    item = the_issue(call)
    require_any(call.given, *CHANGES)
    _check(call)
    attributes = _attributes(call, call.world.projects[item.project_id or 0])
    attributes |= call.some("title", "state_event")
    if "description" in call.given:
        attributes["description"] = call.get("description", "")
    operations.update_work_item(call.world, call.actor, item, through_issues_api=True, **attributes)
    operations.backdate(call.world, call.actor, item, call.get("created_at"), call.get("updated_at"))
    return ok(presenters.issue_for(call.world, item, call.user))


def _check(call: Call) -> None:
    """Refuse what excludes each other, and Premium attributes without a licence, which GitLab drops in silence."""
    exclude_each_other(call.given, "epic_id", "epic_iid")
    exclude_each_other(call.given, "assignee_id", "assignee_ids")
    if not call.world.licensed:
        for name in LICENSED_ONLY:
            if name in call.given:
                raise ParameterError(f"{name} is invalid (it needs Premium; leave it out on this tier)")


def _attributes(call: Call, project: Project) -> dict[str, Any]:
    """The given attributes under the names of the operations, with titles and epic numbers resolved to ids."""
    given = call.given
    attributes = call.some("milestone_id", "due_date", "confidential", "discussion_locked", "weight")
    if given.get("milestone_id") == 0:
        attributes["milestone_id"] = None
    for name, key in (("labels", "label_ids"), ("add_labels", "add_label_ids")):
        if name in given:
            attributes[key] = operations.ensure_labels(call.world, call.actor, project, given[name])
    if "remove_labels" in given:
        known = operations.available_labels(call.world, project)
        attributes["remove_label_ids"] = [label.id for label in known if label.title in given["remove_labels"]]
    if "assignee_ids" in given:
        attributes["assignee_ids"] = [user_id for user_id in given["assignee_ids"] if user_id]
    elif "assignee_id" in given:
        attributes["assignee_ids"] = [given["assignee_id"]] if given["assignee_id"] else []
    if "epic_id" in given or "epic_iid" in given:
        attributes["parent_id"] = _parent_id(call, project)
    return attributes


def _parent_id(call: Call, project: Project) -> int | None:
    """`epic_id` is the epic's legacy id; 0 or nothing takes the issue out (https://docs.gitlab.com/api/issues/)."""
    legacy_id, iid = call.get("epic_id"), call.get("epic_iid")
    if not legacy_id and not iid:
        return None
    if iid:
        return find_epic(call, call.world.groups[project.group_id], iid=iid).id
    return find_any_epic(call, legacy_id, NotFound.of("Epic")).id


@routes.delete("/projects/:id/issues/:issue_iid")
def delete_issue(call: Call) -> Response:
    operations.delete_work_item(call.world, call.actor, the_issue(call))
    return no_content()


@routes.post("/projects/:id/issues/:issue_iid/move", integer("to_project_id", required=True))
def move_issue(call: Call) -> Response:
    target = find_project(call, str(call.get("to_project_id")))
    moved = operations.move_issue(call.world, call.actor, the_issue(call), target)
    return created(presenters.issue_for(call.world, moved, call.user))


@routes.post("/projects/:id/issues/:issue_iid/subscribe")
def subscribe(call: Call) -> Response:
    """304 when the caller is subscribed already (https://docs.gitlab.com/api/issues/#subscribe-to-an-issue)."""
    return _subscription(call, True)


@routes.post("/projects/:id/issues/:issue_iid/unsubscribe")
def unsubscribe(call: Call) -> Response:
    """304 when the caller is not subscribed."""
    return _subscription(call, False)


def _subscription(call: Call, subscribed: bool) -> Response:
    item = the_issue(call)
    changed = operations.set_subscription(call.world, call.actor, item, subscribed)
    return created(presenters.issue_for(call.world, item, call.user)) if changed else Response(304)


@routes.get("/projects/:id/issues/:issue_iid/closed_by")
@routes.get("/projects/:id/issues/:issue_iid/related_merge_requests")
def list_merge_requests(call: Call) -> Response:
    """The sandbox has no merge requests, so none has to do with an issue."""
    the_issue(call)
    return ok([])


@routes.get("/projects/:id/issues/:issue_iid/participants")
def list_participants(call: Call) -> Response:
    item = the_issue(call)
    writers = [
        note.author_id
        for note in item.notes
        if not note.system and permissions.can_read_note(call.world, call.user, item, note)
    ]
    people = dict.fromkeys([item.author_id, *item.assignee_ids, *writers])
    return ok([user_by_id(call.world, user_id) for user_id in people])
