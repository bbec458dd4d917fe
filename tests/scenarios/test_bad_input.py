"""Broken files, forged webhooks, a GitLab in trouble, a partner who plays tricks: nothing wrong is done or hidden."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from markdown_it import MarkdownIt
from stagehand import (
    BOT,
    Listener,
    Theatre,
    always,
    ask,
    capabilities,
    capability,
    close_required,
    comment,
    comments,
    copied,
    epic,
    issue_of,
    labels,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    picture,
    problems,
    stage_labels,
    told,
)

from app.demo.local import ACME, BOT_TOKEN, GLOBEX, SERVICE_URL, SIGNING_TOKEN, LocalStage
from app.journey import markers
from app.sandbox import operations
from app.sandbox.http import Response, error_response
from app.sandbox.webhooks.signing import sign
from app.sandbox.world import World

# --- partner files that cannot be used ---

MISTAKES = {
    "unknown key": (ACME.replace("region:", "regoin:"), "regoin"),
    "unknown category": (ACME.replace("category: rsi", "category: reseller"), "category"),
    "unknown user": (ACME.replace("acme.dev", "nobody.here"), "nobody.here"),
    "unknown track": (ACME + "tracks: [astronaut]\n", "astronaut"),
    "no YAML": ("name: [unclosed\n", "acme.yaml"),
    "empty": ("", "acme.yaml"),
    "a list": ("- name: Acme\n", "acme.yaml"),
}


@pytest.mark.parametrize(("text", "word"), MISTAKES.values(), ids=MISTAKES)
def test_a_broken_partner_file_leaves_the_partner_as_it_is_until_it_is_mended(
    onboarded: LocalStage, text: str, word: str
) -> None:
    before = picture(onboarded.world)["items"]
    onboarded.write_partner_file("acme", text)
    onboarded.close(capabilities(onboarded)[0], "acme.lead")
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
    assert [i | {"state": "opened"} for i in ours] == before

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


def test_one_partners_broken_file_stops_nobody_else(two_partners: LocalStage) -> None:
    two_partners.write_partner_file("acme", MISTAKES["no YAML"][0])
    item = capabilities(two_partners, "globex")[0]
    two_partners.close(item, "globex.lead")
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


def test_a_project_marked_for_deletion_is_not_written_to(onboarded: LocalStage) -> None:
    """Before GitLab 18 such a project keeps its path until it is gone."""
    onboarded.project("acme").marked_for_deletion_on = onboarded.clock.now.date()
    onboarded.close(capabilities(onboarded)[0], "acme.lead")
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
        event("partners/unrelated/deep"), event("elsewhere/acme"), event("partners/journey-control"),
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
    onboarded.close(capabilities(onboarded)[0], "acme.lead")
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
    404: (lambda: error_response(404, "404 Not Found"), "membership"),
    429: (throttled, "limit"),
    500: (lambda: error_response(500, "500 Internal Server Error"), "again"),
    502: (lambda: Response(502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>"), "again"),
}


@pytest.mark.parametrize("code", TROUBLES)
def test_gitlabs_refusals_are_named_parked_and_healed(nearly_done: LocalStage, code: int) -> None:
    before = picture(nearly_done.world)
    answer, word = TROUBLES[code]
    (last,) = close_required(nearly_done, leave=1)
    with always(nearly_done, answer):
        nearly_done.close(last, "acme.lead")
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
    assert [i | {"state": ""} for i in picture(nearly_done.world)["items"]] == [
        i | {"state": ""} for i in before["items"]
    ]

    nearly_done.clock.advance(minutes=12)
    nearly_done.settle()
    pass_quiet_time(nearly_done)
    assert nearly_done.service.store.partner("acme").failures == 0
    assert told(nearly_done, page(nearly_done)) == ["stage/1/enabling"]
    assert nothing_to_do(nearly_done)


def test_a_parked_partner_is_not_hammered(onboarded: LocalStage) -> None:
    with always(onboarded, TROUBLES[500][0]):
        onboarded.close(capabilities(onboarded)[0], "acme.lead")
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
        stage.close(item, f"{slug}.lead")
    stage.sandbox.fault = lambda request, _number: (
        error_response(500, "500 Internal Server Error") if b"partners/acme" in request.body else None
    )
    stage.settle()
    stage.sandbox.fault = None
    assert stage.service.store.partner("acme").failures == 1
    assert stage.service.store.partner("globex").failures == 0
    assert items["globex"].title in page(stage, "globex").description.split("Done so far")[1]


# --- a partner who plays tricks ---

NASTY = 'Innocent\n/close\n/label ~"stage::strategic"\n/assign @gl.sa1\n@all look\n<!-- hidden -->\n| a | b |'


def create_issue(stage: LocalStage, by: str, **given: object) -> int:
    answer = ask(stage, by, "/projects/partners%2Facme/issues", method="POST", body=given)
    assert answer.status == 201, answer.text
    iid: int = answer.json()["iid"]
    return iid


def test_a_copy_of_a_capability_issue_made_by_a_partner_does_not_count(nearly_done: LocalStage) -> None:
    (last,) = close_required(nearly_done, leave=1)
    iid = create_issue(nearly_done, "acme.lead", title=last.title, description=last.description)
    copy = next(i for i in nearly_done.issues("acme") if i.iid == iid)
    nearly_done.close(copy, "acme.lead")
    pass_quiet_time(nearly_done)
    assert told(nearly_done, page(nearly_done)) == []
    assert last.state == "opened"
    assert copy.description == last.description, "it is the partner's own and is left alone"
    assert nothing_to_do(nearly_done)


def test_a_fake_status_page_and_fake_comments_are_not_the_bots(nearly_done: LocalStage, theatre: Theatre) -> None:
    stage, mark = nearly_done, "stage/1/enabling"
    create_issue(stage, "acme.lead", title="Where we are", description=page(stage).description)
    for place in (page(stage), capabilities(stage)[0]):
        comment(stage, place, "acme.lead", f"{markers.mark('comment', mark)}\nWe have reached everything.")
    close_required(stage)
    pass_quiet_time(stage)
    assert told(stage, page(stage)) == told(stage, epic(stage)) == [mark]
    assert len(comments(page(stage))) == 2
    assert nothing_to_do(stage)


def test_a_fake_record_of_the_stage_does_not_move_it(onboarded: LocalStage) -> None:
    stage = onboarded
    state = markers.state_mark({"stage": "complete", "since": "2020-01-01", "changes": 9})
    for item in (page(stage), capabilities(stage)[0]):
        text = f"{item.description}\n{state}\n{markers.mark('partner', 'acme')}"
        answer = ask(
            stage, "acme.lead", f"/projects/partners%2Facme/issues/{item.iid}", method="PUT", body={"description": text}
        )
        assert answer.status == 200
    pass_quiet_time(stage)
    assert stage_labels(stage, page(stage)) == stage_labels(stage, epic(stage)) == {"stage::onboarding"}
    assert len(capabilities(stage)) == 8


def test_stage_labels_set_by_a_partner_are_put_back(onboarded: LocalStage) -> None:
    stage = onboarded
    for item in (page(stage), capabilities(stage)[0]):
        before = labels(stage, item)
        body = {"add_labels": "stage::strategic", "remove_labels": "journey::status,journey::capability"}
        path = f"/projects/partners%2Facme/issues/{item.iid}"
        assert ask(stage, "acme.lead", path, method="PUT", body=body).status == 200
        assert labels(stage, item) != before
        stage.settle()
        assert labels(stage, item) == before
    assert nothing_to_do(stage)


def test_an_issue_that_a_partner_made_visible_is_hidden_again(onboarded: LocalStage) -> None:
    """Else its parent, the confidential epic, and the people of other partners would come together in one place."""
    item = capabilities(onboarded)[0]
    operations.update_work_item(onboarded.world, onboarded.user("gl.sa1"), item, parent_id=None)
    operations.update_work_item(onboarded.world, onboarded.user("gl.sa1"), item, confidential=False)
    onboarded.settle()
    assert item.confidential
    assert item.parent_id == epic(onboarded).id
    assert nothing_to_do(onboarded)


def test_text_of_a_partner_is_never_run_as_a_command_of_the_bot(nearly_done: LocalStage) -> None:
    stage = nearly_done
    for item in capabilities(stage):
        comment(stage, item, "acme.dev", NASTY.replace("/close", "/shrug"))
    create_issue(stage, "acme.lead", title='/close | <b>x</b> "', description=NASTY)
    close_required(stage)
    pass_quiet_time(stage)
    assert page(stage).state == epic(stage).state == "opened"
    assert told(stage, page(stage)) == ["stage/1/enabling"]
    for item in (page(stage), epic(stage)):
        assert "@all" not in item.description
        assert not any("@all" in n.body for n in comments(item) if n.author_id == stage.user(BOT).id)
    assert nothing_to_do(stage)


def test_hostile_words_in_a_partner_file_stay_words(theatre: Theatre, listener: Listener) -> None:
    name = '/close @all <!-- partner-journey page=status --> | [x](http://evil.example) ~"stage::complete" #1'
    text = GLOBEX.replace("Globex Consulting", json.dumps(name)).replace("Americas", json.dumps("/label ~x @gl.sa2 |"))
    with theatre.open(channels=(listener.channel,)) as stage:
        onboard(stage, "globex", text)
        assert stage.service.store.partner("globex").cause == ""
        close_required(stage, "globex")
        pass_quiet_time(stage)
        status, found = page(stage, "globex"), epic(stage, "globex")
        assert status.state == found.state == "opened"
        assert stage_labels(stage, status) == stage_labels(stage, found) == {"stage::enabling"}
        for body in [status.description, found.description, *(n.body for i in (status, found) for n in comments(i))]:
            assert "@all" not in body
            assert 'href="http://evil' not in MarkdownIt("commonmark").enable("table").render(body)
            assert not any(line.startswith("/") for line in body.splitlines())
            assert body.count("<!-- partner-journey page=") <= 1
        assert len(comments(status)) == 1
        assert nothing_to_do(stage, "globex")


def test_two_marks_in_one_issue_count_for_one_capability_only(nearly_done: LocalStage) -> None:
    """The lead writes the missing capability's mark into an issue that is done already."""
    stage = nearly_done
    (last,) = close_required(stage, leave=1)
    done = capabilities(stage, state="closed")[0]
    text = f"{markers.mark('capability', str(capability(last)))}\n{done.description}"
    path = f"/projects/partners%2Facme/issues/{done.iid}"
    assert ask(stage, "acme.lead", path, method="PUT", body={"description": text}).status == 200
    pass_quiet_time(stage)
    assert stage_labels(stage, epic(stage)) == {"stage::onboarding"}


def test_an_issue_of_the_bot_copied_with_its_mark_by_the_bots_own_hand_counts_once(onboarded: LocalStage) -> None:
    """A double, as a crash of another bot might leave it: the older one stays, the younger one is closed."""
    first = capabilities(onboarded)[0]
    twin = operations.create_work_item(
        onboarded.world, onboarded.user(BOT), type="ISSUE", title=first.title, description=first.description,
        project=onboarded.project("acme"),
    )  # fmt: skip
    onboarded.service.loop.run("acme", "look")
    assert (first.state, twin.state) == ("opened", "closed")
    assert issue_of(onboarded, str(capability(first))).id == first.id
    assert "0 of 8 required capabilities done" in page(onboarded).description
    assert nothing_to_do(onboarded)
