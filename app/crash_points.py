"""The named points between a write and its record, where a crash hurts most. Tests crash at each; see tests/simulation.

A part that writes takes `passing` and calls it with the name of the point it has just reached. In real life nothing
happens there. The trap: a crash test that patches the code it tests, and goes on testing what is no longer called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

CrashPoint = Literal[
    "a delivery is kept",
    "a delivery has woken everybody",
    "a run is opened",
    "a turn is done",
    "a parking is cleared",
    "a timer is set",
    "a partner is parked",
    "a message is kept",
    "writes are sent",
    "a message is sent",
    "a timer has woken its partner",
    "a retry has woken its partner",
    "a chore is noted",
    "a resync has woken its partners",
    "everybody is woken",
    "a restart has woken a partner",
    "a newcomer's file is written",
    "a newcomer is answered",
]

Passing = Callable[[CrashPoint], None]


def carry_on(point: CrashPoint) -> None:
    """Real life: nothing happens at a crash point."""
