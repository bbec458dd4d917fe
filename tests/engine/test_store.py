"""The store: once is once, the earliest timer wins, and everything is still there after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.engine.database import StoreError
from app.engine.records import EVERYONE, Arrival, PartnerState
from app.engine.store import Store

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def nobody(_transaction: object, _slug: str, _reason: str) -> None:
    """A queue that takes all and keeps nothing."""


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(new_database: Callable[[], str], clock: Clock) -> Iterator[Callable[[], Store]]:
    """Opens the same database again and again, as restarts do."""
    stores: list[Store] = []
    url = new_database()

    def again() -> Store:
        for store in stores:
            store.close()
        stores.append(Store(url, clock))
        return stores[-1]

    yield again
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("journey.sqlite", "sqlite:///journey.sqlite"),
        ("/var/lib/journey.sqlite", "is not a URL"),
        ("", "is not a URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////no/such/folder/journey.sqlite", "mkdir -p /no/such/folder"),
        ("mysql://bot:hunter2@host/journey", "The database cannot be mysql"),
    ],
)
def test_a_wrong_address_says_what_to_write(url: str, said: str, clock: Clock) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        Store(url, clock)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_an_error_with_a_fix(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "notes.txt").write_text("not a database " * 100)
    with pytest.raises(StoreError, match=r"cannot be opened: file is not a database\. .* move it away"):
        Store(f"sqlite:///{tmp_path}/notes.txt", clock)


def test_a_place_that_cannot_be_written_is_an_error_with_a_fix(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreError, match=r"cannot be opened: unable to open database file\. Let this user write"):
        Store(f"sqlite:///{tmp_path}", clock)


def test_sqlite_is_durable_and_lets_readers_pass(tmp_path: Path, clock: Clock) -> None:
    with Store(f"sqlite:///{tmp_path}/journey.sqlite", clock) as store, store._database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


def test_a_delivery_is_recorded_once_and_survives(opened: Callable[[], Store]) -> None:
    store = opened()
    queued: list[tuple[str, str]] = []

    def keep(*arrivals: Arrival) -> list[bool]:
        return store.keep_deliveries(arrivals, lambda _, slug, reason: queued.append((slug, reason)))

    close, other = Arrival("k1", NOON, "issue 4 close", wakes=("acme",)), Arrival("k1", NOON, "else", wakes=("other",))
    assert keep(close, other) == [True, False]
    store = opened()
    assert keep(other, Arrival("k2", NOON, "issue 5 close", wakes=("acme",))) == [False, True]
    assert queued == [("acme", "issue 4 close"), ("acme", "issue 5 close")]
    kept = store.delivery("k1")
    assert kept is not None
    assert (kept.event, kept.partner, kept.wakes, kept.received_at, kept.woken_at) == (
        "issue 4 close",
        "acme",
        ("acme",),
        NOON,
        NOON,
    )
    assert store.deliveries(partner="nobody") == []


def test_who_wakes_everybody_is_new_until_they_were_woken(opened: Callable[[], Store]) -> None:
    store = opened()
    push = [Arrival("k1", NOON, "push", wakes=(EVERYONE,))]
    assert store.keep_deliveries(push, nobody) == [True]
    assert store.keep_deliveries(push, nobody) == [True]
    assert [found.idempotency_key for found in store.unwoken_deliveries()] == ["k1"]
    store.mark_woken("k1")
    assert store.unwoken_deliveries() == []
    assert store.keep_deliveries(push, nobody) == [False]


def test_what_cannot_be_queued_is_not_kept(opened: Callable[[], Store]) -> None:
    def full(_: object, slug: str, reason: str) -> None:
        if slug == "globex":
            raise StoreError("The queue is out.", "Bring it back.")

    store = opened()
    with pytest.raises(StoreError, match="queue is out"):
        store.keep_deliveries(
            [Arrival("k1", NOON, "close", wakes=("acme",)), Arrival("k2", NOON, "x", wakes=("globex",))], full
        )
    assert store.deliveries() == []


def test_of_racing_doubles_exactly_one_is_new(opened: Callable[[], Store]) -> None:
    store = opened()
    barrier = threading.Barrier(6)
    fresh: list[bool] = []

    def deliver() -> None:
        barrier.wait(10)
        fresh.extend(store.keep_deliveries([Arrival("same", NOON, "issue 1 close", wakes=("acme",))], nobody))

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fresh) == [False] * 5 + [True]


def test_a_run_left_open_is_called_interrupted_by_the_next(opened: Callable[[], Store], clock: Clock) -> None:
    opened().start_run("acme", "issue 1 close")
    store = opened()
    other = store.start_run("globex", "resync")
    clock.now += MINUTE
    second = store.start_run("acme", "restart")
    store.finish_run(second, outcome="ok", actions=["comment on issue 1"], requests=2)
    newest, oldest = store.runs(partner="acme")
    assert (newest.outcome, newest.actions, newest.requests) == ("ok", ("comment on issue 1",), 2)
    assert (oldest.outcome, oldest.finished_at) == ("interrupted", NOON + MINUTE)
    assert "looks at GitLab again" in oldest.fix
    assert [run.id for run in store.open_runs()] == [other]


def test_the_earliest_timer_stays_and_a_new_one_outlives_the_old_ones_end(opened: Callable[[], Store]) -> None:
    store = opened()
    store.set_timer("acme", NOON + 5 * MINUTE, "due date")
    store.set_timer("acme", NOON + 9 * MINUTE, "later")
    assert store.partner("acme").next_reason == "due date"
    store.set_timer("acme", NOON + MINUTE, "sooner")
    assert store.due_timers(NOON) == []
    (due,) = store.due_timers(NOON + MINUTE)
    assert (due.next_at, due.next_reason) == (NOON + MINUTE, "sooner")
    store.clear_timer("acme", NOON + 5 * MINUTE)  # somebody else's timer
    assert len(store.due_timers(NOON + MINUTE)) == 1
    store.clear_timer("acme", NOON + MINUTE)
    assert store.due_timers(NOON + 60 * MINUTE) == []


def test_parking_keeps_since_when_and_leaves_the_timer_alone(opened: Callable[[], Store], clock: Clock) -> None:
    store = opened()
    store.set_timer("acme", NOON + 60 * MINUTE, "due date")
    store.park("acme", failures=1, until=NOON + MINUTE, cause="GitLab is down.", fix="Wait.", kind="unreachable")
    clock.now += MINUTE
    store.park("acme", failures=2, until=NOON + 3 * MINUTE, cause="GitLab is down.", fix="Wait.", kind="unreachable")
    state = store.partner("acme")
    assert (state.failures, state.failing_since, state.parked_until) == (2, NOON, NOON + 3 * MINUTE)
    store.release("acme", NOON + MINUTE)  # an older parking: nothing to release
    assert store.due_parkings(NOON + 3 * MINUTE) == [state]
    store.release("acme", NOON + 3 * MINUTE)
    assert [found.slug for found in store.unscheduled_failures()] == ["acme"]
    store.clear_parking("acme")
    expected = PartnerState("acme", next_at=NOON + 60 * MINUTE, next_reason="due date", last_run_at=NOON + MINUTE)
    assert store.partners() == [expected]
    assert store.partner("nobody") == PartnerState("nobody")


def test_times_keep_their_instant_and_need_a_zone(opened: Callable[[], Store]) -> None:
    store = opened()
    store.set_timer("acme", NOON.astimezone(timezone(timedelta(hours=9))), "due")
    assert store.partner("acme").next_at == NOON
    with pytest.raises(StoreError):
        store.set_timer("acme", NOON.replace(tzinfo=None), "naive")


def test_memory_is_overwritten_and_pruning_spares_what_is_still_needed(
    opened: Callable[[], Store], clock: Clock
) -> None:
    store = opened()
    store.remember("watermark", "1")
    store.remember("watermark", "2")
    assert (store.recall("watermark"), store.recall("nothing")) == ("2", None)
    store.forget("watermark", "1")  # it was overwritten since
    assert store.recall("watermark") == "2"
    store.forget("watermark", "2")
    assert store.recall("watermark") is None
    for key in ("woken", "unwoken"):
        store.keep_deliveries([Arrival(key, NOON, "push", wakes=(EVERYONE,))], nobody)
    store.mark_woken("woken")
    store.start_run("acme", "still open")
    store.finish_run(store.start_run("globex", "done"), outcome="ok", actions=(), requests=1)
    clock.now += timedelta(days=8)
    assert store.prune(timedelta(days=7)) == 2
    assert store.unwoken_deliveries()[0].idempotency_key == "unwoken"
    assert [run.partner for run in store.runs()] == ["acme"]


def test_a_store_that_is_gone_raises_its_own_error_without_the_values(opened: Callable[[], Store]) -> None:
    store = opened()
    with store._database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE memory")
    with pytest.raises(StoreError, match="did not answer") as caught:
        store.remember("secret", "glpat-hunter2")
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


def test_a_database_of_an_older_version_gets_the_columns_that_it_lacks(opened: Callable[[], Store]) -> None:
    store = opened()
    store.park("acme", failures=1, until=NOON, cause="c", fix="f", kind="denied")
    with store._database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE partners DROP COLUMN kind"))
    store = opened()
    assert store.partner("acme").kind == ""
    store.park("acme", failures=2, until=NOON, cause="c", fix="f", kind="denied")
    assert store.partner("acme").kind == "denied"
