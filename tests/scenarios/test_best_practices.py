"""The one thing that the next partner should know: collected for architects, without names, kept up to date."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from stagehand import (
    Theatre,
    capabilities,
    capability,
    copied,
    issue_of,
    nothing_to_do,
    requests_since,
)

from app.demo.local import LocalStage
from app.sandbox import operations
from app.sandbox.http import Request
from app.sandbox.world import WorkItem, World

ANSWER = "**One thing the next partner should know:**"
PAGE = "Best-practices-onboarding"
HOSTILE = (
    "/close\n/label ~bug and more text here",
    "@all and @gl.sa1 please read this at once",
    "<!-- partner-journey end --> and then some words",
    "| a | b | table breaker, a long one\n|---|---|",
    "```\nnever closed, and it goes on and on",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202eevil text from right to left, long enough",
    "## Owned heading\n- (<!-- partner-journey answer=abc -->[source](http://evil.example))",
    "x" * 1_000_000,
)


def page(stage: LocalStage, slug: str = PAGE) -> str:
    """The page's text; empty where there is none, fails when there are two."""
    found = [p.content for p in stage.project("journey-control").wiki if p.slug == slug]
    assert len(found) <= 1
    return found[0] if found else ""


def answer(stage: LocalStage, item: WorkItem, text: str, by: str = "gl.sa1") -> None:
    """Somebody writes the answer into the issue, or takes it away with an empty text."""
    head = item.description.split(ANSWER)[:-1]
    operations.update_work_item(
        stage.world, stage.user(by), item, description=f"{ANSWER.join(head)}{ANSWER}\n\n{text}\n"
    )


def finish(stage: LocalStage, text: str, slug: str = "acme", index: int = 0) -> WorkItem:
    """An architect closes an issue in which the answer stands."""
    item = capabilities(stage, slug)[index]
    answer(stage, item, text)
    stage.finish(item, "gl.sa1" if slug == "acme" else "gl.sa2")
    stage.settle()
    return item


def test_the_answer_of_an_accepted_issue_stands_on_the_page_of_its_stage(two_partners: LocalStage) -> None:
    item = finish(two_partners, "Start with the sandbox account.")
    text = page(two_partners)
    assert "- Start with the sandbox account. (" in text
    assert str(capability(item)) in text
    assert f"/partners/acme/-/issues/{item.iid}" in text or f"/partners/acme/-/work_items/{item.iid}" in text


def test_an_open_issue_gives_no_answer_yet(two_partners: LocalStage) -> None:
    answer(two_partners, capabilities(two_partners)[0], "Start with the sandbox account.")
    two_partners.settle()
    assert page(two_partners) == ""


def test_a_gate_gives_its_answer_once_it_is_confirmed(two_partners: LocalStage) -> None:
    gate = next(i for i in capabilities(two_partners) if _is_gate(two_partners, i))
    answer(two_partners, gate, "Bring the sponsor along.")
    two_partners.finish(gate, "acme.lead")
    two_partners.settle()
    assert page(two_partners) == ""
    two_partners.comment(gate, "gl.sa1", "/journey verify")
    two_partners.settle()
    assert "Bring the sponsor along." in page(two_partners)


def _is_gate(stage: LocalStage, item: WorkItem) -> bool:
    view = stage.service.reconciler.view("acme")
    return view.journey.capability(str(capability(item))).verify == "sa"


def test_names_of_the_partner_and_its_people_are_left_out(two_partners: LocalStage) -> None:
    finish(two_partners, "At Acme Integrators @acme.lead and acme.dev learned: ask ACME early.")
    (line,) = (line for line in page(two_partners).splitlines() if line.startswith("- "))
    said = line.split("(<!--")[0].lower()
    assert "learned: ask" in said
    assert "acme" not in said
    assert "integrators" not in said


def test_two_partners_with_the_same_words_share_a_line(two_partners: LocalStage) -> None:
    first = finish(two_partners, "Start with the sandbox account.")
    finish(two_partners, "start with the sandbox account.", "globex")
    (line,) = (line for line in page(two_partners).splitlines() if line.startswith("- "))
    assert line.count("[source]") == 2
    answer(two_partners, first, "")
    two_partners.settle()
    (line,) = (line for line in page(two_partners).splitlines() if line.startswith("- "))
    assert line.count("[source]") == 1
    assert "globex" in line


def test_an_edited_answer_is_edited_and_a_withdrawn_one_goes(two_partners: LocalStage) -> None:
    item = finish(two_partners, "Start with the sandbox account.")
    finish(two_partners, "Ask for the licence early.", "globex")
    answer(two_partners, item, "Start with two sandbox accounts.")
    two_partners.settle()
    assert "two sandbox accounts" in page(two_partners)
    assert "the sandbox account." not in page(two_partners)
    answer(two_partners, item, "")
    two_partners.settle()
    assert "sandbox" not in page(two_partners)
    assert "Ask for the licence early." in page(two_partners)


def test_an_issue_that_is_opened_again_takes_its_answer_back(two_partners: LocalStage) -> None:
    item = finish(two_partners, "Start with the sandbox account.")
    two_partners.reopen(item, "gl.sa1")
    two_partners.settle()
    assert "sandbox account" not in page(two_partners)


def test_what_people_write_around_the_bots_part_stays(two_partners: LocalStage) -> None:
    finish(two_partners, "Start with the sandbox account.")
    (found,) = (p for p in two_partners.project("journey-control").wiki if p.slug == PAGE)
    found.content = f"Read this first.\n\n{found.content}\nOur own notes.\n"
    finish(two_partners, "Ask for the licence early.", index=1)
    assert page(two_partners).startswith("Read this first.")
    assert page(two_partners).endswith("Our own notes.\n")
    assert "Ask for the licence early." in page(two_partners)


def test_a_look_that_brings_nothing_new_asks_for_no_page(two_partners: LocalStage) -> None:
    finish(two_partners, "Start with the sandbox account.")
    start = len(two_partners.world.journal)
    two_partners.service.loop.run("acme", "nothing is new")
    two_partners.service.loop.run("globex", "nothing is new")
    assert not [r for r in requests_since(two_partners, start) if "wiki" in r]
    assert len(requests_since(two_partners, start)) == 2


def test_without_its_database_the_bot_reads_the_pages_and_writes_none(
    theatre: Theatre, two_partners_world: World
) -> None:
    world = copied(two_partners_world)
    with theatre.open(world) as stage:
        stage.settle()
        finish(stage, "Start with the sandbox account.")
        before = page(stage)
    with theatre.open(world) as stage:
        start = len(world.journal)
        stage.settle()
        asked = [r for r in requests_since(stage, start) if "wiki" in r]
        assert [r.split()[0] for r in asked] == ["GET"]
        assert page(stage) == before


def test_where_the_wiki_is_off_an_issue_stands_in(two_partners: LocalStage) -> None:
    two_partners.project("journey-control").settings["wiki_access_level"] = "disabled"
    finish(two_partners, "Start with the sandbox account.")
    finish(two_partners, "Ask for the licence early.", "globex", 1)
    (item,) = (i for i in two_partners.issues("journey-control") if i.title == "Best practices onboarding")
    assert "Start with the sandbox account." in item.description
    assert "Ask for the licence early." in item.description


def test_a_write_without_an_answer_makes_no_second_page(two_partners: LocalStage) -> None:
    item = capabilities(two_partners)[0]
    answer(two_partners, item, "Start with the sandbox account.")
    two_partners.finish(item, "gl.sa1")

    def lose(request: Request, _number: int, _answer: object) -> Exception | None:
        return TimeoutError("cut off") if request.method == "POST" and request.path.endswith("/wikis") else None

    two_partners.sandbox.fault_after = lose
    two_partners.settle()
    two_partners.sandbox.fault_after = None
    assert two_partners.service.store.partner("acme").failures == 1
    two_partners.clock.advance(minutes=10)
    two_partners.settle()
    assert page(two_partners).count("Start with the sandbox account.") == 1
    assert nothing_to_do(two_partners)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_no_answer_breaks_the_page_or_becomes_more_than_text(two_partners: LocalStage, text: str) -> None:
    finish(two_partners, "A harmless answer of the other.", "globex")
    item = capabilities(two_partners)[0]
    answer(two_partners, item, text)
    if item.state == "opened":
        two_partners.finish(item, "gl.sa1")
    two_partners.settle()
    found = page(two_partners)
    assert "A harmless answer of the other." in found
    assert len(found) < 10_000
    tokens = MarkdownIt("commonmark").enable("table").parse(found)
    links = [c.attrGet("href") or "" for t in tokens for c in t.children or () if c.type == "link_open"]
    assert all(link.startswith(two_partners.world.base_url) for link in links)
    assert not [c for t in tokens for c in t.children or () if c.type == "image"]
    assert not [
        t for t in tokens if t.type in ("table_open", "fence", "html_block") and "partner-journey" not in t.content
    ]
    assert "@all" not in found
    assert not [line for line in found.splitlines() if line.startswith("/")]
    finish(two_partners, "Another one that is added later.", "globex", 1)
    assert "A harmless answer of the other." in page(two_partners)
    assert issue_of(two_partners, str(capability(item))).state == "closed"
