"""A partner leaves: what is kept, what is taken away, and that it ends alike however often it is interrupted."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from stagehand import (
    BOT,
    Fault,
    Theatre,
    ask,
    capabilities,
    comments,
    copied,
    epic,
    issue_of,
    nothing_to_do,
    page,
    picture,
    requests_since,
    told,
)

from app.demo.local import ACME, LocalStage
from app.engine.desired import PartnerFileError, UnknownPartnerError
from app.gitlab.errors import GitLabError
from app.sandbox import operations
from app.sandbox.world import REPORTER, World

ARCHIVED = "partners/archived/acme"
HOSTILE = "@all | x\n```\n/close\n```\n<!-- partner-journey end -->\n## Owned\n\u202e"


def control_files(stage: LocalStage) -> dict[str, str]:
    return stage.project("journey-control").files


def export(stage: LocalStage) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(control_files(stage)[f"{ARCHIVED}.json"])
    return found


def people_of(stage: LocalStage, slug: str = "acme") -> set[str]:
    return {stage.world.users[m.user_id].username for m in stage.project(slug).members}


@pytest.fixture(scope="session")
def working_world(wings: Theatre, two_partners_world: World) -> World:
    """Acme has done something and talked about it; somebody was invited by hand. Copy it before you play on."""
    with wings.open(copied(two_partners_world)) as stage:
        first, second = capabilities(stage)[:2]
        stage.comment(second, "acme.dev", HOSTILE)
        stage.finish(first, "gl.sa1")
        project, root = stage.project("acme"), stage.user("root")
        stranger = operations.create_user(stage.world, username="stranger", name="Ann", email="ann@acme.example")
        operations.add_member(stage.world, root, project, stranger, REPORTER)
        operations.create_invitation(stage.world, root, project, "new@acme.example", REPORTER)
        stage.settle()
        return stage.world


@pytest.fixture
def working(theatre: Theatre, working_world: World) -> Any:
    with theatre.open(copied(working_world)) as stage:
        stage.settle()
        yield stage


def test_the_partner_sees_nothing_any_more_and_the_architects_see_all_of_it(working: LocalStage) -> None:
    working.service.leaving.leave("acme")
    project = working.project("acme")
    assert project.archived
    assert people_of(working) <= {BOT, "gl.sa1", "gl.cam1"}
    assert project.invitations == []
    assert [h for h in working.world.hooks.values() if h.project_id == project.id] == []
    assert all(item.discussion_locked for item in working.issues("acme"))
    assert ask(working, "acme.lead", "/projects/partners%2Facme").status == 404
    assert ask(working, "gl.sa1", "/projects/partners%2Facme").status == 200
    assert "partners/acme.yaml" not in control_files(working)
    assert control_files(working)[f"{ARCHIVED}.yaml"] == ACME


def test_what_was_open_stays_open(working: LocalStage) -> None:
    before = {item.iid: item.state for item in working.issues("acme")}
    working.service.leaving.leave("acme")
    assert {item.iid: item.state for item in working.issues("acme")} == before


def test_the_epic_is_closed_by_a_last_comment_that_names_the_export(working: LocalStage) -> None:
    working.service.leaving.leave("acme")
    item = epic(working)
    assert item.state == "closed"
    last = comments(item)[-1]
    assert "has left the journey" in last.body
    assert f"/partners/journey-control/-/blob/main/{ARCHIVED}.md" in last.body
    assert "has left" not in "".join(note.body for note in comments(page(working)))


def test_the_export_tells_states_dates_people_evidence_and_comments(working: LocalStage) -> None:
    done, talked = capabilities(working)[:2]
    working.service.leaving.leave("acme")
    found = export(working)
    assert found["partner"]["people"]["lead"] == "acme.lead"
    rows = {row["iid"]: row for row in found["capabilities"]}
    assert (rows[done.iid]["state"], rows[done.iid]["closed_by"]) == ("done", "gl.sa1")
    assert any("example.com/evidence" in c["text"] for c in rows[done.iid]["comments"])
    assert [c["text"] for c in rows[talked.iid]["comments"]] == [HOSTILE]
    assert rows[done.iid]["assignees"]
    table = list(csv.DictReader(io.StringIO(control_files(working)[f"{ARCHIVED}.csv"])))
    assert len(table) == len(found["capabilities"]) == 31
    assert sum(row["state"] == "done" for row in table) == 1


def test_what_people_wrote_is_only_shown_in_the_page(working: LocalStage) -> None:
    working.service.leaving.leave("acme")
    text = control_files(working)[f"{ARCHIVED}.md"]
    hostile = [line for line in text.splitlines() if any(word in line for word in ("@all", "/close", "Owned"))]
    assert hostile
    assert all(line.startswith("    ") for line in hostile)


def test_written_evidence_and_answers_are_in_the_export(working: LocalStage) -> None:
    item = capabilities(working)[1]
    text = item.description.replace("**Evidence:**", "**Evidence:** https://example.com/x")
    operations.update_work_item(working.world, working.user("acme.lead"), item, description=text)
    working.settle()
    working.service.leaving.leave("acme")
    (row,) = (row for row in export(working)["capabilities"] if row["iid"] == item.iid)
    assert row["evidence"] == "https://example.com/x"


def test_it_is_shown_first_and_nothing_is_written(working: LocalStage) -> None:
    before, start = picture(working.world), len(working.world.journal)
    keys = [step.key for step in working.service.leaving.plan("acme").steps]
    assert picture(working.world) == before
    assert {r.split()[0] for r in requests_since(working, start)} <= {"GET", "POST"}
    assert keys[0] == "partners/acme.yaml to partners/archived/"
    assert "member acme.lead" in keys
    assert "member stranger" in keys
    assert keys[-1] == "epic closed"


def test_once_the_partner_has_left_there_is_nothing_to_do(working: LocalStage) -> None:
    working.service.leaving.leave("acme")
    after = picture(working.world)
    assert working.service.leaving.plan("acme").steps == ()
    working.service.leaving.leave("acme")
    assert picture(working.world) == after


def test_the_service_leaves_the_partner_alone_and_goes_on_with_the_others(working: LocalStage) -> None:
    working.service.leaving.leave("acme")
    after = picture(working.world)
    working.settle()
    working.clock.advance(days=40)
    working.settle()
    left = picture(working.world)
    assert left["projects"]["partners/acme"] == after["projects"]["partners/acme"]
    assert [i for i in left["items"] if i["place"] == "partners/acme"] == [
        i for i in after["items"] if i["place"] == "partners/acme"
    ]
    assert epic(working).state == "closed"
    assert "acme" not in working.service.standings.all()
    assert not working.service.store.partner("acme").failures
    assert nothing_to_do(working, "globex")


def test_the_other_partner_keeps_everything(working: LocalStage) -> None:
    before = picture(working.world)["projects"]["partners/globex"]
    working.service.leaving.leave("acme")
    assert picture(working.world)["projects"]["partners/globex"] == before
    assert epic(working, "globex").state == "opened"


@pytest.mark.parametrize("tier", ["free", "ce"])
def test_without_epics_the_tracker_issue_is_closed(theatre: Theatre, tier: Any) -> None:
    with theatre.open(tier=tier) as stage:
        stage.write_partner_file("acme", ACME)
        stage.settle()
        stage.service.leaving.leave("acme")
        assert stage.project("acme").archived
        assert epic(stage).state == "closed"
        assert "has left the journey" in comments(epic(stage))[-1].body
        assert stage.service.leaving.plan("acme").steps == ()


def test_who_was_never_onboarded_can_leave(stage: LocalStage) -> None:
    stage.write_partner_file("acme", ACME)
    stage.world.outgoing.clear()
    stage.service.leaving.leave("acme")
    assert f"{ARCHIVED}.yaml" in control_files(stage)
    stage.settle()
    assert stage.world.project_by_path("partners/acme") is None


def test_a_name_that_nobody_has_is_refused(working: LocalStage) -> None:
    with pytest.raises(UnknownPartnerError, match="There is no partner nobody"):
        working.service.leaving.plan("nobody")


def test_a_broken_file_is_to_be_mended_first(working: LocalStage) -> None:
    working.write_partner_file("acme", "name: [\n")
    with pytest.raises(PartnerFileError, match="Correct the file first"):
        working.service.leaving.leave("acme")
    assert not working.project("acme").archived


def test_a_partner_comes_back_and_leaves_again(working: LocalStage) -> None:
    working.service.leaving.leave("acme")
    control, root = working.project("journey-control"), working.user("root")
    move = {"action": "move", "file_path": "partners/acme.yaml", "previous_path": f"{ARCHIVED}.yaml"}
    operations.update_project(working.world, root, working.project("acme"), archived=False)
    operations.commit_files(working.world, root, control, branch="main", message="Back", actions=[move])
    working.settle()
    assert {"acme.lead", "acme.dev"} <= people_of(working)
    assert epic(working).state == "opened"
    assert nothing_to_do(working)
    first = export(working)
    working.comment(capabilities(working)[2], "acme.dev", "Back again.")
    working.settle()
    working.service.leaving.leave("acme")
    assert export(working) != first
    assert epic(working).state == "closed"
    assert working.service.leaving.plan("acme").steps == ()


def test_what_is_said_while_it_leaves_is_in_the_export(working: LocalStage) -> None:
    """The export is made of the frozen project, not of what the plan was shown from."""
    item = capabilities(working)[3]

    def speak(request: Any, _number: int) -> None:
        if "repository/commits" in request.path and not any("Last word" in n.body for n in item.notes):
            working.comment(item, "acme.dev", "Last word")

    working.sandbox.fault = speak
    working.service.leaving.leave("acme")
    working.sandbox.fault = None
    assert "Last word" in control_files(working)[f"{ARCHIVED}.json"]


@pytest.fixture(scope="session")
def left_picture(wings: Theatre, working_world: World) -> dict[str, Any]:
    with wings.open(copied(working_world)) as stage:
        stage.service.leaving.leave("acme")
        return picture(stage.world)


def test_interrupted_at_any_request_the_next_run_ends_alike(
    theatre: Theatre, working_world: World, left_picture: dict[str, Any]
) -> None:
    """Each write happens and its answer is lost; after a lost read GitLab is as after the write before it."""
    begun = copied(working_world)
    begun.journal.clear()  # each copy is made in a fifth of the time
    at = 0
    while True:
        at += 1
        with theatre.open(copied(begun)) as stage, Fault(stage, "lost on the way back", at) as fault:
            try:
                stage.service.leaving.leave("acme")
            except GitLabError:
                stage.service.leaving.leave("acme")
            if not fault.hit:
                break
            assert picture(stage.world) == left_picture, f"request {at}"
            assert stage.service.leaving.plan("acme").steps == ()
    assert at > 20


def test_a_service_that_was_in_the_midst_of_a_run_is_overcome(working: LocalStage) -> None:
    """On SQLite nothing keeps a service's last run and the command apart; the look after the last step heals it."""
    project, root = working.project("acme"), working.user("root")
    lead = working.user("acme.lead")
    again: list[bool] = []

    def invite_again(request: Any, _number: int) -> None:
        gone = lead.id not in {m.user_id for m in project.members}
        if gone and not again and request.method == "POST" and "graphql" in request.path:
            again.append(True)
            operations.add_member(working.world, root, project, lead, REPORTER)

    working.sandbox.fault = invite_again
    working.service.leaving.leave("acme")
    working.sandbox.fault = None
    assert again
    assert "acme.lead" not in people_of(working)
    assert told(working, epic(working))[-1].startswith("left/")
    assert issue_of(working, "onboarding/partner-portal").discussion_locked
