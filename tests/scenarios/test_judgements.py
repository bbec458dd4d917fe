"""What a closing is worth: evidence, gates, labels, commands, waivers, renewals, and what the bot says about them.

Each test is named after what a person does. What counts is read from GitLab: labels, states, comments, and the status
page and epic that people look at.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from stagehand import (
    Theatre,
    capabilities,
    capability,
    close_required,
    copied,
    epic,
    issue_of,
    labels,
    nothing_to_do,
    page,
    pass_quiet_time,
    told,
)

from app.demo.local import LocalStage
from app.gitlab.verdicts import check_architects
from app.sandbox import operations
from app.sandbox.world import WorkItem, World

OPEN_DOOR = "onboarding/partner-portal"  # a short note is enough, nobody confirms it
LINKED = "onboarding/gitlab-101-pitch"  # asks for a link
GATED = "onboarding/get-certified"  # a solution architect confirms it
LICENCE = "onboarding/nfr-license"  # valid for 365 days, after GATED


def says(stage: LocalStage, item: WorkItem) -> list[str]:
    """The bot's comments on an item, without their marks."""
    bot = stage.user("partner-bot").id
    return [n.body.partition("-->\n")[2] for n in item.notes if n.author_id == bot and not n.system]


def thumbs(item: WorkItem) -> int:
    return sum(len(awards) for awards in item.note_awards.values())


def assignees(stage: LocalStage, item: WorkItem) -> set[str]:
    return {stage.world.users[user_id].username for user_id in item.assignee_ids}


def say(stage: LocalStage, item: WorkItem, by: str, words: str) -> None:
    stage.comment(item, by, words)
    stage.settle()


def done(stage: LocalStage, slug: str = "acme") -> str:
    """The line of the status page that says how many required capabilities count."""
    (line,) = [text for text in page(stage, slug).description.splitlines() if "required capabilities done" in text]
    return line.partition("· ")[2]


def pending(stage: LocalStage) -> WorkItem:
    item = issue_of(stage, GATED)
    stage.finish(item, "acme.lead")
    stage.settle()
    assert "verify::pending" in labels(stage, item)
    return item


# --- closed is not done ---


@pytest.mark.parametrize("how", ["duplicate", "moved", "wont do"])
def test_an_issue_closed_as_something_else_is_asked_about_once_and_does_not_count(
    onboarded: LocalStage, how: str
) -> None:
    item, architect = issue_of(onboarded, OPEN_DOOR), onboarded.user("gl.sa1")
    if how == "duplicate":
        operations.mark_duplicate(onboarded.world, architect, item, issue_of(onboarded, LINKED))
    elif how == "moved":
        operations.move_issue(onboarded.world, onboarded.user("root"), item, onboarded.project("journey-control"))
    else:
        operations.update_work_item(onboarded.world, architect, item, status="Won't do")
    for _ in range(2):
        pass_quiet_time(onboarded)
    (question,) = says(onboarded, item)
    assert "does not count as done" in question
    assert "Reopen it" in question
    assert done(onboarded) == "0 of 8 required capabilities done"
    assert nothing_to_do(onboarded)


def test_an_issue_closed_by_a_commit_of_the_partner_still_needs_its_evidence(onboarded: LocalStage) -> None:
    """The project does not close issues by commit; whoever closes, the same questions are asked."""
    assert onboarded.project("acme").settings["autoclose_referenced_issues"] is False
    item = issue_of(onboarded, LINKED)
    onboarded.close(item, "acme.dev")
    pass_quiet_time(onboarded)
    assert item.state == "opened"


# --- evidence ---


def test_a_closing_without_evidence_is_opened_once_with_one_reply_and_then_left_to_the_architect(
    onboarded: LocalStage,
) -> None:
    item = issue_of(onboarded, LINKED)
    onboarded.close(item, "acme.lead")
    pass_quiet_time(onboarded)
    assert item.state == "opened"
    (asked,) = says(onboarded, item)
    assert "add a link or an uploaded file" in asked
    onboarded.close(item, "acme.lead")
    pass_quiet_time(onboarded)
    assert item.state == "closed"
    assert "verify::pending" in labels(onboarded, item)
    assert says(onboarded, item) == [asked]
    assert done(onboarded) == "0 of 8 required capabilities done"
    say(onboarded, item, "gl.sa1", "/journey verify")
    assert done(onboarded) == "1 of 8 required capabilities done"
    assert nothing_to_do(onboarded)


def closed_again_unseen(stage: LocalStage, item: WorkItem) -> None:
    """The architect has closed it; the partner opens it and closes it again before the bot has looked."""
    stage.close(item, "gl.sa1")
    pass_quiet_time(stage)
    stage.clock.advance(days=1)
    stage.reopen(item, "acme.lead")
    stage.close(item, "acme.lead")
    stage.settle()


def test_a_partner_who_opens_and_closes_again_what_the_architect_accepted_is_asked_for_evidence(
    onboarded: LocalStage,
) -> None:
    item = issue_of(onboarded, LINKED)
    closed_again_unseen(onboarded, item)
    assert done(onboarded) == "0 of 8 required capabilities done"
    assert onboarded.service.store.partner("acme").next_reason == "its evidence is looked for again"
    onboarded.clock.advance(minutes=2)
    onboarded.settle()
    assert item.state == "opened"
    assert "add a link or an uploaded file" in says(onboarded, item)[-1]
    assert onboarded.service.reconciler.view("acme").plan.actions == ()


def test_a_licence_that_the_partner_opens_and_closes_again_does_not_count_by_its_former_closing(
    onboarded: LocalStage,
) -> None:
    item = issue_of(onboarded, LICENCE)
    closed_again_unseen(onboarded, item)
    onboarded.clock.advance(minutes=2)
    onboarded.settle()
    onboarded.close(item, "acme.lead")
    pass_quiet_time(onboarded)
    assert "verify::pending" in labels(onboarded, item)
    assert done(onboarded) == "0 of 8 required capabilities done"


@pytest.mark.parametrize(
    "words", ["See https://example.com/pitch.mp4", "![pitch](/uploads/0123456789abcdef0123456789abcdef/pitch.mp4)"]
)
def test_a_link_in_a_comment_or_an_upload_is_evidence(onboarded: LocalStage, words: str) -> None:
    item = issue_of(onboarded, LINKED)
    onboarded.comment(item, "acme.dev", words)
    onboarded.close(item, "acme.lead")
    pass_quiet_time(onboarded)
    assert (item.state, says(onboarded, item)) == ("closed", [])
    assert done(onboarded) == "1 of 8 required capabilities done"


def test_a_link_below_the_heading_evidence_is_evidence_too(onboarded: LocalStage) -> None:
    item = issue_of(onboarded, LINKED)
    before, heading, after = item.description.rpartition("**Evidence:**")
    text = f"{before}{heading} https://example.com/pitch{after}"
    operations.update_work_item(onboarded.world, onboarded.user("acme.lead"), item, description=text)
    onboarded.close(item, "acme.lead")
    pass_quiet_time(onboarded)
    assert done(onboarded) == "1 of 8 required capabilities done"


def test_the_links_of_the_template_are_no_evidence(onboarded: LocalStage) -> None:
    item = issue_of(onboarded, LINKED)
    assert "https://" in item.description
    onboarded.close(item, "acme.lead")
    pass_quiet_time(onboarded)
    assert item.state == "opened"


def test_a_link_that_is_added_right_after_the_closing_is_not_asked_for(onboarded: LocalStage) -> None:
    item = issue_of(onboarded, LINKED)
    onboarded.close(item, "acme.lead")
    onboarded.settle()
    assert item.state == "closed"
    onboarded.clock.advance(seconds=40)
    say(onboarded, item, "acme.lead", "https://example.com/pitch")
    pass_quiet_time(onboarded)
    assert (item.state, says(onboarded, item)) == ("closed", [])
    assert done(onboarded) == "1 of 8 required capabilities done"


# --- gates ---


def test_the_partner_closes_at_a_gate_and_it_waits_for_the_architect(onboarded: LocalStage) -> None:
    item = pending(onboarded)
    assert says(onboarded, item) == []
    assert assignees(onboarded, item) == {"acme.lead", "gl.sa1"}
    assert "### Waiting for you" in epic(onboarded).description
    assert "### Waiting for your solution architect" in page(onboarded).description
    assert done(onboarded) == "0 of 8 required capabilities done"
    assert nothing_to_do(onboarded)


@pytest.mark.parametrize("way", ["command", "label", "closes it himself"])
def test_the_architect_confirms_it(onboarded: LocalStage, way: str) -> None:
    item, architect = pending(onboarded), onboarded.user("gl.sa1")
    onboarded.clock.advance(days=1)
    if way == "command":
        say(onboarded, item, "gl.sa1", "/journey verify")
        assert thumbs(item) == 1
    elif way == "label":
        (ok,) = [label.id for label in onboarded.world.labels.values() if label.title == "verify::ok"]
        operations.update_work_item(onboarded.world, architect, item, add_label_ids=[ok])
    else:
        onboarded.reopen(item, "gl.sa1")
        onboarded.close(item, "gl.sa1")
    pass_quiet_time(onboarded)
    assert {"verify::ok"} <= labels(onboarded, item)
    assert "verify::pending" not in labels(onboarded, item)
    assert done(onboarded) == "1 of 8 required capabilities done"
    assert "### Waiting for you" not in epic(onboarded).description
    assert assignees(onboarded, item) == {"acme.lead"}
    assert says(onboarded, item) == []
    assert nothing_to_do(onboarded)


def test_the_architect_rejects_by_reopening_it_with_a_comment(onboarded: LocalStage) -> None:
    item = pending(onboarded)
    onboarded.comment(item, "gl.sa1", "The certificate has expired, please add the new one.")
    onboarded.reopen(item, "gl.sa1")
    pass_quiet_time(onboarded)
    assert item.state == "opened"
    assert labels(onboarded, item) & {"verify::pending", "verify::ok"} == set()
    assert assignees(onboarded, item) == {"acme.lead"}
    assert says(onboarded, item) == []


def test_the_architect_rejects_by_command_and_may_take_it_back(onboarded: LocalStage) -> None:
    item = pending(onboarded)
    say(onboarded, item, "gl.sa1", "/journey reject The certificate has expired")
    assert (item.state, thumbs(item)) == ("opened", 1)
    assert "verify::pending" not in labels(onboarded, item)
    say(onboarded, item, "gl.sa1", "/journey undo")
    onboarded.clock.advance(minutes=1)
    onboarded.settle()
    assert (item.state, thumbs(item)) == ("closed", 2)
    assert "verify::pending" in labels(onboarded, item)
    assert done(onboarded) == "0 of 8 required capabilities done"
    assert nothing_to_do(onboarded)


@pytest.mark.parametrize("closed", [False, True])
def test_a_partner_who_sets_the_label_himself_gets_nothing_and_one_friendly_reply(
    onboarded: LocalStage, closed: bool
) -> None:
    item = pending(onboarded) if closed else issue_of(onboarded, GATED)
    (ok,) = [label.id for label in onboarded.world.labels.values() if label.title == "verify::ok"]
    operations.update_work_item(onboarded.world, onboarded.user("acme.lead"), item, add_label_ids=[ok])
    for _ in range(2):
        pass_quiet_time(onboarded)
    assert "verify::ok" not in labels(onboarded, item)
    assert ("verify::pending" in labels(onboarded, item)) is closed
    (reply,) = says(onboarded, item)
    assert reply.startswith("@acme.lead thank you")
    assert done(onboarded) == "0 of 8 required capabilities done"
    assert nothing_to_do(onboarded)


# --- commands ---


@pytest.mark.parametrize(
    ("by", "words", "answer"),
    [
        ("acme.lead", "/journey verify", "is for solution architects"),
        ("acme.lead", "/journey reject no", "is for solution architects"),
        ("acme.lead", "/journey waive until 2026-12-31 we are few", "is for solution architects"),
        ("acme.dev", "/journey unwaive", "is for solution architects"),
        ("acme.dev", "/journey undo", "nothing that you can take back"),
        ("acme.dev", "/journey", "The command is missing"),
        ("acme.dev", "/journey dance", "There is no command `dance`"),
        ("acme.dev", "/journey status", "is **open**"),
        ("acme.dev", "/journey help", "| Command | Who | What it does |"),
        ("gl.sa1", "/journey verify", "was not closed as done"),
        ("gl.sa1", "/journey reject", "The reason is missing"),
        ("gl.sa1", "/journey waive until soon please", "`soon` is not a date"),
        ("gl.sa1", "/journey waive until 2020-01-01 late", "is in the past"),
        ("gl.sa1", "/journey waive until 2036-01-01 long", "one year at most"),
        ("gl.sa1", "/journey unwaive", "is not waived"),
    ],
)  # fmt: skip
def test_a_command_that_does_nothing_gets_one_helpful_reply(
    theatre: Theatre, onboarded_world: World, by: str, words: str, answer: str
) -> None:
    with theatre.open(copied(onboarded_world)) as stage:
        stage.settle()
        item = issue_of(stage, GATED)
        before = labels(stage, item), item.state
        say(stage, item, by, f"{words}\nand more words")
        stage.world.outgoing.clear()
        pass_quiet_time(stage)
        world = stage.world
    with theatre.open(world) as stage:
        stage.settle()
        (reply,) = says(stage, item)
        assert reply.startswith(f"@{by} ")
        assert answer in reply
        assert (labels(stage, item), item.state, thumbs(item)) == (*before, 0)
        assert nothing_to_do(stage)


def test_the_status_page_answers_status_and_help_and_sends_other_commands_to_their_issue(
    onboarded: LocalStage,
) -> None:
    for words in ("/journey status", "/journey help", "/journey verify"):
        say(onboarded, page(onboarded), "acme.lead", words)
    status, table, elsewhere = says(onboarded, page(onboarded))
    assert "0 of 8 required capabilities done" in status
    assert "/journey waive until" in table
    assert "belongs on the issue of a capability" in elsewhere
    assert nothing_to_do(onboarded)


def test_a_member_of_the_partner_who_is_also_in_the_group_confirms_nothing(onboarded: LocalStage) -> None:
    item = pending(onboarded)
    group = onboarded.world.group_by_path("partners")
    assert group is not None
    operations.add_member(onboarded.world, onboarded.user("root"), group, onboarded.user("acme.lead"), access_level=30)
    say(onboarded, item, "acme.lead", "/journey verify")
    assert "verify::pending" in labels(onboarded, item)
    assert "is for solution architects" in says(onboarded, item)[-1]


def test_where_architects_have_a_group_of_their_own_its_direct_members_confirm_and_nobody_else(
    theatre: Theatre, onboarded_world: World
) -> None:
    world = copied(onboarded_world)
    with theatre.open(world, settings={"architects_group": "sa-team"}) as stage:
        (missing,) = check_architects(stage.service.client, stage.service.place)
        assert (missing.state, "cannot be read" in missing.text) == ("failed", True)
        root = stage.user("root")
        team = operations.create_group(world, root, path="sa-team", name="SA team")
        operations.add_member(world, root, team, stage.user("partner-bot"), access_level=10)
        team.members = [member for member in team.members if member.user_id != root.id]
        (empty,) = check_architects(stage.service.client, stage.service.place)
        assert (empty.state, "direct members of sa-team" in empty.fix) == ("warning", True)
        operations.add_member(world, root, team, stage.user("gl.sa2"), access_level=10)
        (there,) = check_architects(stage.service.client, stage.service.place)
        assert there.state == "ok"

        stage.settle()
        item = pending(stage)
        say(stage, item, "gl.sa1", "/journey verify")
        assert "is for solution architects" in says(stage, item)[-1]
        assert "verify::pending" in labels(stage, item)
        say(stage, item, "gl.sa2", "/journey verify")
        assert "verify::ok" in labels(stage, item)

        until = stage.clock.now.date() + timedelta(days=10)
        say(stage, issue_of(stage, LINKED), "gl.cam1", f"/journey waive until {until} No pitch is needed.")
        assert "waived" in labels(stage, issue_of(stage, LINKED))


# --- waivers ---


def test_the_manager_waives_a_capability_until_a_day_and_it_is_listed_apart(onboarded: LocalStage) -> None:
    item = issue_of(onboarded, GATED)
    until = onboarded.clock.now.date() + timedelta(days=10)
    say(onboarded, item, "gl.cam1", f"/journey waive until {until} Certified elsewhere")
    assert thumbs(item) == 1
    assert "waived" in labels(onboarded, item)
    assert done(onboarded) == "1 of 8 required capabilities done, 1 of them waived"
    assert "Certified elsewhere (`gl.cam1`)" in page(onboarded).description
    onboarded.clock.advance(days=11)
    onboarded.settle()
    assert "waived" not in labels(onboarded, item)
    assert done(onboarded) == "0 of 8 required capabilities done"
    assert nothing_to_do(onboarded)


def test_a_waiver_is_ended_by_a_command_and_brought_back_by_undo(onboarded: LocalStage) -> None:
    item = issue_of(onboarded, GATED)
    say(onboarded, item, "gl.sa1", "/journey waive until 2026-12-31 Certified elsewhere")
    say(onboarded, item, "gl.sa1", "/journey unwaive")
    assert "waived" not in labels(onboarded, item)
    say(onboarded, item, "gl.sa1", "/journey undo")
    assert "waived" in labels(onboarded, item)
    assert thumbs(item) == 3


# --- undo ---


def test_the_architect_takes_a_waiver_back_after_the_partner_has_done_it_and_the_closing_counts_on(
    onboarded: LocalStage,
) -> None:
    item = issue_of(onboarded, OPEN_DOOR)
    say(onboarded, item, "gl.sa1", "/journey waive until 2026-12-31 Few people")
    onboarded.finish(item, "acme.lead")
    onboarded.settle()
    say(onboarded, item, "gl.sa1", "/journey undo")
    assert "waived" not in labels(onboarded, item)
    assert done(onboarded) == "1 of 8 required capabilities done"
    assert nothing_to_do(onboarded)


def test_the_partner_takes_a_closing_back_by_command(onboarded: LocalStage) -> None:
    item = issue_of(onboarded, OPEN_DOOR)
    onboarded.finish(item, "acme.lead")
    onboarded.settle()
    assert done(onboarded) == "1 of 8 required capabilities done"
    say(onboarded, item, "acme.dev", "/journey undo")
    assert (item.state, thumbs(item)) == ("opened", 1)
    assert done(onboarded) == "0 of 8 required capabilities done"


# --- time ---


def test_a_licence_is_renewed_before_it_ends_and_counts_meanwhile(onboarded: LocalStage) -> None:
    close_required(onboarded)
    pass_quiet_time(onboarded)
    item, closed = issue_of(onboarded, LICENCE), onboarded.clock.now.date()
    ends = closed + timedelta(days=365)
    onboarded.clock.advance(days=336)
    onboarded.settle()
    assert item.state == "opened"
    assert "renewal" in labels(onboarded, item)
    assert item.due_date == ends
    assert "stage::enabling" in labels(onboarded, page(onboarded))
    assert "At risk" not in page(onboarded).description
    assert "### To renew" in page(onboarded).description
    (asked,) = says(onboarded, item)
    assert "open again so that it can be renewed" in asked
    onboarded.finish(item, "acme.lead")
    pass_quiet_time(onboarded)
    assert "renewal" not in labels(onboarded, item)
    assert says(onboarded, item) == [asked]
    onboarded.clock.advance(days=60)
    onboarded.settle()
    assert "At risk" not in page(onboarded).description


def test_a_licence_that_nobody_renews_puts_the_stage_at_risk(onboarded: LocalStage) -> None:
    close_required(onboarded)
    pass_quiet_time(onboarded)
    onboarded.clock.advance(days=336)
    onboarded.settle()
    onboarded.clock.advance(days=31)
    onboarded.settle()
    assert "At risk until" in page(onboarded).description
    onboarded.clock.advance(days=31)
    onboarded.settle()
    assert told(onboarded, page(onboarded))[-1].startswith("stage/2/onboarding")


def test_what_waits_for_another_capability_gets_its_date_when_it_no_longer_waits(onboarded: LocalStage) -> None:
    licence = issue_of(onboarded, LICENCE)
    assert "blocked" in labels(onboarded, licence)
    assert licence.due_date is None
    onboarded.clock.advance(days=20)
    onboarded.close(issue_of(onboarded, GATED), "gl.sa1")
    onboarded.settle()
    assert "blocked" not in labels(onboarded, licence)
    assert licence.due_date == onboarded.clock.now.date() + timedelta(days=14)
    operations.update_work_item(
        onboarded.world, onboarded.user("acme.lead"), licence, due_date=date(2027, 3, 1)
    )  # fmt: skip
    onboarded.settle()
    onboarded.clock.advance(days=1)
    onboarded.finish(issue_of(onboarded, OPEN_DOOR), "acme.lead")
    onboarded.settle()
    assert licence.due_date == date(2027, 3, 1)


def test_a_partner_who_does_nothing_is_reminded_every_fortnight_until_somebody_mutes_it(onboarded: LocalStage) -> None:
    for _ in range(50):
        onboarded.clock.advance(days=1)
        onboarded.settle()
    days = [date.fromisoformat(mark.split("/")[1]) for mark in told(onboarded, page(onboarded))]
    assert [(later - earlier).days for earlier, later in pairwise(days)] == [14, 14]
    assert "**Stalled:**" in epic(onboarded).description
    (quiet,) = [label.id for label in onboarded.world.labels.values() if label.title == "reminders::off"]
    operations.update_work_item(onboarded.world, onboarded.user("acme.lead"), page(onboarded), add_label_ids=[quiet])
    for _ in range(30):
        onboarded.clock.advance(days=1)
        onboarded.settle()
    assert len(told(onboarded, page(onboarded))) == 3


def test_a_partner_who_waits_for_the_architect_is_not_reminded(onboarded: LocalStage) -> None:
    pending(onboarded)
    for _ in range(40):
        onboarded.clock.advance(days=1)
        onboarded.settle()
    assert told(onboarded, page(onboarded)) == []
    assert "**Stalled:**" not in epic(onboarded).description


# --- hostile ---


@pytest.mark.parametrize(
    "words",
    [
        "<!-- partner-journey comment=evidence/onboarding/gitlab-101-pitch -->",
        "/close\n/label ~verify::ok\nhttps:/example",
        "@all `https://`",
        "\u202e/journey verify",
        "> /journey verify",
        "x" * 900_000,
    ],
    ids=range(6),
)
def test_words_that_only_look_like_evidence_or_commands_do_nothing(onboarded: LocalStage, words: str) -> None:
    item = issue_of(onboarded, LINKED)
    onboarded.comment(item, "acme.lead", words)
    if item.state == "opened":
        onboarded.close(item, "acme.lead")
    for _ in range(2):
        pass_quiet_time(onboarded)
    assert done(onboarded) == "0 of 8 required capabilities done"
    (reply,) = [m for m in told(onboarded, item) if m.startswith("evidence/")]
    assert reply == f"evidence/{LINKED}"
    assert item.state == "opened"
    assert nothing_to_do(onboarded)


def test_nobody_can_make_the_first_stage_complete_without_the_architect(onboarded: LocalStage) -> None:
    close_required(onboarded, by="acme.lead")
    pass_quiet_time(onboarded)
    waiting = [capability(i) for i in capabilities(onboarded) if "verify::pending" in labels(onboarded, i)]
    assert waiting == [GATED]
    assert done(onboarded) == "7 of 8 required capabilities done"
    assert told(onboarded, page(onboarded)) == []
    say(onboarded, issue_of(onboarded, GATED), "gl.sa1", "/journey verify")
    assert told(onboarded, page(onboarded)) == []
    pass_quiet_time(onboarded)
    assert told(onboarded, page(onboarded)) == ["stage/1/enabling"]
