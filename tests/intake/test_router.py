"""The route as GitLab meets it: what is refused, ignored, kept once, and what happens when the store is out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.engine.database import StoreError
from app.engine.loop import recover
from app.engine.queue import MemoryQueue
from app.engine.records import EVERYONE, Arrival
from app.engine.store import Store
from app.intake.bodies import Bodies
from app.intake.router import Answer, Intake, intake_router
from app.intake.routing import Territory
from app.intake.signature import Secrets
from app.notify.standard_webhooks import sign, signing_key

NOW = datetime.fromtimestamp(1790000000, UTC)
SIGNING = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A="
TOKEN = {"X-Gitlab-Token": "plain", "X-Gitlab-Event": "Issue Hook"}
CLOSE = {
    "object_kind": "issue",
    "user": {"id": 5},
    "project": {"path_with_namespace": "partners/acme"},
    "object_attributes": {"iid": 4, "action": "close"},
}


class GuardedQueue(MemoryQueue):
    """Notes wakes, lets them wait for the `gate`, and fails while `dying`."""

    def __init__(self) -> None:
        super().__init__(lambda _partner, _reason: None)
        self.woken: list[tuple[str, str]] = []
        self.dying = False
        self.gate = threading.Event()
        self.gate.set()

    def wake(self, partner: str, reason: str, *, delay_seconds: float | None = None) -> None:
        self.gate.wait(10)
        if self.dying:
            raise StoreError("The store is gone.", "Bring it back.")
        self.woken.append((partner, reason))


class Bot:
    """The route over a real store and a guarded queue."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.store = Store(f"sqlite:///{folder}/journey.sqlite", lambda: self.now)
        self.queue = GuardedQueue()
        self.app = self.built(answer_within=8.0)

    def built(self, *, answer_within: float, kind: type[Intake] = Intake) -> FastAPI:
        intake = kind(
            store=self.store,
            queue=self.queue,
            errands={EVERYONE: lambda reason: self.queue.wake("everyone", reason)},
            territory=Territory("partners", "partners/journey-control", bot_id=lambda: 99),
            secrets=Secrets((SIGNING,), ("plain",)),
            clock=lambda: self.now,
        )
        app = FastAPI()
        app.add_middleware(Bodies, delivery_limit=2000)
        app.include_router(intake_router(intake, answer_within=answer_within))
        return app

    def post(self, content: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        """`content`: bytes as they are, an async iterator streamed, anything else as JSON."""
        return self.post_together([content], headers)[0]

    def post_together(self, contents: list[Any], headers: dict[str, str] | None = None) -> list[httpx.Response]:
        """The same for several at once, on connections of their own."""
        given = TOKEN if headers is None else headers
        encoded = {name.encode(): text.encode("latin-1") for name, text in given.items()}

        async def send() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
                posts = [client.post("/webhooks/gitlab", content=_raw(c), headers=encoded) for c in contents]
                return await asyncio.gather(*posts)

        return asyncio.run(send())


def _raw(content: Any) -> Any:
    return content if isinstance(content, bytes | AsyncIterator) else json.dumps(content).encode()


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = Bot(tmp_path)
    yield made
    made.store.close()


def test_a_closed_issue_is_kept_woken_and_answered_in_one_line(bot: Bot) -> None:
    answer = bot.post(CLOSE, TOKEN | {"Idempotency-Key": "k1", "X-Gitlab-Webhook-UUID": "u-1"})
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "accepted", "partner": "acme", "next": "reconcile in 1 s"},
    )
    assert bot.queue.woken == [("acme", "issue 4 close")]
    kept = bot.store.delivery("k1")
    assert kept is not None
    assert (kept.event, kept.project_path, kept.partner, kept.hook_uuid, kept.woken_at) == (
        "issue 4 close",
        "partners/acme",
        "acme",
        "u-1",
        NOW,
    )


def test_a_signed_delivery_is_known_by_its_signed_id(bot: Bot) -> None:
    body = json.dumps(CLOSE).encode()
    headers = {"webhook-id": "k1", "webhook-timestamp": "1790000000", "Idempotency-Key": "forged"}
    headers["webhook-signature"] = sign(signing_key(SIGNING), "k1", "1790000000", body)
    assert bot.post(body, headers).status_code == 202
    assert bot.post(body, headers | {"Idempotency-Key": "again"}).json() == {"status": "already known"}
    assert bot.store.delivery("forged") is None


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (CLOSE, {}, 401),
        (CLOSE, {"X-Gitlab-Token": ""}, 401),
        (CLOSE, {"X-Gitlab-Token": "wrong"}, 401),
        (CLOSE, {"X-Gitlab-Token": "plain", "webhook-signature": "v1,bad", "webhook-id": "k"}, 401),
        (b"not json", {"X-Gitlab-Token": "wrong"}, 401),
        (b"x" * 2001, None, 413),
        (CLOSE, TOKEN | {"Content-Length": "99999999999999999999"}, 413),
        (b"x" * 2000, None, 202),
        (b"", None, 202),
        (b"[1, 2]", None, 202),
        ({"hello": "world"}, {"X-Gitlab-Token": "plain"}, 202),
        (CLOSE | {"user": {"id": 99}}, None, 202),
        (CLOSE | {"project": {"path_with_namespace": "elsewhere/acme"}}, None, 202),
        (CLOSE | {"project": "\udcff"}, None, 202),
    ],
)
def test_what_is_refused_or_ignored_leaves_nothing(
    bot: Bot, content: Any, headers: dict[str, str] | None, status: int
) -> None:
    answer = bot.post(content, headers)
    assert answer.status_code == status
    said = answer.json()
    assert said["status"].startswith("ignored: ") if status == 202 else said["fix"]
    assert bot.queue.woken == []
    assert bot.store.deliveries() == []


def test_an_unannounced_flood_is_stopped_while_it_streams(bot: Bot) -> None:
    sent: list[int] = []

    async def flood() -> AsyncIterator[bytes]:
        for number in range(100):
            sent.append(number)
            yield b"x" * 100

    assert bot.post(flood()).status_code == 413
    assert len(sent) <= 22


def test_doubles_wake_once_and_nameless_deliveries_each_count(bot: Bot) -> None:
    for _ in range(3):
        bot.post(CLOSE, TOKEN | {"Idempotency-Key": "k1"})
    assert len(bot.queue.woken) == 1
    assert bot.post(CLOSE, TOKEN | {"Idempotency-Key": "k1"}).json() == {"status": "already known"}
    for _ in range(2):
        bot.post(CLOSE)
    assert len(bot.queue.woken) == 3


@pytest.mark.parametrize("key", ["k" * 5000, "späte Lieferung", "two words"])
def test_an_odd_idempotency_key_is_kept_by_its_digest(bot: Bot, key: str) -> None:
    for _ in range(2):
        bot.post(CLOSE, TOKEN | {"Idempotency-Key": key})
    (kept,) = bot.store.deliveries()
    assert kept.idempotency_key.startswith("sha256-")


def test_what_cannot_be_queued_is_not_kept_either_and_a_resend_makes_it_good(bot: Bot) -> None:
    bot.queue.dying = True
    answer = bot.post(CLOSE, TOKEN | {"Idempotency-Key": "k1"})
    assert (answer.status_code, answer.json()["status"]) == (503, "not kept")
    assert bot.store.deliveries() == []
    bot.queue.dying = False
    assert bot.post(CLOSE, TOKEN | {"Idempotency-Key": "k1"}).json()["status"] == "accepted"
    assert bot.queue.woken == [("acme", "issue 4 close")]


def test_kept_but_not_woken_is_made_good_by_a_resend_or_a_restart(bot: Bot) -> None:
    """Only who wakes everybody is woken after it was kept; older versions kept every delivery so."""
    bot.queue.dying = True
    control = {"path_with_namespace": "partners/journey-control", "default_branch": "main"}
    push = {"object_kind": "push", "user_id": 5, "project": control, "ref": "refs/heads/main"}
    for key in ("k1", "k2"):
        assert bot.post(push, TOKEN | {"Idempotency-Key": key}).status_code == 503
    assert len(bot.store.unwoken_deliveries()) == 2
    bot.queue.dying = False
    assert bot.post(push, TOKEN | {"Idempotency-Key": "k1"}).json()["status"] == "accepted"
    assert bot.post(push, TOKEN | {"Idempotency-Key": "k1"}).json()["status"] == "already known"
    everyone: list[str] = []
    assert recover(bot.store, bot.queue.wake, {EVERYONE: everyone.append}) == 1
    assert (bot.queue.woken, everyone) == ([("everyone", "push")], ["push"])
    assert recover(bot.store, bot.queue.wake, {EVERYONE: everyone.append}) == 0


def test_a_slow_store_is_answered_in_time(bot: Bot) -> None:
    bot.queue.gate.clear()
    bot.queue.dying = True
    bot.app = bot.built(answer_within=0.05)
    try:
        assert bot.post(CLOSE).status_code == 503
    finally:
        bot.queue.gate.set()


def test_a_delivery_has_the_time_of_its_coming_not_of_its_keeping(bot: Bot) -> None:
    """A partner who already waits is not queued again. If his run begins while the store is busy, it has seen all."""

    class Busy(GuardedQueue):
        def asleep(self, _partners: Collection[str]) -> set[str]:
            bot.now += timedelta(seconds=3)
            return set()

    bot.queue = Busy()
    bot.app = bot.built(answer_within=8.0)
    assert bot.post(CLOSE, TOKEN | {"Idempotency-Key": "k1"}).status_code == 202
    kept = bot.store.delivery("k1")
    assert kept is not None
    assert (kept.received_at, kept.woken_at) == (NOW, NOW + timedelta(seconds=3))
    assert bot.queue.woken == []


def test_what_arrives_together_is_kept_in_one_transaction(bot: Bot) -> None:
    batches: list[int] = []

    class Watched(Intake):
        def keep(self, arrivals: Sequence[Arrival]) -> list[Answer]:
            batches.append(len(arrivals))
            return super().keep(arrivals)

    bot.app = bot.built(answer_within=8.0, kind=Watched)
    bodies = [CLOSE | {"project": {"path_with_namespace": f"partners/p-{n % 7}"}} for n in range(50)]
    answers = bot.post_together(bodies)
    assert {answer.status_code for answer in answers} == {202}
    assert sum(batches) == 50
    assert len(batches) < 10
    assert sorted({name for name, _ in bot.queue.woken}) == [f"p-{n}" for n in range(7)]
    assert len(bot.store.deliveries(limit=100)) == 50
    assert bot.store.unwoken_deliveries() == []


def test_a_double_within_one_batch_is_known(bot: Bot) -> None:
    answers = bot.post_together([CLOSE] * 5, TOKEN | {"Idempotency-Key": "k1"})
    assert sorted(answer.json()["status"] for answer in answers) == ["accepted"] + ["already known"] * 4
    assert bot.queue.woken == [("acme", "issue 4 close")]


def test_one_failure_is_everybodys_and_the_next_batch_is_well(bot: Bot) -> None:
    bot.queue.dying = True
    assert {answer.status_code for answer in bot.post_together([CLOSE] * 5)} == {503}
    bot.queue.dying = False
    assert {answer.status_code for answer in bot.post_together([CLOSE] * 5)} == {202}


def test_a_push_to_the_control_project_wakes_the_named_or_all(bot: Bot) -> None:
    control = {"path_with_namespace": "partners/journey-control", "default_branch": "main"}
    push = {"object_kind": "push", "user_id": 5, "project": control, "ref": "refs/heads/main"}
    two = push | {"total_commits_count": 1, "commits": [{"added": ["partners/a.yaml"], "removed": ["partners/b.yaml"]}]}
    assert bot.post(two).json() == {"status": "accepted", "partners": ["a", "b"], "next": "reconcile in 1 s"}
    every = push | {"total_commits_count": 1, "commits": [{"modified": ["journey.yaml"]}]}
    assert bot.post(every).json()["partners"] == "all"
    assert bot.queue.woken == [("a", "push"), ("b", "push"), ("everyone", "push")]
