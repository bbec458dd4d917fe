"""What the tests of the durable queue share: an injected run that can be watched and held."""

from __future__ import annotations

import threading
from collections.abc import Callable

PATIENCE = 15.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for another thread's work, by polling: dbos offers no event for it."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError(f"Not within {PATIENCE} s: {what}")


class Workshop:
    """The injected run: counts, watches for overlap, and holds a partner until its gate opens."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []
        self.at_work: set[str] = set()
        self.overlaps: list[str] = []
        self.gates: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def run(self, partner: str, reason: str) -> None:
        with self._lock:
            self.runs.append((partner, reason))
            if partner in self.at_work:
                self.overlaps.append(partner)
            self.at_work.add(partner)
        assert self.gates.get(partner, _OPEN).wait(PATIENCE)
        with self._lock:
            self.at_work.discard(partner)

    def of(self, partner: str) -> int:
        return sum(name == partner for name, _ in self.runs)


_OPEN = threading.Event()
_OPEN.set()
