"""What the store hands out: frozen values, one per table, so that nobody changes a row by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

EVERYONE = "*"
"""In `Delivery.wakes`: this delivery concerns every partner (the journey itself has changed)."""
NEWCOMERS = "+"
"""In `Delivery.wakes`: this delivery concerns the forms for new partners."""
ERRANDS = frozenset({EVERYONE, NEWCOMERS})
"""What stands in `Delivery.wakes` besides slugs, none of which looks like these."""
Errands = Mapping[str, Callable[[str], None]]
"""What to do for each of ERRANDS, told why. It must only note it, durably, and return."""


@dataclass(frozen=True)
class Arrival:
    """A delivery that is to be kept: its identity, what it says, and whom it wakes.

    `received_at` is when it came, not when it was kept: a run that begins in between has seen what it tells.
    """

    key: str
    received_at: datetime
    event: str
    project_path: str | None = None
    wakes: tuple[str, ...] = ()
    hook_uuid: str | None = None

    @property
    def slugs(self) -> tuple[str, ...]:
        """The partners that it wakes by name."""
        return tuple(each for each in self.wakes if each not in ERRANDS)

    @property
    def errands(self) -> tuple[str, ...]:
        """What else it asks for."""
        return tuple(each for each in self.wakes if each in ERRANDS)

    @property
    def partner(self) -> str | None:
        """The one partner that it concerns, if it is one."""
        return self.slugs[0] if len(self.wakes) == len(self.slugs) == 1 else None


@dataclass(frozen=True)
class Delivery:
    """One webhook delivery of GitLab that was accepted. `woken_at` is None until its partners are in the queue."""

    idempotency_key: str
    received_at: datetime
    event: str
    project_path: str | None
    partner: str | None
    wakes: tuple[str, ...]
    outcome: str
    hook_uuid: str | None
    woken_at: datetime | None


@dataclass(frozen=True)
class Run:
    """One reconcile in the audit trail. `outcome`: "ok", "failed", "interrupted" (the process died), None: working."""

    id: int
    partner: str
    reason: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    actions: tuple[str, ...]
    requests: int
    cause: str
    fix: str


@dataclass(frozen=True)
class PartnerState:
    """Retry state of one partner: failing when `failures` > 0; `next_at` is its timer.

    `kind` is the cause in one word, see app/metrics.py.
    """

    slug: str
    failures: int = 0
    failing_since: datetime | None = None
    parked_until: datetime | None = None
    cause: str = ""
    fix: str = ""
    kind: str = ""
    next_at: datetime | None = None
    next_reason: str = ""
    last_run_at: datetime | None = None


@dataclass(frozen=True)
class OutboxEntry:
    """One message for one channel. `event` is the message as JSON; `state`: "waiting", "sending", "sent" or "dead"."""

    key: str
    channel: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime | None
    last_error: str
