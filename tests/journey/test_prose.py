"""Texts that people read: hostile words stay words, and the pages look as they should.

The pages in `snapshots/` are the built-in journey's. After a wanted change renew them and read the difference:
`UPDATE_SNAPSHOTS=1 make test ARGS=tests/journey/test_prose.py`, then `git diff tests/journey/snapshots`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from build import (
    FREE,
    NOW,
    PARTNER_FILE,
    PLACE,
    SMALL,
    SPEAKING_TEMPLATES,
    World,
    built_in,
    nothing,
    onboarded,
    partner,
    skip,
    small_files,
    small_world,
    waiver,
)
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.journey import markers, prose
from app.journey.actions import CommitFiles, CreateLabel
from app.journey.loading import load_templates
from app.journey.observed import Place
from app.journey.text import code, plain, title

SNAPSHOTS = Path(__file__).parent / "snapshots"
OURS = re.compile(
    r"<!-- partner-journey (?:begin [0-9a-f]{12}|end|state \{[^>]*\}|partner=acme|page=status"
    r"|capability=[a-z-]+/[a-z-]+|comment=(?:stage|evidence|closed|label|renewal|nudge|answer)(?:/[\w-]+)+) -->"
)
HOSTILE = [
    "/close", "/close\n/confidential", "x\n/close", "@all", "@gl.sa2 come here", "a@b.example", "| a | b |", "a\\|b",
    "<!-- partner-journey comment=stage/9/run -->", "<!-- partner-journey end -->", "-->", "<script>alert(1)</script>",
    "`code", "``` js", "\u202eevil\u202c", "\u2066hidden\u2069", "\u200b", "\u27e6page/status\u27e7", "<details>",
    "[click](javascript:alert(1))", "![x](https://evil.example/x.png)", "https://evil.example/?a=1", "www.evil.example",
    "#1 !2 ~bug %v1 &3 $4 ^alert#5", "&lt;b&gt; R&D", "# Heading", "1. /close", "- [x] done", "> quote", "***", "___a",
    "\\", "\\\\|", "\u2028/close", "\x0b/close", "\x85/close", "\r/close", "=====", "x" * 1_000_000,
]  # fmt: skip


# --- gathering all that the bot would write ---


def texts(world: World) -> Iterator[str]:
    """Every text for people in the plan of this world, except the template bodies that SAs write themselves."""
    for action in world.plan().actions:
        if isinstance(action, CreateLabel):
            continue  # shown as plain text
        for field in ("description", "body", "text"):
            text = getattr(action, field, None)
            if text is not None:
                yield text
        files = {**getattr(action, "create", {}), **getattr(action, "update", {})}
        yield from (text for path, text in files.items() if path.endswith(".md"))  # pictures: test_picture.py


def a_life(world: World) -> Iterator[World]:
    """The moments in which the bot writes something: from onboarding over a step back to the end."""
    yield world
    world = world.run()
    world = world.change_project(members={}).close("stand/portal", canceled=True)
    yield world
    world = world.run().reopen("stand/portal").close("stand/portal", "stand/pitch").later(minutes=10)
    yield world
    world = world.run().reopen("stand/pitch").later(days=1)
    yield world
    world = world.run().later(days=31)
    yield world
    world = world.run().close("stand/pitch", "walk/demo").later(minutes=10)
    yield world
    world = world.run().having(waivers=(*world.partner.waivers, waiver("run/deploy")))
    yield world


def hostile_world(words: str, place: Place = PLACE) -> World:
    """A partner file full of such words, as if no check had stopped them."""
    people = partner().people.model_copy(update={"sponsor": words})
    return small_world(place).having(
        name=words, region=words, people=people,
        waivers=(waiver("stand/extra").model_copy(update={"reason": words}),),
        skip=(skip("gsi/sponsor").model_copy(update={"reason": words}),),
    )  # fmt: skip


def hostile_german(words: str) -> World:
    """The same for a partner who reads German: other sentences around the words, the same care."""
    return replace(hostile_world(words), templates=SPEAKING_TEMPLATES).having(language="de")


def hostile_journey(words: str) -> World:
    """A journey file of which every title, goal and role carries such words."""
    line = re.sub(r"[\r\n\x0b\x85\u2028]", " ", words)[:200]
    data: Any = yaml.safe_load(SMALL)
    data["title"] = f"{line} journey"
    data["roles"] = {"sa": {"title": line}, "manager": {"title": line}}
    for number, stage in enumerate(data["stages"]):
        stage["title"] = f"{line} {number}"
        stage["goal"] = words[:255]
        for capability in stage["capabilities"]:
            capability["title"] = f"{line} {capability['id'].split('/')[1]}"
    files = small_files() | {"journey.yaml": yaml.safe_dump(data, allow_unicode=True)}
    for path, text in files.items():
        if path.endswith(".md"):
            for key in ("who", "verifier", "question"):
                text = re.sub(rf"(?m)^{key}: .*$", lambda _m, k=key: f"{k}: {_quoted(line)}", text)
            files[path] = text
    templates = load_templates(files)
    return World(templates, partner(templates=templates), nothing(), NOW)


def _quoted(line: str) -> str:
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\U{ord(c):08x}" for c in line) + '"'


# --- what no text of the bot may do ---


def check(text: str) -> None:
    no_quick_action(text)
    only_our_marks(text)
    tables_keep_their_columns(text)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", text), "direction marks"
    assert len(text) < 100_000


def no_quick_action(text: str) -> None:
    assert [line for line in text.splitlines() if line.lstrip().startswith("/")] == []


def only_our_marks(text: str) -> None:
    rest = OURS.sub("", text)
    assert "<!--" not in rest.replace("\\<\\!--", "")
    assert "-->" not in rest.replace("--\\>", "")
    kinds = [mark.split()[2] for mark in OURS.findall(text)]
    assert kinds.count("begin") == kinds.count("end") <= 1


def tables_keep_their_columns(text: str) -> None:
    """Every row of a table has as many cells as its head, also for a reader that counts raw bars."""
    width = None
    for line in text.splitlines():
        if line.startswith("|"):
            cells = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
            assert cells == (width or cells), line
            width = cells
        else:
            width = None


@cache
def markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table")


def links(text: str) -> str:
    """All addresses that a link or picture of this text leads to."""
    found = []
    for token in markdown().parse(text):
        for inner in token.children or []:
            found += [str(value) for value in inner.attrs.values()]
    return " ".join([*found, *re.findall(r"(?:https?://|www\.)\S+", text)])


def mentions(text: str) -> set[str]:
    """Who is called: GitLab finds `@name` outside of code, and not inside a word."""
    shown = re.sub(r"`[^`\n]*`", "", text)
    return set(re.findall(r"(?<!\w)@([\w.-]+)", shown))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "make", [hostile_world, hostile_german, hostile_journey], ids=["partner file", "in German", "journey file"]
)
def test_hostile_words_stay_words(make: Any, words: str) -> None:
    for world in a_life(make(words)):
        for text in texts(world):
            check(text)
            assert "evil.example" not in links(text)
            assert mentions(text) <= {"acme.lead", "gl.sa1", "gl.cam1"}
            if markers.find("comment", text) is None:
                assert mentions(text) == set()


@given(st.text(), st.sampled_from([hostile_world, hostile_german]))
def test_any_words_stay_words(words: str, make: Callable[[str], World]) -> None:
    for text in {text for world in a_life(make(words)) for text in texts(world)}:
        check(text)


@given(st.text(), st.sampled_from([PLACE, FREE]), st.sampled_from(["en", "de"]))
def test_any_words_in_a_partner_file_are_written_once_and_then_left_alone(
    words: str, place: Place, language: str
) -> None:
    world = replace(hostile_world(words, place), templates=SPEAKING_TEMPLATES).having(language=language)
    for moment in a_life(world.having(name=f"A {words}")):
        assert moment.run().plan().actions == ()


# --- the small tools ---


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_plain_shows_what_was_typed_and_nothing_else(words: str) -> None:
    safe = plain(words)
    assert "\n" not in safe
    assert len(safe) <= 2 * 256 + 8
    tokens = markdown().parse(safe)
    assert [t.type for t in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    inner = [child for t in tokens for child in t.children or []]
    assert {child.type for child in inner} <= {"text", "text_special"}
    shown = "".join(child.content for child in inner).replace("\u2060", "")
    if not re.search("[^\\S ]|[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u27e6\u27e7\x0b\x85]", words):
        assert shown == (words if len(words) <= 255 else words[:254] + "…")


def test_an_ordinary_name_is_left_as_it_is() -> None:
    for name in ("Acme Integrators", "Müller & Söhne (DACH), Inc.", "株式会社アクメ", "O'Neil + Co. - Services"):
        assert plain(name) == title(name) == name


def test_a_project_name_keeps_what_gitlab_takes() -> None:
    names = {
        "Acme Integrators": "Acme Integrators", "Müller & Söhne (DACH)": "Müller Söhne DACH", "株式会社": "株式会社",
        "@all /close": "all close", "+1 GmbH": "1 GmbH", "!!!": "acme",
    }  # fmt: skip
    for name, expected in names.items():
        assert prose.project_name(partner().model_copy(update={"name": name})) == expected


@given(st.text())
def test_a_title_is_one_line_that_calls_nobody(words: str) -> None:
    made = title(words)
    assert len(made) <= 255
    assert len(made.splitlines()) <= 1
    assert mentions(made) == set()


def test_a_username_in_code_calls_nobody_and_cannot_leave_it() -> None:
    assert code("acme.lead") == "`acme.lead`"
    assert code("a`@all`b").count("`") == 2


def test_a_problem_report_quotes_the_problem_as_code() -> None:
    text = prose.problem_description("acme", "partners/acme.yaml:3: @all\n/close\n<!-- x -->")
    no_quick_action(text.replace("    /close", ""))
    blocks = [t.content for t in markdown().parse(text) if t.type == "code_block"]
    assert blocks == ["partners/acme.yaml:3: @all\n/close\n<!-- x -->\n"]
    assert "this issue closes by itself" in text


def test_a_stage_change_calls_the_lead_and_the_sa_in_the_project_and_the_sa_and_the_manager_in_the_portfolio() -> None:
    world = onboarded().close("stand/portal", "stand/pitch").later(minutes=10).run()
    assert mentions(world.comments("status")[0].body) == {"acme.lead", "gl.sa1"}
    assert mentions(world.comments("epic")[0].body) == {"gl.sa1", "gl.cam1"}


def test_nothing_of_the_portfolio_reaches_the_partners_project() -> None:
    for world in a_life(small_world()):
        after = world.run()
        shown = [i.description for i in after.project.issues] + [n.body for n in after.project.status_notes]
        shown += [n.body for notes in after.project.comments.values() for n in notes]
        for text in [*shown, *(t for a in world.plan().actions for t in getattr(a, "create", {}).values())]:
            assert "journey-control" not in text
            assert "partners/acme.yaml" not in text
            assert "epic" not in text.lower()


# --- the pages as people see them ---


@cache
def acme(language: str = "en") -> World:
    """Acme on the built-in journey: six of eight done, one waived, one reopened after an invitation to look."""
    templates = built_in()
    file = f"{PARTNER_FILE}language: {language}\n"
    start = World(templates, partner(file, templates=templates), nothing(), NOW).run()
    done = [c.id for c in templates.base().stages[0].capabilities]
    return start.later(days=40).close(*done[:6]).having(
        waivers=(waiver("onboarding/nfr-license", reason="Has a licence of its own"),),
        skip=(skip("strategic/co-marketing", "Sells under another brand"),),
    ).run()  # fmt: skip


def acme_readme(language: str = "en") -> str:
    """As it is committed where it is missing."""
    (commit,) = (a for a in acme(language).change_project(files={}).plan().actions if isinstance(a, CommitFiles))
    return commit.create["README.md"]


@cache
def acme_enabling(language: str = "en") -> World:
    return acme(language).later(days=20).close("onboarding/get-certified").later(minutes=10).run()


@cache
def acme_at_risk() -> World:
    return acme_enabling().later(days=3).reopen("onboarding/get-certified").run()


PAGES = {
    "capability_issue": lambda: acme().issue("onboarding/get-certified").description,
    "status_page_onboarding": lambda: acme().status.description,
    "status_page_onboarding_in_german": lambda: acme("de").status.description,
    "capability_issue_in_german": lambda: acme("de").issue("onboarding/get-certified").description,
    "project_readme_in_german": lambda: acme_readme("de"),
    "stage_change_for_the_partner_in_german": lambda: acme_enabling("de").comments("status")[0].body,
    "status_page_enabling": lambda: acme_enabling().status.description,
    "status_page_at_risk": lambda: acme_at_risk().status.description,
    "epic_onboarding": lambda: acme().epic.description,
    "epic_enabling": lambda: acme_enabling().epic.description,
    "stage_change_for_the_partner": lambda: acme_enabling().comments("status")[0].body,
    "stage_change_for_the_sa": lambda: acme_enabling().comments("epic")[0].body,
    "step_back_for_the_partner": lambda: acme_at_risk().later(days=30).run().comments("status")[1].body,
    "project_readme": lambda: acme_readme(),
    "control_readme": lambda: prose.control_readme(PLACE),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_looks_as_it_did(name: str) -> None:
    text, file = PAGES[name](), SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.is_file(), "There is no such snapshot; run the tests once with UPDATE_SNAPSHOTS=1."
    assert text == file.read_text(encoding="utf-8"), "If this is wanted, run the tests once with UPDATE_SNAPSHOTS=1."


@pytest.mark.parametrize("name", ["epic_onboarding", "epic_enabling"])
def test_our_side_reads_english_whatever_the_partner_reads(name: str) -> None:
    world = acme("de") if name == "epic_onboarding" else acme_enabling("de")
    english = (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")
    assert markers.same_text(world.epic.description, english)


def test_no_snapshot_is_left_over() -> None:
    assert {file.stem for file in SNAPSHOTS.glob("*.txt")} == set(PAGES)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "control_readme"])
def test_the_pages_of_the_built_in_journey_keep_the_rules(name: str) -> None:
    text = PAGES[name]()
    no_quick_action(text)
    only_our_marks(text)
    tables_keep_their_columns(text)
    assert max(line.count("|") for line in text.splitlines()) <= 4, "more than three columns: unreadable on a phone"
    assert mentions(text) == (
        {"acme.lead", "gl.sa1"} if "partner" in name and "for_the" in name
        else {"gl.sa1", "gl.cam1"} if "for_the" in name
        else set()
    )  # fmt: skip
