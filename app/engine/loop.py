"""One turn per wake: run the reconcile, write the audit row, park what fails, set the next timer.

The trap this avoids: a poison partner. A failure here never reaches the queue, so it stops nobody else and no queue
library decides about retries; the partner is parked with a growing delay, and its cause and fix are there to read.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.crash_points import Passing, carry_on
from app.engine.database import StoreError
from app.engine.records import Errands, PartnerState
from app.engine.seats import LocalLocks, Locks
from app.engine.store import Store
from app.gitlab.errors import GitLabError, Transient
from app.metrics import Meters, RunResult

log = logging.getLogger(__name__)

FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=1)
SHORTEST_TIMER = timedelta(minutes=1)


@dataclass(frozen=True)
class Turn:
    """What one reconcile did: its actions in plain words, GitLab requests used, and when it wants to look again."""

    actions: tuple[str, ...]
    requests: int
    wake_at: datetime | None = None
    wake_reason: str = ""


class TurnError(Exception):
    """A reconcile that failed half-way. Raise it `from` the error, with what was done so far for the audit trail."""

    def __init__(self, done: Turn) -> None:
        super().__init__("The reconcile stopped half-way.")
        self.done = done


class Loop:
    """Runs turns. `turn(partner, reason)` observes, plans and applies; `rng` spreads the retries."""

    def __init__(
        self,
        store: Store,
        turn: Callable[[str, str], Turn],
        clock: Callable[[], datetime],
        rng: random.Random,
        locks: Locks | None = None,
        passing: Passing = carry_on,
        meters: Meters | None = None,
    ) -> None:
        """`locks`: keep all processes on one database from working on the same partner; None: there is only this."""
        self._store = store
        self._turn = turn
        self._clock = clock
        self._rng = rng
        self._locks = locks or LocalLocks()
        self._passing = passing
        self._meters = meters or Meters()

    def run(self, partner: str, reason: str) -> None:
        """One turn of one partner. Raises only StoreError: then nothing could be noted, and the queue must retry."""
        # The queue sees to this already; a process that is taken for dead though it lives, and `sync`, do not ask it.
        with self._locks.alone(f"partner/{partner}"):
            self._run(partner, reason)

    def _run(self, partner: str, reason: str) -> None:
        run_id = self._store.start_run(partner, reason)
        began = self._clock()
        self._passing("a run is opened")
        result: RunResult = "failed"
        try:
            turn = self._turn(partner, reason)
        except TurnError as stopped:
            self._failed(run_id, partner, stopped.__cause__ or stopped, stopped.done)
        except Exception as error:  # noqa: BLE001 - the loop's very task; _failed logs it in full
            self._failed(run_id, partner, error, Turn((), 0))
        else:
            self._succeeded(run_id, partner, turn)
            result = "changed" if turn.actions else "unchanged"
        self._meters.run(result, (self._clock() - began).total_seconds())

    def _succeeded(self, run_id: int, partner: str, turn: Turn) -> None:
        self._passing("a turn is done")
        self._store.clear_parking(partner)
        self._passing("a parking is cleared")
        if turn.wake_at is not None:
            # A turn that asks for a moment already past would otherwise run again at every tick.
            at = max(turn.wake_at, self._clock() + SHORTEST_TIMER)
            self._store.set_timer(partner, at, turn.wake_reason or "the time has come")
            self._passing("a timer is set")
        self._store.finish_run(run_id, outcome="ok", actions=turn.actions, requests=turn.requests)

    def _failed(self, run_id: int, partner: str, error: BaseException, done: Turn) -> None:
        cause, fix = explain(error, run_id)
        now = self._clock()
        state = self._store.partner(partner)
        failures, until = next_try(state, error, now, self._rng)
        known = isinstance(getattr(error, "cause", None), str)
        log.log(
            logging.WARNING if known else logging.ERROR,
            "Run %d of %s failed (%d in a row): %s Next try %s.",
            run_id,
            partner,
            failures,
            cause,
            until.isoformat(timespec="seconds"),
            exc_info=None if known else error,
        )
        self._store.park(partner, failures=failures, until=until, cause=cause, fix=fix, kind=kind_of(error))
        self._passing("a partner is parked")
        self._store.finish_run(
            run_id, outcome="failed", actions=done.actions, requests=done.requests, cause=cause, fix=fix
        )


def explain(error: BaseException, run_id: int) -> tuple[str, str]:
    """Cause and fix for people. The text of an unknown error is not shown: it may hold a token or a partner's words."""
    cause, fix = getattr(error, "cause", None), getattr(error, "fix", None)
    if isinstance(cause, str) and isinstance(fix, str):
        return cause, fix
    return (
        f"A bug in Partner Journey: {type(error).__name__}",
        f"The log has the details under run {run_id}; report them. The bot tries again by itself.",
    )


def kind_of(error: BaseException) -> str:
    """The cause in one word, see app/metrics.py."""
    return error.kind if isinstance(error, GitLabError | StoreError) else "bug"


def next_try(state: PartnerState, error: BaseException, now: datetime, rng: random.Random) -> tuple[int, datetime]:
    """How many failures in a row this makes, and when to try again: 1 min doubling to 1 h, less up to a fifth.

    Never before GitLab's own Retry-After. A failure during the parking (an event woke the partner early) does not
    count: else a lively partner would be parked for an hour by an outage of a minute.
    """
    early = state.parked_until is not None and state.parked_until > now
    failures = max(state.failures, 1) if early else state.failures + 1
    growing = min(FIRST_DELAY * 2 ** min(failures - 1, 10), LONGEST_DELAY) * rng.uniform(0.8, 1.0)
    until = state.parked_until if early and state.parked_until is not None else now + growing
    if isinstance(error, Transient) and error.retry_after is not None:
        until = max(until, now + timedelta(seconds=error.retry_after * rng.uniform(1.0, 1.1)))
    return failures, until


def recover(
    store: Store,
    wake: Callable[[str, str], None],
    errands: Errands,
    passing: Passing = carry_on,
) -> int:
    """After a start: wake whom a crash may have left behind; returns how many wakes. Call it before serving.

    Three gaps: a delivery kept but not yet queued, a run cut off half-way, a retry handed to a queue that forgot it.
    """
    wakes = rewake(store, wake, errands, passing=passing)
    left_behind = [run.partner for run in store.open_runs()] + [state.slug for state in store.unscheduled_failures()]
    for partner in dict.fromkeys(left_behind):
        wake(partner, "restart")
        wakes += 1
    return wakes


def rewake(
    store: Store,
    wake: Callable[[str, str], None],
    errands: Errands,
    *,
    before: datetime | None = None,
    passing: Passing = carry_on,
) -> int:
    """Wake whom deliveries (that came before this time) were kept for, but whose process died before it woke them."""
    wakes = 0
    for delivery in store.unwoken_deliveries(before):
        for target in delivery.wakes:
            if target in errands:
                errands[target](delivery.event)
            else:
                wake(target, delivery.event)
            wakes += 1
        passing("a restart has woken a partner")
        store.mark_woken(delivery.idempotency_key)
    return wakes
