"""Finding quick actions in text: pure text work, no state (https://docs.gitlab.com/user/project/quick_actions/).

A command is a line that starts with `/name`. Known ones are cut out of the text whether or not they can be applied;
unknown ones stay. Nothing inside code blocks, block quotes (`>>>`) or HTML blocks is a command. The trap this shows:
text that a bot copies from somebody else runs with the bot's own rights if a line of it starts with `/close`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ALIASES = {
    "close": "close",
    "reopen": "reopen",
    "open": "reopen",
    "label": "label",
    "labels": "label",
    "unlabel": "unlabel",
    "remove_label": "unlabel",
    "relabel": "relabel",
    "assign": "assign",
    "unassign": "unassign",
    "remove_assignee": "unassign",
    "due": "due",
    "due_date": "due",
    "remove_due_date": "remove_due_date",
    "milestone": "milestone",
    "remove_milestone": "remove_milestone",
    "title": "title",
    "confidential": "confidential",
    "lock": "lock",
    "unlock": "unlock",
    "duplicate": "duplicate",
    "set_parent": "set_parent",
    "epic": "set_parent",
    "remove_parent": "remove_parent",
    "remove_epic": "remove_parent",
}
LICENSED_ONLY = frozenset({"epic", "remove_epic"})

_PROTECTED = re.compile(
    r"""
      ^[ ]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n .*? (?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$ | \Z)   # a code block
    | ^>>>[ \t]*\n .*? (?:^>>>[ \t]*$ | \Z)                                        # a block quote of several lines
    | ^<(?P<tag>[a-zA-Z][\w-]*)[^>\n]*>[ \t]*\n .*? ^</(?P=tag)>[ \t]*$            # an HTML block
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_LINE = re.compile(r"^/(?P<name>[A-Za-z_]+)(?:[ \t]+(?P<argument>[^\n]*))?[ \t]*(?:\n|\Z)", re.MULTILINE)
_REFERENCE = re.compile(r'[~%]?"(?P<quoted>[^"]+)"|[~%]?(?P<plain>[^\s,"]+)')


@dataclass(frozen=True)
class Command:
    """`name` is the canonical name ("due" for "/due_date"), `argument` the rest of the line without outer blanks."""

    name: str
    argument: str


def extract(text: str, *, licensed: bool = True) -> tuple[str, list[Command]]:
    """The text without its commands, and the commands in order. Text without commands comes back unchanged."""
    protected = [match.span() for match in _PROTECTED.finditer(text)]
    kept: list[str] = []
    commands: list[Command] = []
    position = 0
    for match in _LINE.finditer(text):
        word = match["name"].lower()
        known = word in ALIASES and (licensed or word not in LICENSED_ONLY)
        if not known or any(start <= match.start() < end for start, end in protected):
            continue
        commands.append(Command(ALIASES[word], (match["argument"] or "").strip()))
        kept.append(text[position : match.start()])
        position = match.end()
    if not commands:
        return text, []
    kept.append(text[position:])
    return "".join(kept).rstrip(), commands


def references(argument: str) -> list[str]:
    """`~"two words" ~bug, plain` -> the bare names, for labels (`~`) and milestones (`%`) alike."""
    return [match["quoted"] or match["plain"] for match in _REFERENCE.finditer(argument)]
