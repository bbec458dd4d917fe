"""The limiter by itself, on a clock that only its own waits move: no window of a minute ever holds too much."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gitlab.documents import Write
from app.gitlab.errors import Throttled
from app.gitlab.limits import (
    DEFAULTS,
    MARGIN_SECONDS,
    WINDOW_SECONDS,
    Costs,
    Limiter,
    costs_of_request,
    costs_of_writes,
    known_limits,
)


@dataclass
class Desk:
    """A limiter, its clock, and when it let each use pass."""

    now: float = 1_000_000.0
    passed: dict[str, list[float]] = field(default_factory=dict)

    def limiter(self, **changed: int) -> Limiter:
        return Limiter(lambda: self.now, self._sleep, random.Random(1), known_limits(changed))

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def use(self, limiter: Limiter, costs: Costs) -> None:
        limiter.wait(costs, "a test")
        for family, n in costs.items():
            self.passed.setdefault(family, []).extend([self.now] * n)

    def most_in_a_minute(self, family: str) -> int:
        times = self.passed.get(family, [])
        return max((sum(t <= other < t + WINDOW_SECONDS for other in times) for t in times), default=0)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_below_the_limit_nobody_waits(desk: Desk) -> None:
    limiter, start = desk.limiter(), desk.now
    for _ in range(60):
        desk.use(limiter, {"api": 1, "notes": 1})
    assert desk.now == start


def test_the_note_after_the_sixtieth_waits_for_the_minute_to_end(desk: Desk) -> None:
    limiter, start = desk.limiter(), desk.now
    for _ in range(61):
        desk.use(limiter, {"api": 1, "notes": 1})
    assert WINDOW_SECONDS < desk.now - start <= WINDOW_SECONDS + MARGIN_SECONDS + 1


def test_a_batch_counts_each_of_its_mutations(desk: Desk) -> None:
    writes = [Write("createNote", {})] * 25 + [Write("createWorkItem", {})] * 3 + [Write("createLabel", {})]
    assert costs_of_writes(writes) == {"api": 1, "notes": 25, "issues": 3}
    limiter, start = desk.limiter(), desk.now
    for _ in range(2):
        desk.use(limiter, costs_of_writes(writes))
    assert desk.now == start
    desk.use(limiter, costs_of_writes(writes))
    assert desk.now > start + WINDOW_SECONDS


def test_reads_pass_while_comments_wait(desk: Desk) -> None:
    limiter = desk.limiter(notes=1)
    desk.use(limiter, {"api": 1, "notes": 1})
    desk.use(limiter, {"api": 1, "notes": 1})
    waited = desk.now
    desk.use(limiter, {"api": 1})
    assert desk.now == waited


@given(st.lists(st.tuples(st.sampled_from(["notes", "issues", "api"]), st.integers(1, 30)), max_size=60))
def test_no_minute_ever_holds_more_than_the_limit(uses: list[tuple[str, int]]) -> None:
    desk = Desk()
    limiter = desk.limiter(api=20, issues=40, notes=30)
    for family, n in uses:
        desk.use(limiter, {"api": 1} if family == "api" else {"api": 1, family: n})
    assert desk.most_in_a_minute("api") <= 20
    assert desk.most_in_a_minute("issues") <= 40
    assert desk.most_in_a_minute("notes") <= 30


def test_a_wait_that_is_too_long_is_given_back_and_takes_nothing(desk: Desk) -> None:
    limiter = desk.limiter(notes=1)
    limiter.learn({"api": 1, "notes": 1}, 429, {"Retry-After": "600"})
    with pytest.raises(Throttled) as refused:
        limiter.wait({"api": 1, "notes": 1}, "a comment")
    assert 600 <= (refused.value.retry_after or 0) <= 601
    assert "comments" in refused.value.cause
    desk.now += 601
    start = desk.now
    desk.use(limiter, {"api": 1, "notes": 1})
    assert desk.now == start


def test_retry_after_closes_what_was_refused_and_nothing_else(desk: Desk) -> None:
    limiter, start = desk.limiter(), desk.now
    limiter.learn({"api": 1, "notes": 1}, 429, {"Retry-After": "30"})
    desk.use(limiter, {"api": 1, "issues": 1})
    assert desk.now == start
    desk.use(limiter, {"api": 1, "notes": 1})
    assert 30 <= desk.now - start <= 31


def test_a_refusal_that_names_no_time_closes_for_a_minute(desk: Desk) -> None:
    """GitLab's 429 in the midst of a batch carries no header."""
    limiter, start = desk.limiter(), desk.now
    limiter.learn({"api": 1, "issues": 3}, 429, {})
    desk.use(limiter, {"api": 1, "issues": 1})
    assert 60 <= desk.now - start <= 61


def test_when_no_request_is_left_all_wait_for_the_reset(desk: Desk) -> None:
    limiter, start = desk.limiter(), desk.now
    limiter.learn({"api": 1}, 200, {"RateLimit-Remaining": "1", "RateLimit-Reset": str(int(start) + 20)})
    desk.use(limiter, {"api": 1})
    assert desk.now == start
    limiter.learn({"api": 1}, 200, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(start) + 20)})
    desk.use(limiter, {"api": 1})
    assert 20 <= desk.now - start <= 21


def test_a_limit_of_zero_is_none(desk: Desk) -> None:
    limiter, start = desk.limiter(notes=0), desk.now
    for _ in range(500):
        desk.use(limiter, {"api": 1, "notes": 1})
    assert desk.now == start


def test_a_batch_larger_than_the_limit_passes_in_an_empty_minute(desk: Desk) -> None:
    """It would wait for ever otherwise; GitLab refuses the rest and the next run goes on with it."""
    limiter = desk.limiter(notes=5)
    desk.use(limiter, {"api": 1, "notes": 20})


def test_a_clock_that_is_set_back_does_not_stop_the_bot(desk: Desk) -> None:
    limiter = desk.limiter(notes=1)
    desk.use(limiter, {"api": 1, "notes": 1})
    desk.now -= 3600
    start = desk.now
    desk.use(limiter, {"api": 1, "notes": 1})
    assert desk.now == start


@pytest.mark.parametrize(
    ("verb", "path", "families"),
    [
        ("GET", "/projects/12", {"project"}),
        ("GET", "/projects/partners%2Facme", {"project"}),
        ("GET", "/projects/12/hooks", set()),
        ("GET", "/groups/4", {"group"}),
        ("GET", "/groups/4/projects", {"group_projects"}),
        ("GET", "/groups/4/members/all", {"members"}),
        ("POST", "/projects/12/issues", {"issues"}),
        ("PUT", "/projects/12/issues/3", set()),
        ("POST", "/projects/12/issues/3/notes", {"notes"}),
        ("POST", "/projects/12/hooks/3/test/push_events", {"hook_tests 12"}),
        ("POST", "/groups/4/hooks/3/events/9/resend", {"hook_resends 4"}),
    ],
)
def test_each_request_uses_the_families_that_gitlab_counts(verb: str, path: str, families: set[str]) -> None:
    assert set(costs_of_request(verb, path)) == families | {"api"}


def test_each_project_has_its_own_count_of_test_deliveries(desk: Desk) -> None:
    limiter, start = desk.limiter(), desk.now
    for project in range(10):
        for _ in range(5):
            desk.use(limiter, costs_of_request("POST", f"/projects/{project}/hooks/1/test/push_events"))
    assert desk.now == start


def test_a_limit_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="there is no limit named comments; the names are api, issues"):
        known_limits({"comments": 3})


@pytest.mark.parametrize("wanted", [1, 60, 61, 300, 1000])
def test_the_forecast_is_what_it_takes(desk: Desk, wanted: int) -> None:
    limiter, start = desk.limiter(), desk.now
    seconds, family = limiter.seconds_for({"notes": wanted})
    for _ in range(wanted):
        desk.use(limiter, {"api": 1, "notes": 1})
    rounds = (wanted - 1) // DEFAULTS["notes"]
    assert seconds <= desk.now - start <= seconds + rounds
    assert family == ("notes" if rounds else None)


def test_threads_together_keep_the_limit() -> None:
    """Real threads on a shared clock that only waits move: the count of a minute is never passed."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Lock

    desk, lock = Desk(), Lock()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        with lock:
            slept.append(seconds)

    limiter = Limiter(lambda: desk.now, sleep, random.Random(1), known_limits({"notes": 10}), longest_wait=1e9)
    with ThreadPoolExecutor(8) as pool:
        work: Callable[[int], None] = lambda _: limiter.wait({"notes": 1}, "a comment")  # noqa: E731
        list(pool.map(work, range(55)))
    # The clock stood still: five tens wait one, two, three, … minutes, and nobody waits twice.
    assert [sum((k - 0.5) * 61 < s <= (k + 1) * 62.5 for s in slept) > 0 for k in range(1, 6)] == [True] * 5
    assert len(slept) == 45


def test_a_clock_that_is_set_back_opens_what_gitlab_had_closed(desk: Desk) -> None:
    limiter = desk.limiter()
    limiter.learn({"api": 1, "notes": 1}, 429, {"Retry-After": "60"})
    desk.now -= 3600
    start = desk.now
    desk.use(limiter, {"api": 1, "notes": 1})
    assert desk.now == start
    limiter.learn({"api": 1, "notes": 1}, 429, {"Retry-After": "60"})
    desk.use(limiter, {"api": 1, "notes": 1})
    assert desk.now >= start + 60
