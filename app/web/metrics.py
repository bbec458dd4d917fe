"""GET /metrics for Prometheus: what the parts have counted, and what the bot's database and checks say now.

Behind the API's token, like all that tells of partners. The trap: a page of metrics that fails when the database does,
which is just when it is looked at; so then it says that, and what was counted is shown all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Protocol

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from app.engine.database import StoreError
from app.engine.queue import Queue
from app.engine.resync import resynced
from app.engine.store import Store
from app.gitlab.ground import Ground
from app.metrics import METRICS, Meters
from app.web.health import STATES, Health


class MetricsParts(Protocol):
    """What the metrics are made of."""

    meters: Meters
    store: Store
    queue: Queue
    ground: Ground

    def clock(self) -> datetime:
        """The time now, aware."""
        ...


def metrics_router(parts: MetricsParts, health: Health, guard: Callable[..., None]) -> APIRouter:
    """The route /metrics; `guard` decides who may read it."""
    router = APIRouter(tags=["health"], dependencies=[Depends(guard)])
    registry = CollectorRegistry()
    registry.register(parts.meters.registry)
    registry.register(Readings(parts, health))
    ProcessCollector(registry=registry)

    @router.get("/metrics", summary="Metrics for Prometheus")
    def metrics(request: Request) -> Response:
        """Text format, or OpenMetrics where the reader asks for it."""
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=media_type)

    return router


class Readings(Collector):
    """What is read at each look: one short query for each of the first four, and the health page's checks."""

    def __init__(self, parts: MetricsParts, health: Health) -> None:
        self._parts = parts
        self._health = health

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """All readings; those of a database that does not answer are left out."""
        yield _gauge("build_info", {(version("partner-journey"), self._parts.ground.footing.instance.version): 1})
        try:
            found = [*self._from_database()]
        except StoreError:
            found = []
        yield _gauge("database_up", {(): int(bool(found))})
        yield from found

    def _from_database(self) -> Iterator[GaugeMetricFamily]:
        store, queue = self._parts.store, self._parts.queue
        states = store.partners()
        yield _gauge("partners", {(): sum(state.last_run_at is not None for state in states)})
        yield _gauge("parked_partners", _counts(state.kind for state in states if state.failures))
        yield _gauge("queue_partners", {("waiting",): len(queue.waiting()), ("working",): len(queue.working())})
        yield _gauge("outbox_messages", {(state,): n for state, n in store.outbox.counts().items()})
        ended, watermark = resynced(store)
        now = self._parts.clock()
        yield _gauge("resync_age_seconds", _age(now, ended))
        yield _gauge("resync_watermark_age_seconds", _age(now, watermark))
        checks = self._health.checks()
        yield _gauge("check_state", {(check.name.lower(),): STATES.index(check.state) for check in checks})


def _gauge(short: str, values: dict[tuple[str, ...], float]) -> GaugeMetricFamily:
    name = f"partner_journey_{short}"
    family = GaugeMetricFamily(name, METRICS[name].text, labels=METRICS[name].labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _counts(kinds: Iterable[str]) -> dict[tuple[str, ...], float]:
    return {(kind or "unknown",): n for kind, n in Counter(kinds).items()}


def _age(now: datetime, moment: datetime | None) -> dict[tuple[str, ...], float]:
    return {(): (now - moment).total_seconds()} if moment else {}
