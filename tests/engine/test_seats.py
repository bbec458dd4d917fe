"""Seats and locks: one process on a SQLite file, one leader and one process of each name on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from app.engine.database import database_url, server_engine
from app.engine.reaper import GRACE, Reaper
from app.engine.seats import SeatTakenError, ServerSeat, is_led, open_locks, take_seat
from tests.engine.workshop import until
from tests.postgres import Cluster

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_second_process_on_a_sqlite_file_is_refused_with_the_fix(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journey.sqlite"
    with take_seat(url, "one") as seat:
        assert seat.leads()
        assert is_led(url)
        with pytest.raises(SeatTakenError, match="PostgreSQL") as caught, take_seat(url, "two"):
            pass
        assert f"{tmp_path}/journey.sqlite" in caught.value.cause
    assert not is_led(url)
    with take_seat(url, "two") as seat:
        assert seat.leads()
        with seat.in_place_of("one") as free:
            assert free
        with seat.in_place_of("two") as free:
            assert not free


def test_on_postgresql_names_are_unique_and_one_leads(postgresql: Cluster) -> None:
    url = postgresql.database()
    assert not is_led(url)
    with take_seat(url, "one") as one, take_seat(url, "two") as two:
        assert one.leads()
        assert not two.leads()
        assert is_led(url)
        with two.in_place_of("one") as free:
            assert not free
        with pytest.raises(SeatTakenError, match="PARTNER_JOURNEY_NODE"), take_seat(url, "one"):
            pass
        one.leave()  # type: ignore[attr-defined]  # as its process would by dying
        until(two.leads, "the server has noticed")
        with two.in_place_of("one") as free:
            assert free
            with pytest.raises(SeatTakenError), take_seat(url, "one"):  # nobody can return meanwhile
                pass
        with take_seat(url, "one") as again:
            assert not again.leads()


def test_a_seat_whose_connection_broke_is_taken_again_and_the_lead_is_free(postgresql: Cluster) -> None:
    url = postgresql.database()
    with take_seat(url, "one") as one, take_seat(url, "two") as two:
        assert one.leads()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        until(two.leads, "the server has noticed")
        assert not one.leads()
        with two.in_place_of("one") as free:
            assert not free


def test_a_name_that_was_lost_to_another_is_not_used_on(postgresql: Cluster) -> None:
    url = postgresql.database()
    first = ServerSeat(server_engine(database_url(url)), "one")
    first.take()
    first.leave()
    with take_seat(url, "one"), pytest.raises(SeatTakenError, match="named one"):
        first.leads()


def test_alone_is_alone_and_ends_with_its_block(new_database: Callable[[], str]) -> None:
    url = new_database()
    inside = threading.Event()
    with open_locks(url) as locks:

        def other() -> None:
            with locks.alone("group"):
                inside.set()

        thread = threading.Thread(target=other)
        with locks.alone("group"):
            thread.start()
            with locks.alone("partner/acme"):
                assert not inside.wait(0.2)
        thread.join(10)
        assert inside.is_set()


class Hands:
    """Runs at work, and a seat where some are missing."""

    def __init__(self) -> None:
        self.at_work = {"one": ["acme"], "two": ["globex"]}
        self.free: set[str] = set()

    def owners(self) -> set[str]:
        return set(self.at_work)

    def hand_back(self, node: str) -> list[str]:
        return self.at_work.pop(node)

    def leads(self) -> bool:
        return True

    def in_place_of(self, node: str) -> Free:
        return Free(node in self.free)


class Free:
    def __init__(self, free: bool) -> None:
        self.free = free

    def __enter__(self) -> bool:
        return self.free

    def __exit__(self, *_: object) -> None:
        return None


def test_only_who_is_gone_for_a_while_loses_its_runs() -> None:
    hands, now = Hands(), [NOON]
    reaper = Reaper(hands, hands, lambda: now[0])
    assert reaper.look() == []
    hands.free = {"two"}
    assert reaper.look() == []
    now[0] += GRACE - timedelta(seconds=1)
    assert reaper.look() == []
    hands.free = set()  # it had only lost its connection for a moment
    assert reaper.look() == []
    hands.free = {"two"}
    now[0] += GRACE
    assert reaper.look() == []
    now[0] += GRACE
    assert reaper.look() == ["globex"]
    assert hands.at_work == {"one": ["acme"]}
    assert reaper.look() == []


def test_a_clock_that_is_set_back_delays_the_taking_up_by_no_more_than_the_grace() -> None:
    hands, now = Hands(), [NOON]
    hands.free = {"two"}
    reaper = Reaper(hands, hands, lambda: now[0])
    for moment in (NOON, NOON - timedelta(hours=1)):
        now[0] = moment
        assert reaper.look() == []
    now[0] += GRACE
    assert reaper.look() == ["globex"]
