"""How long work takes, in GitLab's words (https://docs.gitlab.com/user/project/time_tracking/#available-time-units).

The trap: a day is eight hours, a week five days, a month four weeks. A number without a unit is hours. And one pattern
for the whole text would try for ever on a long number with a slip at its end; so what no part takes is looked at.
"""

from __future__ import annotations

import re

_MINUTE, _HOUR = 60, 3600
_MOST = 2**31 - 1  # GitLab's column
_UNITS = {"mo": 160 * _HOUR, "w": 40 * _HOUR, "d": 8 * _HOUR, "h": _HOUR, "m": _MINUTE, "s": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(mo|months?|weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)?")


def seconds_of(duration: str) -> int | None:
    """`1w 2d 3h30m` in seconds, `-1h` below zero; None for what is no duration."""
    text = duration.strip().lower()
    sign = -1 if text.startswith("-") else 1
    text = text.removeprefix("-").replace(",", " ")
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        return None
    total = sum(float(number) * _UNITS[_unit(word)] for number, word in parts)
    return sign * round(total) if total <= _MOST else None


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
