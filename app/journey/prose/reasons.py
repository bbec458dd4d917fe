"""Short reasons beside a task, for pages, tables and the command line: why it does not count, why it is stuck.

They stand in one cell of a table, so they begin small and end without a full stop.
"""

from __future__ import annotations

from datetime import date

from app.journey.text import written

ALL_STAGES_DONE = "Complete"
"""The title of the place after the last stage."""

CONFIRM_IT = "closed by the partner; confirm it or say what is missing"


def dropped(why: str) -> str:
    return f"{why}: reopen it, or waive it with a reason"


def open_again(stage_title: str) -> str:
    return f"open again although {stage_title} was reached"


def waits_for_architect(since: date) -> str:
    return f"waits for the solution architect since {written(since)}"


def overdue(since: date) -> str:
    return f"overdue since {written(since)}"


def untouched(since: date) -> str:
    return f"untouched since {written(since)}"


def steps_back(after: date) -> str:
    return f"an earlier stage is open again; steps back after {written(after)}"


def nothing_happened(days: int) -> str:
    return f"nothing has happened for {days} days or more"


def not_done(capability: str, why: str) -> str:
    """Of one that is waived or skipped."""
    return f"{capability}: {why}"
