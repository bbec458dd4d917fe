"""What only the bot sees is told outside: webhooks that GitLab switched off, a token that ends, a stage at risk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from stagehand import (
    BOT,
    Listener,
    Theatre,
    capabilities,
    close_required,
    copied,
    pass_quiet_time,
    problems,
    requests_since,
)

from app.demo.local import LocalStage
from app.sandbox.http import error_response
from app.sandbox.world import Token, World


@pytest.fixture
def loud(theatre: Theatre, onboarded_world: World, listener: Listener) -> Iterator[LocalStage]:
    with theatre.open(copied(onboarded_world), channels=(listener.channel,)) as opened:
        opened.settle()
        yield opened


def pass_days(stage: LocalStage, days: float) -> None:
    """The first tick finds the trouble, the second one sends the message."""
    stage.clock.advance(days=days)
    stage.settle()
    stage.service.ticker.tick(stage.clock())


def own_token(stage: LocalStage) -> Token:
    (own,) = [token for token in stage.world.tokens.values() if token.user_id == stage.user(BOT).id]
    return own


def told(listener: Listener, kind: str) -> list[str]:
    return [event["data"]["text"] for event in listener.heard if event["type"] == f"partner-journey.{kind}"]


def test_while_all_is_well_nothing_is_told(loud: LocalStage, listener: Listener) -> None:
    for _ in range(5):
        pass_days(loud, 1)
    assert listener.heard == []


def cannot_be_revived(stage: LocalStage, *slugs: str) -> None:
    """GitLab has switched off the webhooks of these projects, and reaches the service no more."""
    projects = {stage.project(slug).id for slug in slugs}
    for hook in stage.world.hooks.values():
        hook.recent_failures = 40 if hook.project_id in projects else 0
    lost = error_response(422, "execution expired")
    stage.sandbox.fault = lambda request, _: lost if "/test/" in request.path else None


def test_webhooks_that_cannot_be_revived_are_told_once_in_one_message(loud: LocalStage, listener: Listener) -> None:
    cannot_be_revived(loud, "journey-control", "acme")
    pass_days(loud, 0.1)
    (found,) = told(listener, "hook-trouble")
    assert found.count("execution expired") == 2
    assert "webhook of partners/journey-control" in found
    assert "webhook of partners/acme" in found
    assert found.count("\n\nNext: ") == 1
    pass_days(loud, 2)
    assert told(listener, "hook-trouble") == [found]


def test_trouble_with_webhooks_is_an_issue_that_calls_the_architects_and_closes_by_itself(loud: LocalStage) -> None:
    cannot_be_revived(loud, "acme")
    for _ in range(3):
        pass_days(loud, 0.1)
    (issue,) = problems(loud)
    assert issue.title.startswith("Trouble with webhooks")
    assert "webhook of partners/acme" in issue.description
    assert "\n@partners: " in issue.description
    cannot_be_revived(loud, "acme", "journey-control")
    pass_days(loud, 0.1)
    assert [found.iid for found in problems(loud)] == [issue.iid]
    assert "webhook of partners/journey-control" in issue.description
    cannot_be_revived(loud)
    pass_days(loud, 0.1)
    assert problems(loud) == []
    assert issue.state == "closed"
    before = len(loud.world.journal)
    pass_days(loud, 0.1)
    assert not [asked for asked in requests_since(loud, before) if "issues" in asked]


def test_trouble_that_ended_while_the_database_was_lost_closes_its_issue(
    theatre: Theatre, onboarded_world: World
) -> None:
    with theatre.open(copied(onboarded_world)) as stage:
        stage.settle()
        cannot_be_revived(stage, "acme")
        pass_days(stage, 0.1)
        (issue,) = problems(stage)
        cannot_be_revived(stage)
        stage.sandbox.fault = None
        world = stage.world
    with theatre.open(world) as stage:
        stage.settle()
        pass_days(stage, 0.1)
        assert issue.state == "closed"


def test_a_webhook_that_comes_and_goes_is_told_once_a_day_whoever_fails_with_it(
    loud: LocalStage, listener: Listener
) -> None:
    cannot_be_revived(loud, "acme")
    pass_days(loud, 0.1)
    cannot_be_revived(loud)
    pass_days(loud, 0.1)
    cannot_be_revived(loud, "acme", "journey-control")
    pass_days(loud, 0.1)
    first, second = told(listener, "hook-trouble")
    assert [event["data"]["title"] for event in listener.heard] == [
        "Partner Journey: webhook of partners/acme", "Partner Journey: webhook of partners/journey-control",
    ]  # fmt: skip
    assert first != second
    cannot_be_revived(loud)
    pass_days(loud, 1)
    cannot_be_revived(loud, "acme")
    pass_days(loud, 0.1)
    assert len(told(listener, "hook-trouble")) == 3, "the next day it is told again"


def test_a_message_at_risk_that_a_crash_at_midnight_interrupts_comes_once(
    theatre: Theatre, onboarded_world: World, listener: Listener
) -> None:
    with theatre.open(copied(onboarded_world), channels=(listener.channel,), database="night") as stage:
        close_required(stage)
        pass_quiet_time(stage)
        stage.reopen(capabilities(stage, state="closed")[0], "acme.lead")
        stage.clock.now = stage.clock.now.replace(hour=23, minute=59, second=59)
        world = stage.world
        cut = iter([True])

    class Killed(BaseException):
        """The process ends here."""

    def die(point: str) -> None:
        if point == "a message is kept" and next(cut, False):
            raise Killed

    opened = theatre.open(world, channels=(listener.channel,), database="night", passing=die)
    with opened as stage, pytest.raises(Killed):
        stage.settle()
    world.clock.advance(minutes=2)
    with theatre.open(world, channels=(listener.channel,), database="night") as stage:
        pass_days(stage, 0.1)
        pass_days(stage, 0.1)
        assert len(told(listener, "at-risk")) == 1


def test_a_stage_that_is_at_risk_a_second_time_is_told_again(loud: LocalStage, listener: Listener) -> None:
    close_required(loud)
    pass_quiet_time(loud)
    item = capabilities(loud, state="closed")[0]
    for times in (1, 2):
        loud.reopen(item, "acme.lead")
        loud.settle()
        pass_days(loud, 0.1)
        assert len(told(listener, "at-risk")) == times
        loud.finish(item, "gl.sa1")
        loud.settle()
        pass_days(loud, 0.1)


def test_a_token_that_is_about_to_end_is_told_once_a_week(loud: LocalStage, listener: Listener) -> None:
    own_token(loud).expires_at = (loud.clock() + timedelta(days=30)).date()
    for _ in range(14):
        pass_days(loud, 1)
    found = told(listener, "token-trouble")
    assert 2 <= len(found) <= 3
    (issue,) = problems(loud)
    assert issue.title.startswith("Trouble with token")
    assert "PARTNER_JOURNEY_TOKEN" in found[0]
    assert "subject" not in listener.heard[0]  # it is about no partner


def test_a_token_that_has_ended_is_told_though_gitlab_refuses_everything(loud: LocalStage, listener: Listener) -> None:
    pass_days(loud, 0.1)
    own_token(loud).revoked = True
    pass_days(loud, 0.1)
    (found,) = told(listener, "token-trouble")
    assert "Next: " in found


def test_a_stage_at_risk_is_told_outside_once_in_titles_without_numbers(loud: LocalStage, listener: Listener) -> None:
    close_required(loud)
    pass_quiet_time(loud)
    (change,) = listener.heard
    assert change["data"]["category"] == "rsi"
    assert change["data"]["region"]
    assert "\u27e6" not in change["data"]["markdown"]  # a place for a number that only GitLab's pages fill
    done = next(i for i in capabilities(loud, state="closed"))
    loud.reopen(done, "acme.lead")
    loud.settle()
    pass_days(loud, 1)
    (risk,) = told(listener, "at-risk")
    assert risk.startswith("These are open again in an earlier stage:\n\n- ")
    assert "and nothing changes. After that the stage steps back." in risk
    assert "@" not in risk
