"""Takes up the work of processes that died: their runs go back into the queue, where any other process finds them.

Without it a dead process's run counts as at work for ever, and its partner is never looked at again: only a process of
the same name would take it up. The trap: a process that lost its connection for a moment is not dead. Its seat must be
seen free twice, with some time in between.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from app.engine.seats import Seat

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=15)
"""Together with the half minute in which a server misses a lost host, this stays below a minute."""


class Runs(Protocol):
    """What the reaper needs of the durable queue."""

    def owners(self) -> set[str]:
        """The names of the processes whose runs are at work."""
        ...

    def hand_back(self, node: str) -> list[str]:
        """Put the runs of this process back into the queue; returns their partners."""
        ...


class Reaper:
    """Call `look` now and then from the process that leads."""

    def __init__(self, runs: Runs, seat: Seat, clock: Callable[[], datetime], grace: timedelta = GRACE) -> None:
        self._runs = runs
        self._seat = seat
        self._clock = clock
        self._grace = grace
        self._missed: dict[str, datetime] = {}

    def look(self) -> list[str]:
        """Returns the partners whose runs were handed back. Raises StoreError."""
        partners: list[str] = []
        owners = self._runs.owners()
        self._missed = {node: since for node, since in self._missed.items() if node in owners}
        for node in sorted(owners):
            with self._seat.in_place_of(node) as is_free:
                if not is_free:
                    self._missed.pop(node, None)
                elif self._missed_for(node) >= self._grace:
                    partners += self._hand_back(node)
        return partners

    def _missed_for(self, node: str) -> timedelta:
        now = self._clock()
        since = self._missed[node] = min(self._missed.get(node, now), now)  # the clock may have been set back
        return now - since

    def _hand_back(self, node: str) -> list[str]:
        partners = self._runs.hand_back(node)
        log.warning("The process %s is gone; its partners are taken up: %s.", node, ", ".join(partners) or "none")
        del self._missed[node]
        return partners
