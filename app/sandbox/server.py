"""The sandbox on a socket: an ASGI application and a loop that sends the waiting webhooks.

It knows fixed tokens and guards nothing, so it listens on this machine only; the trap is a demo that is open to the
whole network. Deliveries wait for an answer for ten seconds, as GitLab's do
(https://docs.gitlab.com/user/project/integrations/webhooks/).
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from app.sandbox.core import Sandbox
from app.sandbox.http import Request, Response, error_response
from app.sandbox.webhooks import Post
from app.sandbox.world import World

WEBHOOK_TIMEOUT_SECONDS = 10.0
IDLE_SECONDS = 0.1
LARGEST_BODY = 25 * 1024 * 1024


def create_app(sandbox: Sandbox, *, deliver: bool = True) -> Starlette:
    """The ASGI application. With `deliver` waiting webhooks are sent in the background while it runs."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if not deliver:
            yield
            return
        with httpx.Client(timeout=WEBHOOK_TIMEOUT_SECONDS, trust_env=False) as client:
            loop = asyncio.create_task(_deliver_forever(sandbox, http_post(client)))
            try:
                yield
            finally:
                loop.cancel()
                with suppress(asyncio.CancelledError):
                    await loop

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _respond(sandbox, scope, receive, send)

    return Starlette(routes=[Mount("/", app=answer)], lifespan=lifespan)


def serve(world: World, host: str = "127.0.0.1", port: int = 8929) -> None:
    """Run until interrupted. Raises ValueError for an address that other machines could reach."""
    refuse_open_address(host)
    shown = f"[{host}]" if ":" in host else host
    world.base_url = f"http://{shown}:{port}"
    uvicorn.run(create_app(Sandbox(world)), host=host, port=port, log_level="warning")


def refuse_open_address(host: str) -> None:
    """Raise ValueError unless `host` is this machine only."""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ValueError(
            "The sandbox has fixed tokens and must not be reachable from other machines, "
            f"so it does not listen on {host}. Use 127.0.0.1, ::1 or localhost."
        )


def http_post(client: httpx.Client) -> Post:
    """A `post` for deliveries over a real connection; status 0 when nobody answered."""

    def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        try:
            answer = client.post(url, headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return 0, {}, f"{type(error).__name__}: {error}"
        return answer.status_code, dict(answer.headers), answer.text

    return post


async def _deliver_forever(sandbox: Sandbox, post: Post) -> None:
    while True:
        if await run_in_threadpool(sandbox.deliver_next, post) is None:
            await asyncio.sleep(IDLE_SECONDS)


async def _respond(sandbox: Sandbox, scope: Scope, receive: Receive, send: Send) -> None:
    body = await _read_body(receive)
    if body is None:
        response = error_response(413, "413 Request Entity Too Large")
    else:
        response = await run_in_threadpool(_handle, sandbox, _request(scope, body))
    response.headers.pop("Date", None)  # the server below writes its own
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})


def _handle(sandbox: Sandbox, request: Request) -> Response:
    """Injected connection faults cannot break a real socket; a gateway's answers stand for them."""
    try:
        return sandbox.handle(request)
    except TimeoutError as error:
        return error_response(504, f"504 Gateway Timeout: {error}")
    except ConnectionError as error:
        return error_response(502, f"502 Bad Gateway: {error}")


def _request(scope: Scope, body: bytes) -> Request:
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], raw_path.partition(b"?")[0].decode("latin-1"), query, headers, body)


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is larger than the sandbox takes."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks) if size <= LARGEST_BODY else None
