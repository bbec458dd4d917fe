"""Where a partner stands: closed is not done, and only what the bot made or an SA decided counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from build import FREE, NOW, PARTNER_FILE, PLACE, World, onboarded, skip, small_world, waiver

from app.journey import markers
from app.journey.items import status_issue
from app.journey.observed import Issue, Note
from app.journey.progress import Progress, measure, settled_at
from app.journey.record import Announced

FIRST = ("stand/portal", "stand/pitch")


def progress(world: World) -> Progress:
    return measure(world.journey, world.partner, world.observed, world.now)


def state(world: World, name: str) -> str:
    item = progress(world).item(name)
    assert item is not None
    return item.state


# --- what counts ---


def test_before_anything_is_made_nothing_has_started() -> None:
    before = progress(small_world())
    assert {item.state for item in before.items} == {"not started"}
    assert (before.position, before.last_change) == (0, None)


@pytest.mark.parametrize(
    ("how", "expected", "counts"),
    [
        ({}, "done", True),
        ({"moved": True}, "dropped", False),
        ({"duplicate": True}, "dropped", False),
        ({"canceled": True}, "dropped", False),
    ],
    ids=["done", "moved", "duplicate", "won't do"],
)
def test_closed_is_only_done_when_it_was_closed_as_done(how: dict[str, bool], expected: str, counts: bool) -> None:
    world = onboarded().close("stand/portal", **how)
    item = progress(world).item("stand/portal")
    assert item is not None
    assert (item.state, item.counts) == (expected, counts)
    assert item.why


def test_why_says_how_it_was_dropped() -> None:
    world = onboarded().close("stand/portal", moved=True).close("stand/pitch", duplicate=True)
    world = world.close("stand/extra", canceled=True)
    whys = [item.why for item in progress(world).stages[0].items]
    assert ["moved" in whys[0], "duplicate" in whys[1], "not to be done" in whys[2]] == [True] * 3


def test_a_reopened_capability_is_open_again() -> None:
    assert state(onboarded().close("stand/portal").reopen("stand/portal"), "stand/portal") == "open"


@pytest.mark.parametrize("extra", ["open", "closed", "dropped", "deleted"])
def test_an_optional_capability_never_holds_a_stage(extra: str) -> None:
    world = onboarded().close(*FIRST)
    if extra == "closed":
        world = world.close("stand/extra")
    if extra == "dropped":
        world = world.close("stand/extra", canceled=True)
    if extra == "deleted":
        gone = world.issue("stand/extra").id
        world = world.change_project(issues=tuple(i for i in world.project.issues if i.id != gone))
    assert progress(world).position == 1


def test_an_optional_capability_alone_moves_nothing() -> None:
    assert progress(onboarded().close("stand/extra")).position == 0


def test_a_capability_that_the_partner_file_skips_is_not_part_of_the_journey() -> None:
    world = onboarded().close("stand/portal").having(skip=(skip("stand/pitch"),))
    assert progress(world).item("stand/pitch") is None
    assert progress(world).position == 1


@pytest.mark.parametrize(("days", "counts"), [(-1, True), (0, True), (1, False)])
def test_a_waiver_counts_until_the_end_of_its_last_day(days: int, counts: bool) -> None:
    world = onboarded().having(waivers=(waiver("stand/portal", NOW.date()),)).later(days=days)
    item = progress(world).item("stand/portal")
    assert item is not None
    assert item.counts == counts
    assert item.state == ("waived" if counts else "open")


def test_a_waiver_names_who_gave_it_until_when_and_why() -> None:
    world = onboarded().having(waivers=(waiver("stand/portal", date(2026, 12, 31), "No portal yet"),))
    item = progress(world).item("stand/portal")
    assert item is not None
    assert item.why == "waived until 2026-12-31 by gl.sa1: No portal yet"


def test_done_wins_over_waived() -> None:
    world = onboarded().close("stand/portal").having(waivers=(waiver("stand/portal"),))
    assert state(world, "stand/portal") == "done"


# --- doubles, lost marks, forged marks ---


@pytest.mark.parametrize("first", [{}, {"duplicate": True}, {"canceled": True}, {"moved": True}])
def test_of_two_issues_for_one_capability_the_done_one_counts_then_the_open_one(first: dict[str, bool]) -> None:
    world = onboarded()
    old = world.issue("stand/portal")
    world = world.add_issue(replace(old, id="double", iid=99)).close("stand/portal", **first)
    item = progress(world).item("stand/portal")
    assert item is not None
    assert item.issue is not None
    if first:
        assert (item.state, item.issue.id, [d.id for d in item.doubles]) == ("open", "double", [old.id])
    else:
        assert (item.state, item.issue.id, [d.id for d in item.doubles]) == ("done", old.id, ["double"])


def test_of_two_open_ones_the_older_counts() -> None:
    world = onboarded()
    old = world.issue("stand/portal")
    item = progress(world.add_issue(replace(old, id="double", iid=99))).item("stand/portal")
    assert item is not None
    assert item.issue == old


def test_a_lost_mark_is_forgiven_while_the_title_fits() -> None:
    world = onboarded()
    world = world.change(world.issue("stand/portal"), description="I wiped this", state="closed", closed_at=NOW)
    assert state(world, "stand/portal") == "done"


def forged(text: str, *, title: str = "Title of stand/portal", closed: bool = True) -> Issue:
    return Issue(
        "forged", 50, title, text, "closed" if closed else "open", NOW, NOW, "https://gitlab.example.com/x", False,
        closed_at=NOW if closed else None,
    )  # fmt: skip


def test_a_mark_in_a_partners_own_issue_counts_for_nothing() -> None:
    world = onboarded().add_issue(forged(markers.mark("capability", "stand/portal")))
    assert state(world, "stand/portal") == "open"
    assert status_issue(world.add_issue(forged(markers.mark("page", "status"))).observed) == world.status


def test_a_partners_comment_that_looks_like_an_announcement_counts_for_nothing() -> None:
    note = Note("n", markers.mark("comment", "stage/9/run"), NOW, by_bot=False)
    world = onboarded().change_project(status_notes=(note,)).change_epic(description="wiped")
    assert world.announced == Announced("stand", NOW.date(), 0)


# --- percent ---


@pytest.mark.parametrize(
    ("closed", "percent"),
    [((), 0), (("stand/extra",), 0), (("stand/pitch",), 33), (("stand/portal",), 66), (FIRST, 100)],
)
def test_percent_is_the_share_of_required_weights_rounded_down(closed: tuple[str, ...], percent: int) -> None:
    assert progress(onboarded().close(*closed)).stages[0].percent == percent


def test_percent_says_100_only_when_the_stage_is_complete() -> None:
    stage = progress(onboarded().close("stand/portal")).stages[0]
    weightless = tuple(
        replace(item, capability=item.capability.model_copy(update={"weight": 0}))
        if item.capability.id == "stand/pitch"
        else item
        for item in stage.items
    )
    assert replace(stage, items=weightless).percent == 99
    nothing_weighs = tuple(
        replace(item, capability=item.capability.model_copy(update={"weight": 0})) for item in stage.items
    )
    assert replace(stage, items=nothing_weighs).percent == 0


# --- the stage ---


def test_the_stage_is_the_first_one_that_is_not_complete() -> None:
    world = onboarded().close(*FIRST).later(minutes=10).run()
    assert progress(world).position == 1
    assert progress(world.close("walk/demo").later(minutes=10).run().close("run/deploy")).complete
    assert progress(world.close("walk/demo").reopen("stand/portal")).position == 0


def test_settling_counts_from_the_last_closing_that_counts() -> None:
    world = onboarded().close("stand/portal").later(minutes=5).close("stand/pitch")
    world = world.later(minutes=1).close("stand/extra")
    assert settled_at(world.journey, progress(world)) == NOW + timedelta(minutes=15)


# --- what was announced ---


def test_the_record_in_the_epic_is_what_was_announced() -> None:
    world = onboarded().later(days=3).close(*FIRST).later(minutes=10).run()
    assert world.announced == Announced("walk", date(2026, 9, 4), 1)
    assert small_world().announced is None


@pytest.mark.parametrize("place", [PLACE, FREE], ids=["epic", "tracker issue"])
@pytest.mark.parametrize(
    "loss",
    [
        lambda world: world.change_epic(description=""),
        lambda world: world.change_epic(description=world.epic.description.replace('"stage"', '"stege"')),
        lambda world: world.change_epic(description=world.epic.description.replace("2026-09-04", "yesterday")),
        lambda world: world.change_epic(description=world.epic.description.replace('"walk"', '"swim"')),
        lambda world: world.change_epic(description=world.epic.description.replace('{"changes"', '{{"changes"')),
    ],
    ids=["wiped", "key", "date", "unknown stage", "no JSON"],
)
def test_a_lost_or_broken_record_is_read_back_from_the_comments(place, loss) -> None:  # type: ignore[no-untyped-def]
    world = onboarded(place).later(days=3).close(*FIRST).later(minutes=10).run()
    lost = loss(world)
    assert lost.epic.description != world.epic.description
    assert lost.announced == Announced("walk", date(2026, 9, 4), 1)
    assert lost.run().epic.description.count("partner-journey state") == 1
    assert lost.run().plan().actions == ()


def test_with_the_comments_gone_as_well_it_is_read_back_from_the_label() -> None:
    world = onboarded().later(days=3).close(*FIRST).later(minutes=10).run()
    lost = world.change_epic(description="", notes=()).change_project(status_notes=())
    assert lost.announced == Announced("walk", NOW.date(), 0)
    confused = lost.change_epic(labels=frozenset({"stage::walk", "stage::run"}))
    assert confused.announced == Announced("walk", NOW.date(), 0)  # by the status issue
    dragged = lost.change_epic(labels=frozenset({"stage::run"}))
    assert dragged.announced == Announced("walk", NOW.date(), 0)
    back = lost.change_epic(labels=frozenset({"stage::stand"}))
    assert back.announced == Announced("stand", NOW.date(), 0)


def test_with_the_epic_gone_the_partners_own_comments_remember() -> None:
    world = onboarded().later(days=3).close(*FIRST).later(minutes=10).run()
    lost = replace(world, observed=replace(world.observed, portfolio_item=None))
    assert lost.announced == Announced("walk", date(2026, 9, 4), 1)


def test_a_gsi_partner_is_measured_by_its_own_journey() -> None:
    world = onboarded(text=PARTNER_FILE.replace("rsi", "gsi")).close("stand/portal")
    assert progress(world).position == 1
