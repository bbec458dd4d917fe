"""Issues, tasks and epics: create, change, close, delete.

GitLab makes one webhook for a state change and another one for the other attributes of the same call, state first. An
attribute that somebody's role does not allow is passed over in silence, not refused: a Guest who sends labels gets 200
and no labels (https://docs.gitlab.com/user/permissions/#planning).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

from app.sandbox import permissions, quick_actions, statuses, webhooks
from app.sandbox.errors import Conflict, Forbidden, Invalid
from app.sandbox.operations import attributes
from app.sandbox.operations.change_set import ChangeSet, apply, check
from app.sandbox.operations.commands import interpret
from app.sandbox.operations.common import UNSET, one_container, require, require_item, require_visible, touch
from app.sandbox.operations.hierarchy import children_of
from app.sandbox.world import GUEST, OWNER, Container, Group, Project, StateEvent, User, WorkItem, World, belonging_to

ItemType = Literal["ISSUE", "TASK", "INCIDENT", "EPIC"]


def create_work_item(
    world: World,
    actor: User,
    *,
    type: ItemType,
    title: str,
    description: str = "",
    project: Project | None = None,
    group: Group | None = None,
    label_ids: Iterable[int] = (),
    assignee_ids: Iterable[int] = (),
    milestone_id: int | None = None,
    parent_id: int | None = None,
    due_date: date | None = None,
    start_date: date | None = None,
    weight: int | None = None,
    confidential: bool = False,
    created_at: datetime | None = None,
    iid: int | None = None,
) -> WorkItem:
    """A new item; quick actions in the description run and are cut out.

    `created_at` and `iid` count for Owners only. Without membership only title, description and confidentiality are
    taken. Raises NotFound, Forbidden, Invalid.
    """
    container = one_container(world, project, group)
    _check_new(world, actor, container, type, title, description)
    text, commands = quick_actions.extract(description, licensed=world.licensed)
    found = interpret(world, actor, container, None, commands).changes
    item = _blank(world, actor, container, type, title.strip(), text, created_at)
    item.confidential = bool(found.pop("confidential", confidential))
    if iid is not None and permissions.access_level(world, actor, container) >= OWNER:
        _check_iid(world, container, iid)
        item.iid = iid
    wanted = ChangeSet()
    if permissions.access_level(world, actor, container) >= GUEST:
        wanted = ChangeSet(
            label_ids=label_ids, assignee_ids=assignee_ids, milestone_id=milestone_id, parent_id=parent_id,
            due_date=due_date, start_date=start_date, weight=weight,
        ).overruled_by(found)  # fmt: skip
    _add(world, actor, container, item, wanted)
    webhooks.item_opened(world, actor, item)
    return item


def update_work_item(
    world: World,
    actor: User,
    item: WorkItem,
    *,
    title: str = UNSET,
    description: str = UNSET,
    state_event: Literal["close", "reopen"] = UNSET,
    add_label_ids: Iterable[int] = (),
    remove_label_ids: Iterable[int] = (),
    label_ids: Iterable[int] = UNSET,
    assignee_ids: Iterable[int] = UNSET,
    milestone_id: int | None = UNSET,
    parent_id: int | None = UNSET,
    due_date: date | None = UNSET,
    start_date: date | None = UNSET,
    weight: int | None = UNSET,
    confidential: bool = UNSET,
    discussion_locked: bool = UNSET,
    status: str = UNSET,
    through_issues_api: bool = False,
) -> WorkItem:
    """Change what is given. Author and assignees change title, description and state; the rest needs Planner.

    `status` is a status name (Premium and up) and may close or reopen. `through_issues_api` makes the webhook of a task
    say `object_kind: issue`. Raises NotFound, Forbidden, Invalid; on an error nothing has changed.
    """
    require_item(world, actor, item)
    require(permissions.can_update_item(world, actor, item))
    wanted = ChangeSet(
        title, description, list(add_label_ids), list(remove_label_ids), label_ids, assignee_ids, milestone_id,
        parent_id, due_date, start_date, weight, confidential, discussion_locked,
    )  # fmt: skip
    if not permissions.can_set_metadata(world, actor, item):
        wanted, status = ChangeSet(title=title, description=description), UNSET
    state_event = _checked_state_event(world, item, state_event, status)
    check(world, actor, item, wanted)
    _carry_out(world, actor, item, wanted, state_event, status, through_issues_api=through_issues_api)
    return item


def _carry_out(
    world: World,
    actor: User,
    item: WorkItem,
    wanted: ChangeSet,
    state_event: str,
    status: str,
    *,
    through_issues_api: bool,
) -> None:
    """The state with its webhook first, then the other attributes with theirs, if any of them is different now."""
    if state_event is not UNSET and (state_event == "close") is (item.state == "opened"):
        _keep_status(item, status)  # so that the webhook of the state change already names it
        change_state(world, actor, item, state_event, through_issues_api=through_issues_api)
    before = webhooks.snapshot(world, item)
    _keep_status(item, status)
    apply(world, actor, item, wanted)
    if webhooks.snapshot(world, item) == before:
        return
    item.updated_by_id = actor.id
    _stamp(world, item, world.clock())
    webhooks.item_changed(world, actor, item, before, "update", through_issues_api=through_issues_api)


def backdate(
    world: World, actor: User, item: WorkItem, created_at: datetime | None, updated_at: datetime | None
) -> None:
    """Times given by hand, after all else: for Owners; from others they are passed over in silence, as on GitLab."""
    if permissions.access_level(world, actor, world.container_of(item)) < OWNER:
        return
    item.created_at = created_at or item.created_at
    item.updated_at = updated_at or item.updated_at


def delete_work_item(world: World, actor: User, item: WorkItem) -> None:
    """Planner or Owner. GitLab sends no webhook for it, so only reading again tells."""
    require_item(world, actor, item)
    require(permissions.can_delete_item(world, actor, item))
    del world.work_items[item.id]
    for child in children_of(world, item):
        child.parent_id = None
        world.work_items.file(child.id)
    for other in world.work_items.values():
        for linked in (other.linked_ids, other.blocks_ids, other.blocked_by_ids):
            if item.id in linked:
                linked.remove(item.id)


def change_state(
    world: World,
    actor: User,
    item: WorkItem,
    state_event: str,
    *,
    duplicate_of: WorkItem | None = None,
    moved_to: WorkItem | None = None,
    through_issues_api: bool = False,
) -> None:
    """Close or reopen, with event and webhook; nothing when it is so already or the closed item is locked.

    Rights have been checked by the caller.
    """
    if state_event == "close" and item.state == "opened":
        item.duplicated_to_id = duplicate_of.id if duplicate_of else item.duplicated_to_id
        item.moved_to_id = moved_to.id if moved_to else item.moved_to_id
    elif not (state_event == "reopen" and item.state == "closed" and not item.discussion_locked):
        return
    now = world.clock()
    before = webhooks.snapshot(world, item)
    if state_event == "close":
        item.state, item.closed_at, item.closed_by_id = "closed", now, actor.id
        item.state_events.append(StateEvent(world.ids.next("state_event"), actor.id, "closed", now))
        if duplicate_of is not None and world.licensed:
            item.status = statuses.DUPLICATE.name
        elif item.status is not None and not _closes(item.status):
            item.status = statuses.DONE.name
    else:
        item.state, item.closed_at, item.closed_by_id = "opened", None, None
        item.moved_to_id = item.duplicated_to_id = None
        item.state_events.append(StateEvent(world.ids.next("state_event"), actor.id, "reopened", now))
        if item.status is not None and _closes(item.status):
            item.status = statuses.TO_DO.name
    _stamp(world, item, now)
    webhooks.item_changed(world, actor, item, before, state_event, through_issues_api=through_issues_api)


def _check_new(
    world: World, actor: User, container: Container, item_type: ItemType, title: str, description: str
) -> None:
    require_visible(world, actor, container)
    if isinstance(container, Group) is not (item_type == "EPIC"):
        raise Invalid({"work_item_type": ["is not allowed here: epics belong to groups, all else to projects"]})
    require(permissions.can_create_item(world, actor, container))
    attributes.check_title(title)
    attributes.check_description(world, description)


def _blank(
    world: World,
    actor: User,
    container: Container,
    item_type: ItemType,
    title: str,
    description: str,
    created_at: datetime | None,
) -> WorkItem:
    may_backdate = permissions.access_level(world, actor, container) >= OWNER
    now = world.clock()
    created = created_at if created_at is not None and may_backdate else now
    return WorkItem(
        id=world.ids.next("work_item"),
        iid=_counter(container) + 1,
        type=item_type,
        title=title,
        description=description,
        author_id=actor.id,
        created_at=created,
        updated_at=now,
        **belonging_to(container),
        epic_id=world.ids.next("epic") if item_type == "EPIC" else None,
    )


def _check_iid(world: World, container: Container, iid: int) -> None:
    """A number that is given by hand, as whoever brings issues over from another tracker does."""
    if iid < 1:
        raise Invalid({"iid": ["must be greater than 0"]})
    owner = (None, container.id) if isinstance(container, Project) else (container.id, None)
    if world.work_items.where("place", (*owner, iid)):
        raise Conflict("Duplicated issue")


def _counter(container: Container) -> int:
    return container.issue_counter if isinstance(container, Project) else container.work_item_counter


def _add(world: World, actor: User, container: Container, item: WorkItem, wanted: ChangeSet) -> None:
    """In the table only once every check has passed: a refused item leaves neither a row nor a used-up iid behind."""
    _inherit_confidentiality(world, item, wanted.parent_id)
    check(world, actor, item, wanted)
    if isinstance(container, Project):
        container.issue_counter = max(container.issue_counter, item.iid)
    else:
        container.work_item_counter = max(container.work_item_counter, item.iid)
    world.work_items[item.id] = item
    apply(world, actor, item, wanted)
    if isinstance(container, Project):
        touch(container, world.clock())


def _inherit_confidentiality(world: World, item: WorkItem, parent_id: int | None) -> None:
    """A new item under a confidential epic becomes confidential by itself."""
    parent = world.work_items.get(parent_id) if isinstance(parent_id, int) else None
    if parent is not None and parent.confidential:
        item.confidential = True


def _stamp(world: World, item: WorkItem, now: datetime) -> None:
    item.updated_at = now
    if item.project_id is not None:
        world.projects[item.project_id].last_activity_at = now


def _checked_state_event(world: World, item: WorkItem, state_event: str, status: str) -> Any:
    """What is asked of the state: in words, or by the status that is chosen. Raises Forbidden unlicensed, Invalid."""
    if state_event is not UNSET and state_event not in ("close", "reopen"):
        raise Invalid("state_event does not have a valid value")
    if status is UNSET:
        return state_event
    if not world.licensed or item.type not in ("ISSUE", "TASK"):
        raise Forbidden
    chosen = statuses.by_name(status)
    if chosen is None:
        raise Invalid({"status": ["provided status does not exist"]})
    if state_event is not UNSET:
        return state_event
    return "close" if chosen.closes else "reopen"


def _keep_status(item: WorkItem, name: str) -> None:
    status = None if name is UNSET else statuses.by_name(name)
    if status is not None:
        item.status = status.name


def _closes(name: str) -> bool:
    status = statuses.by_name(name)
    return status is not None and status.closes
