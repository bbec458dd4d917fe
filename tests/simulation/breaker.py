"""Breaks one thing at one place: the bot dies at the n-th passing of a crash point, or its n-th request is harmed.

Beside `Chaos`, which draws from a seed, this sweeps: every point and every request can be named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from app.crash_points import CrashPoint
from app.sandbox.core import Sandbox
from app.sandbox.http import Request, Response, error_response
from simulation.chaos import Killed

Harm = Callable[[], Response | Exception]


@dataclass
class Breaker:
    """`point` and `at`: where the bot dies; `request` and `harm`: which of its requests is harmed, from 1, and how."""

    point: CrashPoint | None = None
    at: int = 1
    request: int = 0
    harm: str = ""
    passed: Counter[CrashPoint] = field(default_factory=Counter)
    requests: int = 0
    lasts: int = 0
    """How many requests there were before the story came to its final rest."""
    before: Counter[CrashPoint] = field(default_factory=Counter)
    """How often each point was passed before that."""
    struck: bool = False

    def passing(self, point: CrashPoint) -> None:
        """The bot is at a crash point."""
        self.passed[point] += 1
        if point == self.point and self.passed[point] == self.at:
            self.struck = True
            raise Killed

    def watch(self, sandbox: Sandbox) -> None:
        """Sits in this sandbox's fault hooks."""
        sandbox.fault, sandbox.fault_after = self._before, self._after

    def _before(self, _request: Request, _number: int) -> Response | Exception | None:
        self.requests += 1
        return self._strike(BEFORE)

    def _after(self, _request: Request, _number: int, _response: Response) -> Response | Exception | None:
        return self._strike(AFTER)

    def _strike(self, harms: dict[str, Harm]) -> Response | Exception | None:
        if self.requests != self.request or self.harm not in harms:
            return None
        self.struck = True
        return harms[self.harm]()


def _kill() -> NoReturn:
    raise Killed


def _throttle() -> Response:
    answer = error_response(429, "429 Too Many Requests")
    answer.headers["Retry-After"] = "30"
    return answer


BEFORE: dict[str, Harm] = {
    "429": _throttle,
    "500": lambda: error_response(500, "500 Internal Server Error"),
    "no answer, not done": lambda: TimeoutError("timed out"),
    "connection refused": lambda: ConnectionError("connection refused"),
    "killed before": _kill,
}
AFTER: dict[str, Harm] = {
    "no answer, done": lambda: TimeoutError("read timed out"),
    "502, done": lambda: error_response(502, "502 Bad Gateway"),
    "killed after": _kill,
}
HARMS = (*BEFORE, *AFTER)
