"""The loop: a poison partner stops nobody, delays grow and shrink, and no crash leaves a partner behind."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.engine.database import StoreError
from app.engine.loop import Loop, Turn, TurnError, next_try, recover
from app.engine.night import LASTS, minute_of, nightly
from app.engine.queue import MemoryQueue
from app.engine.records import EVERYONE, Arrival, PartnerState
from app.engine.store import Store
from app.engine.ticker import Chore, Ticker, every
from app.gitlab.errors import Denied, GitLabError, Throttled, Transient

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUIET = Turn((), 1)


class ProcessDied(BaseException):
    """Stands for kill -9: nothing of ours may catch it."""


class World:
    """One bot without GitLab: what a turn does is `script[partner]`; `restart` forgets all that was in memory."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.script: dict[str, Callable[[str], Turn]] = {}
        self.turns: list[tuple[str, str]] = []
        self.store = Store(f"sqlite:///{folder}/journey.sqlite", lambda: self.now)
        self._url = f"sqlite:///{folder}/journey.sqlite"
        self.restart()

    def restart(self) -> None:
        self.store.close()
        self.store = Store(self._url, lambda: self.now)
        self.loop = Loop(self.store, self.turn, lambda: self.now, random.Random(7))
        self.queue = MemoryQueue(self.loop.run)
        self.ticker = Ticker(self.store, self.queue, lambda: self.now)

    def turn(self, partner: str, reason: str) -> Turn:
        self.turns.append((partner, reason))
        return self.script.get(partner, lambda _: QUIET)(reason)

    def recover(self) -> int:
        return recover(self.store, self.queue.wake, {EVERYONE: lambda reason: self.queue.wake("all-of-them", reason)})

    def pass_time(self, span: timedelta) -> int:
        self.now += span
        self.ticker.tick(self.now)
        return self.queue.run_all()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def raising(error: BaseException) -> Callable[[str], Turn]:
    def turn(_: str) -> Turn:
        raise error

    return turn


def test_a_good_turn_is_audited_and_sets_its_timer(world: World) -> None:
    world.script["acme"] = lambda _: Turn(("close milestone 2",), 2, NOON + 5 * MINUTE, "capability is due")
    world.queue.wake("acme", "issue 4 close")
    assert world.queue.run_all() == 1
    (run,) = world.store.runs()
    assert (run.outcome, run.actions, run.requests, run.reason) == ("ok", ("close milestone 2",), 2, "issue 4 close")
    assert world.pass_time(4 * MINUTE) == 0
    assert world.pass_time(MINUTE) == 1
    assert world.turns[-1] == ("acme", "capability is due")


def test_a_turn_that_asks_for_the_past_does_not_spin(world: World) -> None:
    world.script["acme"] = lambda _: Turn((), 1, NOON - timedelta(days=1))
    world.queue.wake("acme", "first")
    world.queue.run_all()
    assert [world.pass_time(timedelta(seconds=10)) for _ in range(6)] == [0, 0, 0, 0, 0, 1]


def test_a_poison_partner_stops_nobody_and_shows_its_cause_but_no_secret(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.script["poison"] = raising(KeyError("glpat-secret"))
    for partner in ("poison", "acme"):
        world.queue.wake(partner, "resync")
    assert world.queue.run_all() == 2
    state = world.store.partner("poison")
    assert state.cause == "A bug in Partner Journey: KeyError"
    assert "run 1" in state.fix
    good, bad = world.store.runs()
    assert (good.outcome, bad.outcome, bad.cause) == ("ok", "failed", state.cause)
    assert "glpat-secret" not in repr(bad) + repr(state)
    assert any(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


def test_parking_grows_to_an_hour_and_success_clears_it(world: World) -> None:
    world.script["acme"] = raising(Denied("The token has expired.", "Set a new one."))
    world.queue.wake("acme", "first")
    world.queue.run_all()
    delays = []
    for _ in range(9):
        state = world.store.partner("acme")
        assert state.parked_until is not None
        delays.append((state.parked_until - world.now) / MINUTE)
        assert world.pass_time(state.parked_until - world.now - timedelta(seconds=1)) == 0
        assert world.pass_time(timedelta(seconds=1)) == 1
    for number, delay in enumerate(delays):
        longest = min(2**number, 60)
        assert 0.8 * longest <= delay <= longest
    state = world.store.partner("acme")
    assert (state.failures, state.cause, state.fix) == (10, "The token has expired.", "Set a new one.")
    world.script["acme"] = lambda _: QUIET
    assert world.pass_time(60 * MINUTE) == 1
    state = world.store.partner("acme")
    assert (state.failures, state.cause, state.parked_until, state.failing_since) == (0, "", None, None)


def test_events_during_the_parking_run_at_once_but_do_not_lengthen_it(world: World) -> None:
    world.script["acme"] = raising(Transient("GitLab is down.", "It tries again."))
    for _ in range(8):
        world.queue.wake("acme", "issue 1 close")
        world.queue.run_all()
    state = world.store.partner("acme")
    assert state.failures == 1
    assert state.parked_until is not None
    assert state.parked_until <= NOON + MINUTE
    world.script["acme"] = lambda _: QUIET
    world.queue.wake("acme", "issue 2 close")
    world.queue.run_all()
    assert world.store.partner("acme").failures == 0


@pytest.mark.parametrize("error", [Throttled("Too many.", "Wait.", 900.0), Transient("Down.", "Wait.", 900.0)])
def test_never_before_gitlabs_own_retry_after(error: GitLabError) -> None:
    for seed in range(20):
        for state in (PartnerState("acme"), PartnerState("acme", failures=1, parked_until=NOON + MINUTE)):
            _, until = next_try(state, error, NOON, random.Random(seed))
            assert timedelta(seconds=900) <= until - NOON <= timedelta(seconds=990)


def test_what_was_done_before_a_failure_stays_in_the_audit_trail(world: World) -> None:
    def half(_: str) -> Turn:
        try:
            raise Transient("GitLab is down.", "It tries again.")
        except GitLabError as error:
            raise TurnError(Turn(("create issue for 'scan code'",), 3)) from error

    world.script["acme"] = half
    world.queue.wake("acme", "resync")
    world.queue.run_all()
    (run,) = world.store.runs()
    assert (run.outcome, run.actions, run.requests, run.cause) == (
        "failed",
        ("create issue for 'scan code'",),
        3,
        "GitLab is down.",
    )


def test_a_crash_at_any_of_the_three_gaps_leaves_nobody_behind(world: World) -> None:
    world.store.keep_deliveries([Arrival("k1", NOON, "push", wakes=(EVERYONE,))], world.queue.enqueue)
    world.script["cut"] = raising(ProcessDied())
    world.queue.wake("cut", "issue 2 close")
    with pytest.raises(ProcessDied):
        world.queue.run_all()
    world.script["failing"] = raising(Transient("GitLab is down.", "It tries again."))
    world.queue.wake("failing", "resync")
    world.queue.run_all()
    world.now += MINUTE
    world.ticker.tick(world.now)  # the retry is in the queue, and the queue dies

    world.restart()
    world.script.clear()
    world.turns.clear()
    assert world.recover() == 3
    world.queue.run_all()
    assert dict(world.turns) == {
        "all-of-them": "push",
        "cut": "restart",
        "failing": "restart",
    }
    assert world.recover() == 0
    assert {run.partner: run.outcome for run in world.store.runs()}["cut"] == "interrupted"


def test_memory_queue_one_works_one_waits(world: World) -> None:
    def busy(reason: str) -> Turn:
        if reason == "first":
            for number in range(5):
                world.queue.wake("acme", f"event {number}")
            assert not world.queue.run_next()  # nobody else may work on it meanwhile
        return QUIET

    world.script["acme"] = busy
    world.queue.wake("acme", "first")
    assert world.queue.run_all() == 2
    assert world.turns == [("acme", "first"), ("acme", "event 0")]


def test_memory_queue_says_when_a_run_wakes_itself(world: World) -> None:
    def again(_: str) -> Turn:
        world.queue.wake("acme", "again")
        return QUIET

    world.script["acme"] = again
    world.queue.wake("acme", "first")
    with pytest.raises(RuntimeError, match="acme"):
        world.queue.run_all(limit=10)


@pytest.mark.parametrize("slug", ["", "a:b"])
def test_a_slug_that_is_no_queue_key_is_refused(world: World, slug: str) -> None:
    with pytest.raises(ValueError, match="cannot be woken"):
        world.queue.wake(slug, "x")


def test_chores_keep_their_time_over_restarts_and_a_failing_one_stops_no_other(world: World) -> None:
    done: list[str] = []

    def broken(what: str) -> Callable[[], None]:
        def part() -> None:
            done.append(what)
            raise ValueError(what)

        return part

    def ticker() -> Ticker:
        rng = random.Random(1)
        chores = [
            Chore("broken", every(10 * MINUTE, rng), broken("chore")),
            Chore("prune", every(10 * MINUTE, rng), lambda: done.append("prune")),
            Chore("resync", every(10 * MINUTE, rng), lambda: done.append("resync"), at_start=True),
        ]
        parts = {"outbox": broken("flush")}
        return Ticker(world.store, world.queue, lambda: world.now, every_tick=parts, chores=chores)

    ticker().tick(NOON)
    assert done == ["flush", "resync"]
    world.restart()
    restarted = ticker()
    restarted.tick(NOON + 5 * MINUTE)
    assert done[2:] == ["flush", "resync"]
    restarted.tick(NOON + 10 * MINUTE)
    assert done[4:] == ["flush", "chore", "prune"]
    restarted.tick(NOON + 15 * MINUTE)
    assert done[7:] == ["flush", "resync"]


def test_only_who_leads_does_anything_and_a_new_leader_begins_with_a_resync(world: World) -> None:
    done: list[str] = []
    leads: list[bool | Exception] = []

    def leading() -> bool:
        answer = leads.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    chores = [Chore("resync", every(10 * MINUTE, random.Random(1)), lambda: done.append("resync"), at_start=True)]
    ticker = Ticker(world.store, world.queue, lambda: world.now, leads=leading, chores=chores)
    world.store.set_timer("acme", NOON, "due")
    for answer, expected in (
        (False, 0),
        (StoreError("Gone.", "Mend it."), 0),
        (True, 1),
        (True, 1),
        (False, 1),
        (True, 2),
    ):
        leads.append(answer)
        ticker.tick(NOON)
        assert len(done) == expected
        assert bool(world.queue.waiting()) is bool(done)


def test_chores_are_never_late_and_spread(world: World) -> None:
    rng = random.Random(3)
    waits = [every(10 * MINUTE, rng)(NOON) - NOON for _ in range(50)]
    assert all(8 * MINUTE <= wait <= 10 * MINUTE for wait in waits)
    assert len(set(waits)) > 40
    for hour in range(0, 48, 3):
        night = nightly(rng)(NOON + timedelta(hours=hour))
        assert (night.hour, night.minute // 10) == (2, 0)
        assert timedelta(0) < night - (NOON + timedelta(hours=hour)) <= timedelta(hours=26)


def test_a_clock_that_is_set_back_an_hour_holds_up_no_chore(world: World) -> None:
    done: list[datetime] = []
    chores = [Chore("resync", every(10 * MINUTE, random.Random(1)), lambda: done.append(world.now))]
    ticker = Ticker(world.store, world.queue, lambda: world.now, chores=chores)
    for world.now in (NOON, NOON + 10 * MINUTE, NOON - 50 * MINUTE, NOON - 40 * MINUTE):
        ticker.tick(world.now)
    assert done == [NOON + 10 * MINUTE, NOON - 40 * MINUTE]


def test_a_database_that_is_away_for_long_is_one_line_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    away: list[bool] = [True] * 60 + [False] + [True] * 60

    def flush() -> None:
        if away.pop():
            raise StoreError("The database is away.", "Start it.")

    ticker = Ticker(world.store, world.queue, lambda: world.now, every_tick={"outbox": flush})
    while away:
        ticker.tick(NOON)
    told = [record for record in caplog.records if record.name == "app.engine.ticker"]
    assert [record.exc_info for record in told] == [None, None]  # once each time, and no traceback
    assert "The database is away." in told[0].getMessage()


def test_each_partner_has_a_minute_of_the_night_and_keeps_it() -> None:
    slugs = [f"partner-{n}" for n in range(1000)]
    begin = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    moments = {slug: minute_of(slug, begin) for slug in slugs}
    assert all(begin <= moment < begin + LASTS for moment in moments.values())
    by_minute = Counter((moment - begin) // MINUTE for moment in moments.values())
    assert len(by_minute) > 170  # of 180
    assert max(by_minute.values()) < 20
    for later in (MINUTE, timedelta(hours=9), timedelta(hours=23, minutes=59)):
        assert {slug: minute_of(slug, begin + later) for slug in slugs} == moments
    assert minute_of("acme", begin + timedelta(days=1)) == minute_of("acme", begin) + timedelta(days=1)


def test_many_timers_at_once_follow_the_rule_of_one(world: World) -> None:
    world.store.set_timer("acme", NOON, "earlier")
    world.store.set_timer("globex", NOON + 9 * MINUTE, "later")
    world.store.set_timers(dict.fromkeys(["acme", "globex", "initech"], NOON + MINUTE), "night")
    found = {state.slug: (state.next_at, state.next_reason) for state in world.store.partners()}
    assert found == {
        "acme": (NOON, "earlier"), "globex": (NOON + MINUTE, "night"), "initech": (NOON + MINUTE, "night"),
    }  # fmt: skip


def test_the_tickers_thread_ticks_and_stops(world: World) -> None:
    ticked = threading.Event()
    with Ticker(world.store, world.queue, lambda: world.now, every_tick={"outbox": ticked.set}, interval=0.001):
        assert ticked.wait(10)
    assert not any(thread.name == "ticker" for thread in threading.enumerate())
