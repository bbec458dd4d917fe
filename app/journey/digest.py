"""What a solution architect is told once a week: what waits for him, is at risk, stalls, expires, and what has moved.

From kept standings alone, so it costs GitLab nothing. The traps: a comment every week that says nothing (a digest that
is empty is false), and a week that is told twice after a late start: what moved is counted between the moments at which
digests are due, not between those at which they were posted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.journey.overview import QueueItem, is_stalled, last_activity, queue_of
from app.journey.standing import CapabilityStanding, StageChanged, StageStanding, Standing

WEEK = timedelta(days=7)
EXPIRES_WITHIN = timedelta(days=30)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class DigestTime:
    """When in the week the digest is due, UTC; Monday is day 0."""

    weekday: int
    hour: int
    minute: int

    def last(self, now: datetime) -> datetime:
        """The newest moment, not after `now`, at which a digest was due."""
        day = now.astimezone(UTC).replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        moment = day - timedelta(days=(day.weekday() - self.weekday) % 7)
        return moment if moment <= now else moment - WEEK


def digest_time(text: str) -> DigestTime | None:
    """From `mon 07:00`; None for an empty text, which means never. Raises ValueError."""
    if not text.strip():
        return None
    found = _TIME.fullmatch(text.strip().casefold())
    if found is None:
        raise ValueError("write a day and a time, such as mon 07:00, or nothing for no digest")
    return DigestTime(_DAYS.index(found[1]), int(found[2]), int(found[3]))


@dataclass(frozen=True)
class Move:
    """A stage that was announced, or with `item` a capability that was confirmed."""

    at: datetime
    standing: Standing
    stage_title: str = ""
    back: bool = False
    item: CapabilityStanding | None = None


@dataclass(frozen=True)
class Stall:
    """A partner of whom nothing was heard since then."""

    standing: Standing
    since: date | None


@dataclass(frozen=True)
class Expiry:
    """A capability that stops to count after this day, for its time is over or its waiver."""

    until: date
    standing: Standing
    item: CapabilityStanding


@dataclass(frozen=True)
class Digest:
    """One architect's week. False when there is nothing to say. Everything is in the order in which it is read."""

    sa: str
    week: str
    since: datetime
    waiting: tuple[QueueItem, ...] = ()
    risks: tuple[QueueItem, ...] = ()
    stalled: tuple[Stall, ...] = ()
    expiring: tuple[Expiry, ...] = ()
    moved: tuple[Move, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.waiting or self.risks or self.stalled or self.expiring or self.moved)


def by_architect(standings: Iterable[Standing]) -> dict[str, list[Standing]]:
    """Solution architect -> the partners. Each architect once: GitLab's usernames ignore case."""
    found: dict[str, tuple[str, list[Standing]]] = {}
    for standing in standings:
        sa = standing.people.sa
        found.setdefault(sa.casefold(), (sa, []))[1].append(standing)
    return {sa: partners for _, (sa, partners) in sorted(found.items())}


def digest(sa: str, partners: Iterable[Standing], since: datetime, until: datetime, now: datetime) -> Digest:
    """What one architect is told of his partners: moved in `since` < t <= `until`, all else as of `now`.

    Partners who began after `until` are left out: whoever starts in mid-week is not met by the digest of last Monday.
    """
    own = [s for s in partners if s.started_at and s.started_at <= until]
    own.sort(key=lambda s: (s.name.casefold(), s.slug))
    soon = now.date() + WEEK
    queue = queue_of(own, now)
    return Digest(
        sa=sa,
        week=week_of(until),
        since=since,
        waiting=tuple(
            q for q in queue if q.kind == "confirm" or (q.kind == "own task" and q.due is not None and q.due <= soon)
        ),
        risks=tuple(q for q in queue if q.kind == "at risk"),
        stalled=tuple(Stall(s, _day(last_activity(s))) for s in own if is_stalled(s, now)),
        expiring=tuple(sorted(_expiring(own, now.date()), key=lambda e: (e.until, e.standing.slug, e.item.title))),
        moved=tuple(
            sorted((m for s in own for m in _moves(s) if since < m.at <= until), key=lambda m: (m.at, m.standing.slug))
        ),
    )


def week_of(moment: datetime) -> str:
    """The ISO week by which a digest is known, such as 2026-W48."""
    return f"{moment.astimezone(UTC):%G-W%V}"


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _expiring(standings: Iterable[Standing], today: date) -> Iterator[Expiry]:
    for standing in standings:
        for item in standing.capabilities:
            until = item.waived_until if item.state == "waived" else item.valid_until if item.counts else None
            if until is not None and today <= until <= today + EXPIRES_WITHIN:
                yield Expiry(until, standing, item)


def _moves(standing: Standing) -> Iterator[Move]:
    yield from _stage_moves(standing, standing.stages, standing.changes)
    for practice in standing.practices:
        changes = [c for c in standing.practice_changes if c.practice == practice.id]
        yield from _stage_moves(standing, practice.stages, changes)
    for item in standing.capabilities:
        if item.confirmed_at is not None:
            yield Move(item.confirmed_at, standing, item=item)


def _stage_moves(standing: Standing, stages: list[StageStanding], changes: Iterable[StageChanged]) -> Iterator[Move]:
    places = {stage.id: index for index, stage in enumerate(stages)}
    before = 0
    for change in changes:
        place = places.get(change.stage, len(stages))
        title = stages[place].title if place < len(stages) else "the end of the journey"
        yield Move(change.at, standing, title, back=place < before)
        before = place
