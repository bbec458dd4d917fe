"""A stage with a gate: its review comes up when all else counts, waits when something is reopened, and is no count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from build import FREE, PARTNER_FILE, PLACE, SMALL, World, nothing, partner, small_files
from doings import STEPS, Step, take
from hypothesis import given
from hypothesis import strategies as st

from app.journey import labels
from app.journey.loading import TemplateError, load_templates
from app.journey.observed import Place
from app.journey.progress import measure
from app.journey.standing import standing, standing_picture
from app.journey.templates import Templates

REVIEW = "stand/stage-review"


def gated(*days: int) -> Templates:
    """`days`: which stages have a gate, told by their length."""
    text = SMALL
    for each in days:
        text = text.replace(f"    days: {each}\n", f"    days: {each}\n    gate: sa\n")
    return load_templates({**small_files(), "journey.yaml": text})


ALL = gated(90, 180, 270)


def start(templates: Templates = ALL, place: Place = PLACE) -> World:
    return World(templates, partner(PARTNER_FILE, templates=templates), nothing(place)).run()


def has(world: World, name: str = REVIEW) -> bool:
    return any(f"capability={name} " in issue.description for issue in world.project.issues)


def in_review(place: Place = PLACE) -> World:
    world = start(place=place).close("stand/portal", "stand/pitch").run()
    assert not has(world)
    return world.later(minutes=11).run()


@pytest.mark.parametrize("place", [PLACE, FREE])
def test_it_comes_up_after_the_quiet_time_for_the_architect_and_holds_the_stage(place: Place) -> None:
    world = in_review(place)
    review = world.issue(REVIEW)
    assert review.assignees == ("gl.sa1",)
    assert {labels.PENDING, labels.stage_label("stand")} <= review.labels
    assert "Stage review: 01 - Stand" in world.epic.description.partition("### Waiting for you")[2]
    assert "looks at the stage as a whole" in world.status.description
    assert world.comments() == []
    assert world.later(days=30).run().comments() == []
    assert world.plan().actions == ()


def test_the_plan_before_it_comes_up_wakes_at_the_end_of_the_quiet_time() -> None:
    world = start().close("stand/portal", "stand/pitch")
    world = world.run()
    assert world.plan().wake_at == world.later(minutes=10).now


def test_it_is_in_no_count_and_the_percent_is_full_only_after_it() -> None:
    world = in_review()
    found = standing(world.journey, world.partner, world.observed, world.now)
    assert (found.stages[0].done, found.stages[0].required, found.percent) == (2, 2, 99)
    assert [c.capability for c in found.capabilities if c.waiting_since] == [REVIEW]
    assert "2 of 2 required capabilities done" in world.status.description
    drawn = standing_picture(world.journey, found).stages[0].capabilities
    assert "Stage review: 01 - Stand" in [c.title for c in drawn]


def test_the_architects_closing_opens_the_next_stage_and_the_review_there_waits_for_its_own() -> None:
    world = in_review().close(REVIEW).run().later(minutes=11).run()
    assert len(world.comments()) == 1
    assert not has(world, "walk/stage-review")
    assert world.plan().actions == ()


def test_two_stages_done_early_are_reviewed_one_after_the_other() -> None:
    world = start().close("stand/portal", "stand/pitch")
    world = world.run().later(minutes=11).run().close(REVIEW).run().later(minutes=11).run()
    world = world.close("walk/demo").run().later(minutes=11).run()
    assert has(world, "walk/stage-review")
    assert not has(world, "run/stage-review")
    assert world.plan().actions == ()


def test_what_is_reopened_during_the_review_puts_it_back_to_blocked() -> None:
    world = in_review().reopen("stand/portal").run()
    review = world.issue(REVIEW)
    assert labels.BLOCKED in review.labels
    assert labels.PENDING not in review.labels
    assert "### Waiting for you" not in world.epic.description
    back = world.close("stand/portal").run()
    assert labels.PENDING in back.issue(REVIEW).labels
    assert labels.BLOCKED not in back.issue(REVIEW).labels
    assert back.plan().actions == ()


def test_a_stage_that_was_left_before_it_had_a_gate_gets_no_review() -> None:
    world = start(gated()).close("stand/portal", "stand/pitch").run().later(minutes=11).run()
    later = replace(world, templates=ALL).later(days=200).run()
    assert not has(later)
    assert later.status.description.count("At risk") == 0
    assert measure(later.journey, later.partner, later.observed, later.now).position == 1


def test_a_gate_that_is_taken_away_retires_the_open_review_and_the_partner_goes_on() -> None:
    world = replace(in_review(), templates=gated()).run()
    assert labels.RETIRED in world.issue(REVIEW).labels
    assert len(world.comments()) == 1
    assert world.plan().actions == ()


def test_four_gates_taken_away_are_no_removal_of_capabilities() -> None:
    world = in_review().close(REVIEW).run().later(minutes=11).run()
    assert replace(world, templates=gated(), allow_removals=False).run().plan().actions == ()


def test_a_review_may_be_skipped_or_waived_in_the_partner_file() -> None:
    text = PARTNER_FILE + "skip:\n  - {capability: stand/stage-review, reason: reviewed elsewhere}\n"
    world = World(ALL, partner(text, templates=ALL), nothing(PLACE)).run()
    world = world.close("stand/portal", "stand/pitch").run().later(minutes=11).run()
    assert len(world.comments()) == 1
    until = "waivers:\n  - {capability: stand/stage-review, until: 2026-12-31, reason: no time, by: gl.sa1}\n"
    world = World(ALL, partner(PARTNER_FILE + until, templates=ALL), nothing(PLACE)).run()
    world = world.close("stand/portal", "stand/pitch").run().later(minutes=11).run()
    assert len(world.comments()) == 1
    assert world.plan().actions == ()


def test_the_id_of_a_review_is_taken() -> None:
    text = SMALL.replace("{id: stand/extra", "{id: stand/stage-review")
    files = small_files() | {"journey.yaml": text}
    files["capabilities/stand/stage-review.md"] = files.pop("capabilities/stand/extra.md")
    with pytest.raises(TemplateError, match="gate: sa"):
        load_templates(files)


@given(st.sampled_from([PLACE, FREE]), STEPS)
def test_one_run_is_enough_with_gates_too(place: Place, life: list[Step]) -> None:
    world = replace(start(place=place), allow_removals=True)
    for step in life:
        if step[0] != "new templates":
            world = take(world, step)
    world = world.run()
    assert world.plan().actions == ()
    found = measure(world.journey, world.partner, world.observed, world.now)
    for stage in found.stages[: found.position]:
        assert stage.review is None or stage.review.counts
