"""Other programs add partners and ask where they are, through HTTP; the answers come from GitLab."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from stagehand import (
    TOKEN,
    Call,
    Theatre,
    always,
    caller,
    capabilities,
    capability,
    close_required,
    copied,
    epic,
    page,
    pass_quiet_time,
    picture,
)

from app.demo.local import BOT_TOKEN, SIGNING_TOKEN, LocalStage
from app.sandbox.http import error_response
from app.sandbox.webhooks.signing import sign
from app.sandbox.world import World

NEW = {
    "slug": "globex",
    "name": "Globex Consulting",
    "category": "gsi",
    "region": "Americas",
    "people": {"lead": "globex.lead", "engineers": ["globex.dev"], "sa": "gl.sa2"},
}


@pytest.fixture
def call(onboarded: LocalStage) -> Call:
    return caller(onboarded)


# --- adding ---


def test_a_posted_partner_is_a_file_in_the_control_project_and_then_a_project(
    onboarded: LocalStage, call: Call
) -> None:
    answer = call("POST", "/api/partners", json=NEW)
    assert answer.status_code == 201
    assert answer.json()["file"] == "partners/globex.yaml"
    written = yaml.safe_load(onboarded.project("journey-control").files["partners/globex.yaml"])
    assert written == {key: value for key, value in NEW.items() if key != "slug"}
    onboarded.settle()
    assert page(onboarded, "globex").state == "opened"
    assert call("GET", "/api/partners/globex").json()["standing"]["stage"] == "onboarding"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"category": "reseller"}, "category"),
        ({"colour": "blue"}, "colour"),
        ({"slug": "../etc"}, "slug"),
        ({"slug": "UPPER"}, "slug"),
        ({"people": {"lead": "globex.lead"}}, "sa"),
        ({"tracks": ["astronaut"]}, "astronaut"),
        ({"skip": [{"capability": "no/such", "reason": "x"}]}, "no/such"),
        ({"name": "two\nlines"}, "name"),
    ],
)
def test_a_partner_that_cannot_be_is_refused_with_the_reason(
    onboarded: LocalStage, call: Call, change: dict[str, Any], word: str
) -> None:
    before = picture(onboarded.world)
    answer = call("POST", "/api/partners", json=NEW | change)
    assert answer.status_code == 422
    assert word in answer.text
    assert picture(onboarded.world) == before


def test_a_partner_that_exists_is_not_overwritten(onboarded: LocalStage, call: Call) -> None:
    before = picture(onboarded.world)
    answer = call("POST", "/api/partners", json=NEW | {"slug": "acme"})
    assert answer.status_code == 409
    assert "partners/acme.yaml" in answer.json()["detail"]
    assert picture(onboarded.world) == before


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"null"])
def test_a_body_that_is_no_partner_is_refused(call: Call, body: bytes) -> None:
    answer = call("POST", "/api/partners", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


# --- asking ---


def test_one_partner_is_shown_with_what_is_next_and_what_is_stuck(onboarded: LocalStage, call: Call) -> None:
    first, _second, *_ = capabilities(onboarded)
    onboarded.finish(first, "acme.lead")
    onboarded.settle()
    onboarded.clock.advance(days=20)
    standing = call("GET", "/api/partners/acme").json()["standing"]
    assert (standing["name"], standing["stage"], standing["complete"]) == ("Acme Integrators", "onboarding", False)
    assert [s["done"] for s in standing["stages"]] == [1, 0, 0, 0]
    assert 0 < standing["percent"] < 100
    assert {t["capability"] for t in standing["next"]} == {capability(i) for i in capabilities(onboarded)[1:]}
    overdue = [i for i in capabilities(onboarded)[1:] if i.due_date and i.due_date < onboarded.clock.now.date()]
    assert [t["capability"] for t in standing["stuck"]] == [capability(i) for i in overdue]
    assert all(t["why"].startswith("overdue since 15\u00a0Sep\u00a02026") for t in standing["stuck"])
    assert standing["next"][0]["who"] == ["acme.lead"]
    assert standing["project_url"] == "http://127.0.0.1:8929/partners/acme"
    assert standing["status_url"].endswith(f"/{page(onboarded).iid}")
    assert standing["portfolio_url"].endswith(f"/{epic(onboarded).iid}")
    assert standing["pending_changes"] == 0


def test_what_is_shown_is_gitlabs_present_and_not_a_memory(onboarded: LocalStage, call: Call) -> None:
    onboarded.finish(capabilities(onboarded)[0], "acme.lead")
    standing = call("GET", "/api/partners/acme").json()["standing"]
    assert standing["stages"][0]["done"] == 1
    assert standing["pending_changes"] > 0, "the status page has not followed yet"


def test_all_partners_are_listed_with_their_stage(theatre: Theatre, two_partners_world: World) -> None:
    with theatre.open(copied(two_partners_world)) as stage:
        stage.settle()
        close_required(stage)
        pass_quiet_time(stage)
        answers = caller(stage)("GET", "/api/partners").json()
        assert [(a["slug"], a["standing"]["stage"]) for a in answers] == [
            ("acme", "enabling"),
            ("globex", "onboarding"),
        ]


def test_an_unknown_partner_is_404_with_what_to_do(call: Call) -> None:
    answer = call("GET", "/api/partners/nobody")
    assert answer.status_code == 404
    assert "partners/nobody.yaml" in answer.json()["detail"]


def test_a_partner_with_a_broken_file_is_shown_with_the_cause(onboarded: LocalStage, call: Call) -> None:
    onboarded.write_partner_file("acme", "name: x\nregoin: y\n")
    onboarded.settle()
    for answer in (call("GET", "/api/partners/acme").json(), call("GET", "/api/partners").json()[0]):
        assert "regoin" in answer["failing"]["cause"]
        assert answer["failing"]["fix"]


def test_a_parked_partner_is_shown_with_cause_and_next_try(onboarded: LocalStage, call: Call) -> None:
    with always(onboarded, lambda: error_response(500, "500 Internal Server Error")):
        onboarded.finish(capabilities(onboarded)[0], "acme.lead")
        onboarded.settle()
    answer = call("GET", "/api/partners/acme").json()
    assert "500" in answer["failing"]["cause"]
    assert answer["failing"]["next_try"] > onboarded.clock.now.isoformat(timespec="seconds")
    (parked,) = call("GET", "/api/status").json()["parked"]
    assert (parked["slug"], parked["kind"]) == ("acme", "unreachable")
    assert "500" in parked["cause"]
    ready = call("GET", "/readyz", token=None)
    assert ready.json()["parked"] == 1
    assert "acme" not in ready.text  # a partner may read it, and must not learn of another


@pytest.mark.parametrize(("status", "expected"), [(500, 503), (429, 503), (401, 502), (403, 502)])
def test_a_gitlab_in_trouble_is_named_and_never_a_bare_500(
    onboarded: LocalStage, call: Call, status: int, expected: int
) -> None:
    with always(onboarded, lambda: error_response(status, "trouble")):
        answers = [call("GET", "/api/partners/acme"), call("POST", "/api/partners", json=NEW)]
    for answer in answers:
        assert answer.status_code == expected
        assert str(status) in answer.json()["detail"]
        assert BOT_TOKEN not in answer.text


# --- who may ask ---

PATHS = [("GET", "/api/partners"), ("GET", "/api/partners/acme"), ("POST", "/api/partners")]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("token", [None, "wrong", "", BOT_TOKEN, "ä"])
def test_without_the_right_token_nothing_is_told(call: Call, method: str, path: str, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()} if token is not None else {}
    answer = call(method, path, token=None, json=NEW, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Acme" not in answer.text
    assert TOKEN not in answer.text


def test_without_a_configured_token_the_api_is_off(onboarded: LocalStage) -> None:
    for token in (None, "", "guess"):
        answer = caller(onboarded, api_token=None)("GET", "/api/partners", token=token)
        assert answer.status_code == 503
        assert "PARTNER_JOURNEY_API_TOKEN" in answer.json()["detail"]


# --- the other pages ---


def test_health_and_readiness_need_no_token(call: Call) -> None:
    assert call("GET", "/healthz", token=None).json() == {"status": "ok"}
    ready = call("GET", "/readyz", token=None)
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "gitlab": ready.json()["gitlab"], "waiting": 0, "parked": 0, "next": ""}


@pytest.fixture
def without_store(onboarded: LocalStage) -> LocalStage:
    """The bot's database has lost its tables."""
    url = onboarded.service.settings.database_url
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for name in ("partners", "deliveries"):
            connection.execute(sa.text(f"ALTER TABLE {name} RENAME TO {name}_gone"))
    engine.dispose()
    return onboarded


def test_readiness_says_why_not_when_the_database_is_broken(without_store: LocalStage) -> None:
    call = caller(without_store)
    answer = call("GET", "/readyz", token=None)
    assert answer.status_code == 503
    assert "database" in answer.json()["cause"]
    assert call("GET", "/healthz", token=None).status_code == 200


def test_the_documentation_page_and_its_schema_are_there(call: Call) -> None:
    assert "swagger" in call("GET", "/docs", token=None).text.lower()
    paths = call("GET", "/openapi.json", token=None).json()["paths"]
    assert {"/api/partners", "/api/partners/{slug}", "/webhooks/gitlab", "/healthz", "/readyz"} <= set(paths)
    assert "/docs" in call("GET", "/", token=None).text


def test_a_webhook_over_http_ends_in_the_status_page(onboarded: LocalStage, call: Call) -> None:
    item = capabilities(onboarded)[0]
    onboarded.finish(item, "acme.lead")
    delivery = onboarded.world.outgoing[-1]  # of the closing; before it, of the comment with the evidence
    onboarded.world.outgoing.clear()
    body, key, now = delivery.request_body.encode(), delivery.idempotency_key, int(onboarded.clock.now.timestamp())
    headers = {
        "X-Gitlab-Event": delivery.trigger, "webhook-id": key, "webhook-timestamp": str(now),
        "webhook-signature": sign(SIGNING_TOKEN, key, now, body),
    }  # fmt: skip
    forged = call("POST", "/webhooks/gitlab", token=None, content=body + b" ", headers=headers)
    assert forged.status_code == 401
    answer = call("POST", "/webhooks/gitlab", token=None, content=body, headers=headers)
    assert answer.status_code == 202
    assert answer.json() == {"status": "accepted", "partner": "acme", "next": "reconcile in 1 s"}
    onboarded.settle()
    assert "1 of 8 required capabilities done" in page(onboarded).description


def test_a_webhook_larger_than_gitlab_ever_sends_is_refused_unread(onboarded: LocalStage, call: Call) -> None:
    headers = {"Content-Length": str(25 * 1024 * 1024 + 1)}
    assert call("POST", "/webhooks/gitlab", token=None, content=b"{}", headers=headers).status_code == 413


@pytest.mark.parametrize("bearer", [TOKEN, "wrong"])
def test_an_endless_body_is_refused_before_it_is_all_read(onboarded: LocalStage, bearer: str) -> None:
    before = dict(onboarded.project("journey-control").files)
    body = b'{"slug": "globex", "name": "' + b"x" * 2_000_000 + b'"}'
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    answer = caller(onboarded)("POST", "/api/partners", content=body, headers=headers)
    assert (answer.status_code, answer.json()["detail"]["fix"]) == (413, "Send less; GitLab does.")
    assert onboarded.project("journey-control").files == before
