"""How often the bot may ask GitLab: one limiter for one token, with GitLab's own families of limits.

Notes, issue creations and requests are counted apart (https://docs.gitlab.com/user/gitlab_com/#rate-limits-on-gitlabcom,
https://docs.gitlab.com/security/rate_limits/). The traps: a batch of n mutations counts n times; the limits on notes
and issues announce themselves by nothing but the refusal; and a wait that holds a lock, behind which reads starve.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from app.gitlab.documents import Write
from app.gitlab.errors import Throttled
from app.journey.actions import Action, CreateIssue, CreatePortfolioItem, PostComment
from app.metrics import Meters

Costs: TypeAlias = Mapping[str, int]
"""Family -> how many times it is used. `hook_tests 12` is a family with a scope: counted for project 12 alone."""

WINDOW_SECONDS = 60.0
MARGIN_SECONDS = 1.5
"""GitLab's minute begins when a request arrives, ours when it is sent; the margin covers the way between them."""

LONGEST_WAIT_SECONDS = 150.0
"""Longer waits are given back to the engine as Throttled: a worker that sleeps cannot help anybody else."""

DEFAULTS: Mapping[str, int] = {
    "api": 2000,
    "issues": 200,
    "notes": 60,
    "project": 400,
    "group": 400,
    "group_projects": 600,
    "members": 200,
    "hook_tests": 5,
    "hook_resends": 5,
}
"""Uses a minute on gitlab.com; `issues` counts epics too. 0 means: no limit, as in GitLab's own settings."""

MEANINGS: Mapping[str, str] = {
    "api": "requests",
    "issues": "new issues and epics",
    "notes": "comments",
    "project": "looks at a single project",
    "group": "looks at a single group",
    "group_projects": "lists of a group's projects",
    "members": "lists of all members",
    "hook_tests": "test deliveries of a project's webhooks",
    "hook_resends": "resent deliveries of a project's webhooks",
}

_OPERATIONS = {"createWorkItem": "issues", "createNote": "notes"}
_ROUTES = (
    ("GET", re.compile(r"/projects/[^/]+"), "project"),
    ("GET", re.compile(r"/groups/[^/]+"), "group"),
    ("GET", re.compile(r"/groups/[^/]+/projects"), "group_projects"),
    ("GET", re.compile(r"/(?:groups|projects)/[^/]+/members/all"), "members"),
    ("POST", re.compile(r"/projects/[^/]+/issues"), "issues"),
    ("POST", re.compile(r"/.+/notes"), "notes"),
    ("POST", re.compile(r"/(?:groups|projects)/([^/]+)/hooks/\d+/test/\w+"), "hook_tests"),
    ("POST", re.compile(r"/(?:groups|projects)/([^/]+)/hooks/\d+/events/\d+/resend"), "hook_resends"),
)


def costs_of_request(verb: str, path: str) -> Costs:
    """What a REST request uses; `path` is below /api/v4."""
    costs = Counter({"api": 1})
    for method, pattern, family in _ROUTES:
        found = pattern.fullmatch(path) if method == verb else None
        if found:
            costs[f"{family} {found[1]}" if found.groups() else family] += 1
    return costs


def costs_of_writes(writes: Iterable[Write]) -> Costs:
    """What a request of many mutations uses: GitLab counts each of them."""
    return Counter({"api": 1}) + Counter(_OPERATIONS[w.operation] for w in writes if w.operation in _OPERATIONS)


def costs_of_actions(actions: Iterable[Action]) -> Costs:
    """What a plan will use of the scarce families, before it is applied."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        ((CreateIssue, CreatePortfolioItem), "issues"),
        (PostComment, "notes"),
    )
    return Counter(family for action in actions for kind, family in kinds if isinstance(action, kind))


def known_limits(changed: Mapping[str, int]) -> dict[str, int]:
    """The defaults with an operator's own numbers. Raises ValueError for a family that there is not."""
    unknown = sorted(set(changed) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"there is no limit named {', '.join(unknown)}; the names are {', '.join(DEFAULTS)}")
    return {**DEFAULTS, **changed}


class Limiter:
    """Lets requests pass when GitLab will take them. Safe to use from several threads.

    `now` in seconds since the epoch, `sleep` in seconds; `rng` spreads what has waited, so that it does not all start
    in the same instant. Times are handed out in the order of asking, so nobody starves.
    """

    def __init__(
        self,
        now: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random,
        limits: Mapping[str, int] = DEFAULTS,
        *,
        longest_wait: float = LONGEST_WAIT_SECONDS,
        meters: Meters | None = None,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._rng = rng
        self._limits = dict(limits)
        self._longest_wait = longest_wait
        self._meters = meters or Meters()
        self._lock = threading.Lock()
        self._used: defaultdict[str, deque[float]] = defaultdict(deque)  # when, oldest first; may lie in the future
        self._closed: dict[str, tuple[float, float]] = {}  # since when and until when

    @property
    def limits(self) -> Mapping[str, int]:
        return self._limits

    def wait(self, costs: Costs, what: str) -> None:
        """Returns when GitLab will take it. Raises Throttled, and takes nothing, when that is too long from now."""
        scarce = {family: n for family, n in costs.items() if family != "api"}
        self._pause(self._reserve(scarce, what), scarce)
        # Every request uses `api`: reserved ahead, a comment that waits would hold up the reads behind it.
        while (moment := self._reserve({"api": 1}, what, ahead=False)) is not None:
            self._pause(moment, ("api",))

    def _reserve(self, costs: Costs, what: str, *, ahead: bool = True) -> float | None:
        """Takes the uses and returns when they may be made, None for now. Not `ahead`: takes what is free now only."""
        with self._lock:
            now = self._now()
            moment = max((self._free_at(family, n, now) for family, n in costs.items()), default=now)
            if moment > now:
                moment += self._rng.uniform(0.0, 1.0)
            if moment - now > self._longest_wait:
                raise Throttled(
                    f"GitLab's limit for {_meaning(costs)} is used up, and {what} would wait too long.",
                    "Nothing to do: it goes on when the limit is over.",
                    moment - now,
                )
            if ahead or moment <= now:
                for family, n in costs.items():
                    self._used[family].extend([moment] * n)
            return moment if moment > now else None

    def _free_at(self, family: str, n: int, now: float) -> float:
        """The first moment at which n more uses fit. Uses are kept in order, so one look back is enough."""
        used = self._used[family]
        if used and used[-1] > now + 2 * self._longest_wait:
            used.clear()  # the clock was set back: old times say nothing any more
        while used and used[0] <= now - WINDOW_SECONDS - MARGIN_SECONDS:
            used.popleft()
        since, until = self._closed.get(family, (0.0, 0.0))
        if since > now:
            until = now  # the clock was set back: GitLab has long opened again
        moment = max(now, until, used[-1] if used else 0.0)
        most = self._limits[family.partition(" ")[0]]
        if most and (over := len(used) + min(n, most) - most) > 0:
            moment = max(moment, used[over - 1] + WINDOW_SECONDS + MARGIN_SECONDS)
        return moment

    def _pause(self, until: float | None, families: Iterable[str]) -> None:
        if until is not None:
            seconds = max(until - self._now(), 0.001)
            for family in families:
                self._meters.wait(family, seconds)
            self._sleep(seconds)

    # --- what GitLab says ---

    def learn(self, costs: Costs, status: int, headers: Mapping[str, str]) -> None:
        """Follows `Retry-After` and `RateLimit-*` of an answer.

        `RateLimit-*` tell of requests only. A refusal for comments or issues names no family, and in the midst of a
        batch it carries no header at all: then what the request used is closed for a minute.
        """
        throttled = headers.get("RateLimit-Remaining") == "0"
        if throttled and headers.get("RateLimit-Reset", "").isdigit():
            self._close(("api",), min(int(headers["RateLimit-Reset"]) - self._now(), WINDOW_SECONDS))
        if status == 429:
            scarce = [family for family in costs if family != "api"]
            self._close(("api",) if throttled or not scarce else scarce, retry_after(headers) or WINDOW_SECONDS)

    def bears(self, seconds: float | None) -> bool:
        """Whether a worker may wait so long, in seconds; None: nobody said how long."""
        return (seconds or 0.0) <= self._longest_wait

    def _close(self, families: Iterable[str], seconds: float) -> None:
        with self._lock:
            now = self._now()
            for family in families:
                since, until = self._closed.get(family, (0.0, 0.0))
                self._closed[family] = now, max(now + seconds, until if since <= now else 0.0)

    # --- forecast ---

    def seconds_for(self, costs: Costs) -> tuple[float, str | None]:
        """How long so many uses will take at least, in seconds, and the family that decides it (None: no wait)."""
        with self._lock:
            now = self._now()
            slowest, longest = None, 0.0
            for family, n in costs.items():
                most = self._limits[family.partition(" ")[0]]
                rounds, rest = divmod(max(n - 1, 0), most) if most else (0, 0)
                wait = self._free_at(family, rest + 1, now) - now + rounds * (WINDOW_SECONDS + MARGIN_SECONDS)
                if most and n > 0 and wait > longest:
                    slowest, longest = family, wait
            return longest, slowest


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of the header `Retry-After`, None without it."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _meaning(costs: Costs) -> str:
    return ", ".join(MEANINGS[family.partition(" ")[0]] for family in costs)
