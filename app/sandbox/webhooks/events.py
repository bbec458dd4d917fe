"""Which state change makes which event, and which hooks hear it. Called by operations only.

Traps: confidential items and internal notes have flags and header names of their own; epics reach group hooks only and
comments on epics reach nobody; deleting an item makes no event at all
(https://docs.gitlab.com/user/project/integrations/webhook_events/).
"""

from __future__ import annotations

from app.sandbox.webhooks import container_payloads, payloads
from app.sandbox.webhooks.payloads import Snapshot
from app.sandbox.webhooks.queue import enqueue, listeners
from app.sandbox.webhooks.shapes import Payload
from app.sandbox.world import (
    NO_COMMIT,
    Award,
    Commit,
    Container,
    Group,
    Member,
    Milestone,
    Note,
    Project,
    User,
    WorkItem,
    World,
)


def item_opened(world: World, actor: User, item: WorkItem) -> None:
    changes = payloads.changes_on_creation(item, payloads.snapshot(world, item))
    _item(world, item, payloads.item_payload(world, actor, item, "open", changes))


def item_changed(
    world: World, actor: User, item: WorkItem, before: Snapshot, action: str, *, through_issues_api: bool = False
) -> None:
    """`action` is close, reopen or update; `before` is the snapshot from before the change."""
    changes = payloads.changes_between(before, payloads.snapshot(world, item))
    kind = "issue" if through_issues_api and item.type != "EPIC" else None
    _item(world, item, payloads.item_payload(world, actor, item, action, changes, kind=kind))


def noted(world: World, actor: User, item: WorkItem, note: Note, action: str) -> None:
    """`action` is create or update. Nothing for epics: GitLab tells nobody of comments there."""
    if item.project_id is None:
        return
    project = world.projects[item.project_id]
    confidential = note.internal or item.confidential
    payload = payloads.note_payload(world, actor, project, item, note, action)
    flag, header = (
        ("confidential_note_events", "Confidential Note Hook") if confidential else ("note_events", "Note Hook")
    )
    enqueue(world, listeners(world, project, flag), header, payload)


def awarded(world: World, actor: User, item: WorkItem, award: Award, note: Note | None, event: str) -> None:
    """`event` is award or revoke. Confidential items and internal notes are left out, and so are epics."""
    if item.project_id is None or item.confidential or (note is not None and note.internal):
        return
    project = world.projects[item.project_id]
    payload = payloads.emoji_payload(world, actor, project, item, award, note, event)
    enqueue(world, listeners(world, project, "emoji_events"), "Emoji Hook", payload)


def milestone_changed(world: World, milestone: Milestone, action: str) -> None:
    """`action` is create, close, reopen or delete."""
    payload = container_payloads.milestone_payload(world, milestone, action)
    enqueue(world, listeners(world, world.container_of(milestone), "milestone_events"), "Milestone Hook", payload)


def pushed(world: World, actor: User, project: Project, commit: Commit, branch: str) -> None:
    payload = container_payloads.push_payload(world, actor, project, commit, branch)
    enqueue(world, listeners(world, project, "push_events", branch=branch), "Push Hook", payload)


def branch_changed(world: World, actor: User, project: Project, branch: str, before: str, after: str) -> None:
    """A branch was made or deleted: a push without commits, zeros on the side where there is none."""
    line = project.branches.get(branch) or project.commits
    payload = container_payloads.push_payload(world, actor, project, line[-1], branch)
    there = None if after == NO_COMMIT else after
    payload |= {"before": before, "after": after, "checkout_sha": there, "commits": [], "total_commits_count": 0}
    enqueue(world, listeners(world, project, "push_events", branch=branch), "Push Hook", payload)


def member_changed(world: World, subject: Container, user: User, member: Member, event: str) -> None:
    """`event` is add, update or remove. Group webhooks hear of groups; of project members only system hooks would."""
    if isinstance(subject, Group):
        payload = container_payloads.member_payload(world, subject, user, member, event)
        enqueue(world, listeners(world, subject, "member_events"), "Member Hook", payload)


def project_changed(world: World, project: Project, event: str) -> None:
    """`event` is create or destroy; told to group webhooks."""
    payload = container_payloads.project_payload(world, project, event)
    enqueue(world, listeners(world, world.groups[project.group_id], "project_events"), "Project Hook", payload)


def subgroup_changed(world: World, group: Group, event: str) -> None:
    """`event` is create or destroy; told to the webhooks of the groups above."""
    if group.parent_id is None:
        return
    parent = world.groups[group.parent_id]
    payload = container_payloads.subgroup_payload(group, parent, event)
    enqueue(world, listeners(world, parent, "subgroup_events"), "Subgroup Hook", payload)


def _item(world: World, item: WorkItem, payload: Payload) -> None:
    flag = "confidential_issues_events" if item.confidential else "issues_events"
    header = "Confidential Issue Hook" if item.confidential else "Issue Hook"
    enqueue(world, listeners(world, world.container_of(item), flag), header, payload)
