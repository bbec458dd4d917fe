"""Hidden marks and owned sections: what people write around them stays, what they tick stays ticked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journey import markers

LINES = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30)
TEXTS = st.lists(LINES, max_size=5).map("\n".join)
NAMES = st.from_regex(r"[a-z0-9-]{1,9}/[a-z0-9-]{1,9}", fullmatch=True)
JSON = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text() | st.booleans(), max_size=4)


def quiet(text: str) -> bool:
    return "partner-journey" not in text


@given(NAMES, TEXTS.filter(quiet), TEXTS.filter(quiet))
def test_a_mark_is_found_wherever_it_stands_and_can_be_taken_away(name: str, before: str, after: str) -> None:
    text = f"{before}{markers.mark('capability', name)}{after}"
    assert markers.find("capability", text) == name
    assert markers.find("page", text) is None
    assert markers.without("capability", text) == before + after.removeprefix("\n")


def test_the_first_mark_of_a_kind_is_the_one_that_counts() -> None:
    assert markers.find("page", markers.mark("page", "one") + markers.mark("page", "two")) == "one"


@pytest.mark.parametrize(
    "text", ["", "partner-journey page=status", "<!-- partner-journey page= -->", "<!--partner-journey page=status-->"]
)
def test_what_only_looks_like_a_mark_is_none(text: str) -> None:
    assert markers.find("page", text) is None


@given(JSON, TEXTS.filter(quiet))
def test_a_record_survives_any_value_and_never_ends_its_comment_early(state: dict[str, object], around: str) -> None:
    kept = markers.state_mark(state)
    assert kept.count("-->") == 1
    assert "\n" not in kept
    assert markers.find_state(f"{around}\n{kept}\n{around}") == state


@pytest.mark.parametrize("value", ["", "[1]", "{", '{"a": }', "null"])
def test_a_broken_record_is_no_record(value: str) -> None:
    assert markers.find_state(f"<!-- partner-journey state {value} -->") is None


@given(TEXTS.filter(quiet), TEXTS.filter(quiet), TEXTS.filter(quiet), TEXTS.filter(quiet))
def test_text_around_the_section_survives_every_rewrite(before: str, body: str, after: str, new: str) -> None:
    text = f"{before}\n{markers.section(body)}\n{after}"
    replaced = markers.replace_section(text, new)
    assert replaced == f"{before}\n{markers.section(new)}\n{after}"
    assert markers.section_body(replaced) == new.rstrip("\n")
    assert markers.section_digest(replaced) == markers.digest(new)


@given(TEXTS.filter(quiet), TEXTS.filter(quiet))
def test_a_lost_section_is_put_first_and_nothing_is_lost(text: str, body: str) -> None:
    replaced = markers.replace_section(text, body)
    assert replaced.startswith(markers.section(body))
    assert replaced.rstrip().endswith(text.rstrip())
    assert markers.replace_section(replaced, body) == replaced


def test_a_lost_end_keeps_what_follows_as_the_peoples_text() -> None:
    text = markers.section("old").replace("<!-- partner-journey end -->", "") + "mine"
    replaced = markers.replace_section(text, "new")
    assert markers.section_body(replaced) == "new"
    assert replaced.endswith("old\nmine")
    assert markers.replace_section(replaced, "new") == replaced


def test_the_digest_tells_a_changed_template_from_a_ticked_box() -> None:
    text = markers.section("- [ ] a")
    ticked = text.replace("[ ]", "[x]")
    assert markers.section_digest(ticked) == markers.digest("- [ ] a")
    assert markers.section_digest(markers.section("- [x] a", written="- [ ] a")) == markers.digest("- [ ] a")
    assert markers.section_digest("no section") is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- [x] a\n- [ ] b", "- [ ] a\n- [ ] b", "- [x] a\n- [ ] b"),
        ("- [X] a", "- [ ] b\n- [ ] a", "- [ ] b\n- [x] a"),
        ("* [x] a", "- [ ] a", "- [x] a"),
        ("1. [x] a", "  - [ ] a", "  - [x] a"),
        ("- [x]  a ", "- [ ] a", "- [x] a"),
        ("- [x] gone", "- [ ] a", "- [ ] a"),
        ("[x] no list", "- [ ] no list", "- [ ] no list"),
        ("", "text\n\n- [ ] a", "text\n\n- [ ] a"),
    ],
)
def test_ticks_are_carried_by_the_text_of_their_line(old: str, new: str, expected: str) -> None:
    assert markers.carry_ticks(old, new) == expected


def test_place_holders_are_filled_and_a_missing_number_is_an_error() -> None:
    text = f"see {markers.reference('stand/pitch')} and {markers.reference('page/status')}"
    assert markers.references(text) == {"stand/pitch", "page/status"}
    assert markers.fill_references(text, {"stand/pitch": "#3", "page/status": "#1"}) == "see #3 and #1"
    with pytest.raises(KeyError):
        markers.fill_references(text, {"stand/pitch": "#3"})
