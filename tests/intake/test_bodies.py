"""Strangers who send too much, too slowly or too many at once; and those who send little meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from app.intake.bodies import SMALL, Bodies
from app.settings import HOOK_PATH


def _app(**limits: float) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Bodies, **limits)

    @app.post("/{path:path}")
    async def size(request: Request) -> int:
        return len(await request.body())

    return app


def _client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")


async def _parts(part: bytes, count: int, read: list[int]) -> AsyncIterator[bytes]:
    for number in range(count):
        read.append(number)
        yield part


async def _held_back(part: bytes, arrived: asyncio.Event, go_on: asyncio.Event) -> AsyncIterator[bytes]:
    """The first part, and the rest when it is let go."""
    yield part
    arrived.set()
    await go_on.wait()
    yield part


@pytest.mark.parametrize(("path", "most"), [(HOOK_PATH, 3000), ("/api/partners", 2000)])
def test_each_route_takes_so_much_and_reads_no_further(path: str, most: int) -> None:
    async def send() -> None:
        async with _client(_app(delivery_limit=3000, other_limit=2000)) as client:
            assert (await client.post(path, content=b"x" * most)).json() == most
            announced = await client.post(path, content=b"x" * (most + 1))
            assert (announced.status_code, announced.json()["detail"]["fix"]) == (413, "Send less; GitLab does.")
            read: list[int] = []
            streamed = await client.post(path, content=_parts(b"x" * 100, 1000, read))
            assert streamed.status_code == 413
            assert len(read) <= most / 100 + 2

    asyncio.run(send())


@pytest.mark.parametrize("headers", [{"Content-Length": "9" * 40}, {"Content-Length": "²"}, {"Content-Length": "-5"}])
def test_odd_lengths_are_refused_or_counted(headers: dict[str, str]) -> None:
    async def send() -> int:
        raw = {name.encode(): value.encode() for name, value in headers.items()}
        async with _client(_app(other_limit=2000)) as client:
            return (await client.post("/x", content=b"x" * 2001, headers=raw)).status_code

    assert asyncio.run(send()) == 413


def test_a_slow_sender_is_answered_in_time() -> None:
    async def send() -> httpx.Response:
        async with _client(_app(seconds=0.05)) as client:
            return await client.post(HOOK_PATH, content=_held_back(b"x", asyncio.Event(), asyncio.Event()))

    answer = asyncio.run(send())
    assert (answer.status_code, answer.json()["detail"]["cause"]) == (408, "The body was not here after 0.05 s.")


def test_large_bodies_share_a_limit_and_small_ones_pass_beside_them() -> None:
    large = b"x" * (SMALL + 1)

    async def send() -> None:
        async with _client(_app(held_limit=3 * SMALL)) as client:
            arrived, go_on = [asyncio.Event(), asyncio.Event()], asyncio.Event()
            slow = [asyncio.create_task(client.post("/x", content=_held_back(large, at, go_on))) for at in arrived]
            for at in arrived:
                await at.wait()
            refused = await client.post("/x", content=large)
            assert (refused.status_code, refused.json()["detail"]["fix"]) == (503, "Send it again in a minute.")
            assert (await client.post("/x", content=b"x" * SMALL)).json() == SMALL
            go_on.set()
            answers = await asyncio.gather(*slow)
            assert sorted(answer.status_code for answer in answers) == [200, 503]  # one made room for the other
            assert (await client.post("/x", content=large)).json() == len(large)  # nothing is held any more

    asyncio.run(send())
