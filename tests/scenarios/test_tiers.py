"""The same journey on every licence: what GitLab does not sell there is stood in for, and nothing is lost."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

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
    doubles,
    epic,
    labels,
    milestones,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    stage_labels,
    told,
)

from app.demo.local import ACME, GLOBEX, LocalStage
from app.demo.story import play
from app.sandbox import operations
from app.sandbox.http import Request, Response
from app.sandbox.world import Tier, WorkItem, World

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


def trackers(stage: LocalStage, *, state: str = "opened") -> list[WorkItem]:
    control = stage.project("journey-control").id
    return [i for i in stage.world.work_items.values() if i.project_id == control and i.state == state]


def pass_stage(stage: LocalStage) -> None:
    """All required issues of the present stage are closed, and the quiet time goes by."""
    close_required(stage)
    pass_quiet_time(stage)


def change_tier(stage: LocalStage, tier: Tier) -> None:
    """The licence ends or starts while the bot runs; the next look notices it."""
    operations.change_tier(stage.world, stage.user("root"), tier)
    stage.service.queue.wake("acme", "look")
    stage.settle()


@pytest.mark.parametrize("restarted", [False, True], ids=["the bot runs on", "the bot is restarted"])
def test_a_licence_that_ends_and_starts_again_in_mid_journey(theatre: Theatre, restarted: bool) -> None:
    """Epic, tracker issue, epic: at each change what was announced is taken over, and nothing is told twice."""

    @contextmanager
    def on(tier: Tier, stage: LocalStage) -> Iterator[LocalStage]:
        change_tier(stage, tier)
        if not restarted:
            yield stage
            return
        with theatre.open(stage.world) as fresh:
            fresh.settle()
            yield fresh

    with theatre.open(tier="premium") as first:
        onboard(first, "acme", ACME)
        pass_stage(first)
        the_epic = epic(first)
        with on("free", first) as stage:
            (tracker,) = trackers(stage)
            assert stage_labels(stage, tracker) == stage_labels(stage, page(stage)) == {"stage::enabling"}
            assert told(stage, tracker) == []
            assert nothing_to_do(stage)
            pass_stage(stage)
            assert stage_labels(stage, tracker) == stage_labels(stage, page(stage)) == {"stage::leading"}
            assert told(stage, tracker) == ["stage/2/leading"]
            with on("premium", stage) as stage:
                assert [i for i in stage.world.work_items.values() if i.type == "EPIC"] == [the_epic]
                assert (the_epic.state, tracker.state) == ("opened", "closed")
                assert stage_labels(stage, the_epic) == {"stage::leading"}
                assert told(stage, page(stage)) == ["stage/1/enabling", "stage/2/leading"]
                assert {i.parent_id for i in (page(stage), *capabilities(stage))} == {the_epic.id}
                assert all(i.confidential for i in capabilities(stage))
                assert nothing_to_do(stage)
                pass_stage(stage)
                assert told(stage, the_epic) == ["stage/1/enabling", "stage/3/strategic"]
                with on("free", stage) as stage:
                    assert trackers(stage) == [tracker]
                    assert stage_labels(stage, tracker) == {"stage::strategic"}
                    pass_stage(stage)
                    assert told(stage, tracker) == ["stage/2/leading", "stage/4/complete"]
                    assert told(stage, page(stage)) == [
                        "stage/1/enabling", "stage/2/leading", "stage/3/strategic", "stage/4/complete",
                    ]  # fmt: skip
                    assert len(capabilities(stage)) == 31
                    assert not doubles(stage)
                    assert nothing_to_do(stage)


def _licence_ends(stage: LocalStage, count: Iterator[int], at: int, _r: Request, _n: int, _a: Response) -> None:
    """After request number `at`."""
    if next(count) == at:
        operations.change_tier(stage.world, stage.user("root"), "free")


def test_a_licence_that_ends_while_a_stage_change_is_written_loses_no_announcement(
    theatre: Theatre, nearly_done_world: World
) -> None:
    """It ends after the n-th request of the run, for every n; the outside hears of the change once."""
    at = 0
    while True:
        at += 1
        with theatre.open(copied(nearly_done_world)) as stage:
            stage.settle()
            close_required(stage)
            stage.clock.advance(minutes=11)
            count = iter(range(1, 1000))

            stage.sandbox.fault_after = partial(_licence_ends, stage, count, at)
            stage.service.loop.run("acme", "the licence ends meanwhile")
            stage.sandbox.fault_after = None
            if stage.world.licensed:
                assert at > 4
                return
            for _ in range(3):
                stage.clock.advance(minutes=5)
                stage.settle()
            assert told(stage, page(stage)) == ["stage/1/enabling"], at
            (tracker,) = trackers(stage)
            assert stage_labels(stage, tracker) == stage_labels(stage, page(stage)) == {"stage::enabling"}, at
            assert [row.key for row in stage.service.store.outbox.newest()] in ([], ["acme/stage/1/enabling"])
            assert not doubles(stage), at
            assert nothing_to_do(stage), at


def test_what_a_licence_lacks_is_said_and_why(theatre: Theatre) -> None:
    with theatre.open(tier="premium") as stage:
        onboard(stage, "acme", ACME)
        assert stage.service.reconciler.standing("acme").degraded == []
        change_tier(stage, "free")
        told_to_operators = stage.service.reconciler.standing("acme").degraded
        (tracker,) = trackers(stage)
        assert any("tracker issue" in line and "no epics" in line for line in told_to_operators)
        assert "no epics" in tracker.description
        change_tier(stage, "ultimate")
        assert stage.service.reconciler.standing("acme").degraded == []
