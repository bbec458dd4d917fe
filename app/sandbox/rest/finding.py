"""Finds what a path names, as the caller may see it. What must not be seen is not found: 404, never 403.

The trap: a lookup that tells a stranger by its status code that a private project exists
(https://docs.gitlab.com/user/public_access/).
"""

from __future__ import annotations

from app.sandbox import permissions
from app.sandbox.errors import Forbidden, NotFound
from app.sandbox.rest.routing import Call
from app.sandbox.world import Container, Group, Note, Project, User, WorkItem

ISSUE_TYPES = ("ISSUE", "TASK", "INCIDENT")


def find_project(call: Call, reference: str) -> Project:
    """A project by id or full path; raises NotFound."""
    world = call.world
    project = world.projects.get(int(reference)) if reference.isdecimal() else world.project_by_path(reference)
    if project is None or not permissions.can_read_project(world, call.user, project):
        raise NotFound.of("Project")
    return project


def find_group(call: Call, reference: str) -> Group:
    """A group by id or full path; raises NotFound."""
    world = call.world
    group = world.groups.get(int(reference)) if reference.isdecimal() else world.group_by_path(reference)
    if group is None or not permissions.can_read_group(world, call.user, group):
        raise NotFound.of("Group")
    return group


def the_project(call: Call) -> Project:
    return find_project(call, call.path["id"])


def the_repository(call: Call) -> Project:
    """The project of a route that shows its code; raises Forbidden for who may not see it."""
    project = the_project(call)
    if not permissions.can_download_code(call.world, call.user, project):
        raise Forbidden
    return project


def the_group(call: Call) -> Group:
    return find_group(call, call.path["id"])


def the_container(call: Call) -> Container:
    """The project or group of a route that is written for both."""
    return the_project(call) if call.path["scope"] == "projects" else the_group(call)


def the_issue(call: Call) -> WorkItem:
    """The issue of `/projects/:id/issues/:issue_iid`; raises NotFound."""
    project = the_project(call)
    return find_issue(call, project, call.number("issue_iid", "Issue"))


def find_issue(call: Call, project: Project, iid: int) -> WorkItem:
    item = call.world.item_at(project, iid)
    if item is None or item.type not in ISSUE_TYPES or not permissions.can_read_item(call.world, call.user, item):
        raise NotFound.of("Issue")
    return item


def epic_group(call: Call) -> Group:
    """The group of an epic route: no such route on the Community Edition (404), 403 without a licence
    (https://docs.gitlab.com/api/epics/)."""
    if not call.world.enterprise:
        raise NotFound
    group = the_group(call)
    if not call.world.licensed:
        raise Forbidden
    return group


def find_epic(call: Call, group: Group, *, iid: int | None = None, legacy_id: int | None = None) -> WorkItem:
    """An epic by its iid or, for notes and events, by its legacy id; raises NotFound."""
    for item in call.world.work_items.where("group_id", group.id):
        if item.type == "EPIC" and (item.iid == iid or item.epic_id == legacy_id):
            if permissions.can_read_item(call.world, call.user, item):
                return item
            break
    raise NotFound


def find_any_epic(call: Call, legacy_id: int, refusal: NotFound | None = None) -> WorkItem:
    """An epic of whatever group by its legacy id; raises `refusal`, or a bare NotFound."""
    for item in call.world.work_items.values():
        if item.type == "EPIC" and item.epic_id == legacy_id and permissions.can_read_item(call.world, call.user, item):
            return item
    raise refusal or NotFound()


def the_epic(call: Call) -> WorkItem:
    """The epic of `/groups/:id/epics/:epic_iid`."""
    return find_epic(call, epic_group(call), iid=call.number("epic_iid"))


def the_note(call: Call, item: WorkItem) -> Note:
    note_id = call.number("note_id", "Note")
    for note in item.notes:
        if note.id == note_id and permissions.can_read_note(call.world, call.user, item, note):
            return note
    raise NotFound.of("Note")


def find_user(call: Call, user_id: int) -> User:
    user = call.world.users.get(user_id)
    if user is None or user.state == "deleted":
        raise NotFound.of("User")
    return user
