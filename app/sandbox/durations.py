"""How long work takes, in GitLab's words (https://docs.gitlab.com/user/project/time_tracking/#available-time-units).

The trap: a day is eight hours, a week five days, a month four weeks. A number without a unit is hours.
"""

from __future__ import annotations

import re

_MINUTE, _HOUR = 60, 3600
_UNITS = {"mo": 160 * _HOUR, "w": 40 * _HOUR, "d": 8 * _HOUR, "h": _HOUR, "m": _MINUTE, "s": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(mo|months?|weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)?")


def seconds_of(duration: str) -> int | None:
    """`1w 2d 3h30m` in seconds, `-1h` below zero; None for what is no duration."""
    text = duration.strip().lower()
    sign = -1 if text.startswith("-") else 1
    text = text.removeprefix("-").replace(",", " ")
    if not re.fullmatch(rf"(?:{_PART.pattern}\s*)+", text):
        return None
    return sign * round(sum(float(number) * _UNITS[_unit(word)] for number, word in _PART.findall(text)))


def _unit(word: str) -> str:
    return "mo" if word.startswith("mo") else (word or "h")[0]


def human(seconds: int) -> str | None:
    """`1w 2d 3h 30m`; None for no time at all, as GitLab shows it."""
    parts, left = [], abs(seconds)
    for unit, size in _UNITS.items():
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return ("-" if seconds < 0 else "") + " ".join(parts) if parts else None
