"""A program manager edits the journey while partners are under way; what they did stays, and no stage is lost at once.

The journey files are committed to the control project, as a merge request would do it. The partner is past the first
stage, or has one issue of it left.
"""

from __future__ import annotations

from stagehand import (
    BOT,
    capabilities,
    close_required,
    edit_journey,
    issue_of,
    labels,
    nothing_to_do,
    page,
    pass_quiet_time,
    problems,
    stage_labels,
    told,
)

from app.demo.local import LocalStage
from app.engine.reconcile import ALLOW_REMOVALS
from app.journey_files import BUILT_IN
from app.sandbox import operations

PORTAL = "      - {id: onboarding/partner-portal, days: 14}\n"
LANDING = "capabilities/onboarding/landing-page.md"


def portal_text(title: str) -> str:
    """The text of the first capability that comes with the program, under another title."""
    text = (BUILT_IN / "capabilities/onboarding/partner-portal.md").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    return "".join(f"title: {title}\n" if line.startswith("title:") else line for line in lines)


def move_on(stage: LocalStage) -> None:
    """Acme reaches the second stage."""
    close_required(stage)
    pass_quiet_time(stage)
    assert stage_labels(stage, page(stage)) == {"stage::enabling"}


def add_landing_page(stage: LocalStage) -> None:
    text = portal_text("Publish a landing page")
    edit_journey(
        stage,
        lambda yaml: yaml.replace(PORTAL, f"{PORTAL}      - {{id: onboarding/landing-page, days: 20}}\n"),
        **{LANDING: text},
    )


def test_she_adds_a_requirement_and_partners_beyond_have_ninety_days(nearly_done: LocalStage) -> None:
    stage = nearly_done
    move_on(stage)
    add_landing_page(stage)
    issue = issue_of(stage, "onboarding/landing-page")
    assert issue.title == "Publish a landing page"
    assert str(issue.due_date) == "2026-11-30"
    assert "### New in the journey" in page(stage).description
    stage.clock.advance(days=88)
    stage.settle()
    assert "At risk" not in page(stage).description
    stage.clock.advance(days=3)
    stage.settle()
    assert "At risk until" in page(stage).description
    assert stage_labels(stage, page(stage)) == {"stage::enabling"}
    stage.clock.advance(days=31)
    stage.settle()
    assert stage_labels(stage, page(stage)) == {"stage::onboarding"}


def test_a_partner_does_the_new_requirement_in_time_and_nobody_is_bothered(nearly_done: LocalStage) -> None:
    stage = nearly_done
    move_on(stage)
    add_landing_page(stage)
    stage.finish(issue_of(stage, "onboarding/landing-page"), "acme.dev")
    pass_quiet_time(stage)
    stage.clock.advance(days=100)
    stage.settle()
    assert "At risk" not in page(stage).description
    assert stage_labels(stage, page(stage)) == {"stage::enabling"}


def test_she_gives_a_capability_a_new_id_and_title_and_its_issue_goes_on(onboarded: LocalStage) -> None:
    stage = onboarded
    issue = issue_of(stage, "onboarding/partner-portal")
    ticked = issue.description.replace("- [ ]", "- [x]", 1) + "\nOur notes: https://example.com/notes\n"
    operations.update_work_item(stage.world, stage.user("acme.lead"), issue, description=ticked)
    stage.settle()
    count = len(capabilities(stage))
    text = portal_text("Settle into the portal")
    edit_journey(
        stage,
        lambda yaml: yaml.replace(PORTAL, PORTAL.replace("partner-portal", "portal, was: [onboarding/partner-portal]")),
        **{"capabilities/onboarding/portal.md": text},
    )
    now = issue_of(stage, "onboarding/portal")
    assert now.iid == issue.iid
    assert now.title == "Settle into the portal"
    assert now.description.count("- [x]") == 1
    assert "Our notes: https://example.com/notes" in now.description
    assert len(capabilities(stage)) == count
    assert nothing_to_do(stage)


def offered(stage: LocalStage, slug: str = "acme") -> set[str]:
    """What a person can choose when he opens an issue."""
    folder = ".gitlab/issue_templates/"
    return {p.removeprefix(folder) for p in stage.project(slug).files if p.startswith(folder)}


def test_an_issue_template_goes_with_its_capability_and_comes_back_with_it(onboarded: LocalStage) -> None:
    stage, ours = onboarded, "Onboarding - Ours.md"
    action = {"action": "create", "file_path": f".gitlab/issue_templates/{ours}", "content": "Our own form\n"}
    project = stage.project("acme")
    operations.commit_files(
        stage.world, stage.user("root"), project, branch="main", message="A form of our own", actions=[action]
    )
    before = offered(stage)
    assert {ours, "Onboarding - Partner portal.md"} <= before
    edit_journey(stage, lambda yaml: yaml.replace(PORTAL, PORTAL.replace("days: 14", "retired: true")))
    assert before - offered(stage) == {"Onboarding - Partner portal.md"}
    assert nothing_to_do(stage)
    edit_journey(stage, lambda yaml: yaml.replace("retired: true", "days: 14"))
    assert offered(stage) == before
    edit_journey(
        stage,
        lambda yaml: yaml.replace(PORTAL, PORTAL.replace("partner-portal", "portal, was: [onboarding/partner-portal]")),
        **{"capabilities/onboarding/portal.md": portal_text("Settle into the portal")},
    )
    assert offered(stage) - before == {"Onboarding - Portal.md"}
    assert before - offered(stage) == {"Onboarding - Partner portal.md"}
    assert nothing_to_do(stage)


def test_she_removes_a_line_and_the_template_of_the_open_issue_goes_as_well(onboarded: LocalStage) -> None:
    stage = onboarded
    edit_journey(stage, lambda yaml: yaml.replace(PORTAL, ""))
    assert "Onboarding - Partner portal.md" not in offered(stage)
    assert nothing_to_do(stage)


def test_she_changes_the_id_of_something_done_and_it_stays_done(nearly_done: LocalStage) -> None:
    stage = nearly_done
    move_on(stage)
    edit_journey(
        stage,
        lambda yaml: yaml.replace(PORTAL, PORTAL.replace("partner-portal", "portal, was: [onboarding/partner-portal]")),
        **{"capabilities/onboarding/portal.md": portal_text("Settle into the portal")},
    )
    assert issue_of(stage, "onboarding/portal").state == "closed"
    assert "At risk" not in page(stage).description
    assert nothing_to_do(stage)


def test_she_retires_a_capability_and_its_issue_is_told_and_left_open(onboarded: LocalStage) -> None:
    stage = onboarded
    issue = issue_of(stage, "onboarding/partner-portal")
    edit_journey(stage, lambda yaml: yaml.replace(PORTAL, PORTAL.replace("days: 14", "retired: true")))
    assert issue.state == "opened"
    assert labels(stage, issue) == {"journey::capability", "retired"}
    assert told(stage, issue) == ["retired/onboarding/partner-portal/1"]
    before, _, after = page(stage).description.partition("### Not counted any more")
    assert issue.title not in before
    assert f"- #{issue.iid} {issue.title}" in after
    assert nothing_to_do(stage)
    edit_journey(stage, lambda yaml: yaml.replace("retired: true", "days: 14"))
    assert "Not counted any more" not in page(stage).description
    assert stage_labels(stage, issue) == {"stage::onboarding"}
    assert "retired" not in labels(stage, issue)


def test_a_command_on_a_retired_issue_gets_one_reply(onboarded: LocalStage) -> None:
    stage = onboarded
    issue = issue_of(stage, "onboarding/partner-portal")
    edit_journey(stage, lambda yaml: yaml.replace(PORTAL, PORTAL.replace("days: 14", "retired: true")))
    stage.comment(issue, "gl.sa1", "/journey verify")
    stage.comment(issue, "acme.lead", "/journey help")
    stage.settle()
    retired, verify, help_ = [
        note.body for note in issue.notes if note.author_id == stage.user(BOT).id and not note.system
    ]
    assert "not part of your journey any more" in retired
    assert "@gl.sa1 this is not part of your journey any more" in verify
    assert "| `/journey status` |" in help_
    assert nothing_to_do(stage)
    for _ in range(2):
        stage.comment(issue, "acme.lead", "thanks")
        stage.settle()
    assert len(told(stage, issue)) == 3


def lose_half(yaml: str) -> str:
    """The mistake: five of the first stage's eight capabilities are gone."""
    names = ("gitlab-101-pitch", "licensing-pricing", "channel-team", "get-certified", "nfr-license")
    lost = tuple(f"      - {{id: onboarding/{name}," for name in names)
    return "".join(line for line in yaml.splitlines(keepends=True) if not line.startswith(lost))


def test_she_deletes_half_a_stage_by_mistake_and_every_issue_stays_as_it_was(onboarded: LocalStage) -> None:
    stage = onboarded
    before = {i.iid: (i.description, labels(stage, i), len(i.notes)) for i in stage.issues("acme")}
    edit_journey(stage, lose_half)
    stage.service.loop.run("acme", "an event")
    assert {i.iid: (i.description, labels(stage, i), len(i.notes)) for i in stage.issues("acme")} == before
    state = stage.service.store.partner("acme")
    assert "takes away" in state.cause
    assert "--allow-removals" in state.fix
    (problem,) = problems(stage)
    assert problem.title == "The journey takes much away from acme"
    assert "onboarding/nfr-license" in problem.description
    edit_journey(stage, lambda _yaml: (BUILT_IN / "journey.yaml").read_text(encoding="utf-8"))
    stage.clock.advance(hours=2)
    stage.settle()
    assert problems(stage) == []
    assert nothing_to_do(stage)


def test_she_means_it_and_says_so(onboarded: LocalStage) -> None:
    stage = onboarded
    edit_journey(stage, lose_half)
    stage.service.loop.run("acme", ALLOW_REMOVALS)
    assert labels(stage, issue_of(stage, "onboarding/nfr-license")) == {"journey::capability", "retired"}
    assert {i.state for i in capabilities(stage)} == {"opened"}
    assert problems(stage) == []
    assert stage.service.store.partner("acme").failures == 0
    assert nothing_to_do(stage)
