"""Mermaid flowcharts that are one chain of boxes, drawn as HTML without a script.

GitLab draws any Mermaid (https://docs.gitlab.com/user/markdown/#mermaid); here it is what a funnel needs, after
https://mermaid.js.org/syntax/flowchart.html. The trap it avoids: a drawing that shows less than its source says. What
is not understood in full is not drawn at all, and its source is shown instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markupsafe import Markup

_HEAD = re.compile(r"(?:flowchart|graph)(?:[ \t]+(?P<way>LR|TB|TD))?\s*;?")
_NODE = r"(?P<{0}>\w+)(?:\[(?P<{0}_text>\"[^\"]*\"|[^\[\]\"(){{}}]*)\])?"
_ARROW = r"(?:--[ \t]+(?P<between>\"[^\"]*\"|[^\"|>-]+?)[ \t]+-->|-->(?:\|(?P<piped>\"[^\"]*\"|[^\"|]*)\|)?)"
_LINE = re.compile(rf"{_NODE.format('tail')}(?:\s*{_ARROW}\s*{_NODE.format('head')})?\s*;?")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CODE = re.compile(r"#(?:(?P<number>\d{1,7})|(?P<name>quot|amp|lt|gt|nbsp));")
_NAMED = {"quot": '"', "amp": "&", "lt": "<", "gt": ">", "nbsp": " "}
_MOST_BOXES = 30
_LONGEST_LINE = 500


@dataclass
class _Chart:
    texts: dict[str, str] = field(default_factory=dict)
    arrows: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Tail -> head and the words on the arrow."""

    def name(self, node: str, text: str | None) -> None:
        if text is not None or node not in self.texts:
            self.texts[node] = node if text is None else text

    def chain(self) -> list[str] | None:
        """The nodes from first to last; None where they are no single chain."""
        heads = {head for head, _ in self.arrows.values()}
        firsts = [node for node in self.texts if node not in heads]
        if len(firsts) != 1 or len(heads) != len(self.arrows):
            return None
        found = firsts
        while found[-1] in self.arrows:
            found.append(self.arrows[found[-1]][0])
        return found if len(found) == len(self.texts) else None


def drawn_chart(source: str) -> Markup | None:
    """The chart as a list of boxes; None when this is no chain, or says something that is not understood."""
    lines = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("%%")]
    head = _HEAD.fullmatch(lines[0]) if lines else None
    chart = _read(lines[1:]) if head else None
    chain = chart.chain() if chart else None
    if head is None or chart is None or chain is None or len(chain) > _MOST_BOXES:
        return None
    boxes = Markup("").join(_box(chart, node) for node in chain)
    flow = "flow" if head["way"] == "LR" else "flow down"
    return Markup('<ol class="{}">{}</ol>').format(flow, boxes)


def _read(lines: list[str]) -> _Chart | None:
    chart = _Chart()
    for line in lines:
        found = _LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        if found is None:
            return None
        tail, head = found["tail"], found["head"]
        chart.name(tail, found["tail_text"])
        if head:
            if tail in chart.arrows:
                return None
            chart.name(head, found["head_text"])
            chart.arrows[tail] = (head, found["between"] or found["piped"] or "")
    return chart


def _box(chart: _Chart, node: str) -> Markup:
    first, *rest = _words(chart.texts[node])
    text = Markup("<strong>{}</strong>").format(first) + Markup("").join(Markup("<br>{}").format(x) for x in rest)
    if node not in chart.arrows:
        return Markup("<li>{}</li>").format(text)
    words = Markup("<br>").join(_words(chart.arrows[node][1]))
    return Markup('<li>{}</li><li class="arrow">{}</li>').format(text, words)


def _words(text: str) -> list[str]:
    """The lines of a label, with Mermaid's character codes read."""
    return [_CODE.sub(_character, line).strip() for line in _BREAK.split(text.strip().strip('"'))]


def _character(code: re.Match[str]) -> str:
    if code["name"]:
        return _NAMED[code["name"]]
    number = int(code["number"])
    return chr(number) if 31 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
