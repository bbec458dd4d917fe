"""A global system integrator works by practices: two practices win one after the other, and the company follows."""

from __future__ import annotations

import re

import pytest
from stagehand import (
    caller,
    capabilities,
    capability,
    edit_journey,
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
    stage_labels,
    told,
)

from app.demo.local import GLOBEX, LocalStage
from app.journey_files import BUILT_IN
from app.sandbox.world import WorkItem

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


def test_practices_share_one_issue_template_that_names_none_of_them(globex: LocalStage) -> None:
    folder = ".gitlab/issue_templates/"
    files = {p.removeprefix(folder): t for p, t in globex.project("globex").files.items() if p.startswith(folder)}
    assert {"Gsi - Joint win.md", "Enabling - Demo gitlab com.md", "Onboarding - Partner portal.md"} <= files.keys()
    assert not any("@" in name for name in files)
    assert "**Stage:** 02 - Enabling (Walk) ·" in files["Enabling - Demo gitlab com.md"]
    assert not any("retail" in text or "banking" in text for text in files.values())


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


WITHOUT_RETAIL = BY_PRACTICE.replace("  - {id: retail, lead: globex.dev}\n", "")


def of(stage: LocalStage, practice: str) -> list[WorkItem]:
    return [i for i in capabilities(stage, "globex") if (capability(i) or "").endswith(f"@{practice}")]


def test_a_practice_is_taken_out_and_its_issues_are_told_once_and_left_to_people(globex: LocalStage) -> None:
    stage = globex
    champion = issue_of(stage, "gsi/practice-champion@retail", "globex")
    stage.finish(champion, "globex.dev")
    stage.settle()
    joint_win = issue_of(stage, "gsi/joint-win@retail", "globex")
    stage.write_partner_file("globex", WITHOUT_RETAIL)
    stage.settle()
    assert joint_win.state == "opened"
    assert labels(stage, joint_win) == {"journey::capability", "practice::retail", "retired"}
    assert labels(stage, champion) >= {"practice::retail", "retired"}
    assert told(stage, joint_win) == ["retired/gsi/joint-win@retail/1"]
    assert told(stage, champion) == [], "it was done, and nobody has to hear of it"
    assert milestones(stage, "globex")["00 - Practice entry: retail"].state == "closed"
    assert milestones(stage, "globex")["00 - Practice entry: banking"].state == "active"
    for item in (page(stage, "globex"), epic(stage, "globex")):
        before, _, _ = item.description.partition("### Not counted any more")
        assert "retail" not in _seen(before)
        assert "Joint wins: 0 of 1." in before
    assert problems(stage) == [], "the partner file took it away, and no mistake in a template"
    assert nothing_to_do(stage, "globex")


def _seen(text: str) -> str:
    """Without the hidden marks."""
    return re.sub(r"<!--.*?-->", "", text)


def test_a_practice_comes_back_and_goes_on_where_it_was_without_a_word(globex: LocalStage) -> None:
    stage = globex
    win(stage, "retail")
    before = told(stage, page(stage, "globex"))
    assert before == ["practice/retail/1/enabling"]
    held = {i.id: (i.state, labels(stage, i), i.due_date) for i in of(stage, "retail")}
    stage.write_partner_file("globex", WITHOUT_RETAIL)
    stage.settle()
    stage.clock.advance(days=40)
    stage.settle()
    assert "02 - Enabling (Walk): retail" not in _seen(epic(stage, "globex").description)
    stage.write_partner_file("globex", BY_PRACTICE)
    pass_quiet_time(stage)
    assert {i.id: (i.state, labels(stage, i), i.due_date) for i in of(stage, "retail")} == held
    assert [mark for mark in told(stage, page(stage, "globex")) if not mark.startswith("nudge/")] == before
    assert "| retail | 02 - Enabling (Walk): retail | 0 % | verified |" in page(stage, "globex").description
    states = {title: m.state for title, m in milestones(stage, "globex").items() if title.endswith(": retail")}
    assert states == {"00 - Practice entry: retail": "closed", "02 - Enabling (Walk): retail": "active"}
    stage.write_partner_file("globex", WITHOUT_RETAIL)
    stage.settle()
    assert sum(len(told(stage, i)) for i in of(stage, "retail")) == sum(s == "opened" for s, _, _ in held.values())
    assert nothing_to_do(stage, "globex")


def test_the_furthest_practice_leaves_and_the_company_has_its_grace_period(globex: LocalStage) -> None:
    stage = globex
    win(stage, "banking")
    close_onboarding(stage)
    assert "stage::enabling" in labels(stage, epic(stage, "globex"))
    only_retail = BY_PRACTICE.replace("  - {id: banking, lead: globex.lead, champion: globex.dev}\n", "")
    stage.write_partner_file("globex", only_retail)
    stage.settle()
    assert "stage::enabling" in labels(stage, epic(stage, "globex"))
    assert "At risk until" in page(stage, "globex").description
    stage.write_partner_file("globex", BY_PRACTICE)
    stage.settle()
    assert "At risk until" not in page(stage, "globex").description
    assert nothing_to_do(stage, "globex")


def test_the_last_practice_leaves_and_the_company_walks_by_itself(globex: LocalStage) -> None:
    stage = globex
    win(stage, "banking")
    close_onboarding(stage)
    stage.write_partner_file("globex", GLOBEX)
    pass_quiet_time(stage)
    assert problems(stage) == []
    assert "enabling/demo-gitlab-com" in names(stage)
    assert "ractices" not in page(stage, "globex").description.replace("practices that", "")
    assert stage_labels(stage, page(stage, "globex")) == {"stage::enabling"}
    assert {m.state for t, m in milestones(stage, "globex").items() if t.endswith((": retail", ": banking"))} == {
        "closed"
    }
    assert nothing_to_do(stage, "globex")


def test_she_renames_a_capability_and_every_practice_keeps_its_issue(globex: LocalStage) -> None:
    stage = globex
    win(stage, "banking")
    issue = issue_of(stage, "enabling/demo-gitlab-com@banking", "globex")
    text = (BUILT_IN / "capabilities/enabling/demo-gitlab-com.md").read_text(encoding="utf-8")
    edit_journey(
        stage,
        lambda yaml: yaml.replace("enabling/demo-gitlab-com", "enabling/demo").replace(
            "{id: enabling/demo,", "{id: enabling/demo, was: [enabling/demo-gitlab-com],"
        ),
        **{"capabilities/enabling/demo.md": text},
    )
    assert issue_of(stage, "enabling/demo@banking", "globex").id == issue.id
    assert "retired" not in labels(stage, issue)
    assert nothing_to_do(stage, "globex")


def test_she_adds_a_requirement_and_a_practice_beyond_has_ninety_days(globex: LocalStage) -> None:
    stage = globex
    win(stage, "banking")
    text = (BUILT_IN / "capabilities/gsi/practice-champion.md").read_text(encoding="utf-8")
    champion = "          - {id: gsi/practice-champion, days: 120}\n"
    edit_journey(
        stage,
        lambda yaml: yaml.replace(champion, f"{champion}          - {{id: gsi/landing-page, days: 20}}\n"),
        **{"capabilities/gsi/landing-page.md": text.replace("title: ", "title: New: ", 1).replace("New: ", "New ")},
    )
    assert issue_of(stage, "gsi/landing-page@banking", "globex").state == "opened"
    assert "### New in the journey" in page(stage, "globex").description
    assert "banking: At risk" not in page(stage, "globex").description
    stage.clock.advance(days=91)
    stage.settle()
    assert "banking: At risk until" in page(stage, "globex").description


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
