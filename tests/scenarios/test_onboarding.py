"""A solution architect merges a partner file: everything of that partner is then in GitLab, once, and only for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stagehand import (
    BOT,
    INTERRUPTIONS,
    Fault,
    Kind,
    Theatre,
    ask,
    ask_graphql,
    board_lists,
    capabilities,
    capability,
    copied,
    epic,
    issue_of,
    labels,
    milestones,
    nothing_to_do,
    page,
    picture,
)

from app.demo.local import ACME, SERVICE_URL, SIGNING_TOKEN, LocalStage
from app.journey.labels import labels_for
from app.journey.model import Journey
from app.journey.text import written
from app.sandbox.world import REPORTER, World

STAGES = ["stage::onboarding", "stage::enabling", "stage::leading", "stage::strategic"]


@pytest.fixture
def journey(onboarded: LocalStage) -> Journey:
    return onboarded.service.reconciler.view("acme").journey


# --- what is there afterwards ---


def test_the_partner_has_a_private_project_with_its_people_and_nobody_elses(onboarded: LocalStage) -> None:
    project = onboarded.project("acme")
    assert (project.name, project.visibility) == ("Acme Integrators", "private")
    people = {onboarded.world.users[m.user_id].username: m.access_level for m in project.members}
    assert people == {"acme.lead": REPORTER, "acme.dev": REPORTER}
    assert project.settings["autoclose_referenced_issues"] is False


def test_one_commit_brings_a_template_for_each_capability_and_the_readme(
    onboarded: LocalStage, journey: Journey
) -> None:
    project = onboarded.project("acme")
    assert len(project.commits) == 1
    templates = [path for path in project.files if path.startswith(".gitlab/issue_templates/")]
    assert len(journey.capabilities) == len(templates) == 31
    assert set(project.files) - set(templates) == {"README.md", "journey.svg", "badge.svg"}
    (badge,) = project.badges
    assert badge.image_url.endswith("/-/raw/%{default_branch}/badge.svg")
    assert "## How to finish" in project.files[".gitlab/issue_templates/Enabling - Presales vsa.md"]
    assert "Acme Integrators" in project.files["README.md"]


def test_every_label_is_the_groups_and_none_names_a_partner(onboarded: LocalStage, journey: Journey) -> None:
    wanted = {(la.title, la.color, la.description) for la in labels_for(journey)}
    found = list(onboarded.world.labels.values())
    assert {(la.title, la.color, la.description) for la in found} == wanted
    assert all(la.group_id is not None for la in found)
    assert not any("acme" in f"{la.title} {la.description}".lower() for la in found)


def test_each_stage_has_a_milestone_and_the_first_one_a_due_date(onboarded: LocalStage, journey: Journey) -> None:
    found = milestones(onboarded)
    assert list(found) == [stage.title for stage in journey.stages]
    today, first = onboarded.clock.now.date(), journey.stages[0]
    assert found[first.title].due_date == today + timedelta(days=first.days)
    assert [found[stage.title].due_date for stage in journey.stages[1:]] == [None, None, None]
    assert all(m.state == "active" for m in found.values())


def test_the_status_page_is_issue_number_one_and_lists_what_is_next(onboarded: LocalStage) -> None:
    status = page(onboarded)
    assert status.iid == 1
    assert status.confidential
    assert labels(onboarded, status) == {"journey::status", "stage::onboarding"}
    assert status.parent_id == epic(onboarded).id
    for item in capabilities(onboarded):
        line = f"| #{item.iid} {item.title} | `acme.lead` | {written(item.due_date)} |" if item.due_date else (
            f"| #{item.iid} {item.title} (after: "
        )  # fmt: skip
        assert line in status.description
    assert "⟦" not in status.description


def test_the_first_stages_issues_are_open_and_complete(onboarded: LocalStage, journey: Journey) -> None:
    first = journey.stages[0]
    assert [capability(i) for i in capabilities(onboarded)] == [c.id for c in first.capabilities]
    today = onboarded.clock.now.date()
    owners = {"partner": "acme.lead", "sa": "gl.sa1", "manager": "gl.cam1"}
    for wanted in first.capabilities:
        item = issue_of(onboarded, wanted.id)
        optional = set() if wanted.required else {"optional"}
        later = {"blocked"} if wanted.after else set()
        assert labels(onboarded, item) == {"stage::onboarding", "journey::capability"} | optional | later
        assert item.milestone_id == milestones(onboarded)[first.title].id
        assert item.due_date == (None if wanted.after else today + timedelta(days=wanted.days))
        assert [onboarded.world.users[u].username for u in item.assignee_ids] == [owners[wanted.owner]]
        assert item.parent_id == epic(onboarded).id
        assert (item.title, item.state, item.confidential) == (wanted.title, "opened", True)


def test_the_epic_is_confidential_in_the_group_and_tells_sas_where_the_partner_is(onboarded: LocalStage) -> None:
    found = epic(onboarded)
    group = onboarded.world.group_by_path("partners")
    assert group is not None
    assert (found.type, found.group_id, found.title) == ("EPIC", group.id, "Acme Integrators")
    assert found.confidential
    assert labels(onboarded, found) == {"journey::partner", "stage::onboarding", "category::rsi"}
    assert "partners/acme#1" in found.description
    assert "⟦" not in found.description


def test_the_boards_have_one_list_for_each_stage(onboarded: LocalStage) -> None:
    project, group = onboarded.project("acme"), onboarded.world.group_by_path("partners")
    assert group is not None
    (journey_board,) = [b for b in onboarded.world.boards.values() if b.project_id == project.id]
    (portfolio,) = [b for b in onboarded.world.boards.values() if b.group_id == group.id]
    assert (journey_board.name, board_lists(onboarded.world, journey_board)) == ("Journey", STAGES)
    assert (portfolio.name, portfolio.epic) == ("Partner portfolio", True)
    assert board_lists(onboarded.world, portfolio) == [*STAGES, "stage::complete"]


def test_the_webhook_is_signed_and_hears_of_confidential_issues(onboarded: LocalStage) -> None:
    project = onboarded.project("acme")
    (hook,) = [h for h in onboarded.world.hooks.values() if h.project_id == project.id]
    assert (hook.url, hook.signing_token) == (f"{SERVICE_URL}/webhooks/gitlab", SIGNING_TOKEN)
    assert hook.enable_ssl_verification
    on = {name for name, value in hook.flags.items() if value}
    assert {"issues_events", "confidential_issues_events"} <= on
    assert "push_events" not in on


# --- twice, and side by side ---


def test_a_second_run_changes_nothing(onboarded: LocalStage) -> None:
    before = picture(onboarded.world)
    writes = len([e for e in onboarded.world.journal if e.username == BOT and e.operation == "apply"])
    onboarded.service.loop.run("acme", "once more")
    assert picture(onboarded.world) == before
    assert nothing_to_do(onboarded)
    assert len([e for e in onboarded.world.journal if e.username == BOT and e.operation == "apply"]) == writes


def test_a_gsi_with_a_track_gets_its_own_capabilities_and_shares_labels_and_board(two_partners: LocalStage) -> None:
    world = two_partners.world
    assert epic(two_partners, "globex").id != epic(two_partners, "acme").id
    assert "category::gsi" in labels(two_partners, epic(two_partners, "globex"))
    titles = [(la.group_id, la.project_id, la.title) for la in world.labels.values()]
    assert len(titles) == len(set(titles))
    assert sum(b.epic for b in world.boards.values()) == 1
    templates = [p for p in two_partners.project("globex").files if p.startswith(".gitlab/issue_templates/")]
    assert len(templates) > 31
    assert nothing_to_do(two_partners, "acme")
    assert nothing_to_do(two_partners, "globex")


# --- nobody learns of another partner ---

REST_TARGETS = (
    "/projects",
    "/projects?search=e",
    "/groups",
    "/groups/partners",
    "/groups/partners/projects",
    "/groups/partners/issues?scope=all",
    "/groups/partners/epics",
    "/groups/partners/epics/1",
    "/groups/partners/epics/2",
    "/groups/partners/labels",
    "/groups/partners/milestones",
    "/groups/partners/members",
    "/groups/partners/epic_boards",
    "/issues?scope=all",
)
GRAPHQL_QUERIES = (
    """{ group(fullPath: "partners") { id name projects(includeSubgroups: true) { nodes { fullPath name } }
         labels(first: 100, searchIn: [TITLE]) { nodes { title description } }
         workItems(includeDescendants: true, first: 100) { nodes { iid title webUrl } } } }""",
    """{ namespace(fullPath: "partners") { workItems(types: [EPIC], first: 100) { nodes { iid title } } } }""",
    """{ namespace(fullPath: "partners") { workItem(iid: "1") { title } } }""",
    """{ namespace(fullPath: "partners") { workItem(iid: "2") { title } } }""",
)


@pytest.mark.parametrize(
    ("person", "own", "other"), [("acme.lead", "acme", "globex"), ("globex.dev", "globex", "acme")]
)
def test_a_partner_sees_its_own_project_and_no_trace_of_another(
    two_partners: LocalStage, person: str, own: str, other: str
) -> None:
    assert ask(two_partners, person, f"/projects/partners%2F{own}").status == 200
    items = ask(two_partners, person, f"/projects/partners%2F{own}/issues?per_page=100").json()
    assert len(items) == len(two_partners.issues(own))
    for hidden in (other, "journey-control"):
        for path in ("", "/issues", "/issues/1", "/repository/tree", "/members/all", "/milestones", "/boards"):
            assert ask(two_partners, person, f"/projects/partners%2F{hidden}{path}").status == 404, path
    for target in REST_TARGETS:
        answer = ask(two_partners, person, target)
        assert answer.status in (200, 403, 404), (target, answer.text)
        assert other not in answer.text.lower(), target
        assert "control" not in answer.text.lower(), target


@pytest.mark.parametrize(
    ("person", "own", "other"), [("acme.lead", "acme", "globex"), ("globex.dev", "globex", "acme")]
)
def test_graphql_shows_a_partner_no_more_than_rest(two_partners: LocalStage, person: str, own: str, other: str) -> None:
    for query in GRAPHQL_QUERIES:
        answer = ask_graphql(two_partners, person, query)
        assert "errors" not in answer, answer
        assert other not in str(answer).lower(), query
        assert "control" not in str(answer).lower(), query
    for hidden in (f"partners/{other}", "partners/journey-control"):
        answer = ask_graphql(two_partners, person, "query($p: ID!) { project(fullPath: $p) { id name } }", p=hidden)
        assert answer == {"data": {"project": None}}
    shown = ask_graphql(two_partners, person, "query($p: ID!) { project(fullPath: $p) { name } }", p=f"partners/{own}")
    assert shown["data"]["project"]["name"]
    epics = ask_graphql(two_partners, person, GRAPHQL_QUERIES[1])
    assert epics["data"]["namespace"]["workItems"]["nodes"] == []


def test_what_sas_write_on_the_epic_never_reaches_the_partners_project(two_partners: LocalStage) -> None:
    two_partners.comment(epic(two_partners), "gl.sa1", "Private: budget talks with zebra-corp.")
    stage = two_partners
    stage.finish(capabilities(stage)[0], "acme.lead")
    stage.settle()
    answers = [ask(stage, "acme.lead", f"/projects/partners%2Facme/issues/{i.iid}").text for i in stage.issues("acme")]
    assert not any("zebra" in text for text in answers)
    assert "zebra" not in str(picture(stage.world)["projects"])


# --- interrupted anywhere ---


@pytest.fixture(scope="session")
def asked_world(wings: Theatre) -> World:
    """Acme's partner file is merged; the bot has not looked yet. Copy it before you play on."""
    with wings.open() as stage:
        stage.settle()
        stage.write_partner_file("acme", ACME)
        stage.deliver()
        return stage.world


def _length(theatre: Theatre, world: World) -> int:
    """How many requests the onboarding takes when nothing goes wrong."""
    with theatre.open(copied(world)) as stage:
        start = len(stage.world.journal)
        stage.service.loop.run("acme", "undisturbed")
        length = len(stage.world.journal) - start
        assert nothing_to_do(stage)
        return length


@pytest.mark.parametrize(("kind", "restarted"), INTERRUPTIONS)
def test_onboarding_interrupted_at_every_request_is_completed_without_doubles(
    theatre: Theatre, asked_world: World, onboarded_world: World, kind: Kind, restarted: bool
) -> None:
    wanted = picture(onboarded_world)
    for at in range(1, _length(theatre, asked_world) + 1):
        with theatre.open(copied(asked_world)) as stage:
            with Fault(stage, kind, at) as fault:
                stage.service.loop.run("acme", "interrupted")
            assert fault.hit
            world = stage.world
            if not restarted:
                assert stage.service.store.partner("acme").failures == 1, at
                stage.clock.advance(minutes=2)
                stage.settle()
                assert stage.service.store.partner("acme").failures == 0, at
                assert nothing_to_do(stage), at
        if restarted:
            with theatre.open(world) as stage:
                stage.settle()
                assert nothing_to_do(stage), at
        assert picture(world) == wanted, at
