"""Every state and every reason that the core can give is explained in `docs/journey.md` and told to the partner.

The moments below are lives in which each of them comes up; a state or reason that none shows, or that no table has,
fails here. What the partner is told is read from the plan: the status issue, and the answer to `/journey status`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from build import World, onboarded, skip, waiver
from test_practice_runs import FILE, company_done, enter
from test_practice_runs import start as with_practices
from test_stage_review import gated
from test_stage_review import start as begun
from test_template_changes import PITCH, edited, in_walk, under, with_news

from app.journey.actions import PostComment, UpdateIssue
from app.journey.capability_state import REASONS, CapabilityProgress, State
from app.journey.observed import Answers, Issue, Note
from app.journey.progress import measure
from app.journey.prose.states import MEANINGS, WORDS, Word
from app.journey.text import plain

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "journey.md").read_text(encoding="utf-8")
STRICT = gated(90, 180, 270)
WIN = "waivers:\n  - {capability: gsi/joint-win@banking, until: 2027-03-31, reason: won before, by: gl.sa1}\n"


def closed_by_the_partner(world: World, name: str) -> World:
    """With a link as evidence, so that only the gate is between it and the count."""
    world = world.close(name)
    closers = {**world.observed.answers.closers, world.issue(name).id: "acme.lead"}
    answers = Answers(frozenset({"gl.sa1"}), closers=closers)
    return replace(world, observed=replace(world.observed, answers=answers)).run()


def without_evidence(world: World, name: str) -> World:
    return world.change(world.issue(name), state="closed", closed_at=world.now)


def at_the_gate() -> World:
    """In the last stage, whose one capability has a gate."""
    return in_walk().close("walk/demo").run().later(minutes=10).run()


def in_review() -> World:
    return begun(STRICT).close("stand/portal", "stand/pitch").run().later(minutes=11).run()


@cache
def moments() -> dict[str, World]:
    """What happened, in a few words, and the world after it."""
    later = edited((PITCH, PITCH.replace("days: 45", "retired: true")), ("after: [stand/pitch], ", ""))
    demo = in_walk().close("walk/demo").run()
    return {
        "begun": onboarded(),
        "moved": onboarded().close("stand/portal", moved=True).run(),
        "duplicate": onboarded().close("stand/portal", duplicate=True).run(),
        "won't do": onboarded().close("stand/portal", canceled=True).run(),
        "closed a moment ago": without_evidence(onboarded(), "stand/pitch"),
        "in the second stage": in_walk(),
        "blocked": onboarded()
        .having(waivers=(waiver("stand/pitch"), waiver("stand/portal")))
        .run()
        .later(days=1)
        .having(waivers=(waiver("stand/portal"),))
        .run(),
        "pending": closed_by_the_partner(at_the_gate(), "run/deploy"),
        "confirmed": at_the_gate().close("run/deploy").run(),
        "complete": at_the_gate().close("run/deploy").run().later(minutes=10).run(),
        "waived": onboarded().having(waivers=(waiver("stand/portal"),)).run(),
        "skipped": onboarded().having(skip=(skip("stand/extra"),)).run(),
        "renewing": demo.later(days=340).run(),
        "expired": demo.later(days=340).run().later(days=26).run(),
        "retired": replace(under(onboarded(), later), allow_removals=True).run(),
        "new in the journey": under(in_walk(), with_news()).run(),
        "at risk": in_walk().reopen("stand/pitch").run(),
        "stalled": onboarded().later(days=25).run(),
        "done, the review follows": begun(STRICT).close("stand/portal", "stand/pitch").run(),
        "the review comes up": begun(STRICT).close("stand/portal", "stand/pitch").run().later(minutes=11),
        "in review": in_review(),
        "a review that waits": in_review().reopen("stand/pitch").run(),
        "locked practices": with_practices(),
        "a win": company_done(enter(with_practices(), "banking")),
        "a waived win": with_practices(text=FILE + WIN),
        "a practice to the end": enter(
            enter(enter(with_practices(), "banking"), "banking", "walk/demo"), "banking", "run/deploy"
        ),
    }


# --- what the core says ---


def found(world: World) -> tuple[CapabilityProgress, ...]:
    return measure(world.journey, world.partner, world.observed, world.now).items


def page(world: World) -> str:
    """The status issue after the plan."""
    written = [
        a.description
        for a in world.plan().actions
        if isinstance(a, UpdateIssue) and a.name == "page/status" and a.description
    ]
    return written[0] if written else world.status.description


def answer(world: World, issue: Issue) -> str:
    """What the bot says to `/journey status` in a comment on this issue."""
    note = Note("gid://gitlab/Note/77", "/journey status", world.now, False, "acme.lead", 77)
    asked = world.change_project(comments={**world.project.comments, issue.id: (note,)})
    said = [a.body for a in asked.plan().actions if isinstance(a, PostComment) and a.mark == "answer/77"]
    assert len(said) == 1
    return said[0]


def pairs(world: World) -> Iterator[tuple[State, str]]:
    yield from ((item.state, item.because.english) for item in found(world))


def spoken(reason: str) -> re.Pattern[str]:
    """A reason whatever is put in, as it stands in Markdown."""
    parts = (re.escape(plain(part)) if part.strip() else re.escape(part) for part in re.split(r"\{\w+\}", reason))
    return re.compile(".+?".join(parts))


# --- tests ---


def test_the_lives_show_every_state_and_every_reason_and_the_core_gives_no_other() -> None:
    shown = {pair for world in moments().values() for pair in pairs(world)}
    assert shown == {(state, reason.english) for state, reasons in REASONS.items() for reason in reasons}
    assert {*REASONS} == {*MEANINGS} == {*get_args(State)}


@pytest.mark.parametrize("state", get_args(State))
def test_a_state_and_its_reasons_are_explained_in_the_document(state: State) -> None:
    (row,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| {state} |")]
    assert MEANINGS[state].means in row
    for reason in REASONS[state]:
        assert f"*{re.sub(chr(123) + r'.*?' + chr(125), '…', reason.english)}*" in row


@pytest.mark.parametrize("name", moments())
def test_whoever_asks_is_told_the_state_and_the_reason(name: str) -> None:
    world = moments()[name]
    for item in found(world):
        if item.issue is None:
            continue
        text = answer(world, item.issue)
        assert f"is **{MEANINGS[item.state].name}**" in text
        assert spoken(item.because.english).search(text), (item.because, text)
        assert ("It counts." in text) == item.counts
        assert ("It is blocked (after: " in text) == bool(item.blocked_by)
        assert ("It is required from " in text) == (item.required_from is not None)


WHEN: dict[str, str] = {
    "after: …": "blocked", "required from …": "new in the journey", "Waiting since …": "pending",
    "Not applicable": "skipped", "Not counted any more": "retired", "not yet": "locked practices", "verified": "a win",
    "waived": "a waived win", "complete": "a practice to the end", "later": "begun", "since …": "begun",
    "done": "in the second stage", "open again": "at risk",
    "review of the stage opens by itself": "done, the review follows", "looks at the stage as a whole": "in review",
    "At risk until …": "at risk", "Nothing has moved since …": "stalled", "waiting for a solution architect": "pending",
    "has completed the": "complete",
}  # fmt: skip


@pytest.mark.parametrize("word", WORDS, ids=lambda word: f"{word.of} {word.word}")
def test_every_other_word_is_said_where_the_document_says(word: Word) -> None:
    assert f"| {word.of} | {word.word} | {word.means} | {word.where} |" in DOCUMENT.splitlines()
    world, said = moments()[WHEN[word.word]], word.word.removesuffix("…").strip()
    if len(said) < 12 and word.of in ("stage", "practice"):
        said = f"| {said}"  # a cell of their table
    if "status issue" in word.where:
        assert said in page(world)
    if "/journey status" in word.where:
        told = [answer(world, i) for i in world.project.issues]
        assert any(said in text for text in told)
    assert any(said not in page(m) for m in moments().values()), "a word that every page has says nothing"


def test_a_deleted_issue_is_open_again_in_another_one() -> None:
    world = onboarded()
    gone = world.change_project(issues=tuple(i for i in world.project.issues if i != world.issue("stand/pitch")))
    assert "Title of stand/pitch" in page(gone)
    assert [i.state for i in found(gone.run()) if i.capability.id == "stand/pitch"] == ["open"]
    assert "A deleted issue is made again" in DOCUMENT
