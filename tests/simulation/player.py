"""Plays a story: one world with its bot in peace, and any number of them in chaos, each day to its rest.

A day: time jumps; then come the deeds, within minutes; then hours in which the bot works; then the weather clears,
everything parked is tried again, and the clockwork looks for what was missed. Then the world is at rest and is judged.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.demo.local import BASE_URL, ManualClock, sandbox_tier
from app.sandbox import operations
from app.sandbox.seed import seed_world
from app.sandbox.world import World
from simulation import everyday, files, losses
from simulation.auditor import announcements, breaches, differences, picture
from simulation.breaker import Breaker
from simulation.chaos import Chaos
from simulation.house import House
from simulation.story import UNHEARD, Day, Story
from simulation.verbs import PEOPLE

VERBS_COME_FROM = (everyday, losses, files)
"""Imported for the verbs that they add."""


@dataclass
class Verdict:
    """What the auditor found, and how to see it again."""

    problems: list[str]
    log: list[str]


@dataclass(frozen=True)
class Peace:
    """How a story goes when nothing breaks: the world before it, and one picture for each evening."""

    story: Story
    start: World
    evenings: tuple[dict[str, Any], ...]
    announced: frozenset[str]
    problems: tuple[str, ...]


def play_in_peace(story: Story, folder: Path) -> Peace:
    start = beginning(story.tier, story.onboarded, folder)
    evenings: list[dict[str, Any]] = []
    problems: list[str] = []
    with open_house(start, folder, f"peace-{story.seed}") as house:
        for number, day in enumerate(story.days, 1):
            _play_day(house, day)
            evenings.append(picture(house.world))
            problems += [f"in peace, day {number}: {b}" for b in breaches(house.world, house.people.ledger)]
        problems += [f"in peace, at the end: {problem}" for problem in [*unrest(house), *_unheard(house)]]
        return Peace(story, start, tuple(evenings), frozenset(house.announced), tuple(problems))


def play_in_chaos(peace: Peace, seed: int, folder: Path) -> Verdict:
    """Plays until the first evening that is not what it should be."""
    chaos = Chaos(seed)
    problems = list(peace.problems)
    with open_house(peace.start, folder, f"chaos-{seed}", chaos) as house:
        for number, (day, evening) in enumerate(zip(peace.story.days, peace.evenings, strict=True), 1):
            chaos.note(f"--- day {number}")
            _play_day(house, day)
            seen = picture(house.world)
            if chaos.forgot:
                _forgive_digests(evening, seen)
            found = [*breaches(house.world, house.people.ledger), *differences(evening, seen)]
            problems += [f"day {number}: {problem}" for problem in found]
            if problems:
                return Verdict(problems, chaos.log)
        problems += [f"at the end: {problem}" for problem in [*unrest(house), *_unheard(house)]]
        if house.announced != peace.announced:
            problems.append(f"announced {sorted(house.announced)}, in peace {sorted(peace.announced)}")
    return Verdict(problems, chaos.log)


def _play_day(house: House, day: Day) -> None:
    house.dawn(day)
    house.deeds(day)
    house.afternoon()
    house.rest(deep=any(deed.verb in UNHEARD for deed in day.deeds))
    house.announced |= announcements(house.world)


@contextmanager
def open_house(
    start: World, folder: Path, name: str, chaos: Chaos | None = None, breaker: Breaker | None = None
) -> Iterator[House]:
    """A house of its own on a copy of a world; its database is gone afterwards."""
    database = folder / f"{name}.sqlite"
    house = House(copy.deepcopy(start), database, chaos, breaker)
    try:
        yield house
    finally:
        house.close()
        for path in folder.glob(f"{name}.sqlite*"):
            path.unlink()


def unrest(house: House) -> list[str]:
    """What is still to do, failing or cut off although nothing more will happen."""
    service, found = house.stage.service, []
    for slug in service.desired.slugs():
        found += [f"{slug}: still to do: {a.verb} {a.key}" for a in service.reconciler.view(slug).plan.actions]
    found += [f"{s.slug}: still failing: {s.cause}" for s in service.store.partners() if s.failures]
    found += [f"{slug}: still waiting" for slug in house.queue.waiting()]
    return found + [f"{run.partner}: a run without an end" for run in service.store.open_runs()]


def _forgive_digests(evening: dict[str, Any], seen: dict[str, Any]) -> None:
    """Monday had nothing to tell; who has forgotten that, looks again and finds what there is to tell by then."""
    for name in seen["items"].keys() - evening["items"].keys():
        if name.startswith("journey-control Digest: "):
            del seen["items"][name]


def _unheard(house: House) -> list[str]:
    """Outside, each change is told once. A bot that lost its database may have lost a message, or say one again."""
    heard, expected = house.ear.keys, house.announced
    found = [f"told outside {key}, which never happened" for key in sorted(heard.keys() - expected)]
    if house.chaos is not None and house.chaos.forgot:
        return found
    found += [f"never told outside: {key}" for key in sorted(expected - heard.keys())]
    return found + [f"told outside {count} times: {key}" for key, count in heard.items() if count > 1]


# --- beginnings ---


@cache
def beginning(tier: str, onboarded: bool, folder: Path) -> World:
    """A GitLab with people, a control project and the small journey; `onboarded`: and the first partner, at rest."""
    clock = ManualClock()
    world = seed_world(clock, tier=sandbox_tier(tier), base_url=BASE_URL)
    root = world.user_by_name("root")
    group = world.group_by_path("partners")
    if root is None or group is None:
        raise LookupError("the seed world has neither root nor group")
    for name in ("initech.lead", "initech.dev", "guest.dev"):
        operations.create_user(world, username=name, name=name.title(), email=f"{name}@example.com")
    operations.create_project(world, root, group=group, path="attic", name="Attic")
    with open_house(world, folder, f"beginning-{tier}-{onboarded}") as house:
        for path, text in files.journey_files().items():
            house.people.commit(house.people.control, path, text)
        if onboarded:
            first = next(iter(PEOPLE))
            house.people.commit(house.people.control, f"partners/{first}.yaml", files.partner_text(first))
            house.work()
        return house.world
