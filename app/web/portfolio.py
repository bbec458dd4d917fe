"""What the pages show, as values: read from the standings and the store, never from GitLab.

The trap: a page that gets slower with every partner. A thousand rows are computed once and kept until their standing or
the quarter of an hour changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.engine.queue import Queue
from app.engine.records import PartnerState, Run
from app.engine.standings import Standings
from app.engine.store import Store
from app.journey.model import CATEGORY_TITLES
from app.journey.numbers import Number, numbers
from app.journey.overview import Filter, FunnelStep, QueueItem, Row, funnel, queue_of, row, visits_of
from app.journey.standing import Standing
from app.journey.tables import Table, table

PARTNER_COLUMNS = (
    "slug", "name", "category", "region", "sa", "lead", "stage", "percent", "since", "days_in_stage", "at_risk_until",
    "overdue", "waiting", "waiting_since", "stalled", "stuck", "last_activity", "next_due", "parked",
)  # fmt: skip
ORDERS: dict[str, Callable[[Row], Any]] = {
    "stage": lambda r: (r.name.casefold(), r.slug),
    "longest": lambda r: (-(r.days_in_stage or 0), r.slug),
    "waiting": lambda r: (r.waiting_since is None, r.waiting_since.timestamp() if r.waiting_since else 0.0, r.slug),
    "progress": lambda r: (r.percent, r.slug),
}


@dataclass(frozen=True)
class Happening:
    """One line of a partner's timeline."""

    at: datetime
    kind: str
    text: str
    url: str | None = None


@dataclass(frozen=True)
class Selection:
    """Everything the portfolio page shows. `unseen`: partners that were never looked at."""

    rows: list[Row]
    total: int
    steps: list[FunnelStep]
    counts: dict[str, int]
    parked: dict[str, PartnerState]
    choices: dict[str, list[tuple[str, str]]]
    unseen: list[PartnerState]


class Portfolio:
    """Reads for the pages. Safe to use from several threads; every verb may raise StoreError."""

    def __init__(self, standings: Standings, store: Store, queue: Queue, clock: Callable[[], datetime]) -> None:
        self._standings = standings
        self._store = store
        self._queue = queue
        self._clock = clock
        self._rows: dict[str, tuple[Standing, int, Row]] = {}

    # --- all partners ---

    def selection(self, wanted: Filter, order: str = "stage") -> Selection:
        """The portfolio as the filter wants it; the figures on top count everybody."""
        now, kept = self._clock(), self._standings.all()
        states = {state.slug: state for state in self._store.partners()}
        parked = {slug: state for slug, state in states.items() if state.failures}
        rows = [self._row(standing, now) for standing in kept.values()]
        shown = [r for r in rows if wanted.takes(r, parked=r.slug in parked)]
        counts = {
            "partners": len(rows),
            "waiting": sum(r.waiting > 0 for r in rows),
            "stalled": sum(r.stalled for r in rows),
            "risk": sum(r.at_risk_until is not None for r in rows),
            "parked": len(parked),
        }
        steps = funnel(list(kept.values()), now)
        place = {step.stage: index for index, step in enumerate(steps)}
        by_stage = order not in ORDERS or order == "stage"
        key = ORDERS.get(order, ORDERS["stage"])
        shown.sort(key=lambda r: (place.get(r.stage, 99) if by_stage else 0, key(r)))
        unseen = [state for slug, state in sorted(parked.items()) if slug not in kept]
        return Selection(shown, len(rows), steps, counts, parked, _choices(rows, steps), unseen)

    def partners_table(self, wanted: Filter, order: str = "stage") -> Table:
        """The same rows, all of them."""
        selection = self.selection(wanted, order)
        rows = [asdict(r) | {"parked": r.slug in selection.parked} for r in selection.rows]
        return table("partners", PARTNER_COLUMNS, rows)

    def funnel_table(self) -> Table:
        columns = ("stage", "title", "here", "reached", "conversion", "median_days", "slowest_days")
        return table("funnel", columns, [asdict(s) for s in self.selection(Filter()).steps])

    def queue(self, sa: str) -> list[QueueItem]:
        """What waits for this solution architect; empty: for all of them."""
        return queue_of(self._standings.all().values(), self._clock(), sa)

    def queue_table(self, sa: str) -> Table:
        columns = ("kind", "slug", "partner", "sa", "title", "why", "since", "due", "url")
        return table("queue", columns, [asdict(item) for item in self.queue(sa)])

    def numbers(self) -> list[Number]:
        """The program's numbers as of now."""
        return numbers(list(self._standings.all().values()), self._clock())

    def numbers_table(self) -> Table:
        return table("numbers", ("group", "name", "value", "unit", "of"), [asdict(n) for n in self.numbers()])

    def architects(self) -> list[str]:
        return sorted({s.people.sa for s in self._standings.all().values()})

    # --- one partner ---

    def partner(self, slug: str) -> Standing | None:
        """The latest standing as of now; None for a partner that was never looked at."""
        found = self._standings.get(slug)
        return found.at(self._clock()) if found else None

    def state(self, slug: str) -> PartnerState:
        return self._store.partner(slug)

    def waits(self, slug: str) -> bool:
        """Whether a run of this partner is in the queue."""
        return slug in self._queue.waiting()

    def runs(self, slug: str, limit: int = 50) -> list[Run]:
        return self._store.runs(partner=slug, limit=limit)

    def timeline(self, standing: Standing) -> list[Happening]:
        """What GitLab's own history says: stages reached, capabilities opened and closed. Newest first."""
        titles = {stage.id: stage.title for stage in standing.stages} | {"complete": "Complete"}
        found = [
            Happening(visit.began, "stage", f"{'Journey begun' if index == 0 else 'Stage'}: {titles[visit.stage]}",
                      standing.status_url)
            for index, visit in enumerate(visits_of(standing, self._clock()))
        ]  # fmt: skip
        for practice in standing.practices:
            named = {stage.id: stage.title for stage in practice.stages} | {"complete": f"Complete: {practice.id}"}
            found += [
                Happening(c.at, "stage", f"Practice: {named[c.stage]}", standing.status_url)
                for c in standing.practice_changes
                if c.practice == practice.id and c.stage in named
            ]
        for item in standing.capabilities:
            if item.closed_at is not None:
                verb = "Done" if item.counts else "Closed"
                found.append(Happening(item.closed_at, "done" if item.counts else "closed",
                                       f"{verb}: {item.title}", item.url))  # fmt: skip
            elif item.waiting_since is not None:
                found.append(Happening(item.waiting_since, "closed", f"Waits for the SA: {item.title}", item.url))
        return sorted(found, key=lambda h: h.at, reverse=True)

    def capabilities_table(self, standing: Standing) -> Table:
        columns = (
            "capability", "title", "stage", "required", "state", "why", "who", "due", "opened_at", "closed_at",
            "waiting_since", "confirmed_at", "confirmed_by", "valid_until", "waived_until", "practice", "url",
        )  # fmt: skip
        return table("capabilities", columns, [c.model_dump() for c in standing.capabilities])

    def practices_table(self, standing: Standing) -> Table:
        columns = (
            "id", "stage", "stage_title", "since", "percent", "joint_win", "unlocked", "at_risk_until", "lead",
            "champion",
        )  # fmt: skip
        return table("practices", columns, [p.model_dump() for p in standing.practices])

    def timeline_table(self, standing: Standing) -> Table:
        return table("timeline", ("at", "kind", "text", "url"), [asdict(h) for h in self.timeline(standing)])

    def runs_table(self, slug: str) -> Table:
        columns = ("id", "started_at", "finished_at", "reason", "outcome", "actions", "requests", "cause", "fix")
        return table("runs", columns, [asdict(run) for run in self.runs(slug, 1000)])

    def _row(self, standing: Standing, now: datetime) -> Row:
        quarter = int(now.timestamp()) // 900
        kept = self._rows.get(standing.slug)
        if kept is not None and kept[0] is standing and kept[1] == quarter:
            return kept[2]
        made = row(standing, now)
        self._rows[standing.slug] = standing, quarter, made
        return made


def _choices(rows: Iterable[Row], steps: Iterable[FunnelStep]) -> dict[str, list[tuple[str, str]]]:
    """What the filter offers: only what there is."""
    rows = list(rows)
    return {
        "stage": [(step.stage, step.title) for step in steps],
        "category": [(key, title) for key, title in CATEGORY_TITLES.items() if any(r.category == key for r in rows)],
        "region": [(name, name) for name in sorted({r.region for r in rows})],
        "sa": [(name, name) for name in sorted({r.sa for r in rows})],
    }
