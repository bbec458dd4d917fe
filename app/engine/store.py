"""All SQL of the project: deliveries, the audit trail, retry state, the outbox and a small memory.

One verb is one short transaction. The trap this avoids: look, then insert. Two deliveries that arrive together would
both find nothing; here the insert itself decides (`ON CONFLICT DO NOTHING`), and only who created the row acts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.engine.records import Arrival, Delivery, OutboxEntry, PartnerState, Run
from app.engine.tables import deliveries, memory, open_database, outbox, partners, runs, standings, translated

REASON_LIMIT = 500
"""Longest reason or outcome kept, in characters: the width of its column."""

Enqueue = Callable[[sa.Connection, str, str], None]
"""Puts a partner into the queue as a part of the given transaction: (transaction, partner, reason)."""

_KNOWN = sa.select(deliveries.c.idempotency_key, deliveries.c.woken_at).where(
    deliveries.c.idempotency_key.in_(sa.bindparam("keys", expanding=True))
)

INTERRUPTED = ("The process stopped during this run.", "Nothing to do: the next run looks at GitLab again.")


class Store:
    """The bot's own database, for any thread. Every verb raises StoreError when the database does not answer."""

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        """Open `url` (sqlite:///file or postgresql://…) and create what is missing. Raises StoreError."""
        self._engine = open_database(url)
        self._reader = self._engine.execution_options(reading=True)
        self._clock = clock

    @property
    def server(self) -> sa.Engine | None:
        """The connections, where they lead to PostgreSQL: the queue shares them. None with SQLite."""
        return self._engine if self._engine.dialect.name == "postgresql" else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # --- deliveries -------------------------------------------------------------------------------------------------

    def keep_deliveries(self, arrivals: Sequence[Arrival], enqueue: Enqueue) -> list[bool]:
        """Keeps deliveries and wakes their partners, all in one transaction; returns for each whether it was new.

        `enqueue(transaction, partner, reason)` is called once for each partner to wake. One with an errand is
        kept only; its caller does it, and marks it as woken. One that is known but was never woken counts as new.
        """
        first = {arrival.key: arrival for arrival in reversed(arrivals)}
        # In one order everywhere: two processes that keep the same deliveries must not wait for each other.
        keys = sorted(first)
        with self._writing() as connection:
            known = dict(map(tuple, connection.execute(_KNOWN, {"keys": keys})))
            new = [first[key] for key in keys if known.get(key) is None]
            rows = [self._delivery_row(arrival) for arrival in new if arrival.key not in known]
            if rows:
                # Another process may keep the same delivery right now: who inserts it wakes its partners.
                statement = self._insert(deliveries).on_conflict_do_nothing().returning(deliveries.c.idempotency_key)
                mine = set(connection.execute(statement, rows).scalars())
                new = [arrival for arrival in new if arrival.key in known or arrival.key in mine]
            late = [arrival.key for arrival in new if arrival.key in known and not arrival.errands]
            if late:
                again = deliveries.update().where(deliveries.c.idempotency_key.in_(late))
                connection.execute(again.values(woken_at=self._clock()))
            wakes = {slug: arrival.event for arrival in reversed(new) for slug in arrival.slugs}
            for slug, reason in wakes.items():
                enqueue(connection, slug, reason)
        fresh = {arrival.key for arrival in new}
        return [arrival is first[arrival.key] and arrival.key in fresh for arrival in arrivals]

    def _delivery_row(self, arrival: Arrival) -> dict[str, Any]:
        now = self._clock()
        return {
            "idempotency_key": arrival.key,
            "received_at": now,
            "event": arrival.event,
            "project_path": arrival.project_path,
            "partner": arrival.partner,
            "wakes": list(arrival.wakes),
            "outcome": "accepted",
            "hook_uuid": arrival.hook_uuid,
            "woken_at": None if arrival.errands else now,
        }

    def mark_woken(self, key: str) -> None:
        """The partners of this delivery are in the queue: a restart need not wake them again."""
        with self._writing() as connection:
            statement = deliveries.update().where(deliveries.c.idempotency_key == key)
            connection.execute(statement.values(woken_at=self._clock()))

    def delivery(self, key: str) -> Delivery | None:
        """One delivery by its Idempotency-Key."""
        rows = self._rows(deliveries.select().where(deliveries.c.idempotency_key == key))
        return _delivery(rows[0]) if rows else None

    def deliveries(self, *, partner: str | None = None, limit: int = 50) -> list[Delivery]:
        """The newest deliveries first, of one partner or of all."""
        statement = deliveries.select().order_by(deliveries.c.received_at.desc()).limit(limit)
        if partner is not None:
            statement = statement.where(deliveries.c.partner == partner)
        return [_delivery(row) for row in self._rows(statement)]

    def unwoken_deliveries(self, before: datetime | None = None) -> list[Delivery]:
        """Deliveries (that came before this time) that were kept but whose partners never reached the queue."""
        statement = deliveries.select().where(deliveries.c.woken_at.is_(None)).order_by(deliveries.c.received_at)
        if before is not None:
            statement = statement.where(deliveries.c.received_at < before)
        return [_delivery(row) for row in self._rows(statement)]

    # --- audit trail ------------------------------------------------------------------------------------------------

    def start_run(self, partner: str, reason: str) -> int:
        """Open an audit row and return its id. An open row of the same partner belongs to a process that died."""
        now = self._clock()
        still_open = (runs.c.partner == partner) & runs.c.outcome.is_(None)
        cause, fix = INTERRUPTED
        with self._writing() as connection:
            # Safe because the queue works on a partner one run at a time.
            connection.execute(
                runs.update().where(still_open).values(outcome="interrupted", finished_at=now, cause=cause, fix=fix)
            )
            values = {"partner": partner, "reason": reason[:REASON_LIMIT], "started_at": now}
            empty = {"actions": [], "requests": 0, "cause": "", "fix": ""}
            return int(connection.execute(runs.insert().values(values | empty).returning(runs.c.id)).scalar_one())

    def finish_run(
        self, run_id: int, *, outcome: str, actions: Sequence[str], requests: int, cause: str = "", fix: str = ""
    ) -> None:
        """Close an audit row; `outcome` is "ok" or "failed"."""
        values = {"outcome": outcome, "actions": list(actions), "requests": requests, "cause": cause, "fix": fix}
        with self._writing() as connection:
            connection.execute(runs.update().where(runs.c.id == run_id).values(values | {"finished_at": self._clock()}))

    def runs(self, *, partner: str | None = None, limit: int = 50) -> list[Run]:
        """The newest runs first, of one partner or of all."""
        statement = runs.select().order_by(runs.c.id.desc()).limit(limit)
        if partner is not None:
            statement = statement.where(runs.c.partner == partner)
        return [_run(row) for row in self._rows(statement)]

    def open_runs(self) -> list[Run]:
        """Runs without an end: working now, or cut off when the process died."""
        return [_run(row) for row in self._rows(runs.select().where(runs.c.outcome.is_(None)).order_by(runs.c.id))]

    def prune(self, older_than: timedelta) -> int:
        """Forget woken deliveries and finished runs older than this; returns how many. The outbox stays: it is the
        memory of what was already said."""
        before = self._clock() - older_than
        old_deliveries = (deliveries.c.received_at < before) & deliveries.c.woken_at.is_not(None)
        old_runs = (runs.c.started_at < before) & runs.c.outcome.is_not(None)
        with self._writing() as connection:
            gone = connection.execute(deliveries.delete().where(old_deliveries)).rowcount
            return gone + connection.execute(runs.delete().where(old_runs)).rowcount

    # --- retry state and timers -------------------------------------------------------------------------------------

    def partner(self, slug: str) -> PartnerState:
        """Retry state of one partner; all empty for one never seen."""
        rows = self._rows(partners.select().where(partners.c.slug == slug))
        return PartnerState(**rows[0]) if rows else PartnerState(slug)

    def partners(self) -> list[PartnerState]:
        """Retry state of every partner that ever ran, by slug."""
        return [PartnerState(**row) for row in self._rows(partners.select().order_by(partners.c.slug))]

    def park(self, slug: str, *, failures: int, until: datetime, cause: str, fix: str, kind: str) -> None:
        """This partner failed `failures` times in a row; try again at `until`. `kind` is the cause in one word."""
        now = self._clock()
        values: dict[str, Any] = {"failures": failures, "parked_until": until, "cause": cause, "fix": fix, "kind": kind}
        values["last_run_at"] = now
        since = {"failing_since": sa.func.coalesce(partners.c.failing_since, now)}
        self._upsert_partner({"slug": slug, "failing_since": now} | values, values | since)

    def clear_parking(self, slug: str) -> None:
        """This partner's run succeeded: no failure is left."""
        values: dict[str, Any] = {"failures": 0, "failing_since": None, "parked_until": None}
        values |= {"cause": "", "fix": "", "kind": "", "last_run_at": self._clock()}
        self._upsert_partner({"slug": slug} | values, values)

    def due_parkings(self, now: datetime) -> list[PartnerState]:
        """Partners whose parking is over, longest waiting first."""
        statement = partners.select().where(partners.c.parked_until <= now).order_by(partners.c.parked_until)
        return [PartnerState(**row) for row in self._rows(statement)]

    def release(self, slug: str, parked_until: datetime) -> None:
        """The retry is in the queue: forget its time, unless the partner was parked anew meanwhile."""
        unchanged = (partners.c.slug == slug) & (partners.c.parked_until == parked_until)
        with self._writing() as connection:
            connection.execute(partners.update().where(unchanged).values(parked_until=None))

    def unscheduled_failures(self) -> list[PartnerState]:
        """Failing partners with no retry time: their retry was handed to a queue."""
        failing = (partners.c.failures > 0) & partners.c.parked_until.is_(None)
        return [PartnerState(**row) for row in self._rows(partners.select().where(failing))]

    def set_timer(self, slug: str, at: datetime, reason: str) -> None:
        """Wake this partner at `at`. An earlier timer stays; a later one is replaced."""
        self.set_timers({slug: at}, reason)

    def set_timers(self, moments: Mapping[str, datetime], reason: str) -> None:
        """As set_timer for many partners, in one transaction."""
        if not moments:
            return
        insert = self._insert(partners)
        earlier = sa.or_(partners.c.next_at.is_(None), partners.c.next_at > insert.excluded.next_at)
        changed = {
            name: sa.case((earlier, insert.excluded[name]), else_=partners.c[name])
            for name in ("next_at", "next_reason")
        }
        rows = [
            {"slug": slug, "next_at": at, "next_reason": reason[:REASON_LIMIT]} for slug, at in sorted(moments.items())
        ]
        with self._writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["slug"], set_=changed), rows)

    def due_timers(self, now: datetime) -> list[PartnerState]:
        """Partners whose timer has come, earliest first."""
        statement = partners.select().where(partners.c.next_at <= now).order_by(partners.c.next_at)
        return [PartnerState(**row) for row in self._rows(statement)]

    def clear_timer(self, slug: str, at: datetime) -> None:
        """This timer has fired: forget it, unless it was set anew meanwhile."""
        unchanged = (partners.c.slug == slug) & (partners.c.next_at == at)
        with self._writing() as connection:
            connection.execute(partners.update().where(unchanged).values(next_at=None, next_reason=""))

    # --- standings --------------------------------------------------------------------------------------------------

    def keep_standing(self, slug: str, digest: str, body: str) -> None:
        """The newest standing of a partner as JSON, in place of the one before."""
        values = {"digest": digest, "seen_at": self._clock(), "body": body}
        with self._writing() as connection:
            statement = self._insert(standings).values({"slug": slug} | values)
            connection.execute(statement.on_conflict_do_update(index_elements=["slug"], set_=values))

    def standing_digests(self) -> dict[str, str]:
        """Slug -> digest of every standing kept: a small answer that tells which ones are worth reading again."""
        rows = self._rows(sa.select(standings.c.slug, standings.c.digest))
        return {row["slug"]: row["digest"] for row in rows}

    def standings(self, slugs: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Slug -> (digest, JSON) of those of the given partners that have one."""
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(slugs), 500):  # databases limit the values of one statement
            wanted = standings.c.slug.in_(slugs[start : start + 500])
            found |= {r["slug"]: (r["digest"], r["body"]) for r in self._rows(standings.select().where(wanted))}
        return found

    def drop_standing(self, slug: str) -> None:
        """The partner is no longer one of ours."""
        with self._writing() as connection:
            connection.execute(standings.delete().where(standings.c.slug == slug))

    # --- outbox -----------------------------------------------------------------------------------------------------

    def outbox_put(self, key: str, channel: str, event: str) -> bool:
        """Keep one message for one channel. False when it was put before, whatever became of it."""
        now = self._clock()
        values = {"key": key, "channel": channel, "event": event, "created_at": now, "next_at": now}
        with self._writing() as connection:
            return self._insert_once(connection, outbox, values | {"state": "waiting", "attempts": 0, "last_error": ""})

    def outbox_channels(self, now: datetime) -> list[str]:
        """The channels that have messages to send now, by name."""
        statement = sa.select(outbox.c.channel).where(_due(now)).distinct().order_by(outbox.c.channel)
        return [row["channel"] for row in self._rows(statement)]

    def outbox_due(self, now: datetime, channel: str, limit: int) -> list[OutboxEntry]:
        """Messages to send now by one channel, oldest first; with those whose claim is over."""
        due = _due(now) & (outbox.c.channel == channel)
        statement = outbox.select().where(due).order_by(outbox.c.created_at, outbox.c.key).limit(limit)
        return [OutboxEntry(**row) for row in self._rows(statement)]

    def outbox_claim(self, key: str, channel: str, until: datetime) -> bool:
        """Take this waiting message to send it; False when somebody else has. The claim is over at `until`."""
        mine = (outbox.c.key == key) & (outbox.c.channel == channel) & (outbox.c.state == "waiting")
        with self._writing() as connection:
            return connection.execute(outbox.update().where(mine).values(state="sending", next_at=until)).rowcount == 1

    def outbox_sent(self, key: str, channel: str) -> None:
        """The channel has taken this message."""
        values = {"state": "sent", "attempts": outbox.c.attempts + 1, "next_at": None, "last_error": ""}
        self._update_outbox(key, channel, values)

    def outbox_failed(self, key: str, channel: str, error: str, retry_at: datetime | None) -> None:
        """One try failed; try again at `retry_at`, or never (dead) when it is None."""
        state = "dead" if retry_at is None else "waiting"
        values = {"state": state, "attempts": outbox.c.attempts + 1, "next_at": retry_at, "last_error": error}
        self._update_outbox(key, channel, values)

    def outbox_revive(self, key: str, channel: str) -> None:
        """An operator asks to send this message again, from the first try."""
        values = {"state": "waiting", "attempts": 0, "next_at": self._clock(), "last_error": ""}
        self._update_outbox(key, channel, values)

    def outbox(self, *, state: str | None = None, limit: int = 50) -> list[OutboxEntry]:
        """The newest messages first, all or those in one state."""
        statement = outbox.select().order_by(outbox.c.created_at.desc(), outbox.c.key).limit(limit)
        if state is not None:
            statement = statement.where(outbox.c.state == state)
        return [OutboxEntry(**row) for row in self._rows(statement)]

    def outbox_counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        statement = sa.select(outbox.c.state, sa.func.count().label("count")).group_by(outbox.c.state)
        return {str(row["state"]): int(row["count"]) for row in self._rows(statement)}

    # --- memory -----------------------------------------------------------------------------------------------------

    def remember(self, key: str, value: str) -> None:
        """Keep a small value (a watermark, say) under a key. Only what may be lost: GitLab is the state."""
        with self._writing() as connection:
            statement = self._insert(memory).values(key=key, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    def recall(self, key: str) -> str | None:
        """The value under a key, or None."""
        rows = self._rows(sa.select(memory.c.value).where(memory.c.key == key))
        return str(rows[0]["value"]) if rows else None

    def forget(self, key: str, value: str) -> None:
        """Drop what is kept under a key, unless it has changed from this value meanwhile."""
        with self._writing() as connection:
            connection.execute(memory.delete().where((memory.c.key == key) & (memory.c.value == value)))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _insert(self, table: sa.Table) -> Any:
        # Both dialects spell ON CONFLICT alike, but SQLAlchemy has no common type for it.
        return sqlite.insert(table) if self._engine.dialect.name == "sqlite" else postgresql.insert(table)

    def _insert_once(self, connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> bool:
        statement = self._insert(table).values(values).on_conflict_do_nothing()
        # RETURNING, because psycopg reports no row count for an insert: every delivery would look like a double.
        return connection.execute(statement.returning(*table.primary_key.columns)).first() is not None

    def _upsert_partner(self, created: dict[str, Any], changed: dict[str, Any]) -> None:
        with self._writing() as connection:
            statement = self._insert(partners).values(created)
            connection.execute(statement.on_conflict_do_update(index_elements=["slug"], set_=changed))

    def _update_outbox(self, key: str, channel: str, values: dict[str, Any]) -> None:
        with self._writing() as connection:
            connection.execute(
                outbox.update().where((outbox.c.key == key) & (outbox.c.channel == channel)).values(values)
            )

    def _rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        with translated(), self._reader.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection


def _due(now: datetime) -> sa.ColumnElement[bool]:
    """Messages in the outbox whose time has come; one that is being sent only when its claim is over."""
    return outbox.c.state.in_(("waiting", "sending")) & (outbox.c.next_at <= now)


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(**row | {"wakes": tuple(row["wakes"])})


def _run(row: dict[str, Any]) -> Run:
    return Run(**row | {"actions": tuple(row["actions"])})
