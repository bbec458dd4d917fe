"""Every exchange of a scenario held against GitLab's contract.

REST by the OpenAPI document and the JSON schemas, GraphQL by both published schemas, variables included.

The trap: a contract that only a tour of its own is held to, while the scenarios ask something else. Where GitLab's
published files are not at hand, nothing is checked here; the contract tests say that and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache

from answers import problems
from graphql import GraphQLSchema, OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values
from plays import route_of
from published import NEW, OLD, folder, schema
from rest_contract import PREFIX, request_problems

from app.sandbox.world import JournalEntry


def exchange_problems(played: Iterable[JournalEntry]) -> Iterator[str]:
    """What the contract says against the exchanges that succeeded: refusals are what the sandbox is strict for."""
    if not (folder() / "openapi").is_dir():
        return
    seen: set[tuple[str, ...]] = set()
    for entry in played:
        key = (entry.method, entry.path, entry.query, entry.body, entry.response_body)
        if key in seen or not 200 <= entry.status < 300:
            continue
        seen.add(key)
        if entry.path.startswith(PREFIX):
            yield from (f"{route_of(entry)} of {entry.username}: {each}" for each in request_problems(entry))
            yield from (f"{route_of(entry)}: {each}" for each in problems(route_of(entry) or "", entry))
        elif entry.path == "/api/graphql":
            yield from _graphql_problems(entry)


def _graphql_problems(entry: JournalEntry) -> Iterator[str]:
    sent = json.loads(entry.body)
    for name in (OLD, NEW):
        published = schema(name)
        found = document_problems(name, sent["query"])
        yield from (f"{entry.operation} by {name}: {each}" for each in found)
        if not found:
            yield from _variable_problems(published, name, entry, sent)


@cache
def document_problems(name: str, text: str) -> tuple[str, ...]:
    """What the published schema of that file name says against a document."""
    return tuple(error.message for error in validate(schema(name), parse(text)))


def _variable_problems(
    published: GraphQLSchema, name: str, entry: JournalEntry, sent: dict[str, object]
) -> Iterator[str]:
    given = sent.get("variables") or {}
    for node in parse(str(sent["query"])).definitions:
        if isinstance(node, OperationDefinitionNode) and isinstance(given, dict):
            found = get_variable_values(published, node.variable_definitions or (), given)
            if isinstance(found, list):
                yield from (f"{entry.operation} by {name}: {error.message}" for error in found)
