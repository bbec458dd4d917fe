"""What the bot tells Prometheus: every metric by name, and the counters that its parts fill while they work.

A part takes `meters` and says what has happened. What the bot's database knows (the queue, parked partners) is not
counted here but read when somebody asks, in app/web/metrics.py. The trap: a label that holds a partner's name or words
makes a new series for each of them, for ever; so each label here has a short list of values, all of them ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Histogram, Summary, disable_created_metrics

DeliveryResult: TypeAlias = Literal["accepted", "known", "ignored", "refused", "too_large", "cut_off", "not_kept"]
RunResult: TypeAlias = Literal["changed", "unchanged", "failed"]

RUN_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150, 300)
"""Bounds of the histogram: from a look that finds nothing to an onboarding that waits for GitLab's limits."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each one, which nobody asks for


class Metric(NamedTuple):
    """What a metric is: Prometheus's kind, what it tells, and its labels."""

    kind: Literal["counter", "gauge", "histogram", "summary"]
    text: str
    labels: tuple[str, ...] = ()


METRICS = {
    "partner_journey_deliveries_total": Metric(
        "counter",
        "Deliveries of GitLab by result: accepted, known, ignored, refused, too_large, cut_off, not_kept.",
        ("result",),
    ),
    "partner_journey_reconcile_seconds": Metric(
        "histogram", "Duration of reconciles by result: changed, unchanged, failed.", ("result",)
    ),
    "partner_journey_gitlab_requests_total": Metric(
        "counter",
        "Requests to GitLab by HTTP status (none: no answer came) and family of limits. Every request counts once as "
        "api, and once more under each other family that it uses.",
        ("family", "status"),
    ),
    "partner_journey_limiter_wait_seconds": Metric(
        "summary", "Waits for one of GitLab's limits, by family of limits.", ("family",)
    ),
    "partner_journey_database_up": Metric(
        "gauge", "1 while the bot's database answers. While it is 0, the metrics that are read from it are left out."
    ),
    "partner_journey_partners": Metric("gauge", "Partners that the bot has looked at."),
    "partner_journey_queue_partners": Metric(
        "gauge", "Partners in the queue by state: waiting for a run, or working.", ("state",)
    ),
    "partner_journey_parked_partners": Metric(
        "gauge",
        "Partners whose last reconcile failed, by cause: throttled, unreachable, unanswered, denied, missing, refused, "
        "partner_file, journey_files, removals, licence, database, bug.",
        ("cause",),
    ),
    "partner_journey_outbox_messages": Metric(
        "gauge", "Messages to outside channels by state: waiting, sending, sent, dead (given up).", ("state",)
    ),
    "partner_journey_resync_age_seconds": Metric(
        "gauge", "Time since the last resync that found GitLab well. Alert when it is more than three periods."
    ),
    "partner_journey_resync_watermark_age_seconds": Metric(
        "gauge", "Age of the newest change that a resync has seen; it grows while nobody changes anything."
    ),
    "partner_journey_check_state": Metric(
        "gauge",
        "State of a check of the health page: 0 good, 1 watch, 2 bad. Checks: gitlab, token, webhooks, access, "
        "deliveries, engine, notifications.",
        ("check",),
    ),
    "partner_journey_build_info": Metric(
        "gauge", "Always 1; the labels tell the versions of the bot and of GitLab.", ("version", "gitlab")
    ),
}


class Meters:
    """The counters of one bot. Safe to use from several threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._deliveries = Counter(*_of("partner_journey_deliveries_total"), registry=self.registry)
        self._runs = Histogram(*_of("partner_journey_reconcile_seconds"), registry=self.registry, buckets=RUN_SECONDS)
        self._requests = Counter(*_of("partner_journey_gitlab_requests_total"), registry=self.registry)
        self._waits = Summary(*_of("partner_journey_limiter_wait_seconds"), registry=self.registry)

    def delivery(self, result: DeliveryResult) -> None:
        """A delivery was answered."""
        self._deliveries.labels(result).inc()

    def run(self, result: RunResult, seconds: float) -> None:
        """A reconcile ended."""
        self._runs.labels(result).observe(max(seconds, 0.0))

    def request(self, families: Iterable[str], status: int | None) -> None:
        """GitLab answered, or did not (None). `families` as in gitlab/limits.py; what follows a space is left out."""
        for family in families:
            self._requests.labels(family.partition(" ")[0], str(status or "none")).inc()

    def wait(self, family: str, seconds: float) -> None:
        """A request waited for this family's limit."""
        self._waits.labels(family.partition(" ")[0]).observe(seconds)


def _of(name: str) -> tuple[str, str, tuple[str, ...]]:
    return name, METRICS[name].text, METRICS[name].labels
