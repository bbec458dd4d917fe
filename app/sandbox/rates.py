"""Rate limits, when `world.limits.enforce_rates` is on (https://docs.gitlab.com/security/rate_limits/).

The trap: GitLab has two systems. The request throttle answers plain text and shows `RateLimit-*` headers all the time;
the limits on creating issues and notes answer JSON, tell nothing in advance, and only send `Retry-After`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from app.sandbox.http import Request, Response, error_response
from app.sandbox.world import User, World

WINDOW_SECONDS = 60
_TOO_MANY = "This endpoint has been requested too many times. Try again later."
_ROUTES = (
    ("POST", re.compile(r".+/notes"), "notes"),
    ("POST", re.compile(r".+/(?:issues|epics)"), "issues"),
    ("GET", re.compile(r".+/projects/[^/]+"), "project"),
    ("GET", re.compile(r".+/groups/[^/]+"), "group"),
    ("GET", re.compile(r".+/groups/[^/]+/projects"), "group_projects"),
    ("GET", re.compile(r".+/members/all"), "members"),
    ("POST", re.compile(r".+/(\w+/[^/]+)/hooks/\d+/test/\w+"), "hook_tests"),
    ("POST", re.compile(r".+/(\w+/[^/]+)/hooks/\d+/events/\d+/resend"), "hook_resends"),
)
"""Limits of single endpoints; what the pattern captures has a count of its own."""


class TooManyRequests(Exception):
    """A limit on one kind of thing is used up; `message` as GitLab words it."""

    message = _TOO_MANY


class RateLimiter:
    """Counts requests per user and minute of the world's clock."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int | None], tuple[int, int]] = {}

    def check(self, world: World, user: User | None, request: Request) -> tuple[Response | None, dict[str, str]]:
        """(refusal or None, headers for whatever answer follows); counts the request."""
        limits = world.limits
        if not limits.enforce_rates:
            return None, {}
        now = int(world.clock().timestamp())
        used = self._count("api", user, now)
        headers = _headers(limits.api_per_minute, used, now)
        if used > limits.api_per_minute:
            return _throttled(headers, now), {}
        for method, pattern, kind in _ROUTES:
            found = pattern.fullmatch(request.path) if request.method == method else None
            try:
                if found:
                    self.count(world, user, kind, found[1] if found.groups() else "")
            except TooManyRequests:
                retry = {"Retry-After": str(WINDOW_SECONDS)}
                return error_response(429, {"error": _TOO_MANY}, retry), headers
        return None, headers

    def count(self, world: World, user: User | None, kind: str, scope: str = "") -> None:
        """One more of this kind (`notes`, `issues`, …) for the user. Raises TooManyRequests."""
        if not world.limits.enforce_rates:
            return
        used = self._count(f"{kind} {scope}", user, int(world.clock().timestamp()))
        if used > getattr(world.limits, f"{kind}_per_minute"):
            raise TooManyRequests

    def _count(self, kind: str, user: User | None, now: int) -> int:
        key, window = (kind, user.id if user else None), now // WINDOW_SECONDS
        seen_window, count = self._counts.get(key, (window, 0))
        count = count + 1 if seen_window == window else 1
        self._counts[key] = (window, count)
        return count


def _reset(now: int) -> int:
    return (now // WINDOW_SECONDS + 1) * WINDOW_SECONDS


def _headers(limit: int, used: int, now: int) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Name": "throttle_authenticated_api",
        "RateLimit-Observed": str(used),
        "RateLimit-Remaining": str(max(limit - used, 0)),
        "RateLimit-Reset": str(_reset(now)),
    }


def _throttled(headers: dict[str, str], now: int) -> Response:
    moment = datetime.fromtimestamp(_reset(now), UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    extra = {"Content-Type": "text/plain", "Retry-After": str(_reset(now) - now), "RateLimit-ResetTime": moment}
    return Response(429, headers | extra, b"Retry later\n")
