"""Two partners of one name, and marks that people deleted: each thing is found again, and none is made twice."""

from __future__ import annotations

import pytest
from stagehand import (
    Theatre,
    ask,
    ask_graphql,
    capabilities,
    close_required,
    copied,
    epic,
    labels,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    stage_labels,
    told,
)

from app.demo.local import ACME, GLOBEX, LocalStage
from app.journey import markers
from app.sandbox.world import Tier, WorkItem, World


def trackers(stage: LocalStage) -> list[WorkItem]:
    """Everything that stands for a partner in the portfolio: epics, or labelled issues of the control project."""
    control = stage.project("journey-control").id
    items = stage.world.work_items.values()
    return [
        i for i in items if i.type == "EPIC" or (i.project_id == control and "journey::partner" in labels(stage, i))
    ]


def rewrite(stage: LocalStage, item: WorkItem, text: str) -> None:
    """A solution architect edits the text of an epic or tracker issue."""
    query = "mutation($i: WorkItemUpdateInput!) { workItemUpdate(input: $i) { errors } }"
    given = {"id": f"gid://gitlab/WorkItem/{item.id}", "descriptionWidget": {"description": text}}
    assert ask_graphql(stage, "gl.sa1", query, i=given)["data"]["workItemUpdate"]["errors"] == []


def test_two_partners_of_the_same_name_get_two_projects_and_two_epics(two_partners: LocalStage) -> None:
    stage = two_partners
    onboard(stage, "acme-north", ACME)
    assert stage.project("acme").name == "Acme Integrators"
    assert stage.project("acme-north").name == "Acme Integrators - acme-north"
    assert epic(stage, "acme").id != epic(stage, "acme-north").id
    assert len(capabilities(stage, "acme")) == len(capabilities(stage, "acme-north"))
    assert stage.service.store.partner("acme-north").failures == 0
    assert nothing_to_do(stage, "acme")
    assert nothing_to_do(stage, "acme-north")


def test_a_path_that_somebody_else_has_taken_is_explained(stage: LocalStage) -> None:
    """The bot sees no project there, but GitLab says that there is one."""
    answer = ask(stage, "root", "/groups", method="POST", body={"name": "Globex", "path": "globex", "parent_id": 40})
    assert answer.status == 201, answer.text
    onboard(stage, "globex", GLOBEX)
    state = stage.service.store.partner("globex")
    assert state.failures == 1
    assert "The path globex is taken" in (state.cause or "")
    assert "finish its deletion" in (state.fix or "")


@pytest.mark.parametrize("tier", ["ultimate", "free"])
@pytest.mark.parametrize("left", ["mark only", "everything"])
def test_a_portfolio_item_whose_mark_was_deleted_is_known_again(theatre: Theatre, tier: Tier, left: str) -> None:
    with theatre.open(tier=tier) as stage:
        onboard(stage, "acme", ACME)
        onboard(stage, "globex", GLOBEX)
        close_required(stage)
        pass_quiet_time(stage)
        item = epic(stage)
        world = stage.world
        rewrite(stage, item, markers.without("partner", item.description) if left == "mark only" else "")
    with theatre.open(world) as stage:  # the bot is restarted: it remembers no number
        pass_quiet_time(stage)
        assert len(trackers(stage)) == 2
        assert epic(stage).id == item.id
        assert stage_labels(stage, item) == stage_labels(stage, page(stage)) == {"stage::enabling"}
        assert told(stage, page(stage)) == told(stage, item) == ["stage/1/enabling"]
        assert nothing_to_do(stage)
        assert nothing_to_do(stage, "globex")


def test_an_epic_without_mark_is_not_taken_for_another_partner_of_the_same_name(two_partners: LocalStage) -> None:
    stage = two_partners
    first = epic(stage, "acme")
    rewrite(stage, first, markers.without("partner", first.description))
    onboard(stage, "acme-north", ACME)
    stage.service.loop.run("acme", "look")
    assert epic(stage, "acme").id == first.id
    assert epic(stage, "acme-north").id != first.id
    assert len(trackers(stage)) == 3


def test_people_are_known_in_any_case_as_gitlab_knows_them(stage: LocalStage) -> None:
    onboard(
        stage,
        "acme",
        ACME.replace("acme.lead", "Acme.Lead").replace("acme.dev", "ACME.DEV").replace("gl.sa1", "GL.SA1"),
    )
    assert stage.service.store.partner("acme").cause == ""
    members = {stage.world.users[m.user_id].username for m in stage.project("acme").members}
    assert {"acme.lead", "acme.dev"} <= members
    close_required(stage, by="acme.lead")
    pass_quiet_time(stage)
    assert nothing_to_do(stage)


def test_the_group_is_spelt_as_gitlab_spells_it(theatre: Theatre, onboarded_world: World) -> None:
    with theatre.open(copied(onboarded_world), settings={"group": "Partners"}) as stage:
        assert stage.service.place.group == "partners"
        assert nothing_to_do(stage)
