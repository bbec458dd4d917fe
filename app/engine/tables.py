"""The tables of the bot's own database: inbox, audit, retry state, outbox, and what pages show.

Nothing here is the truth about a partner (GitLab is). The trap: times that lose their zone on the way through SQLite.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


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
