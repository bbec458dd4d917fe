"""A partner closes the last required issue of a stage: the next stage opens, and everybody hears of it exactly once."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from stagehand import (
    INTERRUPTIONS,
    KINDS,
    QUIET_MINUTES,
    Fault,
    Kind,
    Listener,
    Theatre,
    capabilities,
    capability,
    close_required,
    comments,
    copied,
    doubles,
    epic,
    issue_of,
    labels,
    milestones,
    nothing_to_do,
    page,
    pass_quiet_time,
    picture,
    stage_labels,
    told,
)

from app.demo.local import LocalStage
from app.journey.text import written
from app.sandbox import operations
from app.sandbox.world import Delivery, World

SECOND = "stage/1/enabling"


@pytest.fixture
def loud(theatre: Theatre, nearly_done_world: World, listener: Listener) -> Iterator[LocalStage]:
    """One required issue of the first stage is left, and an outside channel listens."""
    with theatre.open(copied(nearly_done_world), channels=(listener.channel,)) as opened:
        opened.settle()
        yield opened


@pytest.fixture(scope="session")
def second_stage_world(wings: Theatre, nearly_done_world: World) -> World:
    """Acme has reached the second stage. Copy it before you play on."""
    with wings.open(copied(nearly_done_world)) as stage:
        close_required(stage)
        pass_quiet_time(stage)
        return stage.world


@pytest.fixture
def second_stage(theatre: Theatre, second_stage_world: World) -> Iterator[LocalStage]:
    with theatre.open(copied(second_stage_world)) as opened:
        opened.settle()
        yield opened


def assert_second_stage(stage: LocalStage) -> None:
    """The whole end state of the first stage change, each thing once."""
    journey = stage.service.reconciler.view("acme").journey
    first, second = journey.stages[:2]
    assert stage_labels(stage, page(stage)) == stage_labels(stage, epic(stage)) == {"stage::enabling"}
    assert [told(stage, i) for i in (page(stage), epic(stage))] == [[SECOND], [SECOND]]
    found = milestones(stage)
    assert (found[first.title].state, found[second.title].state) == ("closed", "active")
    assert found[second.title].due_date == stage.clock.now.date() + timedelta(days=second.days)
    for wanted in second.capabilities:
        item = issue_of(stage, wanted.id)
        assert item.due_date == stage.clock.now.date() + timedelta(days=wanted.days)
        assert item.milestone_id == found[second.title].id
        assert item.parent_id == epic(stage).id
        assert ("optional" in labels(stage, item)) is not wanted.required
    assert not doubles(stage)
    assert nothing_to_do(stage)


# --- the change itself ---


def test_closing_the_last_required_issue_opens_the_next_stage(loud: LocalStage) -> None:
    close_required(loud, by="acme.lead")
    pass_quiet_time(loud)
    assert_second_stage(loud)


def test_nothing_is_said_before_the_quiet_time_is_over(nearly_done: LocalStage) -> None:
    close_required(nearly_done)
    nearly_done.settle()
    nearly_done.clock.advance(minutes=QUIET_MINUTES - 2)
    nearly_done.settle()
    assert told(nearly_done, page(nearly_done)) == []
    assert "The next stage opens within about 10 minutes" in page(nearly_done).description
    assert stage_labels(nearly_done, page(nearly_done)) == {"stage::onboarding"}


def test_the_comment_says_what_was_achieved_what_comes_next_and_who_does_what(nearly_done: LocalStage) -> None:
    began = nearly_done.clock.now.date()
    nearly_done.clock.advance(days=40)
    close_required(nearly_done)
    pass_quiet_time(nearly_done)
    (body,) = [n.body for n in comments(page(nearly_done))]
    assert f"### Achieved since {written(began)} (40 days)" in body
    for item in capabilities(nearly_done, state="closed"):
        assert f"- #{item.iid} {item.title}" in body
    for item in capabilities(nearly_done, state="opened"):
        assert f"- #{item.iid} {item.title}" in body
    assert "### Who does what" in body
    (inner,) = [n.body for n in comments(epic(nearly_done))]
    assert "- partners/acme#2 " in inner
    assert "⟦" not in body + inner


def test_the_lead_and_the_sa_are_called_and_the_manager_only_where_the_partner_cannot_see(
    nearly_done: LocalStage,
) -> None:
    close_required(nearly_done)
    pass_quiet_time(nearly_done)
    (outer,) = [n.body for n in comments(page(nearly_done))]
    (inner,) = [n.body for n in comments(epic(nearly_done))]
    assert "@acme.lead @gl.sa1" in outer
    assert "cam1" not in outer
    assert "@gl.sa1 @gl.cam1" in inner
    assert "@acme" not in inner


def test_an_outside_channel_hears_of_it_once(loud: LocalStage, listener: Listener) -> None:
    close_required(loud)
    pass_quiet_time(loud)
    loud.clock.advance(days=1)
    loud.settle()
    assert listener.keys == [f"acme/{SECOND}"]
    event = listener.heard[0]
    assert event["data"]["title"] == "Acme Integrators has reached 02 - Enabling (Walk)"
    assert event["data"]["url"] == "http://127.0.0.1:8929/partners/acme"


def test_a_channel_that_is_down_hears_of_it_later_and_holds_nothing_up(loud: LocalStage, listener: Listener) -> None:
    listener.status = 500
    close_required(loud)
    pass_quiet_time(loud)
    assert_second_stage(loud)
    assert listener.heard == []
    listener.status = 204
    loud.clock.advance(minutes=2)
    loud.settle()
    assert listener.keys == [f"acme/{SECOND}"]


# --- what counts ---


def test_an_optional_capability_does_not_hold_the_stage(second_stage: LocalStage) -> None:
    (optional,) = [i for i in capabilities(second_stage, state="opened") if "optional" in labels(second_stage, i)]
    close_required(second_stage)
    pass_quiet_time(second_stage)
    assert optional.state == "opened"
    assert stage_labels(second_stage, page(second_stage)) == {"stage::leading"}
    assert told(second_stage, epic(second_stage)) == [SECOND, "stage/2/leading"]


@pytest.mark.parametrize("status", ["Won't do", "Duplicate"])
def test_an_issue_closed_as_not_to_be_done_holds_the_stage_and_is_shown_as_stuck(
    nearly_done: LocalStage, status: str
) -> None:
    (last,) = close_required(nearly_done, leave=1)
    operations.update_work_item(nearly_done.world, nearly_done.user("gl.sa1"), last, status=status)
    assert last.state == "closed"
    pass_quiet_time(nearly_done)
    assert told(nearly_done, page(nearly_done)) == []
    assert "does not count" in page(nearly_done).description
    (stuck,) = nearly_done.service.reconciler.standing("acme").stuck
    assert stuck.capability == capability(last)
    nearly_done.reopen(last, "gl.sa1")
    nearly_done.close(last, "gl.sa1")
    pass_quiet_time(nearly_done)
    assert_second_stage(nearly_done)


def test_an_issue_moved_away_does_not_count(nearly_done: LocalStage) -> None:
    (last,) = close_required(nearly_done, leave=1)
    world, root = nearly_done.world, nearly_done.user("root")
    operations.move_issue(world, root, last, nearly_done.project("journey-control"))
    pass_quiet_time(nearly_done)
    assert told(nearly_done, page(nearly_done)) == []


def test_a_waiver_lets_the_stage_go_on_and_its_end_takes_it_back(nearly_done: LocalStage) -> None:
    (last,) = close_required(nearly_done, leave=1)
    text = nearly_done.project("journey-control").files["partners/acme.yaml"]
    until = (nearly_done.clock.now + timedelta(days=5)).date()
    waiver = f"""waivers:
  - capability: {capability(last)}
    until: {until.isoformat()}
    reason: "Portal is down"
    by: gl.sa1
"""
    nearly_done.write_partner_file("acme", text + waiver)
    pass_quiet_time(nearly_done)
    assert_second_stage(nearly_done)
    assert "Portal is down" in page(nearly_done).description
    nearly_done.clock.advance(days=6)
    nearly_done.settle()
    assert "At risk until" in page(nearly_done).description


# --- webhooks doubled, reordered, lost ---


def _doubled(waiting: list[Delivery]) -> None:
    waiting += copy.deepcopy(waiting)


def _reversed(waiting: list[Delivery]) -> None:
    waiting.reverse()


def _shuffled(waiting: list[Delivery]) -> None:
    _doubled(waiting)
    random.Random(7).shuffle(waiting)


def _halved(waiting: list[Delivery]) -> None:
    del waiting[::2]


@pytest.mark.parametrize("mischief", [_doubled, _reversed, _shuffled, _halved])
def test_webhooks_may_be_doubled_reordered_or_dropped(
    theatre: Theatre, onboarded_world: World, listener: Listener, mischief: Callable[[list[Delivery]], None]
) -> None:
    with theatre.open(copied(onboarded_world), channels=(listener.channel,)) as stage:
        stage.settle()
        for item in close_required(stage, leave=8):
            stage.finish(item, "gl.sa1")
            mischief(stage.world.outgoing)
            stage.settle()
        stage.clock.advance(minutes=QUIET_MINUTES)
        mischief(stage.world.outgoing)
        stage.settle()
        stage.clock.advance(minutes=QUIET_MINUTES)  # what was lost is found by the resync
        stage.settle()
        assert_second_stage(stage)
        assert listener.keys == [f"acme/{SECOND}"]


# --- a crash anywhere ---


@pytest.mark.parametrize(("kind", "restarted"), INTERRUPTIONS)
def test_a_stage_change_interrupted_at_every_request_is_told_once(
    theatre: Theatre, nearly_done_world: World, second_stage_world: World, kind: Kind, restarted: bool
) -> None:
    ready = copied(nearly_done_world)
    with theatre.open(ready) as stage:
        close_required(stage)
        stage.settle()
        stage.clock.advance(minutes=QUIET_MINUTES)
    wanted = picture(second_stage_world)
    at = 0
    while True:
        at += 1
        database = f"{kind}-{restarted}-{at}"
        with theatre.open(copied(ready), database=database) as stage:
            stage.service.reconciler.view("acme")  # the numbers are known, as in a bot that has run for a while
            with Fault(stage, kind, at) as fault:
                stage.service.loop.run("acme", "interrupted")
            world = stage.world
            if not restarted:
                stage.clock.advance(minutes=2)
                stage.settle()
                assert nothing_to_do(stage), at
        if restarted:
            with theatre.open(world, database=database) as stage:
                stage.settle()
                assert nothing_to_do(stage), at
        assert picture(world) == wanted, at
        if not fault.hit:
            break
    assert at > 5


@pytest.mark.parametrize("kind", KINDS)
def test_an_outside_channel_hears_once_of_a_stage_change_interrupted_anywhere(
    theatre: Theatre, nearly_done_world: World, listener: Listener, kind: Kind
) -> None:
    for at in range(1, 8):
        listener.heard.clear()
        with theatre.open(copied(nearly_done_world), channels=(listener.channel,)) as stage:
            close_required(stage)
            stage.settle()
            stage.clock.advance(minutes=QUIET_MINUTES)
            with Fault(stage, kind, at):
                stage.service.loop.run("acme", "interrupted")
            stage.clock.advance(minutes=2)
            stage.settle()
            assert listener.keys == [f"acme/{SECOND}"], at


# --- second thoughts ---


def test_reopened_within_the_quiet_time_nothing_is_ever_said(nearly_done: LocalStage) -> None:
    (last,) = close_required(nearly_done, leave=1)
    nearly_done.finish(last, "acme.lead")
    nearly_done.settle()
    nearly_done.clock.advance(minutes=5)
    nearly_done.reopen(last, "acme.lead")
    pass_quiet_time(nearly_done)
    assert comments(page(nearly_done)) == comments(epic(nearly_done)) == []
    assert len(capabilities(nearly_done)) == 8
    assert stage_labels(nearly_done, page(nearly_done)) == {"stage::onboarding"}


def test_reopened_later_the_stage_is_at_risk_and_closing_again_says_nothing_new(second_stage: LocalStage) -> None:
    first = capabilities(second_stage, state="closed")[0]
    second_stage.reopen(first, "acme.lead")
    pass_quiet_time(second_stage)
    status = page(second_stage)
    assert "**At risk until" in status.description
    assert f"| #{first.iid} {first.title} |" in status.description.split("### Open again in an earlier stage")[1]
    assert stage_labels(second_stage, status) == {"stage::enabling"}
    second_stage.finish(first, "acme.lead")
    pass_quiet_time(second_stage)
    assert "At risk" not in page(second_stage).description
    assert told(second_stage, page(second_stage)) == told(second_stage, epic(second_stage)) == [SECOND]
    assert nothing_to_do(second_stage)


def test_reopened_for_longer_than_the_grace_period_the_stage_steps_back_and_can_come_again(
    second_stage: LocalStage,
) -> None:
    first = capabilities(second_stage, state="closed")[0]
    second_stage.reopen(first, "acme.lead")
    second_stage.settle()
    second_stage.clock.advance(days=31)
    second_stage.settle()
    back = "stage/2/onboarding"
    assert told(second_stage, page(second_stage)) == told(second_stage, epic(second_stage)) == [SECOND, back]
    assert stage_labels(second_stage, epic(second_stage)) == {"stage::onboarding"}
    assert [m.state for m in milestones(second_stage).values()] == ["active"] * 4
    assert nothing_to_do(second_stage)
    second_stage.finish(first, "acme.lead")
    pass_quiet_time(second_stage)
    assert told(second_stage, page(second_stage)) == [SECOND, back, "stage/3/enabling"]
    assert not doubles(second_stage)


# --- all the way ---


def test_four_stages_to_completion_each_told_once(theatre: Theatre, onboarded_world: World, listener: Listener) -> None:
    with theatre.open(copied(onboarded_world), channels=(listener.channel,)) as stage:
        for _stage in range(4):
            close_required(stage)
            pass_quiet_time(stage)
        marks = [SECOND, "stage/2/leading", "stage/3/strategic", "stage/4/complete"]
        assert told(stage, page(stage)) == told(stage, epic(stage)) == marks
        assert listener.keys == [f"acme/{mark}" for mark in marks]
        assert listener.heard[-1]["type"] == "partner-journey.complete"
        assert stage_labels(stage, page(stage)) == stage_labels(stage, epic(stage)) == {"stage::complete"}
        assert [m.state for m in milestones(stage).values()] == ["closed"] * 4
        assert "has completed the" in page(stage).description
        assert len(capabilities(stage)) == 31
        assert nothing_to_do(stage)


def test_two_stages_complete_at_once_give_one_comment(second_stage: LocalStage) -> None:
    """The first stage's issue is reopened, the second stage is finished meanwhile; then the first one is closed."""
    first = capabilities(second_stage, state="closed")[0]
    second_stage.reopen(first, "acme.lead")
    second_stage.settle()
    second_stage.clock.advance(days=31)
    second_stage.settle()
    assert stage_labels(second_stage, epic(second_stage)) == {"stage::onboarding"}
    close_required(second_stage)
    pass_quiet_time(second_stage)
    last = told(second_stage, page(second_stage))[-1]
    assert told(second_stage, page(second_stage)) == [SECOND, "stage/2/onboarding", "stage/3/leading"]
    assert told(second_stage, epic(second_stage))[-1] == last
    body = comments(page(second_stage))[-1].body
    assert "**01 - Onboarding (Stand)**" in body
    assert "**02 - Enabling (Walk)**" in body
    assert [m.state for m in milestones(second_stage).values()] == ["closed", "closed", "active", "active"]
    assert nothing_to_do(second_stage)
