"""What happens by the clock: timers, the end of a parking, the outbox, and chores such as the resync.

The trap this avoids: one failing chore that ends the thread, after which the bot looks alive and nothing is on time.
Every part is tried on its own, and what fails is logged and tried again at the next tick.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from app.engine.queue import Queue
from app.engine.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chore:
    """Something to do once per `period`, such as the resync or pruning. Its last time outlives a restart."""

    name: str
    period: timedelta
    run: Callable[[], object]


class Ticker:
    """A thread that ticks every `interval` seconds while its block is open. `tick(now)` is the whole of its work."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        clock: Callable[[], datetime],
        *,
        flush: Callable[[], object] = lambda: None,
        chores: Sequence[Chore] = (),
        interval: float = 1.0,
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._flush = flush
        self._chores = tuple(chores)
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ticker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def tick(self, now: datetime) -> None:
        """Wake whom it is time for, send the outbox, do the chores that are due. Never raises."""
        self._try("timers", lambda: self._fire_timers(now))
        self._try("retries", lambda: self._retry_parked(now))
        self._try("outbox", self._flush)
        for chore in self._chores:
            self._try(chore.name, partial(self._do, chore, now))

    def _fire_timers(self, now: datetime) -> None:
        for state in self._store.due_timers(now):
            self._queue.wake(state.slug, state.next_reason, delay_seconds=0)
            if state.next_at is not None:  # first in the queue, then forgotten: a crash between wakes twice
                self._store.clear_timer(state.slug, state.next_at)

    def _retry_parked(self, now: datetime) -> None:
        for state in self._store.due_parkings(now):
            self._queue.wake(state.slug, f"retry after failure {state.failures}", delay_seconds=0)
            if state.parked_until is not None:
                self._store.release(state.slug, state.parked_until)

    def _do(self, chore: Chore, now: datetime) -> None:
        key = f"chore:{chore.name}"
        last = self._store.recall(key)
        if last is not None and datetime.fromisoformat(last) + chore.period > now:
            return
        # Noted before it runs: a chore that fails waits for its next turn instead of failing at every tick.
        self._store.remember(key, now.isoformat())
        chore.run()

    def _try(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            log.exception("The ticker's part '%s' failed; the next tick tries again.", what)

    def _work(self) -> None:
        while not self._stop.wait(self._interval):
            self.tick(self._clock())
