"""A global system integrator works by practices: two practices win one after the other, and the company follows."""

from __future__ import annotations

import pytest
from stagehand import (
    caller,
    capabilities,
    capability,
    epic,
    issue_of,
    labels,
    milestones,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    problems,
    requests_since,
    told,
)

from app.demo.local import GLOBEX, LocalStage

BY_PRACTICE = (
    GLOBEX
    + """\
practices:
  - {id: banking, lead: globex.lead, champion: globex.dev}
  - {id: retail, lead: globex.dev}
"""
)


def win(stage: LocalStage, practice: str) -> None:
    """The practice closes its joint win, the SA confirms it; the champion is named; the quiet time passes."""
    joint_win = issue_of(stage, f"gsi/joint-win@{practice}", "globex")
    stage.finish(joint_win, "globex.lead")
    stage.settle()
    stage.comment(joint_win, "gl.sa2", "/journey verify")
    stage.finish(issue_of(stage, f"gsi/practice-champion@{practice}", "globex"), "globex.dev")
    pass_quiet_time(stage)


def names(stage: LocalStage) -> set[str | None]:
    return {capability(i) for i in capabilities(stage, "globex")}


def close_onboarding(stage: LocalStage) -> None:
    for item in capabilities(stage, "globex", state="opened"):
        if (capability(item) or "").startswith("onboarding/"):
            stage.finish(item, "gl.sa2")
    pass_quiet_time(stage)


@pytest.fixture
def globex(stage: LocalStage) -> LocalStage:
    onboard(stage, "globex", BY_PRACTICE)
    return stage


def test_a_practice_begins_with_its_joint_win_and_nothing_else(globex: LocalStage) -> None:
    begun = {n for n in names(globex) if n and "@" in n}
    assert begun == {f"gsi/{n}@{p}" for n in ("joint-win", "practice-champion") for p in ("banking", "retail")}
    joint_win = issue_of(globex, "gsi/joint-win@retail", "globex")
    assert labels(globex, joint_win) >= {"practice::retail", "stage::gsi-entry"}
    assert [globex.world.users[i].username for i in joint_win.assignee_ids] == ["globex.dev"]
    assert milestones(globex, "globex")["00 - Practice entry: retail"].due_date is not None
    assert "02 - Enabling (Walk): retail" not in milestones(globex, "globex")
    assert nothing_to_do(globex, "globex")


def test_a_joint_win_that_the_partner_closes_opens_nothing_until_the_architect_confirms_it(globex: LocalStage) -> None:
    joint_win = issue_of(globex, "gsi/joint-win@banking", "globex")
    globex.finish(joint_win, "globex.lead")
    globex.settle()
    assert "enabling/demo-gitlab-com@banking" not in names(globex)
    globex.comment(joint_win, "gl.sa2", "/journey verify")
    globex.settle()
    assert "enabling/demo-gitlab-com@banking" in names(globex)
    assert "enabling/demo-gitlab-com@retail" not in names(globex)


def test_a_practice_that_moves_on_is_told_once_and_the_company_is_up_to_it(globex: LocalStage) -> None:
    win(globex, "banking")
    assert told(globex, page(globex, "globex")) == ["practice/banking/1/enabling"]
    assert "stage::onboarding" in labels(globex, page(globex, "globex"))
    close_onboarding(globex)
    marks = ["practice/banking/1/enabling", "stage/1/enabling"]
    assert told(globex, page(globex, "globex")) == marks
    assert told(globex, epic(globex, "globex")) == marks
    for item in (page(globex, "globex"), epic(globex, "globex")):
        assert "stage::enabling" in labels(globex, item)
        assert "| banking | 02 - Enabling (Walk): banking | 0 % | verified |" in item.description
        assert "| retail | 00 - Practice entry: retail | 0 % | not yet |" in item.description
        assert "Joint wins: 1 of 2." in item.description
    assert nothing_to_do(globex, "globex")


def test_two_practices_that_have_won_bring_up_the_sponsor_and_then_the_scale_out(globex: LocalStage) -> None:
    win(globex, "banking")
    assert "gsi/sponsor" not in names(globex)
    win(globex, "retail")
    sponsor = issue_of(globex, "gsi/sponsor", "globex")
    assert "gsi/scale-out" not in names(globex)
    assert [globex.world.users[i].username for i in sponsor.assignee_ids] == ["gl.cam1"]
    globex.finish(sponsor, "gl.cam1")
    globex.settle()
    assert "optional" not in labels(globex, issue_of(globex, "gsi/scale-out", "globex"))
    assert nothing_to_do(globex, "globex")


def test_other_programs_read_every_practice(globex: LocalStage) -> None:
    win(globex, "banking")
    call = caller(globex)
    found = call("GET", "/api/partners/globex").json()
    practices = {p["id"]: (p["stage"], p["joint_win"], p["champion"]) for p in found["standing"]["practices"]}
    assert practices == {"banking": ("enabling", True, "globex.dev"), "retail": ("gsi-entry", False, None)}


def test_a_practice_that_joins_later_gets_its_own_entry(globex: LocalStage) -> None:
    win(globex, "banking")
    text = BY_PRACTICE + "  - {id: energy, lead: globex.dev}\n"
    globex.write_partner_file("globex", text)
    globex.settle()
    assert "gsi/joint-win@energy" in names(globex)
    assert told(globex, page(globex, "globex")) == ["practice/banking/1/enabling"]


def test_a_practice_that_names_its_partner_is_refused(stage: LocalStage) -> None:
    onboard(stage, "globex", BY_PRACTICE.replace("retail", "globex-retail"))
    (problem,) = problems(stage)
    assert "names the partner" in problem.description


def test_a_partner_without_practices_costs_what_it_did(stage: LocalStage) -> None:
    start = len(stage.world.journal)
    onboard(stage, "globex", GLOBEX)
    assert not any("practice" in request for request in requests_since(stage, start))
    assert not any("@" in (n or "") or (n or "").startswith("gsi/") for n in names(stage))
    assert "ractice" not in page(stage, "globex").description.replace("Your practice", "")
