"""Many partners at once, on a GitLab that counts: nobody is refused, and the bot says beforehand how long it takes."""

from __future__ import annotations

import re
from bisect import bisect_left

import pytest
from stagehand import (
    BOT,
    Theatre,
    caller,
    capabilities,
    close_required,
    copied,
    nothing_to_do,
    page,
    pass_quiet_time,
    told,
)

from app.demo.local import ACME, LocalStage
from app.sandbox import operations
from app.sandbox.world import JournalEntry, World

PARTNERS = 100


def add_partners(stage: LocalStage, count: int) -> list[str]:
    """One merge request that brings so many partner files."""
    slugs = [f"partner-{number:03}" for number in range(count)]
    actions = [
        {"action": "create", "file_path": f"partners/{slug}.yaml", "content": ACME.replace("Acme", slug.title())}
        for slug in slugs
    ]
    operations.commit_files(
        stage.world, stage.user("root"), stage.project("journey-control"), branch="main", message="All of them",
        actions=actions,
    )  # fmt: skip
    return slugs


def uses(entry: JournalEntry, family: str) -> int:
    """How often a request of the journal uses a family: its aliased mutations are counted one by one."""
    if family == "api":
        return 1
    word, route = {"issues": ("workItemCreate", r"/issues$"), "notes": ("createNote", r"/notes$")}[family]
    if entry.operation:
        return len(re.findall(rf"w\d+: {word}\(", entry.body))
    return int(entry.method == "POST" and re.search(route, entry.path) is not None)


def most_in_a_minute(world: World, family: str) -> int:
    """The fullest minute of the bot's requests, wherever it begins."""
    times = sorted(
        entry.at.timestamp() for entry in world.journal if entry.username == BOT for _ in range(uses(entry, family))
    )
    return max((bisect_left(times, start + 60) - index for index, start in enumerate(times)), default=0)


def test_a_hundred_partners_at_once_stay_inside_every_limit_and_take_as_long_as_was_said(stage: LocalStage) -> None:
    stage.world.limits.enforce_rates = True
    slugs = add_partners(stage, PARTNERS)
    stage.deliver()
    forecast = stage.service.forecaster.of(slugs)
    assert (forecast.partners, forecast.new) == (PARTNERS, PARTNERS)
    assert forecast.limited_by == "new issues and epics"
    assert "at least" in forecast.text

    start = stage.clock()
    stage.settle(limit=1000)
    took = (stage.clock() - start).total_seconds()

    refused = [e for e in stage.world.journal if e.username == BOT and e.status == 429]
    assert refused == []
    assert most_in_a_minute(stage.world, "issues") <= 200
    assert most_in_a_minute(stage.world, "notes") <= 60
    assert most_in_a_minute(stage.world, "api") <= 2000
    assert forecast.seconds <= took <= forecast.seconds * 1.25
    for slug in (slugs[0], slugs[50], slugs[-1]):
        assert len(capabilities(stage, slug)) == 8
        assert nothing_to_do(stage, slug)
    assert not [s for s in stage.service.store.partners() if s.failures]
    assert stage.service.forecaster.of(slugs).text == ""


def test_a_limit_that_somebody_else_uses_up_is_waited_for_and_nothing_is_doubled(
    theatre: Theatre, nearly_done_world: World
) -> None:
    """The token's person writes comments by hand: GitLab refuses the bot's in the midst of a batch."""
    with theatre.open(copied(nearly_done_world)) as stage:
        stage.settle()
        stage.world.limits.enforce_rates = True
        stage.world.limits.notes_per_minute = 1
        close_required(stage)
        pass_quiet_time(stage)
        stage.clock.advance(minutes=5)
        stage.settle()
        stage.clock.advance(minutes=5)
        stage.settle()
        assert told(stage, page(stage)) == ["stage/1/enabling"]
        assert nothing_to_do(stage)


def test_issues_refused_in_mid_batch_are_made_later_and_once(theatre: Theatre, nearly_done_world: World) -> None:
    """GitLab answers 429 for the whole request although the first issues of it are there."""
    with theatre.open(copied(nearly_done_world)) as stage:
        stage.settle()
        stage.world.limits.enforce_rates = True
        stage.world.limits.issues_per_minute = 4
        close_required(stage)
        stage.settle()
        stage.clock.advance(minutes=11)
        stage.settle()
        assert 8 < len(capabilities(stage)) < 17
        for _ in range(10):
            stage.clock.advance(minutes=6)
            stage.settle()
        assert len(capabilities(stage)) == 17
        assert nothing_to_do(stage)
        assert told(stage, page(stage)) == ["stage/1/enabling"]


def test_the_api_tells_how_long_the_waiting_partners_will_take(stage: LocalStage) -> None:
    call = caller(stage)
    assert call("GET", "/api/status").json()["waiting"]["text"] == ""
    add_partners(stage, 60)
    stage.deliver()
    stage.service.resync.answer()
    waiting = call("GET", "/api/status").json()["waiting"]
    assert (waiting["partners"], waiting["new"]) == (60, 60)
    assert 120 < waiting["seconds"] < 180
    assert waiting["text"] == (
        "60 new partners: at least 2 minutes, for GitLab takes 200 new issues and epics a minute."
    )
    assert call("GET", "/api/status", token=None).status_code == 401


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_partners_are_not_told_to_wait(stage: LocalStage, count: int) -> None:
    slugs = add_partners(stage, count)
    stage.deliver()
    assert stage.service.forecaster.of(slugs).text == ""
