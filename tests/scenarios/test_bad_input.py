"""Broken files, forged webhooks, a GitLab in trouble: nothing wrong is done, and the cause is there to read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from stagehand import (
    BOT,
    Theatre,
    always,
    capabilities,
    close_required,
    copied,
    epic,
    labels,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    picture,
    problems,
    told,
)

from app.demo.local import ACME, BOT_TOKEN, SERVICE_URL, SIGNING_TOKEN, LocalStage
from app.sandbox import operations
from app.sandbox.http import Response, error_response
from app.sandbox.webhooks.signing import sign
from app.sandbox.world import World

# --- partner files that cannot be used ---

MISTAKES = {
    "unknown key": (ACME.replace("region:", "regoin:"), "regoin"),
    "unknown category": (ACME.replace("category: rsi", "category: reseller"), "category"),
    "unknown user": (ACME.replace("acme.dev", "nobody.here"), "nobody.here"),
    "an architect as the partner's engineer": (ACME.replace("acme.dev", "gl.sa1"), "on both sides"),
    "the bot as the partner's engineer": (ACME.replace("acme.dev", BOT), "on both sides"),
    "unknown track": (ACME + "tracks: [astronaut]\n", "astronaut"),
    "no YAML": ("name: [unclosed\n", "acme.yaml"),
    "empty": ("", "acme.yaml"),
    "a list": ("- name: Acme\n", "acme.yaml"),
}


@pytest.mark.parametrize(("text", "word"), MISTAKES.values(), ids=MISTAKES)
def test_a_broken_partner_file_leaves_the_partner_as_it_is_until_it_is_mended(
    onboarded: LocalStage, text: str, word: str
) -> None:
    onboarded.write_partner_file("acme", text)
    onboarded.finish(capabilities(onboarded)[0], "acme.lead")
    before = picture(onboarded.world)["items"]
    onboarded.settle()
    for _ in range(3):  # retries do not report it again
        onboarded.clock.advance(hours=2)
        onboarded.settle()

    (problem,) = problems(onboarded)
    assert problem.title == "partners/acme.yaml cannot be used"
    assert word in problem.description
    assert labels(onboarded, problem) == set()
    state = onboarded.service.store.partner("acme")
    assert state.failures > 0
    assert word in state.cause
    assert state.fix
    ours = [i for i in picture(onboarded.world)["items"] if i["place"] != "partners/journey-control"]
    assert ours == before

    onboarded.write_partner_file("acme", ACME)
    onboarded.settle()
    assert problems(onboarded) == []
    assert onboarded.service.store.partner("acme").failures == 0
    assert "1 of 8 required capabilities done" in page(onboarded).description
    assert nothing_to_do(onboarded)


def test_a_broken_file_of_a_new_partner_makes_nothing_but_the_report(stage: LocalStage) -> None:
    onboard(stage, "acme", MISTAKES["unknown key"][0])
    assert stage.world.project_by_path("partners/acme") is None
    assert len(problems(stage)) == len(stage.world.work_items) == 1


def test_a_second_mistake_is_reported_in_the_same_issue(onboarded: LocalStage) -> None:
    onboarded.write_partner_file("acme", MISTAKES["unknown key"][0])
    onboarded.settle()
    onboarded.write_partner_file("acme", MISTAKES["unknown user"][0])
    onboarded.settle()
    (problem,) = problems(onboarded, state=None)
    assert "nobody.here" in problem.description
    assert "regoin" not in problem.description


def test_somebody_of_the_group_who_is_named_as_the_partners_lead_is_refused_in_words(stage: LocalStage) -> None:
    onboard(stage, "acme", ACME.replace("lead: acme.lead", "lead: gl.sa2"))
    state = stage.service.store.partner("acme")
    assert state.cause
    assert state.fix
    assert "gl.sa2 can be no partner's people" in state.cause
    assert "Name somebody of the partner's own" in state.fix


def test_one_partners_broken_file_stops_nobody_else(two_partners: LocalStage) -> None:
    two_partners.write_partner_file("acme", MISTAKES["no YAML"][0])
    item = capabilities(two_partners, "globex")[0]
    two_partners.finish(item, "globex.lead")
    two_partners.settle()
    assert f"#{item.iid} {item.title}" in page(two_partners, "globex").description.split("Done so far")[1]
    assert len(problems(two_partners)) == 1


def test_a_report_survives_a_restart_and_is_still_closed_when_mended(theatre: Theatre, onboarded_world: World) -> None:
    world = copied(onboarded_world)
    with theatre.open(world) as stage:
        stage.write_partner_file("acme", MISTAKES["unknown user"][0])
        stage.settle()
        assert len(problems(stage)) == 1
    with theatre.open(world) as stage:
        stage.settle()
        assert len(problems(stage, state=None)) == 1
        stage.write_partner_file("acme", ACME)
        stage.settle()
        assert problems(stage) == []


def test_a_user_who_signs_in_later_mends_the_file_without_a_commit(stage: LocalStage) -> None:
    onboard(stage, "acme", ACME.replace("acme.dev", "newcomer"))
    assert "newcomer" in problems(stage)[0].description
    operations.create_user(stage.world, username="newcomer", name="New Comer", email="new@acme.example")
    stage.clock.advance(hours=2)
    stage.settle()
    assert problems(stage) == []
    assert len(stage.project("acme").members) == 2


def test_broken_journey_files_of_the_control_project_stop_every_change(onboarded: LocalStage) -> None:
    control, before = onboarded.project("journey-control"), picture(onboarded.world)["items"]
    actions = [{"action": "create", "file_path": "journey.yaml", "content": "stages: nonsense\n"}]
    operations.commit_files(
        onboarded.world, onboarded.user("root"), control, branch="main", message="Oops", actions=actions
    )
    onboarded.settle()
    onboarded.service.loop.run("acme", "after the commit")
    state = onboarded.service.store.partner("acme")
    assert state.failures > 0
    assert "journey.yaml" in state.cause
    ours = [i for i in picture(onboarded.world)["items"] if i["place"] != "partners/journey-control"]
    assert ours == before


def test_broken_journey_files_are_told_once_in_the_control_project_until_they_are_mended(
    theatre: Theatre, two_partners_world: World
) -> None:
    world = copied(two_partners_world)

    def commit(stage: LocalStage, verb: str, content: str) -> None:
        actions = [{"action": verb, "file_path": "journey.yaml", "content": content}]
        operations.commit_files(
            world, stage.user("root"), stage.project("journey-control"), branch="main", message="A try", actions=actions
        )
        stage.settle()
        for slug in ("acme", "globex"):
            stage.service.loop.run(slug, "an event")

    with theatre.open(world) as stage:
        commit(stage, "create", "policy:\n  at_risk_days: soon\n")
        (problem,) = problems(stage)
        assert problem.title == "The journey files cannot be used"
        for words in ("journey.yaml:2", "at_risk_days", "partner-journey template check", "closes by itself"):
            assert words in problem.description
        assert stage.service.store.partner("globex").failures > 0
    with theatre.open(world) as stage:  # and a new process does not tell it again
        commit(stage, "update", "policy:\n  at_risk_days: later\n")
        assert [i.iid for i in problems(stage)] == [problem.iid]
        commit(stage, "update", "stages: nonsense\n")
        assert "at_risk_days" not in problem.description
        actions = [{"action": "delete", "file_path": "journey.yaml"}]
        operations.commit_files(
            world, stage.user("root"), stage.project("journey-control"), branch="main", message="Mend", actions=actions
        )
        stage.settle()
        assert problems(stage) == []
        stage.clock.advance(hours=2)
        stage.settle()
        assert [state.failures for state in stage.service.store.partners()] == [0, 0]


def test_a_project_marked_for_deletion_is_not_written_to(onboarded: LocalStage) -> None:
    """Before GitLab 18 such a project keeps its path until it is gone."""
    onboarded.project("acme").marked_for_deletion_on = onboarded.clock.now.date()
    onboarded.finish(capabilities(onboarded)[0], "acme.lead")
    before = picture(onboarded.world)["projects"]
    onboarded.settle()
    assert "marked for deletion" in onboarded.service.store.partner("acme").cause
    assert picture(onboarded.world)["projects"] == before
    assert "0 of 8" in page(onboarded).description


def test_a_deleted_project_is_made_again_under_the_same_epic_while_the_file_asks_for_it(onboarded: LocalStage) -> None:
    before = epic(onboarded).id
    operations.delete_project(onboarded.world, onboarded.user("root"), onboarded.project("acme"))
    onboarded.clock.advance(days=1)
    onboarded.settle()
    assert epic(onboarded).id == before
    assert len(capabilities(onboarded)) == 8
    assert {i.parent_id for i in capabilities(onboarded)} == {before}
    assert nothing_to_do(onboarded)


# --- webhooks that are not GitLab's ---


def send(stage: LocalStage, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    given = {"x-gitlab-event": "Issue Hook", "idempotency-key": "key-1"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return stage.service.intake.receive(given, body)


def signed(stage: LocalStage, body: bytes, *, key: str = "key-1", age: int = 0, token: str = SIGNING_TOKEN) -> Any:
    timestamp = int(stage.clock.now.timestamp()) - age
    return send(
        stage, body, webhook_id=key, webhook_timestamp=str(timestamp),
        webhook_signature=sign(token, key, timestamp, body),
    )  # fmt: skip


def event(path: str = "partners/acme", user: int = 6) -> bytes:
    return json.dumps(
        {
            "object_kind": "issue",
            "user": {"id": user},
            "project": {"path_with_namespace": path},
            "object_attributes": {"iid": 2, "action": "close"},
        }
    ).encode()


def untouched(stage: LocalStage, deliveries: int) -> bool:
    return len(stage.service.store.deliveries()) == deliveries and stage.service.queue.waiting() == []


def test_a_wrong_signature_a_stale_one_and_none_are_refused_and_nothing_is_kept(onboarded: LocalStage) -> None:
    kept = len(onboarded.service.store.deliveries())
    other = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
    for status, answer in (
        signed(onboarded, event(), token=other),
        signed(onboarded, event(), age=301),
        signed(onboarded, event(), age=-301),
        send(onboarded, event()),
        send(onboarded, event(), x_gitlab_token="guess"),
        send(onboarded, event(), x_gitlab_token=""),
    ):
        assert status == 401
        assert answer["cause"]
        assert answer["fix"]
        assert SIGNING_TOKEN not in str(answer)
    assert untouched(onboarded, kept)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no json", b"[]", b"null", b"\xff\xfe", b'{"object_kind": 7}', b"{" * 5000,
        event("partners/unrelated/deep"), event("elsewhere/acme"),
    ],
)  # fmt: skip
def test_a_genuine_delivery_that_concerns_no_partner_is_acknowledged_and_ignored(
    onboarded: LocalStage, body: bytes
) -> None:
    kept = len(onboarded.service.store.deliveries())
    status, answer = signed(onboarded, body)
    assert status == 202, "GitLab switches off hooks that fail"
    assert answer["status"].startswith("ignored: ")
    assert untouched(onboarded, kept)


def test_a_project_of_the_group_that_is_no_partner_is_looked_at_and_left_alone(onboarded: LocalStage) -> None:
    before = picture(onboarded.world)
    status, _ = signed(onboarded, event("partners/somebody-elses"))
    assert status == 202
    onboarded.settle()
    assert picture(onboarded.world) == before
    assert onboarded.service.store.partner("somebody-elses").failures == 0


def test_the_bots_own_acts_wake_nobody(onboarded: LocalStage) -> None:
    status, answer = signed(onboarded, event(user=onboarded.user(BOT).id))
    assert (status, answer["status"]) == (202, "ignored: the bot's own act")
    assert onboarded.service.queue.waiting() == []


def test_the_same_delivery_twice_is_known(onboarded: LocalStage) -> None:
    assert signed(onboarded, event(), key="same")[1]["status"] == "accepted"
    assert signed(onboarded, event(), key="same") == (202, {"status": "already known"})
    assert onboarded.service.queue.waiting() == ["acme"]


def test_gitlab_is_told_in_its_hook_log_what_happens_next(onboarded: LocalStage) -> None:
    onboarded.finish(capabilities(onboarded)[0], "acme.lead")
    onboarded.settle()
    heard = [d for d in onboarded.world.deliveries if '"action":"close"' in d.request_body]
    assert [(d.status, d.url) for d in heard] == [(202, f"{SERVICE_URL}/webhooks/gitlab")]
    assert "'partner': 'acme', 'next': 'reconcile in 1 s'" in heard[0].response_body


# --- a GitLab in trouble ---


def throttled() -> Response:
    return error_response(429, {"error": "Try again later."}, {"Retry-After": "600"})


TROUBLES = {
    401: (lambda: error_response(401, "401 Unauthorized"), "PARTNER_JOURNEY_TOKEN"),
    403: (lambda: error_response(403, "403 Forbidden"), "Owner"),
    404: (lambda: error_response(404, "404 Not Found"), "PARTNER_JOURNEY_URL"),
    429: (throttled, "limit"),
    500: (lambda: error_response(500, "500 Internal Server Error"), "again"),
    502: (lambda: Response(502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>"), "again"),
}


@pytest.mark.parametrize("code", TROUBLES)
def test_gitlabs_refusals_are_named_parked_and_healed(nearly_done: LocalStage, code: int) -> None:
    answer, word = TROUBLES[code]
    (last,) = close_required(nearly_done, leave=1)
    nearly_done.finish(last, "acme.lead")
    before = picture(nearly_done.world)
    with always(nearly_done, answer):
        nearly_done.settle()
    state = nearly_done.service.store.partner("acme")
    assert state.failures == 1
    assert str(code) in state.cause
    assert word in state.fix
    assert BOT_TOKEN not in f"{state.cause} {state.fix}"
    assert state.parked_until is not None
    earliest = timedelta(seconds=600 if code == 429 else 30)
    assert state.parked_until >= nearly_done.clock.now + earliest
    (run,) = nearly_done.service.store.runs(limit=1)
    assert (run.outcome, run.actions) == ("failed", ())
    assert picture(nearly_done.world)["items"] == before["items"]

    nearly_done.clock.advance(minutes=12)
    nearly_done.settle()
    pass_quiet_time(nearly_done)
    assert nearly_done.service.store.partner("acme").failures == 0
    assert told(nearly_done, page(nearly_done)) == ["stage/1/enabling"]
    assert nothing_to_do(nearly_done)


def test_a_parked_partner_is_not_hammered(onboarded: LocalStage) -> None:
    with always(onboarded, TROUBLES[500][0]):
        onboarded.finish(capabilities(onboarded)[0], "acme.lead")
        onboarded.settle()
        start = len(onboarded.world.journal)
        for _ in range(240):  # four hours, tick by tick
            onboarded.clock.advance(minutes=1)
            onboarded.service.ticker.tick(onboarded.clock())
            onboarded.service.queue.run_all()  # type: ignore[attr-defined]
    tries = onboarded.service.store.partner("acme").failures
    assert 6 <= tries <= 12
    asked = [e for e in onboarded.world.journal[start:] if e.operation == "observePartner"]
    assert len(asked) < 15


def test_a_revoked_token_is_named_when_the_bot_starts(theatre: Theatre, onboarded_world: World) -> None:
    world = copied(onboarded_world)
    world.tokens[BOT_TOKEN].revoked = True
    with pytest.raises(Exception, match="PARTNER_JOURNEY_TOKEN") as refused, theatre.open(world):
        pass
    assert BOT_TOKEN not in str(refused.value)


def test_one_partners_refusal_stops_nobody_else(two_partners: LocalStage) -> None:
    """The bot has lost its place in one project only."""
    stage = two_partners
    items = {slug: capabilities(stage, slug)[0] for slug in ("acme", "globex")}
    for slug, item in items.items():
        stage.finish(item, f"{slug}.lead")
    stage.sandbox.fault = lambda request, _number: (
        error_response(500, "500 Internal Server Error") if b"partners/acme" in request.body else None
    )
    stage.settle()
    stage.sandbox.fault = None
    assert stage.service.store.partner("acme").failures == 1
    assert stage.service.store.partner("globex").failures == 0
    assert items["globex"].title in page(stage, "globex").description.split("Done so far")[1]
