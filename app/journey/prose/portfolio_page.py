"""The page `Portfolio` of the control project: funnel, time in stage, every partner with links. SAs and managers only.

The trap: a name that breaks a diagram or a table. Partners' names never enter the diagram, and what does goes in as
character codes (https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.journey import labels
from app.journey.observed import Place
from app.journey.overview import FunnelStep, Row
from app.journey.standing import Standing
from app.journey.text import code, plain, written

PORTFOLIO_PAGE = "Portfolio"
SHOWN = 500
"""Rows at most: GitLab stops to draw a page that is too long."""
_ODD = re.compile(r"[^\w .,/-]")
Line = tuple[Row, Standing]


def portfolio_page(steps: Sequence[FunnelStep], lines: Sequence[Line], unseen: Sequence[str], place: Place) -> str:
    """The bot's section of the page. `unseen`: slugs of partners that were never looked at."""
    return "\n\n".join(
        part
        for part in (
            f"{len(lines) + len(unseen)} partners. The bot renews this part; what stands around it is yours.",
            _diagram(steps),
            _stages(steps),
            "## Partners",
            _partners(lines),
            _unseen(unseen),
            "## Live from GitLab",
            _live_view(place),
            "**What to do next:** look at the partners that need a look, the longest waiting first. "
            "To change a partner, edit its file in `partners/` of this project.",
        )
        if part
    )


def _diagram(steps: Sequence[FunnelStep]) -> str:
    """A funnel: a box for each stage, and between two of them how many went on."""
    lines = ["```mermaid", "flowchart LR"]
    for index, step in enumerate(steps):
        words = [_drawn(step.title), f"{step.here} here, {step.reached} reached"]
        if step.median_days is not None:
            words.append(f"median {step.median_days} days")
        lines.append(f'  s{index}["{"<br/>".join(words)}"]')
        if index + 1 < len(steps):
            lines.append(f"  s{index} {_arrow(step)} s{index + 1}")
    return "\n".join([*lines, "```"])


def _arrow(step: FunnelStep) -> str:
    return "-->" if step.conversion is None else f'-- "{step.conversion}{_drawn("%")} went on" -->'


def _drawn(text: str) -> str:
    """Text inside a quoted label of Mermaid: nothing in it can end the label, the diagram or the code block."""
    return _ODD.sub(lambda found: " " if found[0].isspace() else f"#{ord(found[0])};", text)


def _stages(steps: Sequence[FunnelStep]) -> str:
    rows = [
        "| Stage | Here | Reached | Went on | Days, median | Days, longest |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for step in steps:
        went_on = "-" if step.conversion is None else f"{step.conversion} %"
        rows.append(
            f"| {plain(step.title)} | {step.here} | {step.reached} | {went_on} "
            f"| {_number(step.median_days)} | {_number(step.slowest_days)} |"
        )
    return "\n".join(rows)


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _partners(lines: Sequence[Line]) -> str:
    if not lines:
        return "None yet. Add one with `partner-journey partner add`, or a file in `partners/`."
    rows = [
        "| Partner | Stage | Done | Since | SA | Needs a look | Links |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_partner(row, standing) for row, standing in lines[:SHOWN]),
    ]
    more = len(lines) - SHOWN
    return "\n".join(rows) + (f"\n\nand {more} more: `partner-journey partner list` shows all." if more > 0 else "")


def _partner(row: Row, standing: Standing) -> str:
    name = plain(row.name) or code(row.slug)
    named = f"[{name}]({standing.project_url})" if standing.project_url else name
    since = written(row.since) if row.since else "-"
    links = [("status", standing.status_url), ("board", standing.board_url), ("portfolio", standing.portfolio_url)]
    linked = " · ".join(f"[{text}]({url})" for text, url in links if url)
    return (
        f"| {named} | {plain(row.stage_title)} | {row.percent} % | {since} | {code(row.sa)} | {_look(row)} | {linked} |"
    )


def _look(row: Row) -> str:
    """What needs a person, with dates that do not change by themselves."""
    found = []
    if row.at_risk_until is not None:
        found.append(f"at risk until {written(row.at_risk_until)}")
    if row.waiting:
        since = f" since {written(row.waiting_since.date())}" if row.waiting_since else ""
        found.append(f"{row.waiting} to confirm{since}")
    if row.stalled:
        found.append("stalled")
    return ", ".join(found)


def _unseen(slugs: Sequence[str]) -> str:
    if not slugs:
        return ""
    return f"Not looked at yet: {', '.join(code(slug) for slug in slugs)}. `partner-journey status` says why."


def _live_view(place: Place) -> str:
    """A table that GitLab fills when the page is read (https://docs.gitlab.com/user/glql/), from 18.3 on."""
    where = f'group = "{place.group}" AND type = Epic' if place.epics else f'project = "{place.control}"'
    return "\n".join(
        [
            "```glql",
            "display: table",
            "fields: title, labels, updated",
            "sort: updated desc",
            "limit: 20",
            f'query: {where} AND label = "{labels.PARTNER}" AND state = opened',
            "```",
        ]
    )
