"""YAML text to plain data that remembers its lines, so that an error can say where it is.

The trap: YAML loaders that drop positions, double keys that silently win, and tags that build objects. Only the safe
types are built here, and a key given twice is a problem.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
_LARGEST = 20_000  # values in one file; aliases of aliases would make billions out of a few lines


_SMALLER = f"Keep it below {_LARGEST} values, each written out once."


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one file, and what to do about it. Lines count from 1."""

    file: str
    line: int
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} {self.fix}"


@dataclass
class Document:
    """Parsed YAML, the line of every path in it, and what was wrong."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, what: str, fix: str) -> Problem:
        """Something that is wrong at a path."""
        return Problem(self.file, self.line(path), what, fix)


def parse(file: str, text: str, first_line: int = 1) -> Document:
    """Parses one YAML document; never raises for bad input, `problems` says what is wrong."""
    document = Document(file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        reason = getattr(error, "problem", None) or "it is no YAML"
        document.problems.append(
            Problem(file, line, f"This is not valid YAML: {reason}.", "Check indentation, quotes and colons.")
        )
        return document
    if node is not None:
        document.data = _build(node, (), document, first_line)
    return document


def _build(node: yaml.Node, path: Path, document: Document, first_line: int) -> Any:
    line = first_line + node.start_mark.line
    if len(document.lines) >= _LARGEST:
        if not any(problem.fix == _SMALLER for problem in document.problems):
            document.problems.append(Problem(document.file, line, "The file is too large.", _SMALLER))
        return None
    document.lines.setdefault(path, line)
    if len(path) > 20:
        document.problems.append(
            Problem(document.file, line, "The nesting is too deep.", "Flatten it to the documented keys.")
        )
        return None
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, path, document, first_line)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*path, index), document, first_line) for index, child in enumerate(node.value)]
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        reason = getattr(error, "problem", None) or str(error)
        document.problems.append(
            Problem(document.file, line, f"This value cannot be read: {reason}.", "Quote it to make it text.")
        )
        return None


def _build_mapping(node: yaml.MappingNode, path: Path, document: Document, first_line: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = first_line + key_node.start_mark.line
        if key in result:
            document.problems.append(
                Problem(document.file, line, f"The key `{key}` is given twice.", "Keep one of them.")
            )
        document.lines[(*path, key)] = line
        result[key] = _build(value_node, (*path, key), document, first_line)
    return result
