"""The sandbox GitLab as one synchronous function from request to answer: API, GraphQL and pages.

Socket, tests and demo all go through `Sandbox.handle`, so what a test saw is what a client gets. The trap it avoids:
half-seen state. One lock serialises everything, and it is released only while a webhook is under way, so that a
receiver may call back before it answers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from app.sandbox import cors, graphql_requests, journal, oauth, rest, webhooks
from app.sandbox.http import Request, Response, error_response, json_response
from app.sandbox.identity import Identity, identify, insufficient_scope
from app.sandbox.rates import RateLimiter
from app.sandbox.world import Delivery, World

GRAPHQL_PATH = "/api/graphql"  # a slash behind it changes nothing, as Rails has it
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
        """Answer one request. Raises only what a fault hook asks for.

        A base URL with a path is a GitLab below that path of its host (https://docs.gitlab.com/install/relative_url/).
        """
        root = urlsplit(self.world.base_url).path.rstrip("/")
        if not f"{request.path}/".startswith(f"{root}/"):
            return Response(404, {"Content-Type": "text/html; charset=utf-8"}, b"<p>404: not GitLab's part of the host")
        request = replace(request, path=request.path.removeprefix(root)) if root else request
        with self._lock:
            if request.path.startswith("/api/"):
                asked = cors.preflight(request)
                response = asked or cors.open_to_all(request, self._answer_api(request))
            else:
                response = oauth.handle(self.world, request) or self._answer_page(request)
        if response.status not in (204, 304):
            response.headers.setdefault("Content-Length", str(len(response.body)))
        if request.method == "HEAD":  # the headers of a GET, its length among them, and no body
            response.body = b""
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
            return _graphql_errors(identity.status, "Invalid token") if _is_graphql(request) else identity
        refusal, headers = self._rates.check(self.world, identity.user, request)
        if refusal is None and _is_write(request) and self.world.faults.take_lock():
            refusal = _locked(request)
        if refusal is None:
            refusal = self._route(request, identity)
        refusal.headers = headers | refusal.headers
        return refusal

    def _route(self, request: Request, identity: Identity) -> Response:
        if _is_graphql(request):
            return self._answer_graphql(request, identity)
        if request.path.startswith(f"{rest.PREFIX}/"):
            return rest.handle(self.world, identity.user, identity.token, request)
        return json_response(404, {"error": "404 Not Found"})

    def _answer_graphql(self, request: Request, identity: Identity) -> Response:
        from app.sandbox import graphql  # here, so that REST works while a schema is being changed

        if request.method not in ("GET", "HEAD", "POST"):
            return json_response(404, {"error": "404 Not Found"})
        if request.method != "POST" and graphql_requests.asks_to_write(request):
            return _graphql_errors(422, f"Mutations are forbidden in {request.method} requests")
        try:
            payload = graphql_requests.read(request)
        except graphql_requests.UnreadableError as error:
            return _graphql_errors(400, str(error))
        count = partial(self._rates.count, self.world, identity.user)
        if isinstance(payload, list):
            refusals = [each for each in (_refuse_scope(identity, one) for one in payload) if each is not None]
            if refusals:
                return refusals[0]
            return json_response(*graphql.execute_many(self.world, identity.user, payload, count))
        refusal = _refuse_scope(identity, payload)
        if refusal is not None:
            return refusal
        return json_response(*graphql.execute(self.world, identity.user, payload, count))


def _is_graphql(request: Request) -> bool:
    return request.path.rstrip("/") == GRAPHQL_PATH


def _is_write(request: Request) -> bool:
    if not _is_graphql(request):
        return request.method not in ("GET", "HEAD", "OPTIONS")
    return graphql_requests.asks_to_write(request)


def _locked(request: Request) -> Response:
    """REST names the lock, as `rescue_from` in GitLab's lib/api/api.rb does; a mutation fails as GitLab's own error."""
    if _is_graphql(request):
        return _graphql_errors(500, "Internal server error")
    return error_response(409, "409 Conflict: Resource lock")


def _refuse_scope(identity: Identity, payload: dict[str, Any]) -> Response | None:
    """`read_api` reads; a mutation needs `api` (https://docs.gitlab.com/api/graphql/#authentication)."""
    if identity.token is None or "api" in identity.token.scopes:
        return None
    if "read_api" not in identity.token.scopes:
        return insufficient_scope()
    return (
        json_response(200, {"data": None, "errors": [{"message": DENIED}]})
        if graphql_requests.is_mutation(payload)
        else None
    )


def _graphql_errors(status: int, message: str) -> Response:
    return json_response(status, {"errors": [{"message": message}]})
