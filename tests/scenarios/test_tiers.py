"""The same journey on every licence: what GitLab does not sell there is stood in for, and nothing is lost."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from stagehand import (
    BOT,
    Theatre,
    ask,
    board_lists,
    capabilities,
    close_required,
    comments,
    copied,
    epic,
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

from app.demo.local import ACME, GLOBEX
from app.demo.story import play
from app.sandbox.world import Tier

UNLICENSED: list[Tier] = ["free", "ce"]


@pytest.mark.parametrize("tier", ["premium", *UNLICENSED])
def test_the_whole_story_ends_right(tier: Tier) -> None:
    """On ultimate it is played through the command line, in test_cli.py."""
    shown = io.StringIO()
    assert play(Console(file=shown, width=150), tier=tier), shown.getvalue()


@pytest.mark.parametrize("tier", UNLICENSED)
def test_without_epics_a_tracker_issue_in_the_control_project_stands_in(theatre: Theatre, tier: Tier) -> None:
    with theatre.open(tier=tier) as stage:
        onboard(stage, "acme", ACME)
        tracker, control = epic(stage), stage.project("journey-control")
        assert (tracker.type, tracker.project_id, tracker.title) == ("ISSUE", control.id, "Acme Integrators")
        assert labels(stage, tracker) == {"journey::partner", "stage::onboarding", "category::rsi"}
        assert not [i for i in stage.world.work_items.values() if i.type == "EPIC"]
        assert not [b for b in stage.world.boards.values() if b.epic]
        (board,) = [b for b in stage.world.boards.values() if b.project_id == control.id]
        assert board.name == "Partner portfolio"
        assert board_lists(stage.world, board)[-1] == "stage::complete"
        assert nothing_to_do(stage)


@pytest.mark.parametrize("tier", UNLICENSED)
def test_stage_labels_are_swapped_by_the_bot_where_gitlab_does_not(theatre: Theatre, tier: Tier) -> None:
    """Scoped labels exclude each other with a licence only: https://docs.gitlab.com/user/project/labels/"""
    with theatre.open(tier=tier) as stage:
        onboard(stage, "acme", ACME)
        for reached in ("enabling", "leading"):
            close_required(stage)
            pass_quiet_time(stage)
            assert stage_labels(stage, page(stage)) == stage_labels(stage, epic(stage)) == {f"stage::{reached}"}
        body = {"add_labels": "stage::strategic"}
        ask(stage, "gl.sa1", f"/projects/partners%2Facme/issues/{page(stage).iid}", method="PUT", body=body)
        assert len(stage_labels(stage, page(stage))) == 2
        stage.settle()
        assert stage_labels(stage, page(stage)) == {"stage::leading"}
        assert told(stage, page(stage)) == told(stage, epic(stage)) == ["stage/1/enabling", "stage/2/leading"]
        assert [m.state for m in milestones(stage).values()] == ["closed", "closed", "active", "active"]
        assert nothing_to_do(stage)


@pytest.mark.parametrize("tier", UNLICENSED)
def test_without_confidential_epics_a_partner_still_sees_no_trace_of_another(theatre: Theatre, tier: Tier) -> None:
    with theatre.open(tier=tier) as stage:
        onboard(stage, "acme", ACME)
        onboard(stage, "globex", GLOBEX)
        assert not page(stage).confidential
        for target in (
            "/projects",
            "/groups/partners/projects",
            "/groups/partners/issues?scope=all",
            "/issues?scope=all",
        ):
            answer = ask(stage, "acme.lead", target)
            assert answer.status == 200
            assert "globex" not in answer.text.lower(), target
            assert "control" not in answer.text.lower(), target
        for hidden in ("globex", "journey-control"):
            assert ask(stage, "acme.lead", f"/projects/partners%2F{hidden}/issues").status == 404


@pytest.mark.parametrize("tier", UNLICENSED)
def test_the_status_page_and_comments_name_issues_as_gitlab_shows_them(theatre: Theatre, tier: Tier) -> None:
    with theatre.open(tier=tier) as stage:
        onboard(stage, "acme", ACME)
        close_required(stage)
        pass_quiet_time(stage)
        (inner,) = [n for n in comments(epic(stage)) if n.author_id == stage.user(BOT).id]
        assert f"- partners/acme#{capabilities(stage)[0].iid} " in inner.body
        assert "⟦" not in inner.body + page(stage).description + epic(stage).description


def test_a_licence_that_ends_in_mid_journey_goes_on_with_a_tracker_issue(theatre: Theatre) -> None:
    """The epics are out of reach then; the stage is read back from the comments on the status page."""
    with theatre.open(tier="premium") as stage:
        onboard(stage, "acme", ACME)
        close_required(stage)
        pass_quiet_time(stage)
        world = copied(stage.world)
    world.tier = "free"
    with theatre.open(world) as stage:
        stage.settle()
        control = stage.project("journey-control")
        trackers = [i for i in world.work_items.values() if i.project_id == control.id]
        assert [i.title for i in trackers] == ["Acme Integrators"]
        assert stage_labels(stage, trackers[0]) == {"stage::enabling"}
        assert told(stage, page(stage)) == ["stage/1/enabling"]
        assert nothing_to_do(stage)
        assert len(capabilities(stage)) == 17
    world.tier = "premium"
    with theatre.open(world) as stage:
        stage.settle()
        before = picture(world)
        stage.service.loop.run("acme", "look")
        assert picture(world) == before
        assert told(stage, page(stage)) == ["stage/1/enabling"]
