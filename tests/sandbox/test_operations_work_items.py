"""Creating, changing, closing, moving: what GitLab does to an item and its history."""

from __future__ import annotations

from datetime import date

import pytest

from app.sandbox import operations as ops
from app.sandbox.errors import Conflict, Forbidden, Invalid, NotFound
from tests.sandbox.story import Story


def test_scoped_labels_replace_each_other_only_with_a_licence() -> None:
    for tier, expected in (("premium", ["area", "stage::2"]), ("free", ["area", "stage::1", "stage::2"])):
        story = Story(tier)  # type: ignore[arg-type]
        first, second, plain = story.label("stage::1"), story.label("stage::2"), story.label("area")
        issue = story.issue(label_ids=[first.id, plain.id])
        ops.update_work_item(story.world, story.sa, issue, add_label_ids=[second.id])
        assert story.titles(issue) == expected
        events = [(event.action, event.label_id) for event in issue.label_events[2:]]
        assert events == [("add", second.id)] + ([("remove", first.id)] if tier == "premium" else [])


def test_closing_and_reopening_leave_times_and_events() -> None:
    story = Story()
    issue = story.issue()
    story.clock.pass_time(minutes=5)
    ops.update_work_item(story.world, story.sa, issue, state_event="close")
    assert (issue.state, issue.closed_at, issue.closed_by_id) == ("closed", story.clock.now, story.sa.id)
    ops.update_work_item(story.world, story.sa, issue, state_event="close")
    ops.update_work_item(story.world, story.bot, issue, state_event="reopen")
    assert (issue.state, issue.closed_at, issue.closed_by_id) == ("opened", None, None)
    assert [(event.state, event.user_id) for event in issue.state_events] == [
        ("closed", story.sa.id),
        ("reopened", story.bot.id),
    ]


def test_a_locked_closed_issue_cannot_be_reopened() -> None:
    story = Story()
    issue = story.issue()
    ops.update_work_item(story.world, story.sa, issue, state_event="close", discussion_locked=True)
    ops.update_work_item(story.world, story.sa, issue, state_event="reopen")
    assert issue.state == "closed"


@pytest.mark.parametrize(("status", "state"), [("Won't do", "closed"), ("Done", "closed"), ("In progress", "opened")])
def test_a_status_closes_by_its_category(status: str, state: str) -> None:
    story = Story()
    issue = story.issue()
    ops.update_work_item(story.world, story.sa, issue, status=status)
    assert (issue.status, issue.state) == (status, state)
    ops.update_work_item(story.world, story.sa, issue, state_event="reopen" if state == "closed" else "close")
    assert issue.status == ("To do" if state == "closed" else "Done")


def test_an_update_that_changes_nothing_leaves_no_trace() -> None:
    story = Story()
    label = story.label("bug")
    issue = story.issue(label_ids=[label.id], due_date=date(2026, 12, 1))
    before = issue.updated_at
    story.clock.pass_time(minutes=1)
    ops.update_work_item(
        story.world, story.sa, issue, title="Baseline", add_label_ids=[label.id], due_date=date(2026, 12, 1)
    )
    assert issue.updated_at == before
    assert issue.notes[1:] == []


def test_a_refused_update_has_changed_nothing() -> None:
    story = Story()
    issue = story.issue(title="Kept")
    with pytest.raises(NotFound):
        ops.update_work_item(story.world, story.sa, issue, title="New", state_event="close", parent_id=99)
    with pytest.raises(Invalid):
        ops.update_work_item(story.world, story.sa, issue, due_date=date(2026, 1, 1), start_date=date(2026, 2, 1))
    assert (issue.title, issue.state, issue.due_date) == ("Kept", "opened", None)


def test_iids_count_per_container_and_a_refused_create_uses_none() -> None:
    story = Story()
    with pytest.raises(NotFound):
        story.issue(parent_id=99)
    with pytest.raises(Invalid):
        story.issue(title="  ")
    assert [story.issue().iid, story.issue().iid, story.epic().iid, story.epic().iid] == [1, 2, 1, 2]
    assert len(story.world.work_items) == 4


def test_a_parent_epic_must_be_in_the_group_or_above_and_epics_need_a_licence() -> None:
    story = Story()
    epic, issue = story.epic(), story.issue()
    ops.update_work_item(story.world, story.sa, issue, parent_id=epic.id)
    assert [child.id for child in ops.children_of(story.world, epic)] == [issue.id]
    below = ops.create_group(story.world, story.bot, path="below", name="Below", parent=story.group)
    inner = ops.create_work_item(story.world, story.bot, type="EPIC", title="Inner", group=below)
    with pytest.raises(Invalid, match="above"):
        ops.update_work_item(story.world, story.sa, issue, parent_id=inner.id)
    with pytest.raises(Invalid, match="type of parent"):
        ops.update_work_item(story.world, story.sa, story.issue(), parent_id=issue.id)
    with pytest.raises(Forbidden):
        Story("free").epic()


def test_a_confidential_epic_makes_new_children_confidential_and_refuses_open_ones() -> None:
    story = Story()
    epic = story.epic(confidential=True)
    assert story.issue(parent_id=epic.id).confidential
    with pytest.raises(Invalid, match="confidential parent"):
        ops.update_work_item(story.world, story.sa, story.issue(), parent_id=epic.id)


def test_duplicates_and_moved_issues_are_closed_but_say_why() -> None:
    story = Story()
    kept, double, leaver = story.issue("Kept"), story.issue("Double"), story.issue("Leaver")
    ops.mark_duplicate(story.world, story.sa, double, kept)
    assert (double.state, double.duplicated_to_id, double.status) == ("closed", kept.id, "Duplicate")
    assert (double.linked_ids, kept.linked_ids) == ([kept.id], [double.id])
    ops.create_note(story.world, story.lead, leaver, body="Taken along")
    target = ops.create_project(story.world, story.bot, group=story.group, path="other")
    copy = ops.move_issue(story.world, story.sa, leaver, target)
    assert (leaver.state, leaver.moved_to_id, copy.state) == ("closed", copy.id, "opened")
    assert "Taken along" in [note.body for note in copy.notes]
    ops.update_work_item(story.world, story.sa, leaver, state_event="reopen")
    assert leaver.moved_to_id is None


def test_free_keeps_one_assignee_and_ignores_weight() -> None:
    story = Story("free")
    issue = story.issue(assignee_ids=[story.lead.id, story.sa.id], weight=3)
    assert (issue.assignee_ids, issue.weight) == ([story.lead.id], None)


def test_who_cannot_see_the_project_is_not_assigned() -> None:
    story = Story()
    assert story.issue(assignee_ids=[story.stranger.id, story.lead.id]).assignee_ids == [story.lead.id]


def test_links_go_both_ways_and_once() -> None:
    story = Story()
    one, two = story.issue(), story.issue()
    ops.create_issue_link(story.world, story.guest, one, two)
    with pytest.raises(Conflict):
        ops.create_issue_link(story.world, story.sa, two, one)
    ops.delete_issue_link(story.world, story.sa, two, one)
    assert (one.linked_ids, two.linked_ids) == ([], [])
