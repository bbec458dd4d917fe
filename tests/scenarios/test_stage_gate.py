"""A stage with a gate: the bot opens one review for the solution architect, and his closing lets the partner go on.

The gate is set in journey.yaml of the control project, as a program manager would do it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from stagehand import (
    Theatre,
    caller,
    capabilities,
    capability,
    close_required,
    comments,
    edit_journey,
    epic,
    issue_of,
    labels,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
    requests_since,
    stage_labels,
    told,
)

from app.demo.local import ACME, GLOBEX, LocalStage
from app.journey.overview import queue_of
from app.sandbox.world import Tier, WorkItem

REVIEW = "onboarding/stage-review"


def set_gate(stage: LocalStage, days: int = 90) -> None:
    """A gate for every stage that takes so many days."""
    edit_journey(stage, lambda yaml: re.sub(rf"(\n +)days: {days}\n", rf"\1days: {days}\1gate: sa\n", yaml))


def has_review(stage: LocalStage, name: str = REVIEW, slug: str = "acme") -> bool:
    return any(capability(item) == name for item in capabilities(stage, slug))


def answers(stage: LocalStage, item: WorkItem) -> list[str]:
    bot = stage.user("partner-bot").id
    return [n.body.partition("-->\n")[2] for n in comments(item) if n.author_id == bot]


def people_of(stage: LocalStage, item: WorkItem) -> set[str]:
    return {stage.world.users[user_id].username for user_id in item.assignee_ids}


@pytest.fixture
def in_review(nearly_done: LocalStage) -> LocalStage:
    """All of Acme's first stage is closed, and the review of it is open."""
    set_gate(nearly_done)
    close_required(nearly_done)
    pass_quiet_time(nearly_done)
    return nearly_done


@pytest.fixture(params=["ultimate", "free"])
def any_tier(request: pytest.FixtureRequest, theatre: Theatre) -> Iterator[LocalStage]:
    tier: Tier = request.param
    with theatre.open(tier=tier) as stage:
        set_gate(stage)
        onboard(stage, "acme", ACME)
        yield stage


def test_the_partner_closes_the_last_one_and_the_review_opens_for_the_architect(any_tier: LocalStage) -> None:
    stage = any_tier
    assert not has_review(stage)
    close_required(stage)
    stage.settle()
    assert not has_review(stage)
    before = len(stage.world.journal)
    pass_quiet_time(stage)
    review = issue_of(stage, REVIEW)
    assert people_of(stage, review) == {"gl.sa1"}
    assert {"verify::pending", "stage::onboarding"} <= labels(stage, review)
    assert "Stage review: 01 - Onboarding (Stand)" in epic(stage).description.partition("### Waiting for you")[2]
    assert "looks at the stage as a whole" in page(stage).description
    (queued,) = queue_of(stage.service.standings.all().values(), stage.clock.now, "gl.sa1")
    assert (queued.kind, "all that its stage requires counts" in queued.why) == ("confirm", True)
    assert stage_labels(stage, page(stage)) == {"stage::onboarding"}
    assert told(stage, page(stage)) == []
    asked = requests_since(stage, before)
    assert len(asked[asked.index("POST observePartner") :]) <= 4  # before that it is the pages' turn
    assert nothing_to_do(stage)
    stage.close(review, "gl.sa1")
    pass_quiet_time(stage)
    assert stage_labels(stage, page(stage)) == {"stage::enabling"}
    assert "verify::ok" in labels(stage, review)
    assert answers(stage, review) == []
    assert nothing_to_do(stage)


def test_the_partner_closes_the_review_and_it_waits_with_one_friendly_reply(in_review: LocalStage) -> None:
    review = issue_of(in_review, REVIEW)
    for _ in range(2):
        in_review.close(review, "acme.lead")
        pass_quiet_time(in_review)
        assert "verify::pending" in labels(in_review, review)
        assert stage_labels(in_review, page(in_review)) == {"stage::onboarding"}
        in_review.reopen(review, "acme.lead")
        pass_quiet_time(in_review)
    in_review.close(review, "acme.lead")
    pass_quiet_time(in_review)
    (reply,) = answers(in_review, review)
    assert reply.startswith("@acme.lead thank you, but this review is for `gl.sa1`")
    in_review.comment(review, "gl.sa1", "/journey verify")
    pass_quiet_time(in_review)
    assert stage_labels(in_review, page(in_review)) == {"stage::enabling"}
    assert nothing_to_do(in_review)


def test_the_architect_rejects_the_review_and_the_reason_stays(in_review: LocalStage) -> None:
    review = issue_of(in_review, REVIEW)
    in_review.comment(review, "gl.sa1", "/journey reject not yet")
    in_review.settle()
    assert "this review is open" in answers(in_review, review)[-1]
    in_review.close(review, "acme.lead")
    in_review.settle()
    in_review.comment(review, "gl.sa1", "/journey reject The pitch is missing two slides")
    pass_quiet_time(in_review)
    assert review.state == "opened"
    assert any("two slides" in note.body for note in comments(review))
    assert stage_labels(in_review, page(in_review)) == {"stage::onboarding"}
    assert nothing_to_do(in_review)


def test_the_architect_reopens_a_capability_and_the_review_waits_for_it(in_review: LocalStage) -> None:
    review, item = issue_of(in_review, REVIEW), issue_of(in_review, "onboarding/licensing-pricing")
    in_review.reopen(item, "gl.sa1")
    pass_quiet_time(in_review)
    assert "blocked" in labels(in_review, review)
    assert "verify::pending" not in labels(in_review, review)
    assert "### Waiting for your solution architect" not in page(in_review).description
    in_review.finish(item, "acme.lead")
    pass_quiet_time(in_review)
    assert "verify::pending" in labels(in_review, review)
    assert "blocked" not in labels(in_review, review)
    assert nothing_to_do(in_review)


def test_nobody_is_reminded_while_the_review_waits(in_review: LocalStage) -> None:
    in_review.clock.advance(days=60)
    pass_quiet_time(in_review)
    assert told(in_review, page(in_review)) == []
    assert "Stalled" not in epic(in_review).description


def test_something_is_reopened_after_the_stage_was_reached_and_no_second_review_is_asked_for(
    in_review: LocalStage,
) -> None:
    in_review.close(issue_of(in_review, REVIEW), "gl.sa1")
    pass_quiet_time(in_review)
    item = issue_of(in_review, "onboarding/licensing-pricing")
    in_review.reopen(item, "acme.lead")
    pass_quiet_time(in_review)
    assert "At risk until" in page(in_review).description
    in_review.finish(item, "acme.lead")
    pass_quiet_time(in_review)
    assert "At risk until" not in page(in_review).description
    assert len(told(in_review, page(in_review))) == 1


def test_the_architect_takes_the_review_back_later_and_the_stage_is_at_risk(in_review: LocalStage) -> None:
    review = issue_of(in_review, REVIEW)
    in_review.close(review, "gl.sa1")
    pass_quiet_time(in_review)
    in_review.clock.advance(days=3)
    in_review.reopen(review, "gl.sa1")
    pass_quiet_time(in_review)
    assert "At risk until" in page(in_review).description
    assert "Stage review" in epic(in_review).description.partition("### Waiting for you")[2]
    assert nothing_to_do(in_review)


def test_the_gate_is_taken_away_while_the_review_is_open_and_the_partner_goes_on(in_review: LocalStage) -> None:
    review = issue_of(in_review, REVIEW)
    edit_journey(in_review, lambda yaml: yaml.replace("    gate: sa\n", ""))
    pass_quiet_time(in_review)
    assert "retired" in labels(in_review, review)
    assert len(answers(in_review, review)) == 1
    assert stage_labels(in_review, page(in_review)) == {"stage::enabling"}
    assert nothing_to_do(in_review)
    set_gate(in_review)
    pass_quiet_time(in_review)
    assert nothing_to_do(in_review)


def test_each_practice_has_reviews_of_its_own(stage: LocalStage) -> None:
    set_gate(stage, 180)
    onboard(stage, "globex", GLOBEX + "practices:\n  - {id: banking, lead: globex.lead, champion: globex.dev}\n")
    for name in ("gsi/joint-win@banking", "gsi/practice-champion@banking"):
        stage.finish(issue_of(stage, name, "globex"), "gl.sa2")
    pass_quiet_time(stage)
    review = issue_of(stage, "gsi-entry/stage-review@banking", "globex")
    assert {"practice::banking", "stage::gsi-entry"} <= labels(stage, review)
    assert told(stage, page(stage, "globex")) == []
    stage.close(review, "gl.sa2")
    pass_quiet_time(stage)
    assert told(stage, page(stage, "globex"))[0].startswith("practice/banking/1/enabling")
    assert not has_review(stage, "enabling/stage-review", "globex")
    assert nothing_to_do(stage, "globex")


def test_programs_see_the_review_like_any_other(in_review: LocalStage) -> None:
    found = caller(in_review)("GET", "/api/partners/acme").json()["standing"]
    (review,) = [each for each in found["capabilities"] if each["capability"] == REVIEW]
    assert (review["state"], review["who"], review["verify"]) == ("open", ["gl.sa1"], True)
    assert review["waiting_since"] is not None
    assert review["capability"] in [each["capability"] for each in found["next"]]
    assert "looks at the stage" in review["why"]
    assert (found["stages"][0]["done"], found["stages"][0]["required"], found["percent"]) == (8, 8, 99)


def test_a_german_partner_reads_the_review_in_german_and_the_architects_queue_stays_english(
    in_review: LocalStage,
) -> None:
    number = issue_of(in_review, REVIEW).iid
    in_review.write_partner_file("acme", ACME + "language: de\n")
    in_review.settle()
    review = issue_of(in_review, REVIEW)
    assert (review.iid, review.title) == (number, "Durchsicht der Stufe: 01 - Onboarding (Stand)")
    assert "## Schritte" in review.description
    assert "sieht sich die Stufe als Ganzes an" in page(in_review).description
    assert "Stage review: 01 - Onboarding (Stand)" in epic(in_review).description
    assert nothing_to_do(in_review)
