"""Two people with different roles get different things."""

from __future__ import annotations

import pytest

from app.sandbox import operations as ops
from app.sandbox import permissions
from app.sandbox.errors import Forbidden, NotFound
from app.sandbox.world import DEVELOPER, MAINTAINER, OWNER
from tests.sandbox.story import Story


def test_a_private_project_does_not_exist_for_strangers() -> None:
    story = Story()
    issue = story.issue()
    with pytest.raises(NotFound):
        ops.update_work_item(story.world, story.stranger, issue, title="Mine")
    with pytest.raises(NotFound):
        ops.create_note(story.world, story.stranger, issue, body="Hello")
    with pytest.raises(NotFound):
        ops.commit_files(story.world, story.stranger, story.project, branch="main", message="x", actions=[])


def test_confidential_items_are_for_planners_authors_and_assignees() -> None:
    story = Story()
    secret = story.issue(confidential=True)
    own = story.issue(actor=story.guest, confidential=True)
    assert permissions.can_read_item(story.world, story.lead, secret)
    assert not permissions.can_read_item(story.world, story.guest, secret)
    assert permissions.can_read_item(story.world, story.guest, own)
    ops.update_work_item(story.world, story.sa, secret, assignee_ids=[story.guest.id])
    assert permissions.can_read_item(story.world, story.guest, secret)


def test_a_guest_sets_metadata_on_a_new_issue_but_not_on_an_existing_one() -> None:
    story = Story()
    label, other = story.label("one"), story.label("two")
    issue = story.issue(actor=story.guest, label_ids=[label.id])
    ops.update_work_item(story.world, story.guest, issue, title="Better", add_label_ids=[other.id], state_event="close")
    assert (issue.title, issue.state, story.titles(issue)) == ("Better", "closed", ["one"])
    with pytest.raises(Forbidden):
        ops.update_work_item(story.world, story.guest, story.issue(), title="Not mine")


def test_internal_notes_are_hidden_from_guests() -> None:
    story = Story()
    issue = story.issue()
    note = ops.create_note(story.world, story.sa, issue, body="Between us", internal=True).note
    assert note is not None
    assert permissions.can_read_note(story.world, story.lead, issue, note)
    assert not permissions.can_read_note(story.world, story.guest, issue, note)
    with pytest.raises(Forbidden):
        ops.create_note(story.world, story.guest, issue, body="Me too", internal=True)


def test_members_of_one_project_read_the_open_epics_of_its_group() -> None:
    """GitLab's behaviour, and a trap for whoever keeps all partners' epics in one group."""
    story = Story()
    epic, secret = story.epic("Globex"), story.epic("Acme plans", confidential=True)
    assert permissions.can_read_item(story.world, story.guest, epic)
    assert not permissions.can_read_item(story.world, story.guest, secret)
    assert not permissions.can_read_item(story.world, story.stranger, epic)
    with pytest.raises(Forbidden):
        ops.update_work_item(story.world, story.guest, epic, title="Mine")


def test_developers_do_not_push_to_the_protected_branch_nor_manage() -> None:
    story = Story()
    action = [{"action": "create", "file_path": "a.md", "content": "a"}]
    for actor in (story.lead, story.sa):
        with pytest.raises(Forbidden):
            ops.commit_files(story.world, actor, story.project, branch="main", message="x", actions=action)
    with pytest.raises(Forbidden):
        ops.add_member(story.world, story.lead, story.project, story.stranger, DEVELOPER)
    with pytest.raises(Forbidden):
        ops.create_hook(story.world, story.lead, url="http://bot.example", project=story.project)
    with pytest.raises(Forbidden):
        ops.create_label(story.world, story.guest, title="x", color="red", project=story.project)


def test_nobody_gives_a_role_above_their_own() -> None:
    story = Story()
    ops.update_member(story.world, story.bot, story.project, story.lead, access_level=MAINTAINER)
    with pytest.raises(Forbidden):
        ops.add_member(story.world, story.lead, story.project, story.stranger, OWNER)
    member = ops.add_member(story.world, story.lead, story.project, story.stranger, MAINTAINER)
    assert permissions.access_level(story.world, story.stranger, story.project) == member.access_level


def test_an_expired_membership_gives_nothing() -> None:
    story = Story()
    tomorrow = story.clock.now.date().replace(day=story.clock.now.day + 1)
    ops.add_member(story.world, story.bot, story.project, story.stranger, DEVELOPER, tomorrow)
    assert permissions.can_read_project(story.world, story.stranger, story.project)
    story.clock.pass_time(days=1)
    assert not permissions.can_read_project(story.world, story.stranger, story.project)


def test_leaving_takes_assignments_along() -> None:
    story = Story()
    issue = story.issue(assignee_ids=[story.lead.id])
    ops.remove_member(story.world, story.lead, story.project, story.lead)
    assert issue.assignee_ids == []
    with pytest.raises(NotFound):
        ops.remove_member(story.world, story.bot, story.project, story.lead)
