"""The load generator, a process of its own: keep-alive connections that each send the next delivery when answered.

The traps: a client that is slower than the server and so measures itself (httpx makes some 1,000 requests a second,
this makes many times that), and deliveries that all name one partner, which any queue merges into one piece of work.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httptools
import uvloop

SECRET = "only-for-the-benchmark"  # noqa: S105 - guards nothing
PARTNER = b"PARTNER-HERE"
"""Stands in the payload where each delivery has a partner of its own."""

GRACE_SECONDS = 10.0
"""How long an answer may take after the last request was sent."""

Dialect = Literal["gitlab", "github"]


@dataclass
class Heard:
    """What one run of the generator saw. Latencies in milliseconds."""

    connections: int
    seconds: float
    answered: int
    errors: int
    p50: float
    p99: float
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0


def deliveries(url: str, template: bytes, dialect: Dialect, first: int = 0) -> Iterator[bytes]:
    """Complete HTTP requests without end, each with an id and a partner of its own."""
    parts = urlsplit(url)
    for number in itertools.count(first):
        body = template.replace(PARTNER, b"p-%d" % number)
        headers = _github(body, number) if dialect == "github" else _gitlab(number)
        lines = [f"POST {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}", *headers, "", ""]
        yield "\r\n".join(lines).encode() + body


def _gitlab(number: int) -> list[str]:
    return [
        f"X-Gitlab-Token: {SECRET}",
        "X-Gitlab-Event: Issue Hook",
        f"Idempotency-Key: bench-{number}",
        f"X-Gitlab-Event-UUID: bench-{number}",
    ]


def _github(body: bytes, number: int) -> list[str]:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return ["X-GitHub-Event: issues", f"X-GitHub-Delivery: bench-{number}", f"X-Hub-Signature-256: sha256={digest}"]


class Connection(asyncio.Protocol):
    """One keep-alive connection: sends, waits for the answer, sends again, until nothing more is to be sent."""

    def __init__(self, supply: Callable[[], bytes | None], note: Callable[[float, int], None]) -> None:
        self._supply = supply
        self._note = note
        self._sent_at = 0.0
        self._waiting = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._waiting = False
        self._note(time.perf_counter() - self._sent_at, self._parser.get_status_code())
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if self._waiting:
            self._note(time.perf_counter() - self._sent_at, 0)
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        request = self._supply()
        if request is None:
            self._transport.close()
            return
        self._waiting = True
        self._sent_at = time.perf_counter()
        self._transport.write(request)


async def press(url: str, requests: Iterator[bytes], *, connections: int, seconds: float) -> Heard:
    """Loads `url` for `seconds`. An answer that is not 2xx, a lost connection and a missing answer are errors."""
    times: list[float] = []
    statuses: dict[str, int] = {}
    started = time.perf_counter()

    def supply() -> bytes | None:
        return next(requests) if time.perf_counter() - started < seconds else None

    def note(taken: float, status: int) -> None:
        statuses[str(status)] = statuses.get(str(status), 0) + 1
        times.append(taken)

    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(supply, note), parts.hostname, parts.port)
        for _ in range(connections)
    ]
    waiting = [protocol.done for _, protocol in opened]
    _, missing = await asyncio.wait(waiting, timeout=seconds + GRACE_SECONDS)
    elapsed = time.perf_counter() - started
    for transport, _ in opened:
        transport.abort()
    good = sum(count for status, count in statuses.items() if status.startswith("2"))
    errors = sum(statuses.values()) - good + len(missing)
    times.sort()
    return Heard(connections, elapsed, good, errors, _percentile(times, 0.50), _percentile(times, 0.99), statuses)


def _percentile(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else float("nan")


def main(arguments: list[str] | None = None) -> None:
    """Prints what was heard as one line of JSON for each number of connections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("template", type=Path, help="file with the payload")
    parser.add_argument("--dialect", choices=("gitlab", "github"), default="gitlab")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args(arguments)
    requests = deliveries(given.url, given.template.read_bytes(), given.dialect)
    for connections in given.connections:
        heard = uvloop.run(press(given.url, requests, connections=connections, seconds=given.seconds))
        sys.stdout.write(json.dumps(asdict(heard)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
