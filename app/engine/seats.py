"""Who works on this database: one process on a SQLite file, many on a PostgreSQL server, each under a name of its own.

A *seat* is a process's place at the database. It is held by a lock that dies with the process, never by a row: a row
outlives a `kill -9`, and then nobody knows whether its owner lives. On SQLite the lock is an open transaction on a
second, empty file; on PostgreSQL it is a session advisory lock
(https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). The SQL of locks is here, all other in
the store and its parts. The trap: a lock that is lost with its connection while the process lives on. `leads` looks
each time.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from app.engine.database import StoreError, database_url, server_engine, translated

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 3.0
"""How long a start waits for the seat of a process that is just ending."""

ALONE_SECONDS = 30.0
"""How long `alone` waits before it gives up; the queue then tries again."""

_CLOCKWORK = "clockwork"


class SeatTakenError(StoreError):
    """Another process holds the seat."""


class Locks(Protocol):
    """Things that only one may do at a time, of all threads and all processes on this database."""

    def alone(self, name: str) -> AbstractContextManager[None]:
        """Wait for one's turn, and hold it inside the block. Raises StoreError when it takes too long."""
        ...


class Seat(Protocol):
    """This process's place at the database."""

    def leads(self) -> bool:
        """Whether this process is the one that does what must not be done twice: timers, messages, resync.

        Ask before each round: leading can begin and end. Raises StoreError when the database does not answer, or when
        the seat was lost and is taken by another.
        """
        ...

    def in_place_of(self, node: str) -> AbstractContextManager[bool]:
        """True inside the block when no process holds that node's seat; nobody can take it until the block ends."""
        ...


# --- SQLite: one process ---


class LocalLocks:
    """Only threads of one process can meet here."""

    def __init__(self) -> None:
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """See Locks.alone."""
        with self._locks[name]:
            yield


class FileSeat:
    """The only seat at a SQLite file."""

    def __init__(self, node: str) -> None:
        self._node = node

    def leads(self) -> bool:
        """Always: nobody else is here."""
        return True

    @contextmanager
    def in_place_of(self, node: str) -> Iterator[bool]:
        """Every other name belongs to a process of the past."""
        yield node != self._node


@contextmanager
def _file_seat(url: URL, node: str) -> Iterator[Seat]:
    path = _seat_path(url)
    # SQLite's own file locks: released by the kernel when the process dies, and the same on every system.
    with closing(
        sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
    ) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise _file_taken(url, error) from None
        yield FileSeat(node)


def _seat_path(url: URL) -> Path:
    return Path(f"{url.database}-seat")


def _can_lock(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        return True


def _file_taken(url: URL, error: sqlite3.OperationalError) -> StoreError:
    if "locked" not in str(error):
        return StoreError(f"The seat beside {url.database} cannot be taken ({error}).", "Make its folder writable.")
    return SeatTakenError(
        f"Another process works on {url.database}, and a SQLite file has room for one.",
        "End that process first. For several processes set PARTNER_JOURNEY_DATABASE_URL to a PostgreSQL database; "
        "docs/operate.md says how to move.",
    )


# --- PostgreSQL: many processes ---


class ServerLocks:
    """Advisory locks, each on a connection of its own while it is held."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """See Locks.alone. The lock dies with its connection; what was done without it is healed by the next look."""
        with translated(), self._engine.connect() as connection:
            _wait_for(connection, f"alone/{name}", ALONE_SECONDS)
            try:
                yield
            finally:
                with suppress(sa.exc.SQLAlchemyError):  # a broken connection has let go of it already
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(_key(f"alone/{name}"))))


class ServerSeat:
    """One of many seats at a PostgreSQL database. For one thread at a time."""

    def __init__(self, engine: Engine, node: str) -> None:
        self._engine = engine
        self._node = node
        self._connection: sa.Connection | None = None
        self._leads = False

    def take(self) -> None:
        """Take the seat of this node. Raises SeatTakenError when another process has it."""
        connection = self._engine.connect()
        try:
            _wait_for(connection, f"node/{self._node}", PATIENCE_SECONDS)
        except sa.exc.SQLAlchemyError as error:
            connection.invalidate()
            connection.close()
            if _is_lock_timeout(error):
                raise self._taken() from None
            raise
        self._connection, self._leads = connection, False

    def leave(self) -> None:
        """Give up the seat and the lead."""
        if self._connection is not None:
            self._connection.invalidate()  # closing it only would put it back into the pool, locks and all
            self._connection.close()
            self._connection = None

    def leads(self) -> bool:
        """See Seat.leads."""
        with translated():
            connection = self._seated()
            if not self._leads:
                self._leads = _try(connection, _CLOCKWORK)
                if self._leads:
                    log.info("%s keeps the clock from now on.", self._node)
            return self._leads

    @contextmanager
    def in_place_of(self, node: str) -> Iterator[bool]:
        """See Seat.in_place_of."""
        with translated():
            connection = self._seated()
            free = node != self._node and _try(connection, f"node/{node}")
        try:
            yield free
        finally:
            if free:
                with suppress(sa.exc.SQLAlchemyError):
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(_key(f"node/{node}"))))

    def _seated(self) -> sa.Connection:
        """The connection that holds the seat; where it broke, the seat is taken again."""
        if self._connection is not None:
            try:
                self._connection.execute(sa.select(1))
            except sa.exc.SQLAlchemyError:
                log.warning("The connection that held the seat of %s broke; it is taken again.", self._node)
                self.leave()
            else:
                return self._connection
        self.take()
        if self._connection is None:
            raise self._taken()
        return self._connection

    def _taken(self) -> SeatTakenError:
        return SeatTakenError(
            f"Another process on this database is named {self._node}.",
            "Give each its own name in PARTNER_JOURNEY_NODE, for example its host's; or end the other one.",
        )


@contextmanager
def _server_seat(url: URL, node: str) -> Iterator[Seat]:
    engine = server_engine(url)
    seat = ServerSeat(engine, node)
    try:
        with translated():
            seat.take()
        yield seat
    finally:
        seat.leave()
        engine.dispose()


def _wait_for(connection: sa.Connection, name: str, seconds: float) -> None:
    # The general limit for statements is shorter than this wait may be.
    for setting in ("statement_timeout", "lock_timeout"):
        connection.execute(sa.select(sa.func.set_config(setting, f"{seconds:g}s", False)))
    connection.execute(sa.select(sa.func.pg_advisory_lock(_key(name))))


def _try(connection: sa.Connection, name: str) -> bool:
    return bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(_key(name)))).scalar_one())


def _key(name: str) -> int:
    """64 bits of a hash: two names that meet by chance are not to be expected, and would only wait for each other."""
    digest = hashlib.sha256(f"partner-journey/{name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _is_lock_timeout(error: sa.exc.SQLAlchemyError) -> bool:
    return getattr(getattr(error, "orig", None), "sqlstate", "") in ("55P03", "57014")


# --- either ---


@contextmanager
def take_seat(store_url: str, node: str) -> Iterator[Seat]:
    """Hold this process's seat while the block is open. Raises SeatTakenError with the fix, or StoreError."""
    url = database_url(store_url)
    with _file_seat(url, node) if url.get_backend_name() == "sqlite" else _server_seat(url, node) as seat:
        yield seat


def is_led(store_url: str) -> bool:
    """Whether a process works on this database and keeps its clock. Raises StoreError when it does not answer."""
    url = database_url(store_url)
    if url.get_backend_name() == "sqlite":
        path = _seat_path(url)
        return path.exists() and not _can_lock(path)
    engine = server_engine(url)
    try:
        with translated(), engine.connect() as connection:
            return not _try(connection, _CLOCKWORK)
    finally:
        engine.dispose()


@contextmanager
def open_locks(store_url: str) -> Iterator[Locks]:
    """The locks of this database. Raises StoreError for an address that is none."""
    url = database_url(store_url)
    if url.get_backend_name() == "sqlite":
        yield LocalLocks()
        return
    engine = server_engine(url)
    try:
        yield ServerLocks(engine)
    finally:
        engine.dispose()
