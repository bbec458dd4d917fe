"""One crash at each named point between a write and its record, and one fault at each request, through whole stories.

The stories are a partner's life: joining, closing, a stage change, a broken file that is mended, a lost label.
After each fault the bot is started again where it died, and the world at rest must be what it is in peace. Every point
must be passed by some story. `PARTNER_JOURNEY_EVERY=1` tries each kind of fault at each request and each passing of
each point (`make soak`); otherwise it is a sample, always the same.
"""

from __future__ import annotations

import copy
import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from app.crash_points import CrashPoint
from simulation.auditor import breaches, differences, picture
from simulation.breaker import HARMS, Breaker
from simulation.house import House
from simulation.player import beginning, open_house, unrest
from simulation.story import Deed
from simulation.verbs import bind

EVERY = bool(os.environ.get("PARTNER_JOURNEY_EVERY"))
STORIES: dict[str, tuple[str, ...]] = {
    "a partner joins": ("join",),
    "a partner joins by a form": ("join by form",),
    "a few close and comment": ("close", "tick", "comment"),
    "a stage is done": ("close stage",),
    "reopened": ("close stage", "reopen"),
    "a duplicate": ("duplicate",),
    "a file is broken and mended": ("break partner file", "mend"),
    "the journey is broken and mended": ("break journey", "mend"),
    "a waiver": ("waive",),
    "a changed text": ("change text",),
    "another name": ("rename partner",),
    "another track": ("track",),
    "a deleted label": ("delete label",),
    "a deleted issue": ("delete issue",),
    "a deleted page": ("delete page",),
    "a deleted epic": ("delete epic",),
    "a deleted board": ("delete board",),
    "a deleted hook": ("delete hook",),
    "a deleted milestone": ("delete milestone",),
    "a removed member": ("remove member",),
    "an edited file": ("edit file",),
    "a deleted project": ("delete project",),
}

SAMPLED = 3
"""Requests of a story that a sample harms."""

LONG = (
    "a stage is done", "a file is broken and mended", "the journey is broken and mended", "a partner joins",
    "a partner joins by a form",
)  # fmt: skip
"""Stories that pass every point together."""

ONLY_AFTER_A_CRASH: tuple[CrashPoint, ...] = ("a restart has woken a partner",)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@dataclass(frozen=True)
class End:
    """How a story ended, and what it passed."""

    picture: dict[str, Any]
    wrong: list[str]
    breaker: Breaker


def live(name: str, folder: Path, breaker: Breaker) -> End:
    """Plays a story to its rest: each deed, the quiet time, the retries, and a night with a look at everybody."""
    with open_house(beginning("ultimate", True, folder), folder, f"faults-{id(breaker)}", breaker=breaker) as house:
        for verb in STORIES[name]:
            partner = 1 if verb.startswith("join") else 0
            act = bind(Deed(verb, 0, partner, 0), house.people)
            if act is not None:
                act()
            house.work()
            _rest(house)
        breaker.lasts, breaker.before = breaker.requests, breaker.passed.copy()
        _rest(house)  # the last request or run may have been the one that failed
        wrong = [*breaches(house.world, house.people.ledger), *unrest(house), *_repeated(house, breaker)]
        return End(copy.deepcopy(picture(house.world)), wrong, breaker)


def _rest(house: House) -> None:
    for pause in (timedelta(minutes=21), timedelta(hours=1), timedelta(hours=1), timedelta(hours=19)):
        house.clock.now += pause
        house.work()


def _repeated(house: House, breaker: Breaker) -> list[str]:
    if breaker.point == "a message is sent":  # the one place where it must say it again, under the same key
        return []
    return [f"told outside {count} times: {key}" for key, count in house.ear.keys.items() if count > 1]


@cache
def peace(name: str, folder: Path) -> End:
    end = live(name, folder, Breaker())
    assert end.wrong == []
    return end


def _is_like_peace(name: str, folder: Path, breaker: Breaker) -> None:
    end = live(name, folder, breaker)
    found = [*end.wrong, *differences(peace(name, folder).picture, end.picture)]
    assert not found, "\n".join([f"{name}: {breaker}", *found[:20]])


@pytest.mark.parametrize("name", STORIES)
def test_a_fault_at_any_request_ends_like_peace(name: str, folder: Path) -> None:
    """A sample takes a few requests of each story, at other places and with other harms in each."""
    last, turn = peace(name, folder).breaker.lasts, list(STORIES).index(name)
    step = 1 if EVERY else max(last // SAMPLED, 1)
    for number in range(1 + turn % step, last + 1, step):
        for harm in HARMS if EVERY else (HARMS[(number + turn) % len(HARMS)],):
            breaker = Breaker(request=number, harm=harm)
            _is_like_peace(name, folder, breaker)
            assert breaker.struck


@pytest.mark.parametrize("point", get_args(CrashPoint))
def test_a_crash_at_any_named_point_ends_like_peace(point: CrashPoint, folder: Path) -> None:
    """A sample crashes once, in the first story that passes the point."""
    places = [(name, at) for name in LONG for at in range(1, peace(name, folder).breaker.before[point] + 1)]
    assert places or point in ONLY_AFTER_A_CRASH
    for name, at in places if EVERY else places[:1]:
        breaker = Breaker(point=point, at=at)
        _is_like_peace(name, folder, breaker)
        assert breaker.struck
