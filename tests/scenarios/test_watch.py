"""The service looks at its own connection by the clock: it mends what it can, and tells what it cannot."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from stagehand import BOT, TOKEN, Listener, Theatre, caller, capabilities, copied

from app.demo.local import LocalStage
from app.engine.records import Run
from app.sandbox import operations
from app.sandbox.http import error_response
from app.sandbox.world import GUEST, Hook, Token, World
from app.web.health import Check, Health


def hook_of(stage: LocalStage, slug: str = "acme") -> Hook:
    project = stage.project(slug)
    (hook,) = [h for h in stage.world.hooks.values() if h.project_id == project.id]
    return hook


def pass_time(stage: LocalStage, **amount: float) -> None:
    stage.clock.advance(**amount)
    stage.settle()


def check(stage: LocalStage, name: str) -> Check:
    """What the health page says under this name."""
    service = stage.service
    health = Health(service.ground, service.watch, service.store, service.queue, service.clock)
    (found,) = [c for c in health.checks() if c.name == name]
    return found


def told(stage: LocalStage, topic: str) -> list[dict[str, str]]:
    """What the API says of this topic."""
    answer = caller(stage)("GET", "/api/status", token=TOKEN).json()
    (found,) = [looked for looked in answer["connection"] if looked["topic"] == topic]
    findings: list[dict[str, str]] = found["findings"]
    return findings


def runs(stage: LocalStage) -> list[Run]:
    """Acme's runs at this moment of the stage's clock, which stands still between two steps."""
    return [run for run in stage.service.store.runs(partner="acme") if run.started_at == stage.clock()]


def own_token(stage: LocalStage) -> Token:
    return next(t for t in stage.world.tokens.values() if t.user_id == stage.user(BOT).id)


def test_soon_after_the_start_all_is_looked_at_and_well(onboarded: LocalStage) -> None:
    assert [check(onboarded, name).state for name in ("Token", "Webhooks", "Access")] == ["good"] * 3
    assert {f["state"] for topic in ("token", "webhooks", "access") for f in told(onboarded, topic)} == {"ok"}


# --- webhooks ---


@pytest.mark.parametrize("slug", ["acme", "journey-control"])
def test_a_webhook_that_gitlab_switched_off_is_switched_on_and_what_it_lost_is_made_good(
    onboarded: LocalStage, slug: str
) -> None:
    hook = hook_of(onboarded, slug)
    hook.recent_failures = 40
    pass_time(onboarded, hours=1)
    assert hook.recent_failures == 0
    assert check(onboarded, "Webhooks").state == "watch"
    assert any("had switched it off" in f["text"] for f in told(onboarded, "webhooks"))
    assert runs(onboarded), "what was lost was read from GitLab"
    pass_time(onboarded, hours=1)
    assert check(onboarded, "Webhooks").state == "good"


def test_a_webhook_that_a_look_at_its_partner_shows_as_off_waits_for_no_hour(onboarded: LocalStage) -> None:
    hook_of(onboarded).recent_failures = 40
    onboarded.finish(capabilities(onboarded, state="opened")[-1], "gl.sa1")
    pass_time(onboarded, minutes=11)  # the resync finds the close
    pass_time(onboarded, minutes=6)
    assert hook_of(onboarded).recent_failures == 0


def test_a_webhook_that_cannot_be_reached_stays_a_failure_with_the_way_out(onboarded: LocalStage) -> None:
    hook_of(onboarded).recent_failures = 40
    lost = error_response(422, "execution expired")
    onboarded.sandbox.fault = lambda request, _: lost if "/test/" in request.path else None
    pass_time(onboarded, hours=1)
    found = check(onboarded, "Webhooks")
    assert (found.state, "execution expired" in found.text) == ("bad", True)
    assert "partner-journey doctor" in found.fix


def test_deliveries_that_failed_are_overtaken_once_and_said_so_by_page_and_command(onboarded: LocalStage) -> None:
    onboarded.finish(capabilities(onboarded, state="opened")[-1], "gl.sa1")
    onboarded.deliver()
    onboarded.settle()
    onboarded.world.deliveries[-1].status = 503
    watch = onboarded.service.watch
    assert [f.state for f in watch.hooks.check(watch.projects(), watch.overtaken())] == ["warning"]
    pass_time(onboarded, hours=1)
    assert len(runs(onboarded)) == 1
    assert "was read from GitLab since" in check(onboarded, "Webhooks").text
    assert [f.state for f in watch.hooks.check(watch.projects(), watch.overtaken())] == ["ok"]
    pass_time(onboarded, hours=1)
    assert not runs(onboarded)


# --- token ---


def test_the_end_of_the_token_is_told_thirty_days_ahead_on_page_api_and_log(
    onboarded: LocalStage, caplog: pytest.LogCaptureFixture
) -> None:
    own_token(onboarded).expires_at = (onboarded.clock() + timedelta(days=20)).date()
    with caplog.at_level(logging.WARNING):
        pass_time(onboarded, hours=1)
        pass_time(onboarded, hours=1)
    assert "in 20 days" in check(onboarded, "Token").text
    assert check(onboarded, "Token").state == "watch"
    assert any("in 20 days" in f["text"] for f in told(onboarded, "token"))
    assert len([r for r in caplog.records if "The token ends" in r.getMessage()]) == 1, "told once, not at every look"


# --- access ---


def test_a_partner_who_could_see_another_is_told_loudly_the_next_morning(
    theatre: Theatre, two_partners_world: World, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    with theatre.open(copied(two_partners_world), channels=(listener.channel,)) as stage:
        stage.settle()
        globex = stage.project("globex")
        operations.add_member(stage.world, stage.user("root"), globex, stage.user("acme.dev"), GUEST)
        with caplog.at_level(logging.ERROR):
            pass_time(stage, hours=24)
        assert any("acme.dev" in record.getMessage() for record in caplog.records)
        found = check(stage, "Access")
        assert (found.state, "acme.dev" in found.text) == ("bad", True)
        assert any(f["state"] == "failed" for f in told(stage, "access"))
        told_outside = [m["data"]["title"] for m in listener.heard if m["type"].endswith("access-trouble")]
        assert told_outside == ["Partner Journey: 2 troubles with access"]
        pass_time(stage, hours=24)
        assert len([m for m in listener.heard if m["type"].endswith("access-trouble")]) == 1, "not told again"


def test_a_group_of_architects_that_is_not_there_is_told_and_forgotten_once_it_is(
    theatre: Theatre, onboarded_world: World
) -> None:
    """Whoever waits for a confirmation would wait for ever, and only the doctor would know why."""
    with theatre.open(copied(onboarded_world), settings={"architects_group": "sa-team"}) as stage:
        pass_time(stage, minutes=30)
        (issue,) = [each for each in stage.world.work_items.values() if "sa-team cannot be read" in each.description]
        assert "PARTNER_JOURNEY_ARCHITECTS_GROUP" in issue.description
        assert issue.state == "opened"
        assert check(stage, "Access").state == "bad"
        root = stage.user("root")
        team = operations.create_group(stage.world, root, path="sa-team", name="SA team")
        for name in (BOT, "gl.sa1"):
            operations.add_member(stage.world, root, team, stage.user(name), GUEST)
        pass_time(stage, hours=24)
        assert issue.state == "closed"
        assert check(stage, "Access").state == "good"
