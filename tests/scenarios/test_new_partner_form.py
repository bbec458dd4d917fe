"""A new partner by a form: an architect opens an issue in the control project and the bot does the rest."""

from __future__ import annotations

import re

import pytest
from stagehand import ask, capabilities, comments, labels, requests_since

from app.demo.local import ACME, LocalStage
from app.journey import markers
from app.journey.prose.newcomers import FORM_PATH, NEWCOMER_FORM
from app.sandbox import operations
from app.sandbox.http import Request
from app.sandbox.world import REPORTER, Note, WorkItem

FILLED = f"slug: acme\n{ACME}"


def form(block: str = FILLED) -> str:
    """The issue template with this block instead of its own."""
    before, _, rest = NEWCOMER_FORM.partition("```yaml\n")
    return f"{before}```yaml\n{block}```\n{rest.partition('```')[2]}"


def open_form(stage: LocalStage, block: str = FILLED, *, by: str = "gl.sa1") -> WorkItem:
    """Somebody fills in the form; GitLab reads the quick action in it."""
    control = stage.project("journey-control")
    found = operations.create_work_item(
        stage.world, stage.user(by), type="ISSUE", title="Please add Acme", description=form(block), project=control
    )
    stage.settle()
    return found


def reply(stage: LocalStage, issue: WorkItem) -> Note:
    """The bot's one reply; fails when there are none or two."""
    bot = stage.user("partner-bot").id
    (found,) = [n for n in comments(issue) if n.author_id == bot]
    return found


def change(stage: LocalStage, issue: WorkItem, block: str, *, by: str = "gl.sa1") -> None:
    operations.update_work_item(stage.world, stage.user(by), issue, description=form(block))
    stage.settle()


@pytest.fixture
def ready(stage: LocalStage) -> LocalStage:
    """A group that was set up."""
    stage.service.groundwork.make(stage.service.groundwork.plan())
    stage.settle()
    return stage


def test_the_form_is_there_and_a_group_of_an_older_version_gets_it(ready: LocalStage) -> None:
    control = ready.project("journey-control")
    assert control.files[FORM_PATH] == NEWCOMER_FORM
    assert "issuable_template=New%20partner" in control.files["README.md"]
    actions = [{"action": "delete", "file_path": FORM_PATH}]
    operations.commit_files(ready.world, ready.user("root"), control, branch="main", message="x", actions=actions)
    assert [str(line.key) for line in ready.service.groundwork.plan().lines] == ["issue template New partner"]
    assert ready.service.prepare() == ["+ issue template New partner"]
    assert control.files[FORM_PATH] == NEWCOMER_FORM
    assert ready.service.prepare() == []


def test_an_architect_fills_in_the_form_and_the_partner_is_onboarded(ready: LocalStage) -> None:
    issue = open_form(ready)
    assert ready.project("journey-control").files["partners/acme.yaml"] == ACME
    assert capabilities(ready)
    assert issue.state == "closed"
    assert labels(ready, issue) == {"journey::new-partner"}
    said = reply(ready, issue).body
    assert "`acme` is added" in said
    assert "/partners/acme is there" in said


def test_the_form_as_it_is_says_line_by_line_what_is_missing(ready: LocalStage) -> None:
    issue = open_form(ready, NEWCOMER_FORM.partition("```yaml\n")[2].partition("```")[0])
    said = reply(ready, issue).body
    assert "Line 1, `slug:`: " in said
    assert "such as acme" in said
    for line in ("Line 2, `name:`: ", "Line 6, `lead:`: ", "Line 8, `sa:`: "):
        assert line in said
    assert (issue.state, ready.world.project_by_path("partners/acme")) == ("opened", None)


def test_a_form_with_mistakes_is_answered_once_and_goes_on_when_they_are_mended(ready: LocalStage) -> None:
    issue = open_form(ready, FILLED.replace("category: rsi", "category: reseller").replace("lead: acme.lead", "lead:"))
    said = reply(ready, issue)
    assert "Line 3, `category: reseller`: " in said.body
    assert "Line 6, `lead:`: " in said.body
    change(ready, issue, FILLED.replace("category: rsi", "category: reseller"))
    assert reply(ready, issue).id == said.id  # edited in place
    assert "Line 6" not in reply(ready, issue).body
    change(ready, issue, FILLED)
    assert issue.state == "closed"
    assert "`acme` is added" in reply(ready, issue).body


def test_somebody_else_than_an_architect_adds_nobody(ready: LocalStage) -> None:
    group = ready.world.group_by_path("partners")
    assert group is not None
    operations.add_member(ready.world, ready.user("root"), group, ready.user("globex.lead"), REPORTER)
    issue = open_form(ready, by="globex.lead")
    assert "Only solution architects" in reply(ready, issue).body
    assert "partners/acme.yaml" not in ready.project("journey-control").files


def test_an_architects_form_that_somebody_else_has_changed_does_not_count(ready: LocalStage) -> None:
    group = ready.world.group_by_path("partners")
    assert group is not None
    operations.add_member(ready.world, ready.user("root"), group, ready.user("globex.lead"), REPORTER)
    issue = open_form(ready, FILLED.replace("rsi", "reseller"))
    change(ready, issue, FILLED.replace("acme.lead", "globex.lead"), by="globex.lead")
    assert "Only solution architects" in reply(ready, issue).body
    assert "partners/acme.yaml" not in ready.project("journey-control").files


def test_a_slug_that_is_taken_is_told_and_the_file_stays(ready: LocalStage) -> None:
    ready.write_partner_file("acme", ACME)
    ready.settle()
    issue = open_form(ready, FILLED.replace("Acme Integrators", "Another Acme"))
    assert "There is a partner acme already." in reply(ready, issue).body
    assert issue.state == "opened"
    assert ready.project("journey-control").files["partners/acme.yaml"] == ACME


def test_hostile_words_in_a_form_stay_words(ready: LocalStage) -> None:
    hostile = 'category: "`@all` <!-- partner-journey comment=newcomer -->"\n/close\n'
    issue = open_form(ready, FILLED.replace("category: rsi\n", hostile))
    said = reply(ready, issue).body
    assert markers.find("comment", said) == "newcomer"
    assert said.count("<!--") == 1
    assert "\n/close" not in said
    assert issue.state == "opened"
    change(ready, issue, FILLED.replace("rsi", '"@all <!-- x --> [x](//evil.example)"') + '"x` @all": 1\n')
    said = reply(ready, issue).body
    assert "is not known" in said
    outside_of_code = re.sub(r"`[^`\n]*`", "", said)
    assert "@all" not in outside_of_code
    assert "](//" not in outside_of_code
    assert said.count("<!-- x") == 1, "in the line that is shown as code"


@pytest.mark.parametrize("failing", range(6))
def test_a_crash_anywhere_leaves_one_file_one_reply_and_a_closed_issue(ready: LocalStage, failing: int) -> None:
    seen = 0

    def lost(request: Request, _number: int) -> Exception | None:
        """The answer to the n-th request about the form never comes; from then on all is well."""
        nonlocal seen
        seen += "journey-control" in request.path or "newcomers" in request.body.decode()
        return ConnectionError("cut off") if seen == failing + 1 else None

    ready.sandbox.fault = lost
    issue = open_form(ready)
    ready.sandbox.fault = None
    ready.clock.advance(minutes=2)
    ready.settle()
    assert issue.state == "closed"
    assert "`acme` is added" in reply(ready, issue).body
    assert ready.project("journey-control").files["partners/acme.yaml"] == ACME
    assert capabilities(ready)


def test_a_form_whose_webhook_was_lost_is_found_by_the_resync(ready: LocalStage) -> None:
    ready.service.resync.changed()
    ready.settle()
    control = ready.project("journey-control")
    issue = operations.create_work_item(
        ready.world, ready.user("gl.sa1"), type="ISSUE", title="Acme", description=form(), project=control
    )
    ready.world.outgoing.clear()
    ready.settle()
    assert issue.state == "opened"
    ready.clock.advance(minutes=11)
    ready.settle()  # the resync sees it
    ready.settle()  # a second later the form is read
    assert issue.state == "closed"
    assert capabilities(ready)


def test_an_issue_about_something_else_costs_one_request(ready: LocalStage) -> None:
    control = ready.project("journey-control")
    before = len(ready.world.journal)
    operations.create_work_item(ready.world, ready.user("gl.sa1"), type="ISSUE", title="Lunch?", project=control)
    ready.settle()
    assert requests_since(ready, before) == ["POST newcomers"]


def test_a_webhook_of_an_older_version_is_told_to_hear_of_issues(ready: LocalStage) -> None:
    control = ready.project("journey-control")
    (hook,) = [h for h in ready.world.hooks.values() if h.project_id == control.id]
    answer = ask(ready, "root", f"/projects/{control.id}/hooks/{hook.id}", method="PUT",
                 body={"url": hook.url, "issues_events": False})  # fmt: skip
    assert answer.status == 200
    assert ready.service.prepare() == ["~ webhook of the control project"]
    assert hook.flags["issues_events"]
    assert ready.service.prepare() == []
