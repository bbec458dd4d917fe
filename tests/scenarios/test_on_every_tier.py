"""The same scenarios on each tier: whatever GitLab's licence offers, the partner's journey is the same one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest
from stagehand import (
    BOT,
    QUIET_MINUTES,
    Fault,
    Theatre,
    ask,
    capabilities,
    close_required,
    copied,
    doubles,
    epic,
    issue_of,
    labels,
    milestones,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    picture,
    stage_labels,
    told,
)

from app.demo.local import ACME, LocalStage
from app.sandbox import operations
from app.sandbox.world import Tier, World


@pytest.fixture(scope="module", params=get_args(Tier))
def young(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world of each tier in which Acme is onboarded. Copy it before you play on."""
    with Theatre(tmp_path_factory.mktemp("tier")).open(tier=request.param) as stage:
        onboard(stage, "acme", ACME)
        return stage.world


@pytest.fixture
def acme(young: World, theatre: Theatre) -> Iterator[LocalStage]:
    with theatre.open(copied(young)) as stage:
        stage.settle()
        yield stage


def test_onboarding_is_complete_and_a_second_look_changes_nothing(acme: LocalStage) -> None:
    before = picture(acme.world)
    assert len(capabilities(acme)) == 8
    assert stage_labels(acme, page(acme)) == stage_labels(acme, epic(acme)) == {"stage::onboarding"}
    assert [m.state for m in milestones(acme).values()] == ["active"] * 4
    acme.service.loop.run("acme", "once more")
    assert picture(acme.world) == before
    assert nothing_to_do(acme)


def test_onboarding_interrupted_at_any_request_ends_alike(theatre: Theatre, young: World) -> None:
    """Each request is done and its answer lost; the bot goes on where it was."""
    wanted, tier = picture(young), young.tier
    at = 0
    while True:
        at += 1
        with theatre.open(tier=tier) as stage:
            stage.settle()
            stage.write_partner_file("acme", ACME)
            stage.deliver()
            with Fault(stage, "lost on the way back", at) as fault:
                stage.service.loop.run("acme", "interrupted")
            stage.clock.now += timedelta(minutes=2)
            stage.settle()
            if not fault.hit:
                assert at > 8
                return
            assert nothing_to_do(stage), at
            assert picture(stage.world) == wanted, at


def test_a_stage_change_is_told_once_to_each_side(acme: LocalStage) -> None:
    close_required(acme)
    pass_quiet_time(acme)
    acme.service.loop.run("acme", "once more")
    assert told(acme, page(acme)) == told(acme, epic(acme)) == ["stage/1/enabling"]
    assert stage_labels(acme, page(acme)) == stage_labels(acme, epic(acme)) == {"stage::enabling"}
    assert [m.state for m in milestones(acme).values()] == ["closed", "active", "active", "active"]
    assert not doubles(acme)
    assert nothing_to_do(acme)


def test_an_issue_that_is_opened_again_puts_the_stage_at_risk_and_closing_it_heals_that(acme: LocalStage) -> None:
    close_required(acme)
    pass_quiet_time(acme)
    item = issue_of(acme, "onboarding/partner-portal")
    acme.reopen(item, "gl.sa1")
    acme.settle()
    assert "At risk until" in page(acme).description
    acme.close(item, "gl.sa1")
    pass_quiet_time(acme)
    assert "At risk until" not in page(acme).description
    assert told(acme, page(acme)) == ["stage/1/enabling"]
    assert nothing_to_do(acme)


def test_without_its_database_the_bot_repeats_nothing(acme: LocalStage, theatre: Theatre) -> None:
    close_required(acme)
    pass_quiet_time(acme)
    before = picture(acme.world)
    with theatre.open(acme.world) as stage:
        pass_quiet_time(stage)
        assert picture(stage.world) == before
        assert stage.service.store.outbox.newest() == []


def test_a_lost_webhook_and_a_deleted_issue_are_found_by_the_next_looks(acme: LocalStage) -> None:
    kept, gone = capabilities(acme)[:2]
    acme.finish(kept, "acme.lead")
    operations.delete_work_item(acme.world, acme.user("root"), gone)
    acme.world.outgoing.clear()
    acme.clock.advance(days=1)
    acme.settle()
    assert len(capabilities(acme)) == 8
    assert f"#{kept.iid} {kept.title}" in page(acme).description.split("Done so far")[1]
    assert nothing_to_do(acme)


def test_what_people_write_and_label_stays(acme: LocalStage) -> None:
    item = capabilities(acme)[0]
    ours = epic(acme)
    body = {"add_labels": "urgent"}
    assert ask(acme, "gl.sa1", f"/projects/partners%2Facme/issues/{item.iid}", method="PUT", body=body).status == 200
    acme.comment(item, "acme.lead", "We have begun.")
    acme.comment(ours, "gl.sa1", "Talk to them on Monday.")
    close_required(acme)
    pass_quiet_time(acme)
    assert "urgent" in labels(acme, item)
    assert [n.body for n in ours.notes if not n.system and n.author_id != acme.user(BOT).id] == [
        "Talk to them on Monday."
    ]
    assert nothing_to_do(acme)


def test_a_stage_label_moved_by_hand_goes_back(acme: LocalStage) -> None:
    body = {"add_labels": "stage::strategic"}
    path = f"/projects/partners%2Facme/issues/{page(acme).iid}"
    assert ask(acme, "gl.sa1", path, method="PUT", body=body).status == 200
    acme.settle()
    acme.clock.advance(minutes=QUIET_MINUTES)
    acme.settle()
    assert stage_labels(acme, page(acme)) == {"stage::onboarding"}
    assert told(acme, page(acme)) == []
    assert nothing_to_do(acme)


def test_a_failing_gitlab_parks_the_partner_and_is_forgiven(acme: LocalStage) -> None:
    close_required(acme)
    with Fault(acme, "refused", 1):
        acme.service.loop.run("acme", "GitLab is down")
    assert acme.service.store.partner("acme").failures == 1
    pass_quiet_time(acme)
    assert acme.service.store.partner("acme").failures == 0
    assert told(acme, page(acme)) == ["stage/1/enabling"]


def test_a_closing_at_a_gate_waits_for_the_architect_who_confirms_rejects_and_waives(acme: LocalStage) -> None:
    item = issue_of(acme, "onboarding/get-certified")

    def says(words: str) -> set[str]:
        acme.comment(item, "gl.sa1", words)
        acme.settle()
        assert nothing_to_do(acme)
        return labels(acme, item) & {"verify::pending", "verify::ok", "waived"}

    acme.finish(item, "acme.lead")
    acme.settle()
    assert "verify::pending" in labels(acme, item)
    assert "### Waiting for you" in epic(acme).description
    assert says("/journey reject The certificate has expired") == set()
    assert item.state == "opened"
    acme.close(item, "acme.lead")
    acme.settle()
    assert says("/journey verify") == {"verify::ok"}
    acme.reopen(item, "acme.lead")
    acme.settle()
    assert says("/journey waive until 2026-12-31 Certified elsewhere") == {"waived"}
    assert "1 of 8 required capabilities done, 1 of them waived" in page(acme).description


def test_a_closing_without_evidence_is_opened_again_once(acme: LocalStage) -> None:
    item = issue_of(acme, "onboarding/gitlab-101-pitch")
    acme.close(item, "acme.lead")
    pass_quiet_time(acme)
    assert (item.state, told(acme, item)) == ("opened", ["evidence/onboarding/gitlab-101-pitch"])
    acme.close(item, "acme.lead")
    pass_quiet_time(acme)
    assert (item.state, told(acme, item)) == ("closed", ["evidence/onboarding/gitlab-101-pitch"])
    assert "verify::pending" in labels(acme, item)
    assert nothing_to_do(acme)
