"""The state of the whole service as the bot's database tells it: who works, who is parked and why, what waits.

Asked without GitLab and without a running service, for it is wanted most when those are in trouble. The command line
prints it. The trap: a partner that fails in silence; every failure here has a cause and a next try.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, Field

from app.engine.database import database_url
from app.engine.durable import queued
from app.engine.records import PartnerState
from app.engine.seats import is_led
from app.engine.store import Store


class Parked(BaseModel):
    """A partner whose last reconcile failed."""

    slug: str
    cause: str
    kind: str = Field(description="the cause in one word")
    fix: str
    failures: int = Field(description="in a row")
    since: datetime | None
    next_try: datetime | None = Field(description="None: the retry is in the queue")


class Status(BaseModel):
    """What the bot's database knows of the service."""

    database: str = Field(description="its address, without the password")
    running: bool = Field(description="whether a process keeps the clock")
    partners: int = Field(description="seen by the bot so far")
    parked: list[Parked]
    waiting: list[str] = Field(description="partners that wait for a run")
    working: list[str] = Field(description="partners with a run at work")
    last_run: datetime | None
    next_resync: datetime | None
    messages_waiting: int
    messages_dead: int = Field(description="given up; see the log")


def status_of(url: str, clock: Callable[[], datetime]) -> Status:
    """Raises StoreError when the database does not answer."""
    with Store(url, clock) as store:
        states = store.partners()
        next_resync = store.recall("next:resync")
        messages = store.outbox.counts()
        waiting, working = queued(url)
        return Status(
            database=database_url(url).render_as_string(hide_password=True),
            running=is_led(url),
            partners=len(states),
            parked=[parked_of(state) for state in states if state.failures],
            waiting=waiting,
            working=working,
            last_run=max((s.last_run_at for s in states if s.last_run_at), default=None),
            next_resync=datetime.fromisoformat(next_resync) if next_resync else None,
            messages_waiting=messages.get("waiting", 0) + messages.get("sending", 0),
            messages_dead=messages.get("dead", 0),
        )


def parked_of(state: PartnerState) -> Parked:
    """What is told of a partner that fails."""
    return Parked(
        slug=state.slug,
        cause=state.cause,
        kind=state.kind,
        fix=state.fix,
        failures=state.failures,
        since=state.failing_since,
        next_try=state.parked_until,
    )
