"""Whole lives from seeds: whatever breaks, each day ends as it would have ended in peace.

`PARTNER_JOURNEY_SEEDS=2000` plays more of them, `PARTNER_JOURNEY_SEED=17` that one only. A seed is a story and what
breaks in it; four seeds in a row share a story, because playing it in peace costs as much as playing it in chaos.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from app.journey import markers
from app.sandbox import operations
from app.sandbox.world import WorkItem
from simulation.auditor import breaches, differences, name_of, picture
from simulation.house import House
from simulation.player import beginning, open_house, play_in_chaos, play_in_peace, unrest
from simulation.story import Deed, Story, write_story
from simulation.verbs import bind

SEEDS_FOR_A_STORY = 4
SEEDS = int(os.environ.get("PARTNER_JOURNEY_SEEDS", "200"))
ONLY = os.environ.get("PARTNER_JOURNEY_SEED")
CHAOS = "tests/simulation/test_simulation.py -k test_chaos"


def _stories() -> list[int]:
    if ONLY is not None:
        return [int(ONLY) // SEEDS_FOR_A_STORY]
    return list(range(-(-SEEDS // SEEDS_FOR_A_STORY)))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Databases in memory where there is such a place: this is about crashed processes, not about lost power."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of failures on purpose; where a seed fails, its own report says more."""
    caplog.set_level(logging.CRITICAL)


@pytest.mark.parametrize("number", _stories())
def test_chaos_ends_every_day_like_peace(number: int, folder: Path) -> None:
    story = write_story(number)
    peace = play_in_peace(story, folder)
    assert not peace.problems, _report(story, number * SEEDS_FOR_A_STORY, list(peace.problems), [])
    for seed in range(number * SEEDS_FOR_A_STORY, (number + 1) * SEEDS_FOR_A_STORY):
        if ONLY is None or int(ONLY) == seed:
            verdict = play_in_chaos(peace, seed, folder)
            assert not verdict.problems, _report(story, seed, verdict.problems, verdict.log)


def _report(story: Story, seed: int, problems: list[str], log: list[str]) -> str:
    return "\n".join(
        [
            f"seed {seed}. Play it again: PARTNER_JOURNEY_SEED={seed} make test ARGS='{CHAOS}'",
            str(story),
            "What broke:",
            *(f"  {line}" for line in log),
            "What is wrong:",
            *(f"  {problem}" for problem in problems[:40]),
        ]
    )


def test_a_seed_plays_the_same_twice(folder: Path) -> None:
    peace = play_in_peace(write_story(1), folder)
    first, second = ([play_in_chaos(peace, seed, folder).log for seed in range(4, 8)] for _ in range(2))
    assert first == second
    assert len(set(map(tuple, first))) == 4


@pytest.mark.parametrize("seed", [566, 605])
def test_a_lost_database_may_make_a_digest_come_out_of_turn(seed: int, folder: Path) -> None:
    peace = play_in_peace(write_story(seed // SEEDS_FOR_A_STORY), folder)
    assert play_in_chaos(peace, seed, folder).problems == []


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(1000, id="a change half told while the epic was closed is told outside too"),
        pytest.param(2338, id="a digest waits for partners that fail while the database is new"),
        pytest.param(2600, id="an epic that was dragged and wiped does not give a stage away"),
        pytest.param(3404, id="two deleted projects of one name may each have their board"),
    ],
)
def test_what_a_soak_has_found_stays_mended(seed: int, folder: Path) -> None:
    peace = play_in_peace(write_story(seed // SEEDS_FOR_A_STORY), folder)
    assert play_in_chaos(peace, seed, folder).problems == []


# --- the auditor sees what it is there for ---


def _house(folder: Path, name: str, tier: str = "ultimate") -> AbstractContextManager[House]:
    return open_house(beginning(tier, True, folder), folder, name)


def _first(house: House, kind: str) -> WorkItem:
    found = (i for i in house.world.work_items.values() if name_of(house.world, i).startswith(kind))
    return min(found, key=lambda i: i.iid)


def test_the_auditor_is_content_with_a_world_at_rest(folder: Path) -> None:
    with _house(folder, "content") as house:
        assert breaches(house.world, house.people.ledger) == []
        assert unrest(house) == []
        assert differences(picture(house.world), picture(house.world)) == []


def test_the_auditor_sees_doubles_and_repeated_comments(folder: Path) -> None:
    with _house(folder, "doubles") as house:
        bot, issue = house.people.user("partner-bot"), _first(house, "capability")
        project = house.world.projects[issue.project_id or 0]
        operations.create_work_item(
            house.world, bot, type="ISSUE", title="Again", description=issue.description, project=project
        )
        for words in ("one", "another"):
            body = f"{markers.mark('comment', 'stage/1/walk')}\n{words}"
            operations.create_note(house.world, bot, issue, body=body)
        found = breaches(house.world, house.people.ledger)
        assert len(found) == 2
        assert found[0].startswith("double: 2 issues acme capability")
        assert "with the mark stage/1/walk" in found[1]


def test_the_auditor_sees_trespasses_and_lost_words(folder: Path) -> None:
    with _house(folder, "trespass") as house:
        bot = house.people.user("partner-bot")
        for verb in ("own issue", "write outside", "comment"):
            act = bind(Deed(verb, 0, 0, 0), house.people)
            assert act is not None
            act()
        assert breaches(house.world, house.people.ledger) == []
        operations.update_work_item(house.world, bot, _first(house, "Question"), state_event="close")
        for issue in [i for i in house.world.work_items.values() if i.author_id == bot.id]:
            operations.update_work_item(house.world, bot, issue, description=issue.description.partition("said")[0])
            issue.notes.clear()
        found = breaches(house.world, house.people.ledger)
        assert [line.partition(":")[0] for line in found] == ["trespass", "lost", "lost"]


def test_the_auditor_sees_what_is_left_undone_and_what_differs(folder: Path) -> None:
    with _house(folder, "undone") as house:
        before = picture(house.world)
        operations.update_work_item(
            house.world, house.people.user("gl.sa1"), _first(house, "capability"), state_event="close"
        )
        assert any("still to do: ~ issue page/status" in line for line in unrest(house))
        assert any("in peace 'opened', in chaos 'closed'" in line for line in differences(before, picture(house.world)))


# --- what the simulation found once; each of these left a partner stuck or made a second epic ---


def _do(house: House, *verbs: str, number: int = 0) -> None:
    for verb in verbs:
        act = bind(Deed(verb, 0, 0, number), house.people)
        assert act is not None
        act()
    house.wake_everyone("a test")
    house.work()


def _is_well(house: House) -> bool:
    return unrest(house) == breaches(house.world, house.people.ledger) == []


@pytest.mark.parametrize("number", range(0, 24, 2))
def test_a_label_that_only_old_issues_need_is_made_before_they_get_it(number: int, folder: Path) -> None:
    with _house(folder, "label") as house:
        _do(house, "delete label", number=number)
        assert _is_well(house)


def test_an_opened_up_issue_is_hidden_before_it_goes_back_under_the_epic(folder: Path) -> None:
    with _house(folder, "hidden") as house:
        for number in range(8):
            _do(house, "open up", number=number)
        assert _is_well(house)


@pytest.mark.parametrize("tier", ["ultimate", "free"])
@pytest.mark.parametrize("verbs", [("label epic",), ("label epic", "delete page"), ("label epic", "delete project")])
def test_the_epic_is_found_after_a_restart_though_people_took_its_labels(
    tier: str, verbs: tuple[str, ...], folder: Path
) -> None:
    with _house(folder, "unlabelled", tier) as house:
        house.restart()
        _do(house, *verbs)
        assert _is_well(house)


def test_the_epic_is_found_after_a_restart_though_the_page_stands_under_another(folder: Path) -> None:
    with _house(folder, "adopted") as house:
        for number in range(0, 10, 2):
            house.restart()
            _do(house, "adopt", number=number)
            assert _is_well(house)


def test_a_broken_journey_fails_no_delivery_and_no_start(folder: Path) -> None:
    with _house(folder, "broken") as house:
        _do(house, "break journey")
        assert {delivery.status for delivery in house.world.deliveries} == {202}
        house.restart()
        _do(house, "mend")
        house.clock.advance(hours=2)
        house.work()
        assert _is_well(house)
