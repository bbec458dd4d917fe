"""The pages of best practices: one partner's answers are replaced and the others' stay, whatever anybody wrote."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.journey import markers
from app.journey.best_practices import StageAnswers, plan_best_practices
from app.journey.prose.best_practices import Answer, Source, said

TITLES = {"walk/one": "One", "walk/two": "Two"}


def stage(slug: str, **texts: str) -> StageAnswers:
    keys = {name: markers.digest(f"{slug} {name}") for name in TITLES}
    answers = {
        f"walk/{name}": Answer(said(text, ()), (Source(keys[f"walk/{name}"], f"https://gitlab.example/{slug}/{name}"),))
        for name, text in texts.items()
    }
    return StageAnswers("walk", "Walk", TITLES, answers, frozenset(keys.values()), True)


def page(*given_by: StageAnswers) -> str:
    text: str | None = None
    for each in given_by:
        text = plan_best_practices(text, each) or text
    assert text is not None
    return text


def answers(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("- ")]


def test_without_any_answer_there_is_no_page() -> None:
    assert plan_best_practices(None, stage("acme")) is None


def test_answers_stand_under_their_capability_in_the_order_of_the_journey() -> None:
    text = page(stage("acme", two="Second thing"), stage("globex", one="First thing"))
    assert text.index("## One") < text.index("First thing") < text.index("## Two") < text.index("Second thing")


def test_a_capability_without_answers_has_no_heading() -> None:
    text = page(stage("acme", one="First thing", two="Second thing"), stage("acme", two="Second thing"))
    assert "## One" not in text
    assert "Second thing" in text


def test_the_last_answer_that_goes_leaves_a_page_without_answers() -> None:
    assert answers(page(stage("acme", one="First thing"), stage("acme"))) == []


def test_a_capability_that_this_partner_does_not_have_keeps_its_answers() -> None:
    text = page(stage("acme", two="Second thing"))
    other = replace(stage("globex", one="First thing"), titles={"walk/one": "One"})
    assert "Second thing" in page(stage("acme", two="Second thing"), other)
    assert plan_best_practices(text, replace(other, answers={})) is None


def test_of_very_many_answers_the_newest_are_kept() -> None:
    text = page(*(stage(f"p{number}", one=f"Thing number {number} of many") for number in range(70)))
    found = answers(text)
    assert len(found) == 60
    assert "number 69 " in found[-1]


@pytest.mark.parametrize("word", ["Acme", "acme", "@acme", "ACME"])
def test_names_are_taken_out_as_whole_words(word: str) -> None:
    assert said(f"{word} did it", ("acme",)) == "… did it"
    assert said("acmeology is a word", ("acme",)) == "acmeology is a word"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_is_said_the_page_is_read_back_and_stays_as_it_is(first: str, second: str) -> None:
    acme, globex = stage("acme", one="x" + first, two=second), stage("globex", one="y" + second)
    text = page(acme, globex)
    assert plan_best_practices(text, globex) is None
    assert plan_best_practices(text, acme) is None
    assert plan_best_practices(text, stage("acme")) == page(globex, stage("acme"))
    assert text.count("<!-- partner-journey end -->") == 1
