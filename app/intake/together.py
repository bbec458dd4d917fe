"""What arrives together is kept together: one transaction for all the deliveries that wait.

A durable transaction costs a flush of the disk, whether it keeps one delivery or fifty. While one is under way the
next ones gather, so that a burst needs few flushes and a single delivery waits for nobody. The trap this avoids: a
thread for each delivery, all of which fight for the one write lock of the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_TOGETHER = 100
"""Items in one transaction: enough to share the flush, few enough that the first does not wait for the last."""


class Together(Generic[Item, Result]):
    """Hands items to `work` in batches, one batch at a time and in a thread. For one event loop."""

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], most: int = MOST_TOGETHER) -> None:
        """`work` blocks; it returns one result for each item, or raises for all of them."""
        self._work = work
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """The result of this item. Raises what `work` raises. Who is cancelled before the batch began is left out."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work_off())
        return await future

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                batch = [entry for entry in self._waiting[: self._most] if not entry[1].done()]
                del self._waiting[: self._most]
                if batch:
                    await self._finish(batch)
        finally:
            self._worker = None

    async def _finish(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await asyncio.to_thread(self._work, [item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for it
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)
