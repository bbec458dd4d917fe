"""The tables of the bot's own database, and how it is opened: SQLite by default, PostgreSQL by URL.

Nothing here is the truth about a partner (GitLab is): it is inbox, audit, retry state and outbox. The traps avoided:
SQLite without WAL (readers block the writer), a deferred transaction that turns into a writer half-way ("database is
locked" at once, whatever the timeout), and times that lose their zone on the way through SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Dialect, Engine, make_url
from sqlalchemy.exc import ArgumentError

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


class Moment(sa.TypeDecorator[datetime]):
    """A point in time, always in UTC. Raises ValueError for a time without a zone: nobody knows which was meant."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Python to database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a time zone was given to the store. Use datetime.now(UTC).")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Database to Python."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData()

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("idempotency_key", sa.String(200), primary_key=True),
    sa.Column("received_at", Moment, nullable=False, index=True),
    sa.Column("event", sa.String(200), nullable=False),
    sa.Column("project_path", sa.String(1000)),
    sa.Column("partner", sa.String(255), index=True),
    sa.Column("wakes", sa.JSON, nullable=False),
    sa.Column("outcome", sa.String(500), nullable=False),
    sa.Column("hook_uuid", sa.String(100)),
    sa.Column("woken_at", Moment, index=True),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("partner", sa.String(255), nullable=False, index=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("started_at", Moment, nullable=False, index=True),
    sa.Column("finished_at", Moment),
    sa.Column("outcome", sa.String(20), index=True),
    sa.Column("actions", sa.JSON, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("fix", sa.Text, nullable=False),
)

partners = sa.Table(
    "partners",
    metadata,
    sa.Column("slug", sa.String(255), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("failing_since", Moment),
    sa.Column("parked_until", Moment, index=True),
    sa.Column("cause", sa.Text, nullable=False, default=""),
    sa.Column("fix", sa.Text, nullable=False, default=""),
    sa.Column("kind", sa.String(40), nullable=False, server_default=""),
    sa.Column("next_at", Moment, index=True),
    sa.Column("next_reason", sa.String(500), nullable=False, default=""),
    sa.Column("last_run_at", Moment),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("channel", sa.String(100), primary_key=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("next_at", Moment),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Index("outbox_due", "state", "next_at"),
)

# A cache for the pages: a reconcile fills it, and a lost one is filled again by the next resync.
standings = sa.Table(
    "standings",
    metadata,
    sa.Column("slug", sa.String(255), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

memory = sa.Table(
    "memory",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


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
            "Let this user write the file and its folder, or name another file in PARTNER_JOURNEY_DATABASE_URL. If "
            "it is damaged, move it away: the service makes a new one and reads everything from GitLab again.",
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
