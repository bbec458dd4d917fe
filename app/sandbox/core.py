"""The sandbox GitLab as one synchronous function from request to answer: API, GraphQL and pages.

Socket, tests and demo all go through `Sandbox.handle`, so what a test saw is what a client gets. The trap it avoids:
half-seen state. One lock serialises everything, and it is released only while a webhook is under way, so that a
receiver may call back before it answers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from functools import partial
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from app.sandbox import journal, oauth, rest, webhooks
from app.sandbox.http import Request, Response, error_response, json_response
from app.sandbox.identity import Identity, identify
from app.sandbox.rates import RateLimiter
from app.sandbox.world import Delivery, World

GRAPHQL_PATH = "/api/graphql"
DENIED = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)

Before = Callable[[Request, int], Response | Exception | None]
After = Callable[[Request, int, Response], Response | Exception | None]


class Sandbox:
    """A GitLab around a world.

    What goes wrong by name is in `world.faults`. For faults at one certain request tests have two hooks, on API
    requests only, with the request's running number from 1:
    `fault(request, number)` is asked before anything happens; a Response is answered instead, an Exception is raised.
    `fault_after(request, number, response)` is asked after the effect, such as for a timeout after a success.
    A TimeoutError or ConnectionError becomes the client library's own in `inprocess`.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.fault: Before | None = None
        self.fault_after: After | None = None
        self._lock = threading.RLock()  # re-entrant: a fault hook may act as somebody else
        self._requests = 0
        self._rates = RateLimiter()

    def handle(self, request: Request) -> Response:
        """Answer one request. Raises only what a fault hook asks for."""
        with self._lock:
            if request.path.startswith("/api/"):
                response = self._answer_api(request)
            else:
                response = oauth.handle(self.world, request) or self._answer_page(request)
        if response.status not in (204, 304):
            response.headers.setdefault("Content-Length", str(len(response.body)))
        return response

    def deliver_next(self, post: webhooks.Post) -> Delivery | None:
        """Send the oldest waiting webhook with `post`; None when none waits.

        The world is locked except while the request is under way.
        """

        def unlocked_post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
            self._lock.release()
            try:
                return post(url, headers, body)
            finally:
                self._lock.acquire()

        with self._lock:
            return webhooks.send_next(self.world, unlocked_post)

    def _answer_page(self, request: Request) -> Response:
        from app.sandbox import pages  # here, so that API tests need no templates

        response = pages.handle(self.world, request)
        return response or Response(404, {"Content-Type": "text/plain; charset=utf-8"}, b"404 Not Found\n")

    def _answer_api(self, request: Request) -> Response:
        self._requests += 1
        number = self._requests
        identity = identify(self.world, request)
        user = identity.user if isinstance(identity, Identity) else None
        instead = self.fault(request, number) if self.fault else None
        if isinstance(instead, Exception):
            journal.write_entry(self.world, request, user, None)
            raise instead
        response = instead or self._dispatch(request, identity)
        response.headers.setdefault("X-Request-Id", f"sandbox-{number}")
        response.headers.setdefault("Date", format_datetime(self.world.clock().astimezone(UTC), usegmt=True))
        journal.write_entry(self.world, request, user, response)
        replaced = self.fault_after(request, number, response) if self.fault_after else None
        if isinstance(replaced, Exception):
            raise replaced
        if response.status < 400 and _is_write(request) and self.world.faults.take_loss():
            raise TimeoutError("it is done, but the answer was lost")
        return replaced or response

    def _dispatch(self, request: Request, identity: Identity | Response) -> Response:
        if isinstance(identity, Response):
            return _graphql_errors(identity.status, "Invalid token") if request.path == GRAPHQL_PATH else identity
        refusal, headers = self._rates.check(self.world, identity.user, request)
        if refusal is None and _is_write(request) and self.world.faults.take_lock():
            refusal = _locked(request)
        if refusal is None:
            refusal = self._route(request, identity)
        refusal.headers = headers | refusal.headers
        return refusal

    def _route(self, request: Request, identity: Identity) -> Response:
        if request.path == GRAPHQL_PATH:
            return self._answer_graphql(request, identity)
        if request.path.startswith(f"{rest.PREFIX}/"):
            return rest.handle(self.world, identity.user, identity.token, request)
        return json_response(404, {"error": "404 Not Found"})

    def _answer_graphql(self, request: Request, identity: Identity) -> Response:
        from app.sandbox import graphql  # here, so that REST works while a schema is being changed

        if request.method != "POST":
            return _graphql_errors(405, "Use POST with a JSON body of query and variables.")
        try:
            payload = json.loads(request.body)
        except ValueError:
            return _graphql_errors(400, "The request body is not valid JSON.")
        if not isinstance(payload, dict):
            return _graphql_errors(400, "The request body must be one JSON object; the sandbox takes no batches.")
        refusal = _refuse_scope(identity, payload)
        if refusal is not None:
            return refusal
        count = partial(self._rates.count, self.world, identity.user)
        status, data = graphql.execute(self.world, identity.user, payload, count)
        return json_response(status, data)


def _is_write(request: Request) -> bool:
    if request.path != GRAPHQL_PATH:
        return request.method not in ("GET", "HEAD", "OPTIONS")
    try:
        payload = json.loads(request.body)
    except ValueError:
        return False
    return isinstance(payload, dict) and _is_mutation(payload)


def _locked(request: Request) -> Response:
    """REST names the lock, as `rescue_from` in GitLab's lib/api/api.rb does; a mutation fails as GitLab's own error."""
    if request.path == GRAPHQL_PATH:
        return _graphql_errors(500, "Internal server error")
    return error_response(409, "409 Conflict: Resource lock")


def _refuse_scope(identity: Identity, payload: dict[str, Any]) -> Response | None:
    """`read_api` reads; a mutation needs `api` (https://docs.gitlab.com/api/graphql/#authentication)."""
    if identity.token is None or "api" in identity.token.scopes:
        return None
    if "read_api" not in identity.token.scopes:
        return rest.insufficient_scope()
    return json_response(200, {"data": None, "errors": [{"message": DENIED}]}) if _is_mutation(payload) else None


def _is_mutation(payload: dict[str, Any]) -> bool:
    try:
        document = parse(str(payload.get("query", "")))
    except GraphQLError:
        return False  # the executor reports what is wrong with it
    return any(
        isinstance(node, OperationDefinitionNode) and node.operation is OperationType.MUTATION
        for node in document.definitions
    )


def _graphql_errors(status: int, message: str) -> Response:
    return json_response(status, {"errors": [{"message": message}]})
