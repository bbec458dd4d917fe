"""What GitLab draws inside a text: a chain of Mermaid boxes, and live tables of its query language."""

from __future__ import annotations

import re

import pytest
from story import Story

from app.sandbox import operations
from app.sandbox.pages.diagram import drawn_chart
from app.sandbox.pages.live_view import NotUnderstoodError, live_table
from app.sandbox.pages.markdown import Setting, render
from app.sandbox.pages.references import References

FUNNEL = """flowchart LR
  a["Start #40;1#41;<br/>3 here"]
  a -- "50#37; went on" --> b
  b["<b>Bold</b><br/>1 here"]
  b --> c[Done]
"""


def words(html: str) -> list[str]:
    return re.sub(r"<[^>]*>", "|", html).strip("|").replace("||", "|").split("|")


def test_a_chain_is_drawn_with_its_words() -> None:
    chart = str(drawn_chart(FUNNEL))
    assert [word for word in words(chart) if word] == [
        "Start (1)", "3 here", "50% went on", "&lt;b&gt;Bold&lt;/b&gt;", "1 here", "Done",
    ]  # fmt: skip
    assert chart.count('class="arrow"') == 2


@pytest.mark.parametrize("way", ["TD", "TB", ""])
def test_what_runs_down_is_drawn_downwards(way: str) -> None:
    assert '<ol class="flow down">' in str(drawn_chart(f"graph {way}\na-->|next|b"))


@pytest.mark.parametrize(
    "source",
    [
        "",
        "pie title Pets",
        "flowchart RL\na-->b",
        "flowchart LR\na-->b\na-->c",
        "flowchart LR\na-->c\nb-->c",
        "flowchart LR\na-->b\nb-->a",
        "flowchart LR\na-->b\nc-->d",
        "flowchart LR\na-->b\nstyle a fill:#f00",
        "flowchart LR\na{{round}}-->b",
        'flowchart LR\na["open',
        "flowchart LR\na -- " + " " * 100_000 + "-->b",
        "flowchart LR\n" + "\n".join(f"n{n}-->n{n + 1}" for n in range(50)),
    ],
)
def test_what_is_not_understood_in_full_is_not_drawn(source: str) -> None:
    assert drawn_chart(source) is None
    assert "Diagram source" in render(f"```mermaid\n{source}\n```")


def test_a_drawing_cannot_bring_in_an_element() -> None:
    shown = str(render('```mermaid\nflowchart LR\na["#60;img src=x onerror=alert#40;1#41;#62;"]\n```'))
    assert "<img" not in shown
    assert '<ol class="flow">' in shown


@pytest.fixture
def story() -> Story:
    found = Story()
    stage, verify = found.label("stage::1"), found.label("verify")
    found.issue("Portal", label_ids=[stage.id], assignee_ids=[found.lead.id])
    training = found.issue("Training", label_ids=[stage.id, verify.id])
    operations.update_work_item(found.world, found.sa, training, state_event="close")
    return found


def titles(story: Story, query: str, *, viewer: str = "gl.sa1", rest: str = "fields: title") -> list[str]:
    user = story.user(viewer)
    html = str(live_table(f"{rest}\nquery: {query}", References(story.world, user, story.project)))
    return re.findall(r'<td><a href="[^"]*">([^<]*)</a></td>', html)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state = opened", {"Portal"}),
        ('project = "partners/acme"', {"Portal", "Training"}),
        ('group = "partners" and type = Issue', {"Portal", "Training"}),
        ('project = "partners"', set()),
        ("type = Epic", set()),
        ("type in (Issue, Epic)", {"Portal", "Training"}),
        ("label = verify", {"Training"}),
        ('label = (~"stage::1", ~verify)', {"Training"}),
        ('label in ("stage::1", "other")', {"Portal", "Training"}),
        ("label != ~verify AND state = all", {"Portal"}),
        ("assignee = @acme.lead", {"Portal"}),
        ("assignee = none", {"Training"}),
        ("assignee = any", {"Portal"}),
        ("assignee = currentUser()", set()),
        ("author = currentUser()", set()),
        ("milestone = none", {"Portal", "Training"}),
        ("author = partner-bot", {"Portal", "Training"}),
    ],
)
def test_a_live_table_shows_what_its_conditions_say(story: Story, query: str, found: set[str]) -> None:
    assert set(titles(story, query)) == found


def test_a_live_table_shows_its_reader_only_what_he_may_see(story: Story) -> None:
    assert titles(story, 'group = "partners"', viewer="acme.lead", rest="sort: title asc") == ["Portal", "Training"]
    assert titles(story, 'group = "partners"', viewer="globex.lead") == []


def test_a_live_table_is_ordered_and_cut_as_asked(story: Story) -> None:
    assert titles(story, "type = Issue", rest="sort: title desc\nlimit: 1") == ["Training"]


def test_a_live_table_has_the_columns_that_are_asked_for(story: Story) -> None:
    view = "```glql\nfields: title, labels, state, assignee, updated\nsort: title asc\nquery: type = Issue\n```"
    shown = str(render(view, Setting(References(story.world, story.user("gl.sa1"), story.project))))
    assert re.findall(r"<th[^>]*>([^<]*)</th>", shown) == ["Title", "Labels", "State", "Assignee", "Updated"]
    assert '<span class="chip-key">stage</span><span class="chip-value">1</span>' in shown
    assert "<td>Closed</td>" in shown
    assert f"<td>{story.lead.name}</td>" in shown


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("query: weight > 3", "the condition at 'weight > 3'"),
        ("query: state = opened or state = closed", "'or state = closed'"),
        ("query: iteration = current", "the field `iteration`"),
        ("display: list\nquery: state = opened", "the display `list`"),
        ("fields: title, health\nquery: state = opened", "the column `health`"),
        ("limit: 1000\nquery: state = opened", "the limit '1000'"),
        ("sort: weight\nquery: state = opened", "the order 'weight'"),
        ("fields: title", "a view without `query`"),
        ("- a\n- b", "the line '- a'"),
    ],
)
def test_a_view_that_asks_for_more_is_shown_as_text_with_the_reason(story: Story, source: str, said: str) -> None:
    references = References(story.world, story.user("gl.sa1"), story.project)
    with pytest.raises(NotUnderstoodError) as caught:
        live_table(source, references)
    assert str(caught.value) == said
    shown = str(render(f"```glql\n{source}\n```", Setting(references)))
    assert "Query. The sandbox does not know" in shown
    assert "<pre" in shown
