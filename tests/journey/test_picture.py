"""The map: well-formed whatever people are called, the same bytes for the same state, and no text outside its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journey.loading import load_templates
from app.journey.picture import Picture, PictureCapability, PictureStage, blank_picture, render_badge, render_picture
from app.journey.picture.layout import lay_out
from app.journey.picture.lettering import width, wrapped
from app.journey.picture.palette import DARK, LIGHT, Shades
from app.journey.picture.sheet import LANES, LEFT, RIGHT
from app.journey.picture.value import spoken, spoken_in_full
from app.journey_files import BUILT_IN, journey_files

IMAGES = Path(__file__).parents[2] / "docs" / "images"
STATES = ("done", "open", "not started", "pending", "waived", "renewing", "expired", "dropped", "something new", "")
HOSTILE = '</text><script>alert(1)</script> & "Ünï" ]]> \u202e \x00\ud800\ufffe {{ 7*7 }} ' + "W" * 90


def _walked(picture: Picture, position: int, states: tuple[str, ...], partner: str = "Acme Integrators") -> Picture:
    """The partner in a stage whose capabilities have these states in turn; what is before is done."""
    stages = []
    for index, stage in enumerate(picture.stages):
        here = states if index == position else ("done",) if index < position else ("not started",)
        capabilities = tuple(
            replace(c, state=here[n % len(here)], counts=here[n % len(here)] in ("done", "waived", "renewing"))
            for n, c in enumerate(stage.capabilities)
        )
        stages.append(replace(stage, capabilities=capabilities))
    return replace(picture, stages=tuple(stages), position=position, partner=partner, last_step=date(2026, 9, 14))


def _built_in() -> Picture:
    return blank_picture(load_templates(journey_files(BUILT_IN)).base())


def documented() -> dict[str, str]:
    """File name -> text of the pictures that the documents show."""
    blank = _built_in()
    states = ("done", "done", "open", "pending", "open", "done", "open", "open", "open")
    return {"journey.svg": render_picture(blank), "journey-acme.svg": render_picture(_walked(blank, 1, states))}


def test_the_pictures_of_the_documents_are_what_the_program_draws() -> None:
    """Renew them with `python tests/journey/test_picture.py`."""
    for name, text in documented().items():
        assert (IMAGES / name).read_text(encoding="utf-8") == text, name


titles = st.text(max_size=120).map(lambda text: text or "x")
capabilities = st.builds(
    PictureCapability, titles, st.sampled_from(STATES), st.booleans(), st.booleans(), st.booleans()
)
stages = st.builds(PictureStage, titles, titles, st.lists(capabilities, max_size=9).map(tuple))


@given(
    st.builds(
        Picture, titles, st.lists(stages, min_size=1, max_size=8).map(tuple), partner=st.none() | titles,
        position=st.none() | st.integers(0, 8), at_risk=st.booleans(),
    )
)  # fmt: skip
def test_any_journey_of_any_names_is_drawn_and_stays_on_the_sheet(picture: Picture) -> None:
    if picture.position is not None:
        picture = replace(picture, position=min(picture.position, len(picture.stages)))
    root = ElementTree.fromstring(render_picture(picture))
    ElementTree.fromstring(render_badge(picture))
    sheet = lay_out(picture)
    assert float(root.attrib["height"]) == sheet.height
    assert {stop.number for land in sheet.territories for stop in land.stops} == set(
        range(1, sum(len(stage.capabilities) for stage in picture.stages) + 1)
    )
    for land in sheet.territories:
        rows: dict[float, list[tuple[float, float]]] = {}
        for stop in land.stops:
            assert land.top < stop.y < stop.bottom < land.bottom
            widest = max((width(line, 14) for line in stop.label.lines), default=0)
            rows.setdefault(stop.label.y, []).append((stop.x - widest / 2, stop.x + widest / 2))
        for row in rows.values():
            ends = [LANES[0] + 8.0, *(x for pair in sorted(row) for x in pair), LANES[1] - 8.0]
            assert ends == sorted(ends)


def test_a_hostile_name_stays_text() -> None:
    picture = _walked(_built_in(), 0, ("open",), partner=HOSTILE)
    for text in (render_picture(picture), render_badge(picture)):
        assert "<script" not in text
        assert "49" not in ElementTree.fromstring(text)[0].text  # type: ignore[operator]
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
        assert tags <= {"svg", "title", "desc", "style", "clipPath", "rect", "g", "path", "circle", "text"}


def test_nothing_outside_the_file_is_asked_for() -> None:
    text = render_picture(_walked(_built_in(), 1, STATES))
    for foreign in ("href", "url(http", "@import", "@font-face", "foreignObject", "<script", "<image"):
        assert foreign not in text
    assert text.count("http") == 1  # the namespace


def test_a_reader_hears_all_that_the_picture_shows() -> None:
    picture = _walked(_built_in(), 1, ("done", "pending", "open"))
    root = ElementTree.fromstring(render_picture(picture))
    assert root.attrib["role"] == "img"
    said, told = root[0].text, root[1].text
    assert said == spoken(picture)
    assert said == (
        "Acme Integrators: Partner Capabilities Journey. Enabling (Walk): 2 of 8 required capabilities done."
    )
    assert told is not None
    assert "Competitive differentiation (open)" in told
    assert "Deliver a GitLab Demo using gitlab.com (waits for the solution architect)" in told
    for stage in picture.stages:
        for capability in stage.capabilities:
            assert capability.title in spoken_in_full(picture)


def test_every_state_has_a_drawing_of_its_own() -> None:
    stops = lay_out(_walked(_built_in(), 1, STATES)).territories[1].stops
    assert {stop.capability.state: stop.sign for stop in stops} == {
        "done": "done", "open": "open", "not started": "not-started", "pending": "pending", "waived": "waived",
        "renewing": "renewing", "expired": "expired", "dropped": "dropped", "something new": "unknown",
    }  # fmt: skip
    assert next(s.caption for s in stops if s.sign == "unknown") == "something new"


@pytest.mark.parametrize(
    ("position", "states", "pin"),
    [(0, ("open",), 1), (1, ("done", "open"), 10), (3, ("done",), 31)],
    ids=["first", "first that is needed", "all done, not announced yet"],
)
def test_the_sign_stands_where_the_partner_is(position: int, states: tuple[str, ...], pin: int) -> None:
    sheet = lay_out(_walked(_built_in(), position, states))
    stops = {stop.number: stop for land in sheet.territories for stop in land.stops}
    assert sheet.pin == (stops[pin].x, stops[pin].y)
    assert sheet.road.startswith(sheet.walked)


def test_the_sign_stands_at_the_flag_when_all_is_done_and_nowhere_on_a_blank_map() -> None:
    done = lay_out(_walked(_built_in(), 4, ("done",)))
    assert done.pin == done.finish
    assert done.walked == done.road
    assert lay_out(_built_in()).pin is None


def test_a_long_word_is_broken_and_a_long_text_ends_in_an_ellipsis() -> None:
    lines = wrapped("W" * 100 + " and more", 100, 14, lines=3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(width(line, 14) <= 100 for line in lines)
    assert wrapped("", 100, 14, lines=2) == ()
    assert RIGHT - LEFT > 600


@pytest.mark.parametrize("shades", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read(shades: Shades) -> None:
    papers = [shades.paper, *(tint for _, tint in shades.stages)]
    for paper in papers:
        for ink in (shades.ink, shades.muted, shades.warn, shades.bad):
            assert _contrast(ink, paper) >= 4.5, (ink, paper)
    for strong, tint in shades.stages:
        assert _contrast(strong, tint) >= 4.5, (strong, tint)
    assert _contrast(shades.on_pin, shades.pin) >= 4.5
    assert _contrast(shades.on_done, shades.done) >= 3


def _contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


if __name__ == "__main__":
    for name, text in documented().items():
        (IMAGES / name).write_text(text, encoding="utf-8")
