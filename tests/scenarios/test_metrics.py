"""Prometheus reads what has happened: every metric of the documents, no partner's name, nothing without the token."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from stagehand import TOKEN, Call, Theatre, always, caller, capabilities, onboard

from app.demo.local import ACME, BOT_TOKEN, SIGNING_TOKEN, LocalStage
from app.metrics import METRICS
from app.sandbox.http import error_response

Labels = frozenset[tuple[str, str]]


@pytest.fixture
def call(onboarded: LocalStage) -> Call:
    return caller(onboarded)


def scrape(call: Call) -> dict[str, dict[Labels, float]]:
    """Name of a sample -> its labels -> its value."""
    answer = call("GET", "/metrics")
    assert answer.status_code == 200
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def value(found: dict[str, dict[Labels, float]], short: str, **labels: str) -> float:
    return found.get(f"partner_journey_{short}", {}).get(frozenset(labels.items()), 0.0)


def test_what_happens_is_counted(onboarded: LocalStage, call: Call) -> None:
    before = scrape(call)
    onboarded.finish(capabilities(onboarded)[0], "acme.lead")
    onboarded.settle()
    call("POST", "/webhooks/gitlab", token=None, content=b"{}")
    after = scrape(call)
    grown = {
        (short, *labels.values()): value(after, short, **labels) - value(before, short, **labels)
        for short, labels in [
            ("deliveries_total", {"result": "accepted"}),
            ("deliveries_total", {"result": "refused"}),
            ("reconcile_seconds_count", {"result": "changed"}),
            ("gitlab_requests_total", {"family": "api", "status": "200"}),
        ]
    }
    assert grown == {
        ("deliveries_total", "accepted"): 2,
        ("deliveries_total", "refused"): 1,
        ("reconcile_seconds_count", "changed"): 1,
        ("gitlab_requests_total", "api", "200"): 2,  # a read and a write
    }
    assert value(after, "partners") == 1
    assert value(after, "check_state", check="token") == 0


def test_a_parked_partner_is_counted_by_the_class_of_its_cause(onboarded: LocalStage, call: Call) -> None:
    with always(onboarded, lambda: error_response(500, "500 Internal Server Error")):
        onboarded.finish(capabilities(onboarded)[0], "acme.lead")
        onboarded.settle()
    found = scrape(call)
    assert value(found, "parked_partners", cause="unreachable") == 1
    assert value(found, "reconcile_seconds_count", result="failed") == 1
    assert value(found, "gitlab_requests_total", family="api", status="500") >= 1
    onboarded.clock.advance(hours=2)
    onboarded.settle()
    assert value(scrape(call), "parked_partners", cause="unreachable") == 0


def test_a_resync_that_stays_away_shows(onboarded: LocalStage, call: Call) -> None:
    onboarded.service.resync.changed()
    onboarded.clock.advance(minutes=45)
    assert value(scrape(call), "resync_age_seconds") == 45 * 60
    assert value(scrape(call), "resync_watermark_age_seconds") >= 45 * 60


def test_waits_for_a_limit_are_counted(theatre: Theatre) -> None:
    with theatre.open() as stage:
        stage.service.client.limiter.wait({"notes": 60}, "a test")
        stage.service.client.limiter.wait({"notes": 1}, "a test")
        found = scrape(caller(stage))
    assert value(found, "limiter_wait_seconds_count", family="notes") == 1
    assert value(found, "limiter_wait_seconds_sum", family="notes") >= 60


def test_every_metric_is_in_the_documents_and_every_documented_one_is_there(stage: LocalStage) -> None:
    call = caller(stage)
    onboard(stage, "acme", ACME)
    stage.service.client.limiter.wait({"notes": 60}, "a test")
    stage.service.client.limiter.wait({"notes": 1}, "a test")
    stage.service.store.outbox.put("key", "chat", "{}")
    with always(stage, lambda: error_response(401, "401 Unauthorized")):
        stage.service.loop.run("acme", "a test")
    call("POST", "/webhooks/gitlab", token=None, content=b"{}")
    families = {
        line.split()[2] for line in call("GET", "/metrics").text.splitlines() if line.startswith("# HELP partner_")
    }
    assert families == set(METRICS)


def test_neither_partners_nor_secrets_are_in_it(onboarded: LocalStage, call: Call) -> None:
    with always(onboarded, lambda: error_response(403, "acme.lead says no")):
        onboarded.finish(capabilities(onboarded)[0], "acme.lead")
        onboarded.settle()
    text = call("GET", "/metrics").text.lower()
    for word in ("acme", TOKEN, BOT_TOKEN, SIGNING_TOKEN):
        assert word.lower() not in text


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 401), (TOKEN, 200)])
def test_only_who_has_the_token_reads_it(call: Call, token: str | None, status: int) -> None:
    assert call("GET", "/metrics", token=token).status_code == status


def test_without_a_token_in_the_settings_it_is_off(onboarded: LocalStage) -> None:
    answer = caller(onboarded, api_token=None)("GET", "/metrics")
    assert answer.status_code == 503
    assert "PARTNER_JOURNEY_API_TOKEN" in json.dumps(answer.json())


def test_a_broken_database_is_a_metric_and_not_an_error(onboarded: LocalStage, call: Call) -> None:
    engine = sa.create_engine(onboarded.service.settings.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE partners RENAME TO partners_gone"))
    engine.dispose()
    found = scrape(call)
    assert value(found, "database_up") == 0
    assert value(found, "gitlab_requests_total", family="api", status="200") > 0


def test_open_metrics_for_who_asks_for_it(call: Call) -> None:
    answer = call("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
