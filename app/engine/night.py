"""When everybody is looked at once a day: each partner has a minute of the night, the same one every night.

The trap: ten thousand partners woken at two o'clock, in front of whom the one who closes an issue waits for hours.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

BEGINS = 2
"""The hour, UTC."""

LASTS = timedelta(hours=3)

_SPREAD = timedelta(minutes=10)


def nightly(rng: random.Random) -> Callable[[datetime], datetime]:
    """The beginning of the next night, up to ten minutes later: many bots on one GitLab should not come at once."""

    def next_time(now: datetime) -> datetime:
        night = _begin(now)
        return (night if night > now else night + timedelta(days=1)) + _SPREAD * rng.random()

    return next_time


def minute_of(slug: str, now: datetime) -> datetime:
    """This partner's moment in the night that began last; it may have passed."""
    begin = _begin(now)
    night = begin if begin <= now else begin - timedelta(days=1)
    share = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:8]) / 2**64
    return night + LASTS * share


def _begin(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=BEGINS, minute=0, second=0, microsecond=0)
