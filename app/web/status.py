"""GET /api/status: what waits and how long it will take, and whether the connection to GitLab is in order.

The trap: a health page that asks GitLab at each look. All here was found by the service's own chores.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.engine.forecast import Forecaster
from app.engine.queue import Queue
from app.engine.status import Parked, parked_of
from app.engine.store import Store
from app.engine.watch import Watch
from app.web.api import as_http


class StatusParts(Protocol):
    """What this answer is made of."""

    queue: Queue
    store: Store
    forecaster: Forecaster
    watch: Watch


class Line(BaseModel):
    """One finding about the connection to GitLab."""

    check: str
    state: Literal["ok", "warning", "failed"]
    text: str
    fix: str = Field(description="empty where nothing is to be done")


class Looked(BaseModel):
    """The last look at one side of the connection."""

    topic: Literal["token", "webhooks", "access"]
    at: datetime
    findings: list[Line]


class Waiting(BaseModel):
    """The partners that wait for a look."""

    partners: int
    new: int = Field(description="of these, partners that need a whole onboarding")
    seconds: float = Field(description="how long they take at least, so far as GitLab's limits decide it")
    limited_by: str | None = Field(description="which limit decides it; null: none does")
    text: str = Field(description="the same as one sentence, empty when nobody has to wait")


class Status(BaseModel):
    waiting: Waiting
    connection: list[Looked] = Field(description="what the service's own looks at token, webhooks and access found")
    parked: list[Parked] = Field(description="partners whose last reconcile failed, with cause and fix")


def add_status(router: APIRouter, parts: StatusParts) -> None:
    """Puts GET /status on the API's router, behind its token."""

    @router.get("/status", tags=["health"], summary="What waits, how long it takes, what is wrong")
    def status() -> Status:
        with as_http():
            found = parts.forecaster.of(parts.queue.waiting())
        looked = [
            Looked(topic=k.topic, at=k.at, findings=[Line(**f.as_json()) for f in k.findings])
            for k in parts.watch.kept()
        ]
        return Status(
            connection=looked,
            parked=[parked_of(state) for state in parts.store.partners() if state.failures],
            waiting=Waiting(
                partners=found.partners,
                new=found.new,
                seconds=round(found.seconds, 1),
                limited_by=found.limited_by,
                text=found.text,
            ),
        )
