"""How a GraphQL question comes over HTTP: by POST as JSON or a form, by GET in the query, or many in one array.

The trap: a client that is refused here and served by GitLab. Reads may come by GET, writes may not; an array of
questions is answered by an array (https://docs.gitlab.com/api/graphql/; GitLab's graphql_controller.rb).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from app.sandbox.http import Request

Payload = dict[str, Any]


class UnreadableError(ValueError):
    """Not a GraphQL question; the text says why."""


def read(request: Request) -> Payload | list[Payload]:
    """The question, or all of an array. Raises UnreadableError."""
    if request.method in ("GET", "HEAD"):
        return dict(request.query)
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        found = json.loads(request.body)
    except ValueError:
        raise UnreadableError("The request body is not valid JSON.") from None
    if isinstance(found, dict):
        return found
    if isinstance(found, list) and found and all(isinstance(each, dict) for each in found):
        return found
    raise UnreadableError("The request body must be a JSON object, or an array of them.")


def is_mutation(payload: Payload) -> bool:
    """Whether the document has a mutation; a document with mistakes has none."""
    return _mutates(str(payload.get("query", "")))


@lru_cache(maxsize=512)
def _mutates(text: str) -> bool:
    try:
        document = parse(text)
    except GraphQLError:
        return False  # the executor reports what is wrong with it
    return any(
        isinstance(node, OperationDefinitionNode) and node.operation is OperationType.MUTATION
        for node in document.definitions
    )


def asks_to_write(request: Request) -> bool:
    """Whether any of the questions is a mutation."""
    try:
        payload = read(request)
    except UnreadableError:
        return False
    return any(is_mutation(each) for each in (payload if isinstance(payload, list) else [payload]))
