"""Messages to people outside GitLab, kept for each channel until it has taken them, and afterwards.

They are the memory of what was said, so none is ever forgotten. The trap: look, then insert. Two that put the same
message together would both find nothing; here the insert itself decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.engine.database import Database
from app.engine.records import OutboxEntry
from app.engine.tables import outbox


class KeptMessages:
    """Every verb is one short transaction, and raises StoreError when the database does not answer."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def put(self, key: str, channel: str, event: str) -> bool:
        """Keep one message for one channel. False when it was put before, whatever became of it."""
        now = self._clock()
        values = {"key": key, "channel": channel, "event": event, "created_at": now, "next_at": now}
        values |= {"state": "waiting", "attempts": 0, "last_error": ""}
        statement = self._database.insert(outbox).values(values).on_conflict_do_nothing().returning(outbox.c.key)
        with self._database.writing() as connection:
            # RETURNING, because psycopg reports no row count for an insert: every message would look like a double.
            return connection.execute(statement).first() is not None

    def channels(self, now: datetime) -> list[str]:
        """The channels that have messages to send now, by name."""
        statement = sa.select(outbox.c.channel).where(_due(now)).distinct().order_by(outbox.c.channel)
        return [row["channel"] for row in self._database.rows(statement)]

    def due(self, now: datetime, channel: str, limit: int) -> list[OutboxEntry]:
        """Messages to send now by one channel, oldest first; with those whose claim is over."""
        due = _due(now) & (outbox.c.channel == channel)
        statement = outbox.select().where(due).order_by(outbox.c.created_at, outbox.c.key).limit(limit)
        return [OutboxEntry(**row) for row in self._database.rows(statement)]

    def claim(self, key: str, channel: str, until: datetime) -> bool:
        """Take this waiting message to send it; False when somebody else has. The claim is over at `until`."""
        mine = (outbox.c.key == key) & (outbox.c.channel == channel) & (outbox.c.state == "waiting")
        with self._database.writing() as connection:
            return connection.execute(outbox.update().where(mine).values(state="sending", next_at=until)).rowcount == 1

    def sent(self, key: str, channel: str) -> None:
        """The channel has taken this message."""
        values = {"state": "sent", "attempts": outbox.c.attempts + 1, "next_at": None, "last_error": ""}
        self._update(key, channel, values)

    def failed(self, key: str, channel: str, error: str, retry_at: datetime | None) -> None:
        """One try failed; try again at `retry_at`, or never (dead) when it is None."""
        state = "dead" if retry_at is None else "waiting"
        values = {"state": state, "attempts": outbox.c.attempts + 1, "next_at": retry_at, "last_error": error}
        self._update(key, channel, values)

    def revive(self, key: str, channel: str) -> None:
        """An operator asks to send this message again, from the first try."""
        values = {"state": "waiting", "attempts": 0, "next_at": self._clock(), "last_error": ""}
        self._update(key, channel, values)

    def newest(self, *, state: str | None = None, limit: int = 50) -> list[OutboxEntry]:
        """The newest messages first, all or those in one state."""
        statement = outbox.select().order_by(outbox.c.created_at.desc(), outbox.c.key).limit(limit)
        if state is not None:
            statement = statement.where(outbox.c.state == state)
        return [OutboxEntry(**row) for row in self._database.rows(statement)]

    def counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        statement = sa.select(outbox.c.state, sa.func.count().label("count")).group_by(outbox.c.state)
        return {str(row["state"]): int(row["count"]) for row in self._database.rows(statement)}

    def _update(self, key: str, channel: str, values: dict[str, Any]) -> None:
        this = (outbox.c.key == key) & (outbox.c.channel == channel)
        with self._database.writing() as connection:
            connection.execute(outbox.update().where(this).values(values))


def _due(now: datetime) -> sa.ColumnElement[bool]:
    """Messages in the outbox whose time has come; one that is being sent only when its claim is over."""
    return outbox.c.state.in_(("waiting", "sending")) & (outbox.c.next_at <= now)
