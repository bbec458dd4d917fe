"""The queue as the rest of the bot sees it: wake a partner, see who waits. And one in memory, stepped by hand.

The trap this avoids: skipping a wake because the partner is being worked on right now. That run may already have read
GitLab; only a run that still *waits* is sure to see what has just happened. So: at most one works, at most one waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Protocol

from sqlalchemy import Connection


class Queue(Protocol):
    """Work by partner: at most one run works and one waits for each; partners run side by side."""

    def wake(self, partner: str, reason: str, *, delay_seconds: float | None = None) -> None:
        """Look at this partner again. Durable when it returns; `None` delays by the settle time, 0 not at all."""
        ...

    def asleep(self, partners: Collection[str]) -> set[str]:
        """Those of `partners` for whom no run waits. What waits for longer than the settle time is brought forward."""
        ...

    def enqueue(self, transaction: Connection, partner: str, reason: str) -> None:
        """A run after the settle time, as a part of the store's open transaction: both are durable, or neither.

        For a partner who is `asleep`; if somebody else wakes it meanwhile, there is a spare run and never a lost one.
        """
        ...

    def waiting(self) -> list[str]:
        """The partners that wait for a run."""
        ...

    def working(self) -> list[str]:
        """The partners whose run is at work, in any process."""
        ...


def checked(partner: str) -> str:
    """The slug, fit to be a queue key. Raises ValueError: with a colon one key could be the prefix of another."""
    if not partner or ":" in partner:
        raise ValueError(f"{partner!r} cannot be woken: a partner's slug is not empty and has no colon.")
    return partner


class MemoryQueue:
    """For tests, `sync` and the demo: nothing happens until somebody steps it, and delays are not waited for."""

    def __init__(self, run: Callable[[str, str], None]) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._waiting: dict[str, str] = {}
        self._working: set[str] = set()

    def wake(self, partner: str, reason: str, *, delay_seconds: float | None = None) -> None:  # noqa: ARG002
        """See Queue.wake; the first reason is kept."""
        with self._lock:
            self._waiting.setdefault(checked(partner), reason)

    def asleep(self, partners: Collection[str]) -> set[str]:
        """See Queue.asleep."""
        with self._lock:
            return set(partners) - set(self._waiting)

    def enqueue(self, transaction: Connection, partner: str, reason: str) -> None:  # noqa: ARG002
        """See Queue.enqueue; memory takes no part in a transaction, and a run too many is harmless."""
        self.wake(partner, reason)

    def waiting(self) -> list[str]:
        """The partners that wait, first come first."""
        with self._lock:
            return list(self._waiting)

    def working(self) -> list[str]:
        """See Queue.working."""
        with self._lock:
            return sorted(self._working)

    def run_next(self) -> bool:
        """Run the first partner that waits and is not at work. False when there is none. Raises what the run raises."""
        with self._lock:
            partner = next((name for name in self._waiting if name not in self._working), None)
            if partner is None:
                return False
            reason = self._waiting.pop(partner)
            self._working.add(partner)
        try:
            self._run(partner, reason)
        finally:
            with self._lock:
                self._working.discard(partner)
        return True

    def run_all(self, limit: int = 1000) -> int:
        """Run until nobody waits; returns how many runs. Raises RuntimeError after `limit`: somebody wakes itself."""
        for done in range(limit):
            if not self.run_next():
                return done
        if self.waiting():
            raise RuntimeError(
                f"Still waiting after {limit} runs: {', '.join(self.waiting())}. Does a run wake itself?"
            )
        return limit
