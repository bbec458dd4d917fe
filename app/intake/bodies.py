"""How much and how long somebody may send: a limit for each body, a time for each, and a limit for all large ones.

Around every route, as anybody on the internet may open a connection. The trap this avoids: a framework that reads the
whole body before it asks who sends it, and with that as much memory and as many connections as strangers wish.
"""

from __future__ import annotations

import asyncio

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import HOOK_PATH

DELIVERY_LIMIT = 25 * 1024 * 1024
"""Bytes; GitLab's own limit for a payload: https://docs.gitlab.com/user/gitlab_com/#webhooks."""

OTHER_LIMIT = 1024 * 1024
"""Bytes; a partner file or a form is far smaller."""

SMALL = 100_000
"""Bytes of a body that count for nothing: nearly all deliveries are smaller, so they come in beside any flood."""

HELD_LIMIT = 4 * DELIVERY_LIMIT
"""Bytes of larger bodies at any one time."""

SECONDS = 8.0
"""For a whole body; GitLab itself waits 10 s for our answer."""


class BodyError(HTTPException):
    """A body that is not taken: 413 too large, 408 too slow, 503 too many large ones at once."""

    def __init__(self, status: int, cause: str, fix: str) -> None:
        self.cause = cause
        self.fix = fix
        super().__init__(status, {"cause": cause, "fix": fix})


class Bodies:
    """ASGI: whoever reads a body that is not taken gets BodyError, which is an answer. For one event loop."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        delivery_limit: int = DELIVERY_LIMIT,
        other_limit: int = OTHER_LIMIT,
        held_limit: int = HELD_LIMIT,
        seconds: float = SECONDS,
    ) -> None:
        self._app = app
        self._delivery_limit = delivery_limit
        self._other_limit = other_limit
        self._held_limit = held_limit
        self._seconds = seconds
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(self._delivery_limit if scope["path"] == HOOK_PATH else self._other_limit, _announced(scope))
        deadline = asyncio.get_running_loop().time() + self._seconds

        async def read() -> Message:
            if body.ended:
                return await receive()  # only whether the other end is still there
            body.check(body.announced)
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                cause = f"The body was not here after {self._seconds:g} s."
                raise BodyError(408, cause, "Send it faster, or look at the proxy in between.") from None
            before = body.held
            body.take(message)
            self._held += body.held - before
            body.check(body.size)
            if body.is_large and self._held > self._held_limit:
                raise BodyError(503, "Too many large bodies are under way.", "Send it again in a minute.")
            return message

        try:
            await self._app(scope, read, send)
        finally:
            self._held -= body.held


class _Body:
    """What has come of one body."""

    def __init__(self, limit: int, announced: int) -> None:
        self._limit = limit
        self.announced = announced
        self.size = 0
        self.ended = False

    @property
    def is_large(self) -> bool:
        return self.size > SMALL

    @property
    def held(self) -> int:
        """Bytes that count for the limit of all."""
        return self.size if self.is_large else 0

    def take(self, message: Message) -> None:
        """Counts a part."""
        self.size += len(message.get("body", b""))
        self.ended = message["type"] != "http.request" or not message.get("more_body", False)

    def check(self, size: int) -> None:
        """Raises BodyError for a size, in bytes, that is too large."""
        if size > self._limit:
            raise BodyError(413, f"The body is larger than {self._limit} bytes.", "Send less; GitLab does.")


def _announced(scope: Scope) -> int:
    """What Content-Length says; the server has checked that it is a number."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0
