"""The plan: what a reconcile does in each situation, in which order, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from build import (
    FREE,
    NOW,
    PARTNER_FILE,
    PLACE,
    World,
    capability_text,
    kinds,
    onboarded,
    partner,
    small_templates,
    small_world,
    waiver,
)

from app.journey import labels, markers, prose
from app.journey.actions import (
    ChangeRole,
    CommitFiles,
    CreateIssue,
    CreateMilestone,
    CreatePortfolioItem,
    InviteMembers,
    Notify,
    PostComment,
    UpdateHook,
    UpdateIssue,
    UpdateMilestone,
    UpdatePortfolioItem,
)
from app.journey.observed import Note
from app.journey.plan import PartnerError
from app.journey.plan_project import blob_id

FIRST = ("stand/portal", "stand/pitch")
BOTH_PLACES = pytest.mark.parametrize("place", [PLACE, FREE], ids=["epic", "tracker issue"])


def walking() -> World:
    """A partner that has just reached the second stage."""
    return onboarded().close(*FIRST).later(minutes=10).run()


# --- nothing to do ---


@BOTH_PLACES
def test_after_an_onboarding_nothing_is_left_to_do(place) -> None:  # type: ignore[no-untyped-def]
    world = onboarded(place)
    for moment in (world, world.later(days=20)):
        planned = moment.plan()
        assert planned.actions == ()
        assert not planned
        assert planned.wake_at == NOW.replace(day=23, hour=0)
        assert planned.wake_reason == "nothing has moved for long"


# --- onboarding ---


def test_an_onboarding_makes_things_before_what_needs_them_and_the_record_after_everything_it_records() -> None:
    made = kinds(small_world().plan().actions)
    first = {kind: made.index(kind) for kind in made}
    last = {kind: index for index, kind in enumerate(made)}
    for before, after in (
        ("CreateLabel", "CreatePortfolioItem"), ("UpdatePortfolioItem", "CommitFiles"),
        ("InviteMembers", "CreateIssue"), ("CreateMilestone", "CreateIssue"), ("CreatePortfolioItem", "CreateIssue"),
        ("CreateIssue", "UpdateIssue"), ("CreateIssue", "UpdatePortfolioItem"), ("UpdateIssue", "UpdatePortfolioItem"),
    ):  # fmt: skip
        assert last[before] < first[after], (before, after)
    assert made[-1] == "CreateHook"  # nobody hears of a half-made partner


@BOTH_PLACES
def test_an_onboarding_gives_the_partner_a_home(place) -> None:  # type: ignore[no-untyped-def]
    world = onboarded(place)
    project = world.project
    assert [i.iid for i in project.issues] == [1, 2, 3, 4]
    assert world.status.iid == 1
    assert world.status.labels == {labels.STATUS, "stage::stand"}
    assert {m.title: m.due for m in project.milestones} == {
        "01 - Stand": date(2026, 11, 30), "02 - Walk": None, "03 - Run": None,
    }  # fmt: skip
    assert project.members == {"acme.lead": 20, "acme.dev": 20}
    assert [(b.name, b.lists) for b in project.boards] == [
        ("Journey", {"stage::stand", "stage::walk", "stage::run"})
    ]  # fmt: skip
    assert len([path for path in project.files if path.startswith(".gitlab/issue_templates/")]) == 5
    assert "README.md" in project.files
    board = world.observed.portfolio_board
    assert board is not None
    assert board.lists == {"stage::stand", "stage::walk", "stage::run", "stage::complete"}
    assert world.epic.labels == {labels.PARTNER, "stage::stand", "category::rsi"}
    assert project.hook is not None
    assert project.hook.url == place.hook_url


def test_a_capability_issue_has_all_that_a_board_and_a_reminder_need() -> None:
    made = {a.name: a for a in small_world().plan().actions if isinstance(a, CreateIssue)}
    pitch, extra = made["stand/pitch"], made["stand/extra"]
    assert pitch.title == "Title of stand/pitch"
    assert (pitch.milestone, pitch.due, pitch.assignee) == ("01 - Stand", date(2026, 10, 16), "acme.lead")
    assert pitch.labels == ("stage::stand", labels.CAPABILITY)
    assert extra.labels == ("stage::stand", labels.CAPABILITY, labels.OPTIONAL)
    assert markers.find("capability", pitch.description) == "stand/pitch"
    assert list(made) == ["page/status", "stand/portal", "stand/pitch", "stand/extra"]


def test_nobody_but_the_sas_may_see_epic_and_issues_of_a_group_with_epics() -> None:
    paid, free = onboarded(PLACE), onboarded(FREE)
    assert paid.epic.confidential
    assert all(i.confidential and i.parent == paid.epic.id for i in paid.project.issues)
    assert not any(i.confidential or i.parent for i in free.project.issues)


def test_without_a_server_that_listens_no_webhook_is_wanted() -> None:
    world = onboarded(replace(PLACE, hook_url=None))
    assert world.project.hook is None
    assert world.plan().actions == ()


def test_a_moved_server_changes_the_webhook_and_nothing_else() -> None:
    world = onboarded()
    place = replace(PLACE, hook_url="https://elsewhere.example.com/webhooks/gitlab")
    moved = replace(world, observed=replace(world.observed, place=place))
    (action,) = moved.plan().actions
    assert isinstance(action, UpdateHook)
    assert moved.run().plan().actions == ()


def test_a_new_engineer_is_invited_and_a_person_who_left_is_not_thrown_out() -> None:
    world = onboarded()
    users = {**world.observed.known_users, "acme.new": "gid://gitlab/User/9"}
    world = replace(world, observed=replace(world.observed, known_users=users))
    people = world.partner.people.model_copy(update={"engineers": ("acme.new",)})
    world = world.having(people=people)
    assert [a.usernames for a in world.plan().actions if isinstance(a, InviteMembers)] == [("acme.new",)]
    assert set(world.run().project.members) == {"acme.lead", "acme.dev", "acme.new"}


def test_another_role_in_the_settings_reaches_those_who_have_the_former_one_and_nobody_else() -> None:
    world = onboarded()
    project = replace(world.project, members={**world.project.members, "acme.dev": 30})
    place = replace(world.observed.place, partner_role="planner")
    changed = replace(world, observed=replace(world.observed, place=place, project=project))
    (action,) = changed.plan().actions
    assert isinstance(action, ChangeRole)
    assert action.username == "acme.lead"
    after = changed.run()
    assert after.project.members == {"acme.lead": 15, "acme.dev": 30}
    assert after.plan().actions == ()


# --- one capability closed ---


@BOTH_PLACES
def test_closing_one_capability_changes_the_status_page_the_epic_and_the_pictures_and_nothing_else(place) -> None:  # type: ignore[no-untyped-def]
    closed = onboarded(place).close("stand/portal")
    page, epic, files = closed.plan().actions
    assert isinstance(files, CommitFiles)
    assert (set(files.create), set(files.update)) == (set(), {"README.md", "journey.svg", "badge.svg"})
    assert isinstance(page, UpdateIssue)
    assert isinstance(epic, UpdatePortfolioItem)
    assert page.name == "page/status"
    assert (page.add_labels, page.remove_labels, epic.add_labels, epic.remove_labels) == ((), (), (), ())
    after = closed.run()
    assert "66 %" in after.status.description
    assert "1 of 2" in after.epic.description
    assert after.plan().actions == ()
    assert after.comments("status") == after.comments("epic") == []


def test_reopening_it_brings_back_the_texts_of_before() -> None:
    world = onboarded()
    again = world.close("stand/portal").run().reopen("stand/portal").run()
    assert markers.section_body(again.status.description) == markers.section_body(world.status.description)
    epics = [markers.section_body(w.epic.description) or "" for w in (again, world)]
    assert len({text.partition("<!-- partner-journey state")[0] for text in epics}) == 1


def test_closing_an_optional_capability_or_a_partners_own_issue_tells_nobody() -> None:
    world = onboarded().close("stand/extra").later(minutes=10)
    assert set(kinds(world.plan().actions)) == {"UpdateIssue", "UpdatePortfolioItem", "CommitFiles"}


# --- the stage is complete: first quiet, then everything at once ---


def test_a_complete_stage_is_silent_for_the_settle_time_and_says_when_to_look_again() -> None:
    world = onboarded().close(*FIRST).later(minutes=9)
    planned = world.plan()
    assert kinds(planned.actions) == ["UpdateIssue", "UpdatePortfolioItem", "CommitFiles"]
    assert planned.wake_at == NOW + timedelta(minutes=10)
    assert "quiet time" in planned.wake_reason
    assert "within about 10 minutes" in world.run().status.description


def test_a_reopen_within_the_settle_time_is_an_undo_that_nobody_hears_of() -> None:
    world = onboarded().close(*FIRST).later(minutes=5).run().reopen("stand/pitch").later(minutes=10).run()
    assert world.comments("status") == world.comments("epic") == []
    assert world.plan().wake_reason == "nothing has moved for long"
    assert "At risk" not in world.status.description


def test_a_stage_change_makes_issues_then_comments_then_tells_then_records() -> None:
    planned = onboarded().close(*FIRST).later(minutes=10).plan()
    assert kinds(planned.actions) == [
        "UpdateMilestone", "CreateIssue", "UpdateIssue", "PostComment", "PostComment", "Notify",
        "UpdatePortfolioItem", "CommitFiles", "UpdateMilestone",
    ]  # fmt: skip
    comments = [a for a in planned.actions if isinstance(a, PostComment)]
    assert [(c.where, c.mark) for c in comments] == [("status", "stage/1/walk"), ("portfolio", "stage/1/walk")]
    assert all(markers.find("comment", c.body) == c.mark for c in comments)
    (told,) = [a for a in planned.actions if isinstance(a, Notify)]
    assert (told.kind, told.key) == ("stage-change", "notification acme/stage/1/walk")
    record = planned.actions[-3]
    assert isinstance(record, UpdatePortfolioItem)
    assert (record.add_labels, record.remove_labels) == (("stage::walk",), ("stage::stand",))
    state = dict(markers.find_state(record.description or "") or {})
    assert set(state.pop("judged")) == {*FIRST, "walk/demo"}
    assert set(state.pop("known")) == {*FIRST, "walk/demo", "run/deploy"}
    assert state == {"stage": "walk", "since": "2026-09-01", "changes": 1, "heard": "2026-09-01T09:00:00+00:00"}


@BOTH_PLACES
def test_after_a_stage_change_gitlab_shows_the_next_stage(place) -> None:  # type: ignore[no-untyped-def]
    world = onboarded(place).close(*FIRST).later(minutes=10).run()
    assert "stage::walk" in world.status.labels
    assert "stage::stand" not in world.status.labels
    assert "stage::walk" in world.epic.labels
    assert world.issue("walk/demo").state == "open"
    assert [(m.title, m.state, m.due) for m in world.project.milestones] == [
        ("01 - Stand", "closed", date(2026, 11, 30)), ("02 - Walk", "active", date(2027, 2, 28)),
        ("03 - Run", "active", None),
    ]  # fmt: skip
    assert len(world.comments("status")) == len(world.comments("epic")) == 1
    assert world.plan().actions == ()
    assert world.issue("stand/extra").state == "open"


@pytest.mark.parametrize("done", range(9))
def test_a_crash_anywhere_in_a_stage_change_doubles_nothing(done: int) -> None:
    due = onboarded().close(*FIRST).later(minutes=10)
    world = due.run(done).later(seconds=30).run()
    assert [markers.find("comment", n.body) for n in world.comments("status")] == ["stage/1/walk"]
    assert [markers.find("comment", n.body) for n in world.comments("epic")] == ["stage/1/walk"]
    assert len(world.project.issues) == 5
    assert world.plan().actions == ()


def test_until_the_record_is_written_outside_channels_are_told_again_under_the_same_key() -> None:
    due = onboarded().close(*FIRST).later(minutes=10)
    planned = due.plan()
    at = kinds(planned.actions).index("UpdatePortfolioItem")
    keys = [[a.key for a in due.run(n).plan().actions if isinstance(a, Notify)] for n in (0, at, at + 1)]
    assert keys == [["notification acme/stage/1/walk"]] * 2 + [[]]


def test_two_stages_finished_at_once_give_one_comment_and_open_the_stage_after_them() -> None:
    world = walking().reopen("stand/pitch").close("walk/demo").later(days=1)
    world = world.close("stand/pitch").later(minutes=10).run()
    assert [markers.find("comment", n.body) for n in world.comments()] == ["stage/1/walk", "stage/2/run"]

    waived = onboarded().having(waivers=(waiver("walk/demo"),)).close(*FIRST).later(minutes=10).run()
    (comment,) = waived.comments()
    assert markers.find("comment", comment.body) == "stage/1/run"
    assert "**01 - Stand**" in comment.body
    assert "**02 - Walk**" in comment.body
    assert "What comes next: 03 - Run" in comment.body
    assert waived.plan().actions == ()


def test_a_stage_that_only_waivers_complete_is_announced_at_once() -> None:
    world = onboarded().having(waivers=(waiver("stand/portal"), waiver("stand/pitch"))).run()
    assert len(world.comments()) == 1
    assert world.plan().wake_at is not None


def test_a_partner_who_starts_with_all_of_the_first_stage_waived_is_told_so() -> None:
    world = small_world().having(waivers=(waiver("stand/portal"), waiver("stand/pitch"))).run()
    assert [markers.find("comment", n.body) for n in world.comments("epic")] == ["stage/1/walk"]
    assert world.epic.labels >= {"stage::walk"}
    assert [m.state for m in world.project.milestones] == ["closed", "active", "active"]
    assert world.plan().actions == ()


def test_the_last_capability_completes_the_journey() -> None:
    world = walking().close("walk/demo").later(minutes=10).run().close("run/deploy").later(minutes=10)
    (told,) = [a for a in world.plan().actions if isinstance(a, Notify)]
    assert told.kind == "complete"
    world = world.run()
    assert "stage::complete" in world.status.labels
    assert "stage::complete" in world.epic.labels
    assert "has completed the Small Journey" in world.comments()[-1].body
    assert {m.state for m in world.project.milestones} == {"closed"}
    assert world.epic.state == "open"
    assert world.plan().actions == ()


# --- the way back ---


def test_a_reached_stage_that_loses_a_capability_is_at_risk_and_nobody_is_called() -> None:
    world = walking().later(days=5).reopen("stand/pitch")
    kinds_planned = kinds(world.plan().actions)
    assert sorted(kinds_planned) == ["CommitFiles", "Notify", "UpdateIssue", "UpdateIssue", "UpdatePortfolioItem"]
    assert kinds_planned.index("Notify") < kinds_planned.index("UpdatePortfolioItem")
    world = world.run()
    assert labels.BLOCKED in world.issue("walk/demo").labels
    assert "**At risk until 6\u00a0Oct\u00a02026.**" in world.status.description
    assert "| 01 - Stand | open again | 1 of 2 |" in world.status.description
    assert "Open again in an earlier stage" in world.status.description
    assert "stage::walk" in world.status.labels
    assert world.quiet().run().later(days=23).run().plan().wake_at == world.now + timedelta(days=30)
    assert len(world.comments()) == 1


def test_looking_again_does_not_move_the_end_of_the_grace_days() -> None:
    world = walking().reopen("stand/pitch").run()
    later = world.later(days=28).run().later(days=1)
    assert later.plan().actions == ()
    assert later.plan().wake_at == world.now + timedelta(days=30)


def test_closing_it_again_in_time_takes_the_warning_away_without_a_comment() -> None:
    world = walking().reopen("stand/pitch").run().later(days=29).close("stand/pitch").run()
    assert "At risk" not in world.status.description
    assert len(world.comments()) == 1
    assert world.plan().wake_reason == "nothing has moved for long"


def test_after_the_grace_days_the_stage_steps_back_with_one_comment_and_forward_again_with_another() -> None:
    world = walking().reopen("stand/pitch").run().later(days=30)
    (told,) = [a for a in world.plan().actions if isinstance(a, Notify)]
    assert told.kind == "step-back"
    world = world.run()
    assert [markers.find("comment", n.body) for n in world.comments()] == ["stage/1/walk", "stage/2/stand"]
    assert "Title of stand/pitch" in world.comments()[-1].body
    assert world.epic.labels >= {"stage::stand"}
    assert [m.state for m in world.project.milestones] == ["active", "active", "active"]
    assert world.issue("walk/demo").state == "open"
    assert world.plan().actions == ()

    world = world.close("stand/pitch").later(minutes=10).run()
    assert [markers.find("comment", n.body) for n in world.comments("epic")][-1] == "stage/3/walk"
    assert len([i for i in world.project.issues if i.title == "Title of walk/demo"]) == 1
    assert world.plan().actions == ()


def test_a_waiver_that_ends_opens_its_issue_and_puts_the_stage_at_risk() -> None:
    world = onboarded().having(waivers=(waiver("walk/demo", date(2026, 9, 10)),)).close(*FIRST)
    world = world.later(minutes=10).run()
    assert world.plan().wake_at == world.now.replace(day=11, hour=0, minute=0)
    assert not any(i.title == "Title of walk/demo" for i in world.project.issues)
    world = world.later(days=10).run()
    assert world.issue("walk/demo").state == "open"
    assert "At risk until" in world.status.description
    assert world.plan().actions == ()


def test_a_waiver_for_ever_wakes_nobody() -> None:
    world = onboarded().having(waivers=(waiver("walk/demo", date.max),))
    assert world.run().plan().wake_reason == "nothing has moved for long"


# --- changed templates, and what people wrote ---


def test_a_changed_template_is_followed_and_ticks_and_peoples_text_stay() -> None:
    world = onboarded()
    issue = world.issue("stand/pitch")
    text = issue.description.replace("- [ ] Tell somebody", "- [x] Tell somebody") + "Our notes\n"
    world = world.change(issue, description=text, labels=issue.labels | {"priority::high"})
    assert world.plan().actions == ()

    changed = replace(world, templates=small_templates(stand__pitch=capability_text("Pitch it", step="Do more")))
    actions = changed.plan().actions
    assert [type(a) for a in actions if isinstance(a, CommitFiles | UpdateIssue)][-1:] == [CommitFiles]
    after = changed.run().issue("stand/pitch")
    assert after.title == "Pitch it"
    assert "- [ ] Do more" in after.description
    assert "- [x] Tell somebody" in after.description
    assert "Do it" not in after.description
    assert after.description.endswith("Our notes\n")
    assert "priority::high" in after.labels
    assert changed.run().plan().actions == ()


def test_only_the_changed_files_are_committed() -> None:
    changed = replace(onboarded(), templates=small_templates(walk__demo=capability_text("Demo", step="Show it")))
    (commit,) = [a for a in changed.plan().actions if isinstance(a, CommitFiles)]
    assert set(commit.update) == {".gitlab/issue_templates/Walk - Demo.md", "journey.svg"}
    assert commit.create == {}


def test_a_file_is_compared_by_gits_own_id() -> None:
    assert blob_id("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_what_people_change_in_an_issue_stays_except_what_the_board_needs() -> None:
    world = onboarded()
    issue = world.issue("stand/pitch")
    world = world.change(
        issue, title="My title", labels=frozenset({"stage::run", "mine"}), assignees=("acme.dev",),
        due=date(2027, 1, 1), parent=None, confidential=False,
    ).run()  # fmt: skip
    after = world.issue("stand/pitch")
    assert after.title == issue.title
    assert after.labels == issue.labels | {"mine"}
    assert (after.assignees, after.due) == (("acme.dev",), date(2027, 1, 1))
    assert (after.parent, after.confidential) == (issue.parent, True)
    assert "`acme.dev` | 1\u00a0Jan\u00a02027" in world.status.description


def test_text_around_the_sections_of_status_page_and_epic_stays() -> None:
    world = onboarded()
    world = world.change(world.status, description="Hello!\n" + world.status.description + "Bye")
    world = world.change_epic(description="Private\n" + world.epic.description + "Notes")
    assert world.plan().actions == ()
    world = world.close("stand/portal").run()
    assert world.status.description.startswith("Hello!\n<!--")
    assert world.status.description.endswith("-->\nBye")
    assert world.epic.description.startswith("Private\n<!--")
    assert world.epic.description.endswith("-->\nNotes")


def test_what_is_deleted_comes_back_once() -> None:
    world = onboarded()
    gone = {world.status.id, world.issue("stand/pitch").id}
    world = world.change_project(
        issues=tuple(i for i in world.project.issues if i.id not in gone), boards=(), milestones=()
    ).run()  # fmt: skip
    assert sorted(i.title for i in world.project.issues) == [
        "Title of stand/extra", "Title of stand/pitch", "Title of stand/portal", str(prose.STATUS_TITLE),
    ]  # fmt: skip
    assert world.plan().actions == ()


def test_of_two_issues_for_one_capability_the_second_is_closed_with_a_word_and_does_not_count() -> None:
    world = onboarded()
    world = world.add_issue(replace(world.issue("stand/pitch"), id="again", iid=9)).run()
    double = next(i for i in world.project.issues if i.id == "again")
    assert double.state == "closed"
    assert "made twice by mistake. Please go on in #3" in double.description
    assert world.plan().actions == ()
    assert "0 %" in world.status.description
    assert world.close("stand/portal").run().comments() == []


def test_a_second_status_page_is_closed() -> None:
    world = onboarded()
    page = world.status
    world = world.add_issue(replace(page, id="again", iid=9)).run()
    assert [i.id for i in world.project.issues if i.state == "closed"] == ["again"]
    assert world.status.id == page.id
    assert world.plan().actions == ()


def test_a_lost_epic_comes_back_with_all_issues_below_it() -> None:
    world = walking()
    orphans = tuple(replace(i, parent=None) for i in world.project.issues)
    world = replace(world, observed=replace(world.observed, portfolio_item=None)).change_project(issues=orphans)
    actions = world.plan().actions
    assert sum(isinstance(a, CreatePortfolioItem) for a in actions) == 1
    world = world.run()
    assert all(i.parent == world.epic.id for i in world.project.issues)
    assert world.epic.labels >= {"stage::walk"}
    assert world.plan().actions == ()


def test_a_lost_milestone_of_a_finished_stage_comes_back_closed_in_one_run() -> None:
    world = walking()
    world = world.change_project(milestones=world.project.milestones[1:])
    made = [a for a in world.plan().actions if isinstance(a, CreateMilestone | UpdateMilestone)]
    assert [type(a) for a in made] == [CreateMilestone, UpdateMilestone]
    assert world.run().plan().actions == ()


def test_a_closed_epic_is_opened_again() -> None:
    world = onboarded().change_epic(state="closed").run()
    assert world.epic.state == "open"
    assert world.plan().actions == ()


def test_a_new_name_and_category_reach_the_epic() -> None:
    world = onboarded().having(name="Acme & Sons", category="fsi").run()
    assert world.epic.title == "Acme & Sons"
    assert world.epic.labels >= {"category::fsi"}
    assert "category::rsi" not in world.epic.labels
    assert world.plan().actions == ()


# --- what a person must decide first ---


def test_a_user_that_gitlab_does_not_know_stops_everything_with_a_fix() -> None:
    world = small_world(text=PARTNER_FILE.replace("acme.dev", "acme.dve"))
    with pytest.raises(PartnerError) as raised:
        world.plan()
    assert "acme.dve" in raised.value.what
    assert "partners/acme.yaml" in raised.value.fix


def test_a_project_that_is_marked_for_deletion_stops_everything_with_a_fix() -> None:
    with pytest.raises(PartnerError) as raised:
        onboarded().change_project(marked_for_deletion=True).plan()
    assert "partners/acme is marked for deletion" in raised.value.what
    assert "Restore it" in raised.value.fix


def test_a_partner_file_named_like_the_control_project_stops_everything_with_a_fix() -> None:
    world = replace(small_world(), partner=partner(slug="journey-control"))
    with pytest.raises(PartnerError) as raised:
        world.plan()
    assert "control project" in raised.value.what
    assert "another name" in raised.value.fix


# --- how a plan reads ---


def test_every_action_says_why_and_has_a_key_that_people_understand() -> None:
    for planned in (small_world().plan(), onboarded().close(*FIRST).later(minutes=10).plan()):
        for action in planned.actions:
            assert action.reason
            assert action.verb in "+~-"
            assert " " in action.key or action.key in ("epic", "webhook")
            assert "gid://" not in action.key


def test_a_reminder_is_not_muted_by_its_mark_in_somebody_elses_comment() -> None:
    stalled = onboarded().later(days=25)
    mark = f"nudge/{stalled.now.date().isoformat()}"
    typed = Note("n", markers.mark("comment", mark), stalled.now, by_bot=False, author="acme.lead")
    for world in (stalled, stalled.change_project(status_notes=(*stalled.project.status_notes, typed))):
        assert mark in [a.mark for a in world.plan().actions if isinstance(a, PostComment)]
