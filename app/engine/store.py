"""What the bot keeps in its own database: deliveries, the audit trail, retry state, a small memory, and in parts of
their own messages and standings. No SQL stands outside of these.

One verb is one short transaction. The trap this avoids: look, then insert. Two deliveries that arrive together would
both find nothing; here the insert itself decides (`ON CONFLICT DO NOTHING`), and only who created the row acts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa

from app.engine.database import Database
from app.engine.kept_messages import KeptMessages
from app.engine.kept_standings import KeptStandings
from app.engine.records import Arrival, Delivery, PartnerState, Run
from app.engine.tables import deliveries, memory, partners, runs

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
        self._database = Database(url)
        self._clock = clock
        self.outbox = KeptMessages(self._database, clock)
        self.standings = KeptStandings(self._database, clock)

    @property
    def server(self) -> sa.Engine | None:
        """The connections, where they lead to PostgreSQL: the queue shares them. None with SQLite."""
        engine = self._database.engine
        return engine if engine.dialect.name == "postgresql" else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._database.engine.dispose()

    # --- deliveries -------------------------------------------------------------------------------------------------

    def keep_deliveries(self, arrivals: Sequence[Arrival], enqueue: Enqueue) -> list[bool]:
        """Keeps deliveries and wakes their partners, all in one transaction; returns for each whether it was new.

        `enqueue(transaction, partner, reason)` is called once for each partner to wake. One with an errand is
        kept only; its caller does it, and marks it as woken. One that is known but was never woken counts as new.
        """
        first = {arrival.key: arrival for arrival in reversed(arrivals)}
        # In one order everywhere: two processes that keep the same deliveries must not wait for each other.
        keys = sorted(first)
        with self._database.writing() as connection:
            known = dict(map(tuple, connection.execute(_KNOWN, {"keys": keys})))
            new = [first[key] for key in keys if known.get(key) is None]
            rows = [self._delivery_row(arrival) for arrival in new if arrival.key not in known]
            if rows:
                # Another process may keep the same delivery right now: who inserts it wakes its partners.
                statement = (
                    self._database.insert(deliveries).on_conflict_do_nothing().returning(deliveries.c.idempotency_key)
                )
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
        return {
            "idempotency_key": arrival.key,
            "received_at": arrival.received_at,
            "event": arrival.event,
            "project_path": arrival.project_path,
            "partner": arrival.partner,
            "wakes": list(arrival.wakes),
            "outcome": "accepted",
            "hook_uuid": arrival.hook_uuid,
            "woken_at": None if arrival.errands else self._clock(),
        }

    def mark_woken(self, key: str) -> None:
        """The partners of this delivery are in the queue: a restart need not wake them again."""
        with self._database.writing() as connection:
            statement = deliveries.update().where(deliveries.c.idempotency_key == key)
            connection.execute(statement.values(woken_at=self._clock()))

    def delivery(self, key: str) -> Delivery | None:
        """One delivery by its Idempotency-Key."""
        rows = self._database.rows(deliveries.select().where(deliveries.c.idempotency_key == key))
        return _delivery(rows[0]) if rows else None

    def deliveries(self, *, partner: str | None = None, limit: int = 50) -> list[Delivery]:
        """The newest deliveries first, of one partner or of all."""
        statement = deliveries.select().order_by(deliveries.c.received_at.desc()).limit(limit)
        if partner is not None:
            statement = statement.where(deliveries.c.partner == partner)
        return [_delivery(row) for row in self._database.rows(statement)]

    def unwoken_deliveries(self, before: datetime | None = None) -> list[Delivery]:
        """Deliveries (that came before this time) that were kept but whose partners never reached the queue."""
        statement = deliveries.select().where(deliveries.c.woken_at.is_(None)).order_by(deliveries.c.received_at)
        if before is not None:
            statement = statement.where(deliveries.c.received_at < before)
        return [_delivery(row) for row in self._database.rows(statement)]

    # --- audit trail ------------------------------------------------------------------------------------------------

    def start_run(self, partner: str, reason: str) -> int:
        """Open an audit row and return its id. An open row of the same partner belongs to a process that died."""
        now = self._clock()
        still_open = (runs.c.partner == partner) & runs.c.outcome.is_(None)
        cause, fix = INTERRUPTED
        with self._database.writing() as connection:
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
        with self._database.writing() as connection:
            connection.execute(runs.update().where(runs.c.id == run_id).values(values | {"finished_at": self._clock()}))

    def runs(self, *, partner: str | None = None, limit: int = 50) -> list[Run]:
        """The newest runs first, of one partner or of all."""
        statement = runs.select().order_by(runs.c.id.desc()).limit(limit)
        if partner is not None:
            statement = statement.where(runs.c.partner == partner)
        return [_run(row) for row in self._database.rows(statement)]

    def open_runs(self) -> list[Run]:
        """Runs without an end: working now, or cut off when the process died."""
        return [
            _run(row) for row in self._database.rows(runs.select().where(runs.c.outcome.is_(None)).order_by(runs.c.id))
        ]

    def prune(self, older_than: timedelta) -> int:
        """Forget woken deliveries and finished runs older than this; returns how many. The outbox stays: it is the
        memory of what was already said."""
        before = self._clock() - older_than
        old_deliveries = (deliveries.c.received_at < before) & deliveries.c.woken_at.is_not(None)
        old_runs = (runs.c.started_at < before) & runs.c.outcome.is_not(None)
        with self._database.writing() as connection:
            gone = connection.execute(deliveries.delete().where(old_deliveries)).rowcount
            return gone + connection.execute(runs.delete().where(old_runs)).rowcount

    # --- retry state and timers -------------------------------------------------------------------------------------

    def partner(self, slug: str) -> PartnerState:
        """Retry state of one partner; all empty for one never seen."""
        rows = self._database.rows(partners.select().where(partners.c.slug == slug))
        return PartnerState(**rows[0]) if rows else PartnerState(slug)

    def partners(self) -> list[PartnerState]:
        """Retry state of every partner that ever ran, by slug."""
        return [PartnerState(**row) for row in self._database.rows(partners.select().order_by(partners.c.slug))]

    def park(self, slug: str, *, failures: int, until: datetime, cause: str, fix: str, kind: str) -> None:
        """This partner failed `failures` times in a row; try again at `until`. `kind` is the cause in one word."""
        now = self._clock()
        values: dict[str, Any] = {"failures": failures, "parked_until": until, "cause": cause, "fix": fix, "kind": kind}
        values["last_run_at"] = now
        since = {"failing_since": sa.func.coalesce(partners.c.failing_since, now)}
        self._database.upsert(partners, "slug", {"slug": slug, "failing_since": now} | values, values | since)

    def clear_parking(self, slug: str) -> None:
        """This partner's run succeeded: no failure is left."""
        values: dict[str, Any] = {"failures": 0, "failing_since": None, "parked_until": None}
        values |= {"cause": "", "fix": "", "kind": "", "last_run_at": self._clock()}
        self._database.upsert(partners, "slug", {"slug": slug} | values, values)

    def due_parkings(self, now: datetime) -> list[PartnerState]:
        """Partners whose parking is over, longest waiting first."""
        statement = partners.select().where(partners.c.parked_until <= now).order_by(partners.c.parked_until)
        return [PartnerState(**row) for row in self._database.rows(statement)]

    def release(self, slug: str, parked_until: datetime) -> None:
        """The retry is in the queue: forget its time, unless the partner was parked anew meanwhile."""
        unchanged = (partners.c.slug == slug) & (partners.c.parked_until == parked_until)
        with self._database.writing() as connection:
            connection.execute(partners.update().where(unchanged).values(parked_until=None))

    def unscheduled_failures(self) -> list[PartnerState]:
        """Failing partners with no retry time: their retry was handed to a queue."""
        failing = (partners.c.failures > 0) & partners.c.parked_until.is_(None)
        return [PartnerState(**row) for row in self._database.rows(partners.select().where(failing))]

    def set_timer(self, slug: str, at: datetime, reason: str) -> None:
        """Wake this partner at `at`. An earlier timer stays; a later one is replaced."""
        self.set_timers({slug: at}, reason)

    def set_timers(self, moments: Mapping[str, datetime], reason: str) -> None:
        """As set_timer for many partners, in one transaction."""
        if not moments:
            return
        insert = self._database.insert(partners)
        earlier = sa.or_(partners.c.next_at.is_(None), partners.c.next_at > insert.excluded.next_at)
        changed = {
            name: sa.case((earlier, insert.excluded[name]), else_=partners.c[name])
            for name in ("next_at", "next_reason")
        }
        rows = [
            {"slug": slug, "next_at": at, "next_reason": reason[:REASON_LIMIT]} for slug, at in sorted(moments.items())
        ]
        with self._database.writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["slug"], set_=changed), rows)

    def due_timers(self, now: datetime) -> list[PartnerState]:
        """Partners whose timer has come, earliest first."""
        statement = partners.select().where(partners.c.next_at <= now).order_by(partners.c.next_at)
        return [PartnerState(**row) for row in self._database.rows(statement)]

    def clear_timer(self, slug: str, at: datetime) -> None:
        """This timer has fired: forget it, unless it was set anew meanwhile."""
        unchanged = (partners.c.slug == slug) & (partners.c.next_at == at)
        with self._database.writing() as connection:
            connection.execute(partners.update().where(unchanged).values(next_at=None, next_reason=""))

    # --- memory -----------------------------------------------------------------------------------------------------

    def remember(self, key: str, value: str) -> None:
        """Keep a small value (a watermark, say) under a key. Only what may be lost: GitLab is the state."""
        self._database.upsert(memory, "key", {"key": key, "value": value}, {"value": value})

    def recall(self, key: str) -> str | None:
        """The value under a key, or None."""
        rows = self._database.rows(sa.select(memory.c.value).where(memory.c.key == key))
        return str(rows[0]["value"]) if rows else None

    def forget(self, key: str, value: str) -> None:
        """Drop what is kept under a key, unless it has changed from this value meanwhile."""
        with self._database.writing() as connection:
            connection.execute(memory.delete().where((memory.c.key == key) & (memory.c.value == value)))


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(**row | {"wakes": tuple(row["wakes"])})


def _run(row: dict[str, Any]) -> Run:
    return Run(**row | {"actions": tuple(row["actions"])})
