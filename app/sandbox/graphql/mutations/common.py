"""What every mutation shares: who acts, what refuses how, and the answer around it.

GitLab answers a refusal in two ways. What is absent or not allowed is a top-level error and the mutation is null;
what is wrong with the values is in `errors` of the mutation. The trap this avoids: a client that reads only one of
the two.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from app.sandbox.errors import Forbidden, NotFound, SandboxError, Unauthorized
from app.sandbox.graphql import context
from app.sandbox.graphql.context import Context, Info, ResourceUnavailable
from app.sandbox.graphql.global_ids import GlobalId
from app.sandbox.graphql.registry import field
from app.sandbox.world import Container, User, WorkItem

Input = dict[str, Any]
Payload = dict[str, Any]
Verb = Callable[[Context, User, Input], Payload]

ITEM_MODELS = ("WorkItem", "Issue")


def mutation(name: str) -> Callable[[Verb], Verb]:
    """Register the function (request, actor, input) -> payload below as `Mutation.<name>`."""

    def register(verb: Verb) -> Verb:
        @functools.wraps(verb)
        def resolve(_: Any, info: Info, **arguments: Any) -> Payload:
            return _run(verb, context.of(info), arguments["input"])

        field(f"Mutation.{name}")(resolve)
        return verb

    return register


def _run(verb: Verb, request: Context, given: Input) -> Payload:
    """One mutation: each fails on its own, and the next one of the same request runs all the same."""
    if request.user is None or request.stopped:
        raise ResourceUnavailable
    answer: Payload = {"clientMutationId": given.get("clientMutationId"), "errors": []}
    try:
        answer.update(verb(request, request.user, given))
    except (NotFound, Forbidden, Unauthorized) as refusal:
        raise ResourceUnavailable from refusal
    except SandboxError as refusal:
        answer["errors"] = refusal.sentences()
    return answer


def group_or_project(request: Context, given: Input, *, project: str, group: str) -> Container:
    """The one container that the input names by path; `project` and `group` are the names of the arguments.

    Raises GraphQLError when none or both are given, ResourceUnavailable when it is not to be seen.
    """
    paths: dict[str, str] = {name: given[name] for name in (project, group) if given.get(name) is not None}
    if len(paths) != 1:
        raise GraphQLError(f"Exactly one of {group} or {project} arguments is required")
    found: Container | None = request.project(paths[project]) if project in paths else request.group(paths[group])
    if found is None:
        raise ResourceUnavailable
    return found


def item_by_id(request: Context, wanted: GlobalId) -> WorkItem:
    """The work item that an id names. Raises ResourceUnavailable when the user may not read it."""
    found = request.world.work_items.get(wanted.number) if wanted.model in ITEM_MODELS else None
    if request.readable(found) is None or found is None:
        raise ResourceUnavailable
    return found
