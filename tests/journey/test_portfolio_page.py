"""The page about all partners: what it says, when it is written anew, and that no name can break it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from build import FREE, NOW, PLACE, onboarded
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.journey.observed import Place
from app.journey.overview import FunnelStep
from app.journey.portfolio_page import plan_portfolio_page
from app.journey.prose.portfolio_page import portfolio_page
from app.journey.standing import Standing, standing

HOSTILE = (
    'a | b "]; end', "```\n## Owned", "</td><script>", "@all /close", "[x](javascript:alert(1))", "`code`",
    "%%{init}%%", "<!-- partner-journey end -->", "https://evil.example", "#1 &2 !3 ~bug", "\u202eevil", "-->",
)  # fmt: skip


def acme(place: Place = PLACE, **changes: object) -> Standing:
    world = onboarded(place)
    return standing(world.journey, world.partner, world.observed, NOW).model_copy(update=changes)


def page(*standings: Standing, seen: str | None = None, place: Place = PLACE, days: int = 0) -> str | None:
    return plan_portfolio_page(seen, standings, {s.slug for s in standings}, place, NOW + timedelta(days=days))


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def test_it_tells_stage_progress_architect_and_links_of_each_partner() -> None:
    text = page(acme(), acme(slug="globex", name="Globex"))
    assert text is not None
    (row,) = (line for line in text.splitlines() if "Globex" in line)
    assert "`gl.sa1`" in row
    assert "/partners/acme)" in row  # the copy has the links of its original
    assert text.index("Acme") < text.index("Globex")


def test_it_is_written_only_when_it_tells_something_else() -> None:
    text = page(acme())
    assert text is not None
    assert page(acme(), seen=text) is None
    assert page(acme(name="New name"), seen=text) is not None


def test_what_people_write_around_it_stays() -> None:
    first = page(acme())
    assert first is not None
    second = page(acme(name="New name"), seen=f"Read this first.\n\n{first}\nOur notes.\n")
    assert second is not None
    assert second.startswith("Read this first.")
    assert second.endswith("Our notes.\n")
    assert "New name" in second


def test_partners_without_a_look_or_without_a_file_are_not_mixed_up() -> None:
    text = plan_portfolio_page(None, [acme(), acme(slug="gone", name="Gone")], {"acme", "unseen"}, PLACE, NOW)
    assert text is not None
    assert "Gone" not in text
    assert "Not looked at yet: `unseen`" in text


def test_a_partner_that_needs_a_look_says_why() -> None:
    text = page(acme(), days=200)
    assert text is not None
    assert "stalled" in text


@pytest.mark.parametrize(("place", "source"), [(PLACE, "type = Epic"), (FREE, f'project = "{FREE.control}"')])
def test_the_live_view_asks_for_what_stands_for_a_partner(place: Place, source: str) -> None:
    text = page(acme(place), place=place)
    assert text is not None
    assert source in text.split("```glql")[1]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_the_table_or_becomes_more_than_a_name(name: str) -> None:
    usual, hostile = page(acme()), page(acme(name=name, region=name))
    assert usual is not None
    assert hostile is not None
    kinds = [token.type for token in tokens(hostile)]
    assert kinds == [token.type for token in tokens(usual)]
    links = {c.attrGet("href") for t in tokens(hostile) for c in t.children or () if c.type == "link_open"}
    assert links == {c.attrGet("href") for t in tokens(usual) for c in t.children or () if c.type == "link_open"}
    assert not [c for t in tokens(hostile) for c in t.children or () if c.type in ("html_inline", "image")]
    assert page(acme(name=name, region=name), seen=hostile) is None


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_breaks_the_diagram(title: str) -> None:
    steps = [FunnelStep("a", title, 1, 2, 50, 3, 4), FunnelStep("complete", "Complete", 1, 1, None, None, None)]
    (fence,) = (t for t in tokens(portfolio_page(steps, [], [], PLACE)) if t.info == "mermaid")
    lines = fence.content.splitlines()
    assert len(lines) == 4
    assert re.fullmatch(r'  s0\["[\w .,/#;-]*<br/>1 here, 2 reached<br/>median 3 days"\]', lines[1])
    assert lines[2] == '  s0 -- "50#37; went on" --> s1'
