"""One request and one answer as plain values, so that a socket, a test and a page all speak to the same function.

The trap it avoids: decoding the path too early. GitLab names a project by its URL-encoded path (`group%2Fproject`), so
`path` stays exactly as it was sent; only the route table splits it and then decodes the pieces
(https://docs.gitlab.com/api/rest/#namespaced-paths).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode


@dataclass
class Request:
    """A request. `path` is percent-encoded and without query; `query` is decoded; header names become lower case."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __post_init__(self) -> None:
        self.method = self.method.upper()
        self.headers = {name.lower(): value for name, value in self.headers.items()}

    @property
    def decoded_path(self) -> str:
        """The path for people and pages; never use it to find a project by its encoded path."""
        return unquote(self.path)

    @property
    def query_string(self) -> str:
        return urlencode(self.query)


@dataclass
class Response:
    """An answer. `headers` as sent; `body` the exact bytes."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body read as JSON; raises ValueError when it is not."""
        return json.loads(self.body)


def request_for(
    target: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b""
) -> Request:
    """A request from a target such as `/api/v4/projects?search=x` (path and query still encoded)."""
    path, _, query = target.partition("?")
    return Request(method, path, parse_qsl(query, keep_blank_values=True), headers or {}, body)


def json_bytes(data: object) -> bytes:
    """Compact JSON in UTF-8, as GitLab writes it."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def json_response(status: int, data: object, headers: dict[str, str] | None = None) -> Response:
    """An answer whose body is JSON."""
    return Response(status, {"Content-Type": "application/json", **(headers or {})}, json_bytes(data))


def error_response(status: int, message: str | dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """GitLab's usual error, `{"message": ...}` (https://docs.gitlab.com/api/rest/troubleshooting/)."""
    return json_response(status, {"message": message}, headers)
