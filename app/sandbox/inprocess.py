"""Lets real HTTP clients talk to a sandbox without a socket: for `requests` (python-gitlab) and for `httpx`.

Both build the client library's own response from the same bytes that the socket would carry. The trap: a shortcut that
skips encoding. Paths, queries and bodies arrive here exactly as the client wrote them.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from app.sandbox.core import Sandbox
from app.sandbox.http import Request, Response


class SandboxAdapter(BaseAdapter):
    """A transport adapter: `session.mount("http://", SandboxAdapter(sandbox))`."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._builder = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        *_: Any,
        **_network_options: Any,
    ) -> requests.Response:
        """Answer from the sandbox. Raises requests' ReadTimeout or ConnectionError for a fault of that kind."""
        try:
            answer = self._sandbox.handle(_from_prepared(request))
        except TimeoutError as error:
            raise requests.exceptions.ReadTimeout(str(error), request=request) from error
        except ConnectionError as error:
            raise requests.exceptions.ConnectionError(str(error), request=request) from error
        raw = HTTPResponse(
            body=BytesIO(answer.body),
            headers=answer.headers,
            status=answer.status,
            preload_content=False,
            request_method=request.method,
        )
        response: requests.Response = self._builder.build_response(request, raw)
        if not stream:
            response.content  # noqa: B018 - read it now, as requests does with a socket
        return response

    def close(self) -> None:
        self._builder.close()


def requests_adapter(sandbox: Sandbox) -> BaseAdapter:
    """An adapter to mount in a `requests.Session` (and so in python-gitlab's `session=`)."""
    return SandboxAdapter(sandbox)


def _from_prepared(request: requests.PreparedRequest) -> Request:
    parts = urlsplit(request.url or "")
    body: Any = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    data = body.encode() if isinstance(body, str) else bytes(body)
    headers = {name: _text(value) for name, value in request.headers.items()}
    return Request(request.method or "GET", parts.path, parse_qsl(parts.query, keep_blank_values=True), headers, data)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class SandboxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for `httpx.Client(transport=...)` and `httpx.AsyncClient(transport=...)`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the sandbox. Raises httpx's ReadTimeout or ConnectError for a fault of that kind."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same for an async client; the sandbox answers at once."""
        return self._answer(request, await request.aread())

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        try:
            answer: Response = self._sandbox.handle(Request(request.method, path, pairs, dict(request.headers), body))
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except ConnectionError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)


def httpx_transport(sandbox: Sandbox) -> SandboxTransport:
    """A transport for httpx clients, sync or async."""
    return SandboxTransport(sandbox)
