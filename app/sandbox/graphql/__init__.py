"""The GraphQL endpoint of the sandbox GitLab: `execute` answers one request.

Four kinds of failure stay apart, as on GitLab (https://docs.gitlab.com/api/graphql/): a request that is no query (HTTP
4xx), a document that does not fit the schema or costs too much (200, `errors`, no `data`), a field that failed (200,
`errors` beside `data`), and a mutation refused for a business reason (200, `data.<mutation>.errors`). The trap this
avoids: a client that looks at the HTTP status only and takes a refused write for a done one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution import execute_sync

from app.sandbox.graphql import complexity
from app.sandbox.graphql.context import Context
from app.sandbox.graphql.messages import format_all
from app.sandbox.graphql.schema import checked, schema_for
from app.sandbox.rates import TooManyRequests
from app.sandbox.world import User, World

__all__ = ["execute", "execute_many", "score"]

Answer = dict[str, Any]


def execute(
    world: World,
    user: User | None,
    payload: Mapping[str, Any],
    count: Callable[[str], None] = lambda _kind: None,
) -> tuple[int, Answer]:
    """Answer one request body {query, variables, operationName} for a user, or for nobody signed in.

    `count` is told of each note and issue that is to be made, and raises TooManyRequests when it is one too many.

    Returns the HTTP status and the JSON body. Never raises for what a client can send. Writes happen through
    `operations` with the rights of the user. A token that may only read is refused by the caller.
    """
    query = payload.get("query")
    if not isinstance(query, str) or not query.strip():
        return 200, _failed("No query string was present")
    if len(query) > world.limits.graphql_characters:
        return 422, _failed("Query too large")
    try:
        variables = _variables(payload.get("variables"))
    except ValueError as error:
        return 422, _failed(str(error))
    document, errors = checked(world.enterprise, query)
    if document is None:
        return 200, {"errors": format_all(errors)}
    name = payload.get("operationName") or None
    schema = schema_for(world.enterprise)
    cost = complexity.measure(schema, document, name, variables)
    context = Context(world, user, cost.score, _limit(world, user), count)
    refusals = _too_much(cost, context)
    if refusals:
        return 200, {"errors": [{"message": refusal} for refusal in refusals]}
    result = execute_sync(schema, document, context_value=context, variable_values=variables, operation_name=name)
    if context.stopped:
        return 429, _failed(TooManyRequests.message)
    return 200, _body(result)


def execute_many(
    world: World,
    user: User | None,
    payloads: Sequence[Mapping[str, Any]],
    count: Callable[[str], None] = lambda _kind: None,
) -> tuple[int, Answer | list[Answer]]:
    """Answer an array of questions with an array, in order. Length and complexity are limited for all together."""
    if sum(len(str(each.get("query") or "")) for each in payloads) > world.limits.graphql_characters:
        return 422, _failed("Query too large")
    cost = sum(_score_if_valid(world, each) for each in payloads)
    if cost > (limit := _limit(world, user)):
        refusal = f"Query has complexity of {cost}, which exceeds max complexity of {limit}"
        return 200, [_failed(refusal) for _ in payloads]
    answers = [execute(world, user, each, count) for each in payloads]
    refused = next(((status, answer) for status, answer in answers if status != 200), None)
    return refused or (200, [answer for _status, answer in answers])


def _score_if_valid(world: World, payload: Mapping[str, Any]) -> int:
    try:
        return score(world, str(payload.get("query") or ""), _variables(payload.get("variables")))
    except ValueError:
        return 0  # execute says what is wrong


def score(world: World, query: str, variables: Mapping[str, Any], operation_name: str | None = None) -> int:
    """What a valid query costs on this GitLab. Raises ValueError for a document that does not validate."""
    document, errors = checked(world.enterprise, query)
    if document is None:
        raise ValueError("; ".join(error.message for error in errors))
    return complexity.measure(schema_for(world.enterprise), document, operation_name, variables).score


def _failed(message: str) -> Answer:
    return {"errors": [{"message": message}]}


def _variables(given: object) -> dict[str, Any]:
    """Variables as an object or, as GitLab accepts too, as JSON text. Raises ValueError for anything else."""
    if isinstance(given, str):
        if not given.strip():
            return {}
        try:
            given = json.loads(given)
        except ValueError:
            raise ValueError("Unexpected parameter: the variables are not valid JSON") from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ValueError(f"Unexpected parameter: {given}")  # noqa: TRY004 - the value of a client
    return given


def _limit(world: World, user: User | None) -> int:
    """The highest complexity allowed. `Limits.graphql_complexity` is that of people who are signed in."""
    signed_in = world.limits.graphql_complexity
    if user is None:
        return signed_in - (complexity.AUTHENTICATED - complexity.ANONYMOUS)
    return signed_in + (complexity.ADMINISTRATOR - complexity.AUTHENTICATED if user.admin else 0)


def _too_much(cost: complexity.Cost, context: Context) -> list[str]:
    depth = complexity.DEPTH_ANONYMOUS if context.user is None else complexity.DEPTH_AUTHENTICATED
    refusals = []
    if cost.score > context.limit:
        refusals.append(f"Query has complexity of {cost.score}, which exceeds max complexity of {context.limit}")
    if cost.depth > depth:
        refusals.append(f"Query has depth of {cost.depth}, which exceeds max depth of {depth}")
    return refusals


def _body(result: ExecutionResult) -> Answer:
    """`data` where something ran, `errors` where something failed. A fault of the sandbox itself is raised."""
    body: Answer = {}
    for error in result.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    if result.data is not None or not result.errors:
        body["data"] = result.data
    if result.errors:
        body["errors"] = format_all(result.errors)
        if result.data is None and any(error.path for error in result.errors):
            body["data"] = None
    return body
