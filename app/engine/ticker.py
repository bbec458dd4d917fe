"""What happens by the clock: timers, the end of a parking, the outbox, and chores such as the resync.

The traps this avoids: one failing part that ends the thread, after which the bot looks alive and nothing is on time
(every part is tried on its own, and what fails is logged and tried again at the next tick); two processes on one
database that both keep the clock, and send each message twice (only the one that leads does anything); and a log that
fills the disk because the database is away (a known trouble is told in one line, and again when it has changed).
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from app.crash_points import Passing, carry_on
from app.engine.database import StoreError
from app.engine.queue import Queue
from app.engine.store import Store
from app.gitlab.errors import GitLabError

log = logging.getLogger(__name__)

JOIN_SECONDS = 2.0
"""How long leaving waits for a tick that is under way; whatever it does may be cut off anywhere."""

SET_BACK = timedelta(minutes=1)
"""A clock that goes back further than this was set; less is the usual correction."""


@dataclass(frozen=True)
class Chore:
    """Something to do again and again, such as the resync. `next_time(now)` says when; it outlives a restart.

    `at_start`: also once whenever a process begins to keep the clock.
    """

    name: str
    next_time: Callable[[datetime], datetime]
    run: Callable[[], object]
    at_start: bool = False


def every(period: timedelta, rng: random.Random) -> Callable[[datetime], datetime]:
    """At most this long from now, and up to a fifth sooner: many bots on one GitLab should not come at once."""
    return lambda now: now + period * rng.uniform(0.8, 1.0)


class Ticker:
    """A thread that ticks every `interval` seconds while its block is open. `tick(now)` is the whole of its work."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        clock: Callable[[], datetime],
        *,
        leads: Callable[[], bool] = lambda: True,
        every_tick: Mapping[str, Callable[[], object]] | None = None,
        chores: Sequence[Chore] = (),
        interval: float = 1.0,
        passing: Passing = carry_on,
    ) -> None:
        """`leads`: whether this process keeps the clock now; `every_tick`: what else is tried, by name."""
        self._store = store
        self._queue = queue
        self._clock = clock
        self._leads = leads
        self._every_tick = dict(every_tick or {})
        self._chores = tuple(chores)
        self._interval = interval
        self._passing = passing
        self._begun = False
        self._last: datetime | None = None
        self._trouble: dict[str, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ticker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(JOIN_SECONDS)

    def tick(self, now: datetime) -> None:
        """Wake whom it is time for, do what every tick does, and the chores that are due. Never raises."""
        leading = self._try("seat", self._leads)
        if not leading:
            self._begun = False
            return
        self._try("clock", lambda: self._follow_clock(now))
        for name, part in self._every_tick.items():
            self._try(name, part)
        starting, self._begun = not self._begun, True
        for chore in self._chores:
            self._try(chore.name, partial(self._do, chore, now, starting and chore.at_start))
        # After the chores: a timer that one of them sets for now or before is not late.
        self._try("timers", lambda: self._fire_timers(now))
        self._try("retries", lambda: self._retry_parked(now))

    def _follow_clock(self, now: datetime) -> None:
        """Where the clock was set back, no chore waits until the time that was has come again."""
        last, self._last = self._last, now
        if last is None or now >= last - SET_BACK:
            return
        log.warning("The clock was set back, from %s to %s.", last.isoformat(), now.isoformat())
        for chore in self._chores:
            due, soonest = self._store.recall(f"next:{chore.name}"), chore.next_time(now)
            if due is not None and datetime.fromisoformat(due) > soonest:
                self._store.remember(f"next:{chore.name}", soonest.isoformat())

    def _fire_timers(self, now: datetime) -> None:
        for state in self._store.due_timers(now):
            self._queue.wake(state.slug, state.next_reason, delay_seconds=0)
            self._passing("a timer has woken its partner")
            if state.next_at is not None:  # first in the queue, then forgotten: a crash between wakes twice
                self._store.clear_timer(state.slug, state.next_at)

    def _retry_parked(self, now: datetime) -> None:
        for state in self._store.due_parkings(now):
            self._queue.wake(state.slug, f"retry after failure {state.failures}", delay_seconds=0)
            self._passing("a retry has woken its partner")
            if state.parked_until is not None:
                self._store.release(state.slug, state.parked_until)

    def _do(self, chore: Chore, now: datetime, at_once: bool) -> None:
        key = f"next:{chore.name}"
        due = self._store.recall(key)
        if not at_once and due is not None and datetime.fromisoformat(due) > now:
            return
        # Noted before it runs: a chore that fails waits for its next turn instead of failing at every tick.
        self._store.remember(key, chore.next_time(now).isoformat())
        self._passing("a chore is noted")
        if at_once or due is not None:
            chore.run()

    def _try(self, what: str, work: Callable[[], object]) -> object:
        try:
            done = work()
        except (StoreError, GitLabError) as error:
            if self._trouble.get(what) != error.cause:
                log.warning("The ticker's part '%s' goes wrong, and is tried again: %s", what, error.cause)
            self._trouble[what] = error.cause
            return None
        except Exception:
            log.exception("The ticker's part '%s' failed; the next tick tries again.", what)
            return None
        self._trouble.pop(what, None)
        return done

    def _work(self) -> None:
        while not self._stop.wait(self._interval):
            self.tick(self._clock())
