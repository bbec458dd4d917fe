"""How GitLab writes times and colours in REST answers, in one place.

The trap: REST times are ISO 8601 with milliseconds and `Z`, those of webhooks are not
(https://docs.gitlab.com/api/rest/). A client that parses one form may fail on the other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

Json = dict[str, Any]

DARK_TEXT, LIGHT_TEXT = "#1F1E24", "#FFFFFF"


def moment(value: datetime | None) -> str | None:
    """`2026-11-02T09:05:12.000Z`, or None."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(value: date | None) -> str | None:
    """`2026-11-02`, or None."""
    return None if value is None else value.isoformat()


def text_color(color: str) -> str:
    """The text colour that GitLab puts on a label of this colour: dark on light colours, else white."""
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    try:
        channels = [int(digits[start : start + 2], 16) for start in (0, 2, 4)]
    except ValueError:
        return LIGHT_TEXT
    return DARK_TEXT if sum(channels) > 500 else LIGHT_TEXT
