"""What holds in every world: however people, crashes and time have left GitLab, one run puts it right, once.

The worlds are lives of a partner: an onboarding, then any string of closings, edits, deletions, doubles, forged
marks, waivers, crashes and days. See `doings` for all of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from build import FREE, PLACE
from doings import FOREIGN_LABELS, LIVES, LOSSES, STEPS, USER_TEXT, Step, play, shuffled, take
from hypothesis import given
from hypothesis import strategies as st

from app.journey import markers
from app.journey.observed import Observed, Place

PLACES = st.sampled_from([PLACE, FREE])


@given(PLACES, LIVES)
def test_one_run_is_enough(place: Place, life: list[Step]) -> None:
    world = play(place, life).run()
    assert world.plan().actions == ()


@given(PLACES, STEPS, st.integers(0, 200), st.integers(0, 200))
def test_a_run_that_crashes_is_finished_by_the_next(place: Place, life: list[Step], one: int, two: int) -> None:
    world = play(place, life)
    straight = world.run()
    size = len(world.plan().actions) + 1
    crashed = world.run(one % size).run(two % size).run()
    assert crashed.plan().actions == ()
    assert _people_see(crashed.observed) == _people_see(straight.observed)


@given(PLACES, LIVES, st.integers())
def test_the_order_in_which_gitlab_tells_does_not_matter(place: Place, life: list[Step], seed: int) -> None:
    world = play(place, life)
    assert shuffled(world, seed).plan() == world.plan()


@given(PLACES, STEPS)
def test_every_change_of_stage_is_told_exactly_once_in_both_places(place: Place, life: list[Step]) -> None:
    world = play(place, [])
    for step in [*_keeping_memory(life), ("run", 0)]:
        world = take(world, step)
        if step[0] != "run":
            continue
        known = world.announced
        assert known is not None
        for where in ("status", "epic"):
            marks = [markers.find("comment", note.body) or "" for note in world.comments(where)]
            assert len(marks) == len(set(marks))
            assert known.changes == max([int(mark.split("/")[1]) for mark in marks], default=0)
            assert known.changes == 0 or f"stage/{known.changes}/{known.stage}" in marks


@given(PLACES, LIVES)
def test_what_people_wrote_and_labelled_stays(place: Place, life: list[Step]) -> None:
    before = play(place, life)
    after = before.run()
    if before.observed.project is not None:
        for issue in before.project.issues:
            now = next(i for i in after.project.issues if i.id == issue.id)
            assert issue.labels & set(FOREIGN_LABELS) <= now.labels
            assert now.description.count(USER_TEXT) >= _outside(issue.description).count(USER_TEXT)
            assert issue.by_bot or now == issue
            assert now.assignees == issue.assignees
            assert now.due == issue.due
        assert set(before.project.status_notes) <= set(after.project.status_notes)
    if before.observed.portfolio_item is not None:
        assert before.epic.labels & set(FOREIGN_LABELS) <= after.epic.labels
        assert after.epic.description.count(USER_TEXT) >= _outside(before.epic.description).count(USER_TEXT)
        assert set(before.epic.notes) <= set(after.epic.notes)


@given(PLACES, LIVES)
def test_a_partner_never_steps_back_without_the_grace_days(place: Place, life: list[Step]) -> None:
    world = play(place, [("run", 0)])
    for step in _keeping_memory(life):
        before, world = world, take(world, step)
        old, new = (w.announced for w in (before, world))
        assert old is not None
        assert new is not None
        if (world.journey.position(new.stage) or 0) < (world.journey.position(old.stage) or 0):
            assert old.at_risk_since is not None
            assert world.now - old.at_risk_since >= timedelta(days=world.journey.policy.grace_days)


def _keeping_memory(life: list[Step]) -> list[Step]:
    return [step for step in life if step[0] not in LOSSES]


def _outside(text: str) -> str:
    """What stands outside the bot's section."""
    body = markers.section_body(text)
    return text if body is None else text.replace(body, "")


def _people_see(observed: Observed) -> Observed:
    """Without the digests in the begin marks: one taken before the issues had numbers is as good as one after.

    And without the moment up to which comments were heard, for a crash moves it.
    """

    def shown(text: str) -> str:
        return re.sub(r'begin [0-9a-f]{12}|"heard": "[^"]*", ', "", text)

    project, item = observed.project, observed.portfolio_item
    assert project is not None
    assert item is not None
    issues = tuple(replace(i, description=shown(i.description)) for i in project.issues)
    return replace(
        observed,
        project=replace(project, issues=issues),
        portfolio_item=replace(item, description=shown(item.description)),
    )
