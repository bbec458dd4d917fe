"""Which test files use which route and GraphQL field: a pytest plugin, and the file that it fills.

`python tests/contract/uses.py` runs the scenarios and the tests of the sandbox and its clients, and writes
`docs/sandbox-uses.json`, from which docs/sandbox-coverage.md is made. It listens at the request journal, so nothing
that a test does is missed, and no test has to say what it uses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, FragmentDefinitionNode, GraphQLError, InlineFragmentNode, OperationDefinitionNode, parse
from plays import route_of
from published import ROOT

from app.sandbox import journal, rest
from app.sandbox.graphql.schema import schema_for
from app.sandbox.world import JournalEntry

FILE = ROOT / "docs" / "sandbox-uses.json"
PLACES = ("tests/scenarios", "tests/sandbox", "tests/real")
RENEW = "renew it with `.venv/bin/python tests/contract/uses.py`, then `make schema`"
_FOLDER = "PARTNER_JOURNEY_USES"

Uses = dict[str, set[str]]


class Listener:
    """Notes what each test file asked of a sandbox and got; one file a process, in the folder that is named."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._now = ""
        self._found: Uses = defaultdict(set)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._now = item.path.relative_to(ROOT).as_posix()

    def pytest_sessionfinish(self) -> None:
        text = json.dumps({name: sorted(files) for name, files in self._found.items()})
        (self._folder / f"{os.getpid()}.json").write_text(text, encoding="utf-8")

    def listen(self) -> None:
        """From now on every entry of a journal is looked at."""
        write = journal.write_entry

        def heard(*given: Any) -> JournalEntry:
            entry = write(*given)
            for name in names_of(entry):
                self._found[name].add(self._now)
            return entry

        journal.write_entry = heard


def pytest_configure(config: pytest.Config) -> None:
    listener = Listener(Path(os.environ[_FOLDER]))
    listener.listen()
    config.pluginmanager.register(listener)


def names_of(entry: JournalEntry) -> Iterator[str]:
    """The route of a successful REST exchange, or the fields that a GraphQL document asks of Query and Mutation."""
    if not 200 <= entry.status < 300:
        return
    if entry.path != "/api/graphql":
        route = route_of(entry)
        if route is not None:
            yield route
        return
    try:
        sent = json.loads(entry.body)
        documents = [parse(str(each["query"])) for each in (sent if isinstance(sent, list) else [sent])]
    except (ValueError, KeyError, TypeError, GraphQLError):
        return
    for document in documents:
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                kind = node.operation.value.capitalize()
                yield from (f"{kind}.{name}" for name in _roots(node))


def _roots(node: OperationDefinitionNode | FragmentDefinitionNode | InlineFragmentNode) -> Iterator[str]:
    for each in node.selection_set.selections:
        if isinstance(each, FieldNode):
            yield each.name.value
        elif isinstance(each, InlineFragmentNode):
            yield from _roots(each)


def known_names() -> list[str]:
    """All routes and root fields of the sandbox, in the order of the document."""
    schema = schema_for(True)
    types = [each for each in (schema.query_type, schema.mutation_type) if each is not None]
    return [*rest.coverage(), *(f"{kind.name}.{name}" for kind in types for name in sorted(kind.fields))]


def as_text(found: Uses) -> str:
    """One line per name, so that a change shows as one line."""
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(sorted(found.get(name, ())))}" for name in known_names())
    return f"{{\n{rows}\n}}\n"


def _renew() -> int:
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "pytest", "-q", "-n", "4", "-p", "uses", *PLACES]
        environment = {**os.environ, _FOLDER: folder, "PYTHONPATH": str(ROOT / "tests" / "contract")}
        done = subprocess.run(line, cwd=ROOT, env=environment, check=False)
        found: Uses = defaultdict(set)
        for path in Path(folder).glob("*.json"):
            for name, files in json.loads(path.read_text(encoding="utf-8")).items():
                found[name] |= set(files)
    if done.returncode == 0:
        FILE.write_text(as_text(found), encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(_renew())
