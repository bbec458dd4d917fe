"""The GraphQL documents of `queries/`, by name, and the joining of many mutations into one request.

The trap: on Free and CE a document that names an EE field fails as a whole. Lines that end in `# Premium` are left out
there (and lines that end in `# Free` elsewhere), so that one file serves both; both forms are checked against GitLab's
schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, parse, print_ast

_FOLDER = Path(__file__).parent / "queries"
_PREMIUM, _FREE = "# Premium", "# Free"


@dataclass(frozen=True)
class Write:
    """One mutation: the name of an operation in `mutations.graphql` and its input."""

    operation: str
    input: dict[str, Any]


@cache
def text(name: str, *, licensed: bool) -> str:
    """The document `queries/<name>.graphql`. Raises FileNotFoundError for an unknown name."""
    lines = (_FOLDER / f"{name}.graphql").read_text(encoding="utf-8").splitlines()
    left_out = _FREE if licensed else _PREMIUM
    return "\n".join(line for line in lines if not line.startswith("#") and not line.rstrip().endswith(left_out))


def names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.graphql"))


@cache
def _mutations() -> dict[str, tuple[str, str]]:
    """Operation name -> (type of its input, its one field as text)."""
    found: dict[str, tuple[str, str]] = {}
    for node in parse(text("mutations", licensed=True)).definitions:
        if isinstance(node, OperationDefinitionNode) and node.name is not None:
            field = node.selection_set.selections[0]
            if not isinstance(field, FieldNode):
                raise TypeError(f"mutations.graphql: {node.name.value} must select one field")
            found[node.name.value] = (print_ast((node.variable_definitions or ())[0].type), print_ast(field))
    return found


def join(writes: list[Write]) -> tuple[str, dict[str, Any]]:
    """One document with the aliases w0, w1, …, and its variables."""
    declarations, fields = [], []
    for index, write in enumerate(writes):
        input_type, field = _mutations()[write.operation]
        declarations.append(f"$i{index}: {input_type}")
        fields.append(f"w{index}: {' '.join(field.split()).replace('$input', f'$i{index}')}")
    variables = {f"i{index}": write.input for index, write in enumerate(writes)}
    return f"mutation apply({', '.join(declarations)}) {{\n" + "\n".join(fields) + "\n}", variables
