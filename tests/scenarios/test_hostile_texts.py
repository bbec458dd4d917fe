"""Words that do harm, in every place where people can write, and every place where the bot repeats them.

One life per kind of words: they stand in the partner file, in titles, notes, evidence and answers, in an architect's
reasons and in commands. Then everything that the bot has written is read: issues, epic, wiki, digest, files, export,
messages, API and log. Nothing of it may run, call, link, break or tell another partner.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from stagehand import (
    BOT,
    Listener,
    Theatre,
    caller,
    capabilities,
    close_required,
    comments,
    edit_journey,
    issue_of,
    nothing_to_do,
    onboard,
    pass_quiet_time,
    problems,
)

from app.demo.local import ACME, GLOBEX, LocalStage
from app.journey import markers
from app.journey.prose.newcomers import FORM_PATH
from app.sandbox import operations
from app.sandbox.world import WorkItem

SECRET = "geheim"
WORDS = {
    "commands": [
        "/close", "\n/close\n/confidential", "/label ~bug\n/assign @gl.sa1", "\u2028/close", "\x0b/close\x85/lock",
    ],
    "calls": ["@all", "@gl.sa2 @gl.cam1 look", "a@all.example @all", "(@all)", "\n@all\n"],
    "marks": [
        "<!-- partner-journey comment=stage/9/complete -->", "<!-- partner-journey end -->", "--> <!--",
        '<!-- partner-journey state {"stage": "complete", "since": "2020-01-01", "changes": 9} -->',
        "<!-- partner-journey capability=onboarding/nfr-license -->", "\u27e6page/status\u27e7",
    ],
    "tables": ["| a | b |", "a\\|b", "\n| x |\n| --- |\n", "\\", "\n\n# Owned\n\n", "1. x\n- y\n> z", "=====\n-----"],
    "renderers": [
        '"]; end', "%%{init}%%", "```\n## Owned", "~~~", "[[_TOC_]]", "[TOC]", "</td><script>alert(1)</script>",
        "<details open><summary>", "::include{file=README.md}", "$`x`$", "{{ 7*7 }}", "{0} {who} {}",
    ],
    "links": [
        "[x](javascript:alert(1))", "![x](https://evil.example/x.png)", "https://evil.example/a", "www.evil.example",
        '#99991 !99992 &99993 ~"leak" %"m" partners/acme#1', "mailto:x@evil.example", "[x]: https://evil.example",
    ],
    "letters": ["\u202eevil\u202c", "\u2066x\u2069", "\u200b\u200d\ufeff", "\u061c\u200f", "a\u0000b\x1b[31m"],
    "formulas": ["=cmd()", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1"],
    "length": ["w" * 500_000, "\n".join(["/close"] * 50_000), "|" * 9_000, "`" * 9_000],
}  # fmt: skip
MONDAY = datetime(2026, 9, 7, 7, 10, tzinfo=UTC)
OURS = re.compile(
    r"<!-- partner-journey (?:begin [0-9a-f]{12}|end|state \{[^>]*\}|"
    r"(?:partner|page|capability|double|digest|answer|comment|problem)=[\w/@.-]+) -->"
)
EVIDENCE, ANSWER = "**Evidence:**", "**One thing the next partner should know:**"


# --- what people write ---


def one_line(words: str) -> str:
    """As a partner file takes it: one line of at most 255 characters, with something to read in it."""
    return f"{' '.join(words[:200].splitlines())} {SECRET}"


def partner_file(words: list[str]) -> str:
    line = [json.dumps(one_line(words[n % len(words)])) for n in range(5)]
    text = GLOBEX.replace("Globex Consulting", line[0]).replace("Americas", line[1])
    text = text.replace("  sa: gl.sa2\n", f"  sa: gl.sa2\n  sponsor: {line[2]}\n")
    return text + (
        f"waivers:\n  - {{capability: onboarding/nfr-license, until: 2027-03-31, by: gl.sa2, reason: {line[3]}}}\n"
        f"skip:\n  - {{capability: strategic/co-marketing, reason: {line[4]}}}\n"
    )


def write_everywhere(stage: LocalStage, words: list[str]) -> None:
    """Titles, texts, evidence, answers, comments and commands, each with one of the words."""
    lead, architect = stage.user("globex.lead"), stage.user("gl.sa2")
    for number, item in enumerate(capabilities(stage, "globex", state="opened")):
        word = f"{words[number % len(words)]} {SECRET}"
        above, _, below = item.description.rpartition(EVIDENCE)
        text = f"{above}{EVIDENCE}\n\n{word}\n{below.replace(ANSWER, f'{ANSWER} {word}')}"
        operations.update_work_item(stage.world, lead, item, title=one_line(word)[:255])
        operations.update_work_item(stage.world, lead, item, description=text)
        stage.comment(item, "globex.dev", f"Look: {word} https://proof.example/x")
    first, second = capabilities(stage, "globex", state="opened")[:2]
    for word in words:
        stage.comment(first, "globex.lead", f"/journey {word}"[:100_000])
        stage.comment(second, "gl.sa2", f"/journey waive until 2027-01-31 {one_line(word)}")
    operations.create_work_item(
        stage.world, lead, type="ISSUE", title=one_line(words[0]), description=words[-1],
        project=stage.project("globex"),
    )  # fmt: skip
    stage.settle()
    stage.comment(second, "gl.sa2", "/journey unwaive")
    stage.finish(second, "globex.lead")
    stage.settle()
    stage.comment(second, architect.username, f"/journey reject {one_line(words[-1])}")
    stage.settle()


def retitle(yaml: str) -> str:
    return yaml.replace("{id: onboarding/channel-team,", "{id: onboarding/channel-team, retired: true,")


# --- what the bot writes ---


def by_bot(stage: LocalStage, items: list[WorkItem]) -> Iterator[str]:
    bot = stage.user(BOT).id
    for item in items:
        if item.author_id == bot:
            body = markers.section_body(item.description)
            yield body if body is not None else item.description
        yield from (n.body for n in comments(item) if n.author_id == bot)


def markdown_texts(stage: LocalStage, listener: Listener) -> Iterator[str]:
    """Everything that GitLab or a chat renders."""
    yield from by_bot(stage, [*stage.world.work_items.values()])
    for project in stage.world.projects.values():
        yield project.name
        yield project.description or ""
        yield from (page.content for page in project.wiki)
        yield from (t for path, t in project.files.items() if _is_repeated(path))
    yield from (m.description or "" for m in stage.world.milestones.values())
    for event in listener.heard:
        yield from (str(event["data"].get(key, "")) for key in ("title", "text"))


def _is_repeated(path: str) -> bool:
    """Not the form for a new partner, which labels its issue on purpose; the export is looked at by itself."""
    return path.endswith(".md") and path != FORM_PATH and "archived" not in path


def harmless(text: str) -> list[str]:
    """What a text would do that it must not; empty for a good one."""
    found = []
    shown = re.sub(r"(?m)^    .*$", "", text)  # indented: code, which GitLab renders nothing of
    if re.search(r"(?m)^[ \t>]*/(?!\w+/)\w", shown):
        found.append("a quick action")
    calls = set(re.findall(r"(?<![\w.])@([\w.-]+)", re.sub(r"`[^`\n]*`", "", shown)))
    if not calls <= {"globex.lead", "globex.dev", "gl.sa2", "gl.cam1", "acme.lead", "acme.dev", "gl.sa1"} or (
        calls and markers.find("comment", text) is None
    ):
        found.append(f"it calls {calls}")
    rest = OURS.sub("", shown)
    if re.search(r"(?<!\\)<!--", rest):
        found.append("a hidden mark")
    if len(markers.section_body(text) or "") and text.count("partner-journey end -->") > 1:
        found.append("two sections")
    if re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u061c\ufeff\x00-\x08\x0b\x1b\u27e6\u27e7]", text):
        found.append("letters that do not show")
    if re.search(r"(?<!\\)[#!&]9999|(?<!\\)~\"leak|(?<!\\)\[\[_TOC", shown) or "partners/acme#1 " in shown:
        found.append("a reference")
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inner = [child for token in tokens for child in token.children or []]
    if any("evil" in str(v) for each in inner for v in each.attrs.values()) or re.search(
        r"(?:https?://|www\.|mailto:)\S*evil", shown
    ):
        found.append("a foreign link")
    if any("script" in t.content for t in (*tokens, *inner) if t.type.startswith("html")):
        found.append("a script")
    if any(t.type == "heading_open" and "Owned" in tokens[i + 1].content for i, t in enumerate(tokens)):
        found.append("a heading of somebody else")
    if "49" in re.findall(r"\b49\b", text) or len(text) > 200_000:
        found.append("it was filled in, or is too long")
    return found + _broken_tables(shown)


def _broken_tables(text: str) -> list[str]:
    width, found = None, []
    for line in text.split("\n"):
        if line.startswith("|"):
            cells = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
            if cells != (width or cells):
                found.append(f"a row of another width: {line[:80]}")
            width = cells
        else:
            width = None
    return found


@pytest.mark.parametrize("kind", WORDS)
def test_whatever_is_written_anywhere_does_nothing_anywhere(
    theatre: Theatre, listener: Listener, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    words = WORDS[kind]
    caplog.set_level(logging.INFO)
    with theatre.open(channels=(listener.channel,)) as stage:
        onboard(stage, "acme", ACME)
        onboard(stage, "globex", partner_file(words))
        assert problems(stage) == []
        write_everywhere(stage, words)
        edit_journey(stage, retitle)
        close_required(stage, "globex", by="gl.sa2")
        stage.settle()
        stage.comment(issue_of(stage, "onboarding/partner-portal", "globex"), "globex.lead", "/journey status")
        pass_quiet_time(stage)
        stage.clock.now = MONDAY
        stage.settle()
        stage.clock.advance(minutes=61)
        stage.settle()
        assert nothing_to_do(stage, "globex")
        assert nothing_to_do(stage, "acme")
        call = caller(stage)
        for path in ("/api/partners", "/api/partners/globex", "/api/numbers"):
            assert call("GET", path).headers["content-type"].startswith("application/json")
        stage.service.leaving.leave("globex")
        assert [(found, text[:1500]) for text in markdown_texts(stage, listener) if (found := harmless(text))] == []
        assert _leaks(stage) == []
        _the_export_is_harmless(stage)
        _the_pictures_are_pictures(stage)
        assert SECRET not in caplog.text
        for item in stage.world.work_items.values():
            if (
                item.author_id == stage.user(BOT).id
            ):  # GitLab looks for people and references in titles, and runs nothing
                assert not re.search("@\\w|[#!&]9999|[\u202a-\u202e\u2066-\u2069\n]", item.title), item.title
        states = {i.state for i in capabilities(stage, "acme")}
        assert states == {"opened"}


def _leaks(stage: LocalStage) -> list[str]:
    """Words of one partner in the project of the other, or in a label of both."""
    acme = stage.project("acme")
    texts = [t for i in stage.issues("acme") for t in (i.title, i.description, *(n.body for n in i.notes))]
    texts += [*acme.files.values(), *(page.content for page in acme.wiki), acme.description or ""]
    texts += [label.title + label.description for label in stage.world.labels.values()]
    return [text[:200] for text in texts if SECRET in text]


def _the_export_is_harmless(stage: LocalStage) -> None:
    files = stage.project("journey-control").files
    page = files["partners/archived/globex.md"]
    assert harmless(page) == []
    assert json.loads(files["partners/archived/globex.json"])["partner"]["slug"] == "globex"
    rows = [*csv.reader(io.StringIO(files["partners/archived/globex.csv"], newline=""))]
    assert len({len(row) for row in rows}) == 1
    assert [cell for row in rows for cell in row if cell.lstrip()[:1] in ("=", "+", "@") and cell[:1] != "'"] == []
    assert max(len(cell) for row in rows for cell in row) < 32_767


def _the_pictures_are_pictures(stage: LocalStage) -> None:
    for path, text in stage.project("globex").files.items():
        if path.endswith(".svg"):
            ElementTree.fromstring(text)
            assert "<script" not in text
            assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
