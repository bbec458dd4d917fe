"""How the bot's own database is opened and asked: SQLite by default, PostgreSQL by URL.

The traps: SQLite without WAL (readers block the writer), and a deferred transaction that turns into a writer half-way
("database is locked" at once, whatever the timeout). So reading and writing are told apart from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from app.engine.tables import metadata

LOCK_WAIT_SECONDS = 5.0
"""Below the 8 s in which a delivery must be answered, so that a locked store becomes an error and not a hang."""


_CREATION = 7_265_309_181
"""The lock under which tables are created; any number will do."""

# A server that has lost a client's host notices within half a minute, and lets go of its locks.
_SERVER_OPTIONS = {
    "connect_timeout": int(LOCK_WAIT_SECONDS),
    "options": "-c statement_timeout=5000 "
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
}


class StoreError(Exception):
    """The database cannot be opened or did not answer. `cause` says what happened, `fix` what to do next."""

    kind = "database"

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(f"{cause} {fix}")
        self.cause = cause
        self.fix = fix


class Database:
    """Connections for any thread. Every verb raises StoreError when the database does not answer."""

    def __init__(self, url: str) -> None:
        """Open `url` (sqlite:///file or postgresql://…) and create the tables that are missing. Raises StoreError."""
        self.engine = open_database(url)
        self._reader = self.engine.execution_options(reading=True)

    def rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        """What a query finds."""
        with translated(), self._reader.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction."""
        with translated(), self.engine.begin() as connection:
            yield connection

    def insert(self, table: sa.Table) -> Any:
        """An INSERT that takes ON CONFLICT. Both dialects spell it alike, but SQLAlchemy has no common type for it."""
        return sqlite.insert(table) if self.engine.dialect.name == "sqlite" else postgresql.insert(table)

    def upsert(self, table: sa.Table, key: str, created: dict[str, Any], changed: dict[str, Any]) -> None:
        """A new row, or other values in the one that has this `key` already."""
        with self.writing() as connection:
            statement = self.insert(table).values(created)
            connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=changed))


def database_url(text: str) -> URL:
    """The database's address as a URL. Raises StoreError for a bare path, another database, or a missing folder."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreError(
            "The database's address is not a URL.",
            "Write sqlite:///journey.sqlite for a file here, sqlite:////var/lib/journey.sqlite for an absolute path, "
            "or postgresql://user:password@host/database.",
        ) from None
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise StoreError(f"The database cannot be {kind}.", "Use sqlite:///… or postgresql://….")
    if not url.database or url.database == ":memory:":
        raise StoreError(
            "The database names no file.", "Write sqlite:///journey.sqlite: the queue must survive a restart."
        )
    folder = Path(url.database).resolve().parent
    if not folder.is_dir():
        raise StoreError(f"The database's folder {folder} does not exist.", f"Create it: mkdir -p {folder}")
    return url


def open_database(text: str) -> Engine:
    """Open the database and create the tables that are missing. Raises StoreError."""
    url = database_url(text)
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url, hide_parameters=True, pool_timeout=LOCK_WAIT_SECONDS, connect_args={"timeout": LOCK_WAIT_SECONDS}
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = sa.create_engine(
            url, hide_parameters=True, pool_pre_ping=True, pool_timeout=LOCK_WAIT_SECONDS, connect_args=_SERVER_OPTIONS
        )
    try:
        _create_tables(engine)
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        raise _unopened(url, error) from error
    return engine


def _unopened(url: URL, error: sa.exc.SQLAlchemyError) -> StoreError:
    """SQLite's own words name no secret; those of a server may, so only their kind is told."""
    if url.get_backend_name() == "sqlite":
        said = getattr(error, "orig", None) or type(error).__name__
        return StoreError(
            f"The database {url.database} cannot be opened: {said}.",
            "Let this user write the file and its folder, end what else holds it, or name another file in "
            "PARTNER_JOURNEY_DATABASE_URL. If it is damaged, move it away: the service makes a new one and reads all "
            "from GitLab again; only messages that were not sent outside yet are lost.",
        )
    return StoreError(
        f"The database {url.render_as_string(hide_password=True)} cannot be opened ({type(error).__name__}).",
        "Check that the server runs, that the address is right and that its user may create tables.",
    )


def server_engine(url: URL) -> Engine:
    """Connections to PostgreSQL for locks that are held by a session: no transaction stays open around them."""
    return sa.create_engine(
        url,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        pool_pre_ping=True,
        max_overflow=-1,  # who waits for a lock holds a connection, and must not be kept from it by others who wait
        connect_args=_SERVER_OPTIONS,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turns SQLAlchemy's errors inside the block into StoreError, without the values of the statement."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(
            f"The bot's own database did not answer ({type(error).__name__}).",
            "Check that its disk has room and its server runs; the bot goes on by itself afterwards.",
        ) from error


def _create_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Two processes that start together would both find no table, and one of them would fail to make it.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATION)))
        metadata.create_all(connection)
        _add_columns(connection)


def _add_columns(connection: sa.Connection) -> None:
    """A database of an older version lacks the newest columns. They are nullable or have a default of the server."""
    inspector = sa.inspect(connection)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                definition = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # None: sqlite3 opens no transaction by itself; _begin_sqlite does, so that reads and writes share one rule.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    # IMMEDIATE takes the write lock first: a reader that becomes a writer would fail at once, without waiting.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
