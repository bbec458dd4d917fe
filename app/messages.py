"""The bot's messages as the code has them, and what a language's catalogue lacks of them.

They are found by reading the code, as gettext does. The trap: a message that is put together from pieces is never found
and never translated, so the first argument of whatever says something is a text that is written out; a test checks it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from app.journey.catalogue import Catalogue

_JOURNEY = Path(__file__).parent / "journey"
_SPEAKERS = frozenset({"say", "message"})


class UnwrittenError(ValueError):
    """A message that is put together, so that no catalogue can have it."""


@cache
def spoken() -> frozenset[str]:
    """Every message, in English; of one with forms for numbers the form for one."""
    files = sorted(_JOURNEY.rglob("*.py"))
    return frozenset(text for path in files for text in spoken_in(path.read_text(encoding="utf-8")))


def spoken_in(code: str) -> set[str]:
    """The messages in a piece of code. Raises UnwrittenError."""
    found = set[str]()
    for call, argument in _calls(ast.parse(code)):
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            raise UnwrittenError(f"line {call.lineno}: {ast.unparse(call)} does not write its message out")
        found.add(argument.value)
    return found


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.expr]]:
    """`say(…)`, `scene.say(…)`, `say.count(…)`, `message(…)`, each with its message."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _SPEAKERS:
            yield node, node.args[0]
        elif isinstance(node, ast.Call) and _counts(node.func):
            yield node, node.args[1]


def _counts(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "count" and _name(node.value) == "say"


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def missing(catalogue: Catalogue) -> tuple[str, ...]:
    """What stays English in this language."""
    return tuple(sorted(spoken() - {*catalogue.single, *catalogue.forms}))


def unused(catalogue: Catalogue) -> tuple[str, ...]:
    """What the bot does not say any more, or never did: a wording that has changed, or a slip."""
    return tuple(sorted({*catalogue.single, *catalogue.forms} - spoken()))
