"""Practices: a run each, locked until the joint win, told once, rolled up; what two wins bring up; mistakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from build import FREE, PARTNER_FILE, PLACE, SMALL, World, capability_text, nothing, partner, small_files
from doings import STEPS, Step, take
from hypothesis import given
from hypothesis import strategies as st

from app.journey import labels, markers
from app.journey.loading import TemplateError, load_templates
from app.journey.observed import Place
from app.journey.recall import read_record
from app.journey.standing import standing
from app.journey.templates import Templates

RULES = """\
  gsi:
    practice:
      unlock: gsi/joint-win
      entry:
        id: gsi-entry
        title: 00 - Entry
        goal: Win together.
        days: 180
        capabilities:
          - {id: gsi/joint-win, verify: sa, evidence: link}
          - {id: gsi/champion}
      stages: [walk, run]
    add:
      - {id: gsi/sponsor, stage: run, per_practice: false, after_wins: 2}
      - {id: gsi/scale-out, stage: run, per_practice: false, after_wins: 2, after: [gsi/sponsor], valid_days: 365}
"""
FILE = (
    PARTNER_FILE.replace("rsi", "gsi")
    + """\
practices:
  - {id: banking, lead: acme.dev, champion: acme.dev}
  - {id: retail, lead: acme.lead}
"""
)
ENTRY = ("gsi/joint-win", "gsi/champion")


def with_practices(journey: str = SMALL) -> Templates:
    head, _, _ = journey.partition("  gsi:\n")
    files = small_files() | {"journey.yaml": head + RULES}
    names = (*ENTRY, "gsi/sponsor", "gsi/scale-out")
    return load_templates(files | {f"capabilities/{n}.md": capability_text(f"Title of {n}") for n in names})


TEMPLATES = with_practices()


def start(place: Place = PLACE, text: str = FILE) -> World:
    return World(TEMPLATES, partner(text, templates=TEMPLATES), nothing(place)).run()


def enter(world: World, practice: str, *names: str) -> World:
    """Closes what the practice does first, lets the quiet time pass, and reconciles."""
    world = world.close(*(f"{name}@{practice}" for name in names or ENTRY))
    return world.run().later(minutes=11).run()


def names(world: World) -> set[str]:
    found = (markers.find("capability", i.description) for i in world.project.issues if i.by_bot)
    return {name for name in found if name}


def told(world: World) -> list[str]:
    marks = (markers.find("comment", n.body) or "" for n in world.project.status_notes if n.by_bot)
    return [mark for mark in marks if mark.startswith(("stage/", "practice/"))]


def company_done(world: World) -> World:
    return world.close("stand/portal", "stand/pitch").run().later(minutes=11).run()


def test_a_locked_practice_has_its_entry_only() -> None:
    world = start()
    assert {n for n in names(world) if "@" in n} == {f"{n}@{p}" for n in ENTRY for p in ("banking", "retail")}
    issue = world.issue("gsi/joint-win@banking")
    assert {labels.practice_label("banking"), labels.stage_label("gsi-entry")} <= issue.labels
    assert issue.assignees == ("acme.dev",)
    titles = {m.title for m in world.project.milestones}
    assert titles == {"01 - Stand", "03 - Run", "00 - Entry: banking", "00 - Entry: retail"}


def test_the_joint_win_opens_the_next_stage_and_the_champion_moves_the_practice_on() -> None:
    world = enter(start(), "banking", "gsi/joint-win")
    assert "walk/demo@banking" in names(world)
    assert "walk/demo@retail" not in names(world)
    assert told(world) == []
    world = enter(world, "banking", "gsi/champion")
    assert told(world) == ["practice/banking/1/walk"]
    assert world.run().plan().actions == ()


def test_the_company_is_up_to_its_furthest_practice_once_its_own_part_is_done() -> None:
    world = company_done(enter(start(), "banking"))
    record = read_record(world.journey, world.observed)
    assert record is not None
    assert record.announced.stage == "walk"
    assert {name: each.stage for name, each in record.practices.items()} == {"banking": "walk"} | {
        "retail": "gsi-entry"
    }
    assert "is up to **02 - Walk: banking**" in world.status.description
    assert "Joint wins: 1 of 2." in world.status.description
    assert "Joint wins: 1 of 2." in world.epic.description


def test_the_company_waits_where_no_practice_has_won() -> None:
    world = company_done(start())
    assert labels.stage_label("stand") in world.status.labels
    assert "goes on as soon as a practice does" in world.status.description


def test_two_wins_bring_up_the_sponsor_and_the_sponsor_the_scale_out() -> None:
    world = enter(start(), "banking")
    assert "gsi/sponsor" not in names(world)
    world = enter(world, "retail")
    assert "gsi/sponsor" in names(world)
    assert "gsi/scale-out" not in names(world)
    world = world.close("gsi/sponsor").run()
    assert "gsi/scale-out" in names(world)
    assert "Next for the company" in world.status.description
    world = world.close("gsi/scale-out").run().later(days=340).quiet().run()
    assert labels.RENEWAL in world.issue("gsi/scale-out").labels


def test_a_waived_joint_win_opens_the_way_but_is_no_win() -> None:
    text = (
        FILE
        + "waivers:\n"
        + "".join(
            f"  - {{capability: gsi/joint-win@{p}, until: 2027-03-31, reason: won before, by: gl.sa1}}\n"
            for p in ("banking", "retail")
        )
    )
    world = start(text=text)
    assert "walk/demo@banking" in names(world)
    assert "gsi/sponsor" not in names(world)


def test_the_company_is_complete_only_with_sponsor_and_scale_out() -> None:
    world = company_done(enter(enter(start(), "banking"), "retail"))
    for name in ("walk/demo", "run/deploy"):
        world = enter(world, "banking", name)
    assert world.run().journey.position("run") == 2
    record = read_record(world.journey, world.observed)
    assert record is not None
    assert (record.announced.stage, record.practices["banking"].stage) == ("run", "complete")
    world = world.close("gsi/sponsor").run().close("gsi/scale-out").run().later(minutes=11).run()
    record = read_record(world.journey, world.observed)
    assert record is not None
    assert record.announced.stage == "complete"


def test_a_practice_that_loses_an_item_is_at_risk_and_steps_back_alone() -> None:
    world = enter(enter(start(), "banking"), "retail").quiet().reopen("gsi/champion@banking").run()
    assert "banking: At risk until" in world.status.description
    world = world.later(days=31).run()
    assert told(world)[-1] == "practice/banking/2/gsi-entry"
    assert [mark for mark in told(world) if "retail" in mark] == ["practice/retail/1/walk"]
    assert world.run().plan().actions == ()


def test_the_record_of_a_practice_is_read_back_from_comments() -> None:
    world = company_done(enter(start(), "banking"))
    before = told(world)
    lost = replace(world, observed=replace(world.observed, portfolio_item=None))
    lost = lost.change_project(issues=tuple(replace(i, parent=None) for i in world.project.issues))
    again = lost.run().run()
    assert told(again) == before
    assert again.plan().actions == ()


def test_the_standing_shows_each_practice() -> None:
    world = company_done(enter(start(), "banking"))
    found = standing(world.journey, world.partner, world.observed, world.now)
    assert [(p.id, p.stage, p.percent, p.joint_win, p.champion) for p in found.practices] == [
        ("banking", "walk", 0, True, "acme.dev"),
        ("retail", "gsi-entry", 0, False, None),
    ]
    assert {t.capability for t in found.next} >= {"walk/demo@banking", "gsi/joint-win@retail"}
    late = found.at(world.now + timedelta(days=400))
    assert {t.capability for t in late.stuck} >= {"walk/demo@banking", "gsi/joint-win@retail"}


def test_a_gsi_without_practices_walks_the_whole_journey_itself() -> None:
    plain = partner(PARTNER_FILE.replace("rsi", "gsi"), templates=TEMPLATES)
    journey = TEMPLATES.journey_for(plain)
    assert journey.practices == ()
    assert {c.id for c in journey.capabilities} == {
        "stand/portal", "stand/pitch", "stand/extra", "walk/demo", "run/deploy",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (FILE.replace("gsi", "rsi"), "has no practices"),
        (FILE.replace("retail", "banking"), "listed twice"),
        (FILE.replace("banking", "acme-banking"), "names the partner"),
        (FILE + "skip:\n  - {capability: gsi/joint-win, reason: none}\n", "opens the journey of a practice"),
        (FILE + "skip:\n  - {capability: walk/demo@energy, reason: none}\n", "There is no capability"),
    ],
)
def test_a_partner_file_with_impossible_practices_is_refused(wrong: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says):
        partner(wrong, templates=TEMPLATES)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("unlock: gsi/joint-win", "unlock: walk/demo", "not in the entry stage"),
        ("stages: [walk, run]", "stages: [walk, fly]", "no stage `fly`"),
        ("id: gsi-entry", "id: walk", "id of another stage"),
    ],
)
def test_rules_for_practices_that_cannot_work_are_refused(old: str, new: str, says: str) -> None:
    head, _, _ = SMALL.partition("  gsi:\n")
    files = small_files() | {"journey.yaml": head + RULES.replace(old, new)}
    files |= {f"capabilities/{n}.md": capability_text(n) for n in (*ENTRY, "gsi/sponsor", "gsi/scale-out")}
    with pytest.raises(TemplateError, match=says):
        load_templates(files)


def test_a_skip_is_for_one_practice_or_for_all() -> None:
    one = partner(FILE + "skip:\n  - {capability: walk/demo@banking, reason: none}\n", templates=TEMPLATES)
    every = partner(FILE + "skip:\n  - {capability: walk/demo, reason: none}\n", templates=TEMPLATES)
    assert [c.id for c in TEMPLATES.journey_for(one).capabilities if "demo" in c.id] == ["walk/demo@retail"]
    assert [c.id for c in TEMPLATES.journey_for(every).capabilities if "demo" in c.id] == []


@given(st.sampled_from([PLACE, FREE]), STEPS, st.integers(0, 200))
def test_one_run_is_enough_and_a_crash_is_finished_by_the_next(place: Place, life: list[Step], cut: int) -> None:
    world = replace(enter(start(place), "banking"), allow_removals=True)
    for step in life:
        world = take(world, step)
    world = replace(world, templates=TEMPLATES)
    crashed = world.run(cut % (len(world.plan().actions) + 1))
    assert crashed.run().plan().actions == ()
    assert world.run().plan().actions == ()
