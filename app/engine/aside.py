"""Long work beside the clockwork: a look at a thousand webhooks must not hold up timers, messages and the resync.

Each work has a thread while it runs, and is not started again before it has ended. Like everything the clock starts, it
may be cut off anywhere when the process ends. The trap: a thread that fails unseen, or one that outlives what it uses.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Self

log = logging.getLogger(__name__)

JOIN_SECONDS = 2.0
"""How long leaving waits for all work that is under way."""


class Aside:
    """Starts works beside the caller while its block is open. Safe to use from several threads."""

    def __init__(self) -> None:
        self._running: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with self._lock:
            threads = list(self._running.values())
        for thread in threads:
            thread.join(JOIN_SECONDS / len(threads))

    def pace(self, seconds: float) -> None:
        """A pause between two steps of a work, so that it leaves GitLab's limits to others; none when all is over."""
        self._ended.wait(seconds)

    def start(self, name: str, work: Callable[[], object]) -> bool:
        """Starts the work; False when it runs already, or the block is over."""
        with self._lock:
            if name in self._running or self._ended.is_set():
                return False
            thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
            self._running[name] = thread
            thread.start()
            return True

    def _run(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            if self._ended.is_set():
                log.debug("The look at %s was cut off by the end.", name)
            else:
                log.exception("The look at %s failed; its next turn tries again.", name)
        finally:
            with self._lock:
                del self._running[name]
