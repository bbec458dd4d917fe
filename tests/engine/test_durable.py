"""The durable queue on a real dbos: the only tests that start it. One partner's name per test, one engine for most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.engine.database import StoreError
from app.engine.durable import DurableQueue, durable_queue, queued
from app.engine.records import Arrival
from app.engine.store import Store
from tests.engine.workshop import PATIENCE, Workshop, until


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def queue(workshop: Workshop, url: str) -> Iterator[DurableQueue]:
    assert queued(url) == ([], [])
    with durable_queue(url, workshop.run, settle_seconds=0, polling_seconds=0.02, drain_seconds=0) as opened:
        yield opened
        until(lambda: not opened.waiting() and not opened.working(), "idle")


def test_a_burst_during_a_run_gives_exactly_one_more_run(queue: DurableQueue, workshop: Workshop, url: str) -> None:
    gate = workshop.gates["burst"] = threading.Event()
    queue.wake("burst", "first")
    until(lambda: workshop.of("burst") == 1, "the first run works")
    for number in range(20):
        queue.wake("burst", f"event {number}")
    assert queue.waiting() == ["burst"]
    assert queued(url) == (["burst"], ["burst"])
    assert queue.owners() == {"one"}
    gate.set()
    until(lambda: not queue.waiting() and not queue.working(), "idle")
    assert [reason for name, reason in workshop.runs if name == "burst"] == ["first", "event 0"]


def test_one_partner_is_serial_and_partners_run_side_by_side(queue: DurableQueue, workshop: Workshop) -> None:
    for name in ("left", "right"):
        workshop.gates[name] = threading.Event()
        queue.wake(name, "one")
    until(lambda: {"left", "right"} <= workshop.at_work, "both work at once")
    queue.wake("left", "two")
    assert workshop.of("left") == 1
    workshop.gates["left"].set()
    until(lambda: workshop.of("left") == 2, "the second run of left, while right still works")
    workshop.gates["right"].set()
    until(lambda: not queue.working(), "idle")
    assert workshop.overlaps == []


def test_racing_wakes_lose_nothing_and_never_overlap(queue: DurableQueue, workshop: Workshop) -> None:
    barrier = threading.Barrier(4)

    def racing() -> None:
        barrier.wait(PATIENCE)
        queue.wake("race", "together")

    threads = [threading.Thread(target=racing) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: not queue.waiting() and not queue.working(), "idle")
    assert 1 <= workshop.of("race") <= 4  # two that both saw nobody waiting: a spare run, never a lost one
    assert workshop.overlaps == []


def test_an_earlier_wake_brings_a_waiting_run_forward(queue: DurableQueue, workshop: Workshop) -> None:
    queue.wake("patient", "in an hour", delay_seconds=3600)
    queue.wake("patient", "now", delay_seconds=0)
    until(lambda: workshop.of("patient") == 1, "the run that was an hour away")
    assert "patient" not in queue.waiting()


def test_pruning_forgets_finished_runs_only(queue: DurableQueue, workshop: Workshop) -> None:
    queue.wake("later", "in an hour", delay_seconds=3600)
    queue.wake("pruned", "now")
    until(lambda: workshop.of("pruned") == 1 and not queue.working(), "one finished run")
    assert queue.prune(datetime.now(UTC) + timedelta(minutes=1)) >= 1
    assert queue.prune(datetime.now(UTC) + timedelta(minutes=1)) == 0
    assert queue.waiting() == ["later"]
    queue.wake("later", "now", delay_seconds=0)
    until(lambda: workshop.of("later") == 1, "the run that still waited")


def test_a_second_queue_in_one_process_is_refused(queue: DurableQueue, tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="already open"),
        durable_queue(f"sqlite:///{tmp_path}/q.sqlite", lambda *_: None),
    ):
        pass


def test_a_delivery_and_its_wake_are_durable_together_or_not_at_all(
    queue: DurableQueue, workshop: Workshop, url: str
) -> None:
    with Store(url, lambda: datetime.now(UTC)) as store:

        def dies(transaction: Connection, slug: str, reason: str) -> None:
            queue.enqueue(transaction, slug, reason)
            raise StoreError("Died before the commit.", "Send it again.")

        arrival = [Arrival("together-1", datetime.now(UTC), "issue 1 close", wakes=("together",))]
        with pytest.raises(StoreError, match="before the commit"):
            store.keep_deliveries(arrival, dies)
        assert (queue.waiting(), store.deliveries()) == ([], [])
        gate = workshop.gates["together"] = threading.Event()
        assert queue.asleep(["together", "nobody"]) == {"together", "nobody"}
        assert store.keep_deliveries(arrival, queue.enqueue) == [True]
        until(lambda: workshop.of("together") == 1, "the run that was kept with its delivery")
        assert queue.asleep(["together"]) == {"together"}  # it works, so it may have looked already
        queue.wake("together", "during the run")
        assert queue.asleep(["together", "nobody"]) == {"nobody"}
        gate.set()
    assert ("together", "issue 1 close") in workshop.runs


def test_looking_who_sleeps_brings_a_late_run_forward(queue: DurableQueue, workshop: Workshop) -> None:
    queue.wake("drowsy", "in an hour", delay_seconds=3600)
    assert queue.asleep(["drowsy"]) == set()
    until(lambda: workshop.of("drowsy") == 1, "the run that was an hour away")
