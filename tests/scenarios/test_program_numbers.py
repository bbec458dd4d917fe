"""The program's numbers of a story that is played: pinned values, from GitLab's history alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from stagehand import (
    TOKEN,
    Theatre,
    caller,
    capabilities,
    capability,
    close_required,
    copied,
    issue_of,
    onboard,
    pass_quiet_time,
)

from app.demo.local import ACME, LocalStage
from app.journey.numbers import numbers
from app.sandbox.world import World

GLOBEX = """\
name: Globex Consulting
category: gsi
region: Americas
tracks: [psp, ctp]
people:
  lead: globex.lead
  engineers: [globex.dev]
  sa: gl.sa2
practices:
  - {id: banking, lead: globex.lead}
  - {id: retail, lead: globex.lead}
"""
CERTIFIED = "onboarding/get-certified"


def on(stage: LocalStage, day: int) -> None:
    """It becomes ten o'clock of this day after the first of September; everything until then has happened."""
    stage.settle()
    stage.clock.now = max(stage.clock.now, datetime(2026, 9, 1, 10, tzinfo=UTC).replace(day=1 + day))
    stage.settle()


def values(stage: LocalStage) -> dict[str, tuple[float | None, int]]:
    found = numbers(list(stage.service.standings.all().values()), stage.clock())
    return {f"{n.group}: {n.name}": (n.value, n.of) for n in found}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Theatre(tmp_path_factory.mktemp("numbers")).open() as stage:
        on(stage, 0)
        onboard(stage, "acme", ACME)
        onboard(stage, "globex", GLOBEX)
        on(stage, 10)
        certified = issue_of(stage, CERTIFIED)
        stage.finish(certified, "acme.lead")
        on(stage, 12)
        stage.comment(certified, "gl.sa1", "/journey reject The names are missing.")
        on(stage, 15)
        stage.finish(certified, "acme.lead")
        on(stage, 18)
        stage.comment(certified, "gl.sa1", "/journey verify")
        stage.settle()
        close_required(stage)
        pass_quiet_time(stage)
        on(stage, 20)
        stage.finish(issue_of(stage, "gsi/joint-win@banking", "globex"), "gl.sa2")
        close_required(stage, "globex", by="gl.sa2", leave=2)
        pass_quiet_time(stage)
        on(stage, 22)
        stage.finish(issue_of(stage, "tracks/psp", "globex"), "gl.sa2")
        on(stage, 24)
        waiting = next(i for i in capabilities(stage, state="opened") if capability(i) == "enabling/demo-gitlab-com")
        stage.finish(waiting, "acme.lead")
        on(stage, 29)
        yield stage.world


TOLD = {
    "Partners: on the journey": (2, 2),
    "Partners: now in 02 - Enabling (Walk)": (2, 2),
    "Funnel: went on from 01 - Onboarding (Stand)": (100, 2),
    "Funnel: went on from 02 - Enabling (Walk)": (0, 2),
    "Time in stage: 01 - Onboarding (Stand)": (19, 2),  # 18 days of Acme, 20 of Globex
    "Time in stage: 02 - Enabling (Walk)": (9, 2),
    "Time to stage: 02 - Enabling (Walk)": (19, 2),
    "Time to stage: 03 - Partner Leading (Run)": (None, 0),
    "Waiting: for the partner, until a capability was done": (19, 18),
    "Waiting: for the SA, until a closing was confirmed or sent back": (5, 1),  # two days, sent back, three days
    "Waiting: for the SA, closed and not yet confirmed": (5, 1),
    "Waiting: for the SA, of all the time since issues were opened": (1.7, 39),
    "Quality: capabilities that count": (19, 93),
    "Quality: of them confirmed by an SA": (21.1, 19),
    "Quality: of them waived": (0, 19),
    "Certified people: partners that have them": (2, 2),
    "Certified people: proved by certifications": (3, 1),
    "Certified people: of them PSE": (3, 1),
    "Certifications: held": (1, 2),
    "Joint wins: confirmed by an SA": (1, 2),
    "Joint wins: practices unlocked": (1, 2),
}


def test_the_numbers_of_the_story_survive_a_lost_database_and_a_program_reads_them(
    theatre: Theatre, story: World
) -> None:
    for _ in range(2):  # each time with a new database
        with theatre.open(copied(story)) as stage:
            stage.settle()
            found = values(stage)
            answer = caller(stage)("GET", "/api/numbers", token=TOKEN).json()
        assert {name: found[name] for name in TOLD} == TOLD
        assert {f"{n['group']}: {n['name']}": (n["value"], n["of"]) for n in answer} == found


def test_what_the_partner_takes_back_himself_was_no_wait_for_long(theatre: Theatre, onboarded_world: World) -> None:
    with theatre.open(copied(onboarded_world)) as stage:
        stage.settle()
        item = issue_of(stage, CERTIFIED)
        stage.finish(item, "acme.lead")
        stage.settle()
        stage.clock.advance(minutes=6)
        stage.reopen(item, "acme.lead")
        stage.settle()
        stage.clock.advance(days=9)
        stage.settle()
        (kept,) = stage.service.standings.all().values()
        (certified,) = [c for c in kept.capabilities if c.capability == CERTIFIED]
        assert (certified.waited, certified.waiting_since) == (360, None)
