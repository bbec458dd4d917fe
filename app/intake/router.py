"""POST /webhooks/gitlab: verify, name the partner, keep, wake, acknowledge; all within GitLab's 10 seconds.

GitLab: https://docs.gitlab.com/user/project/integrations/webhooks/. It redelivers nothing by itself, and switches a
hook off after four failures in a row; so the two traps avoided are a 2xx before the delivery is durable, and anything
but a 2xx for a genuine delivery that we merely do not want. Our answer is kept in GitLab's hook log: one useful line.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect

from app.crash_points import Passing, carry_on
from app.engine.database import StoreError
from app.engine.queue import Queue
from app.engine.records import EVERYONE, NEWCOMERS, Arrival, Errands
from app.engine.store import Store
from app.intake.bodies import SMALL, BodyError
from app.intake.event import NoEventError, read
from app.intake.routing import Territory, destination
from app.intake.signature import Secrets, UnverifiedError, verify
from app.intake.together import Together
from app.metrics import DeliveryResult, Meters
from app.settings import HOOK_PATH

log = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS = 8.0
"""GitLab waits 10 s."""

NOT_TAKEN: dict[int, DeliveryResult] = {413: "too_large", 408: "cut_off", 503: "not_kept"}
"""What the metrics call a body that was not taken, by status."""

PRINTABLE_KEY = re.compile(r"[!-~]{1,200}")
UUID_TEXT = re.compile(r"[A-Za-z0-9\-]{1,100}")

Answer = tuple[int, dict[str, Any]]


class Intake:
    """What happens to a delivery once its body is here: it is judged, which is quick, then kept, which blocks."""

    def __init__(
        self,
        *,
        store: Store,
        queue: Queue,
        errands: Errands,
        territory: Territory,
        secrets: Secrets,
        clock: Callable[[], datetime],
        settle_seconds: float = 1.0,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        passing: Passing = carry_on,
        meters: Meters | None = None,
    ) -> None:
        self.meters = meters or Meters()
        self._store = store
        self._queue = queue
        self._errands = errands
        self._territory = territory
        self._secrets = secrets
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._new_id = new_id
        self._passing = passing

    def receive(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Status and answer for one delivery; `headers` in lower case. Raises StoreError: nothing is acknowledged."""
        judged = self.judge(headers, body)
        return judged if isinstance(judged, tuple) else self.keep([judged])[0]

    def judge(self, headers: Mapping[str, str], body: bytes) -> Answer | Arrival:
        """The delivery to keep, or the answer to one that is refused or ignored. Touches nothing."""
        judged = self._judge(headers, body)
        if isinstance(judged, tuple):
            self.meters.delivery("refused" if judged[0] == 401 else "ignored")
        return judged

    def _judge(self, headers: Mapping[str, str], body: bytes) -> Answer | Arrival:
        try:
            proof = verify(headers, body, secrets=self._secrets, now=self._clock())
        except UnverifiedError as error:
            log.warning("A delivery was refused: %s", error.cause)
            return 401, {"status": "refused", "cause": error.cause, "fix": error.fix}
        try:
            hint = read(body, headers.get("x-gitlab-event", ""))
        except NoEventError as error:
            return 202, {"status": f"ignored: {error}"}
        target = destination(hint, self._territory)
        if not target.wakes:
            return 202, {"status": f"ignored: {target.why}"}
        hook_uuid = headers.get("x-gitlab-webhook-uuid", "")
        return Arrival(
            key=self._key(headers, proof),
            received_at=self._clock(),
            event=hint.summary,
            project_path=hint.project_path or hint.group_path,
            wakes=target.wakes,
            hook_uuid=hook_uuid if UUID_TEXT.fullmatch(hook_uuid) else None,
        )

    def keep(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """Keeps deliveries and wakes their partners, all or none of them. Blocks. Raises StoreError."""
        asleep = self._queue.asleep({slug for arrival in arrivals for slug in arrival.slugs})

        def enqueue(transaction: Connection, slug: str, reason: str) -> None:
            if slug in asleep:
                self._queue.enqueue(transaction, slug, reason)

        fresh = self._store.keep_deliveries(arrivals, enqueue)
        self._passing("a delivery is kept")
        for arrival, new in zip(arrivals, fresh, strict=True):
            if new and arrival.errands:
                for errand in arrival.errands:
                    self._errands[errand](arrival.event)
                self._passing("a delivery has woken everybody")
                self._store.mark_woken(arrival.key)
        for new in fresh:
            self.meters.delivery("accepted" if new else "known")
        return [
            (202, self._accepted(arrival) if new else {"status": "already known"})
            for arrival, new in zip(arrivals, fresh, strict=True)
        ]

    def _key(self, headers: Mapping[str, str], proof: str) -> str:
        """The delivery's identity. Signed, it is `webhook-id`, which GitLab sets to the Idempotency-Key."""
        named = headers.get("webhook-id", "") if proof == "signature" else headers.get("idempotency-key", "")
        if not named:
            # Before GitLab 17.4 deliveries have no identity; each counts as new, which costs one look at most.
            return f"unnamed-{self._new_id()}"
        if PRINTABLE_KEY.fullmatch(named):
            return named
        return "sha256-" + hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()

    def _accepted(self, arrival: Arrival) -> dict[str, Any]:
        wait = f"reconcile in {self._settle_seconds:g} s"
        if EVERYONE in arrival.wakes:
            return {"status": "accepted", "partners": "all", "next": wait}
        if NEWCOMERS in arrival.wakes:
            return {"status": "accepted", "partners": "new ones", "next": "the forms are read"}
        if arrival.partner is not None:
            return {"status": "accepted", "partner": arrival.partner, "next": wait}
        return {"status": "accepted", "partners": list(arrival.wakes), "next": wait}


def intake_router(intake: Intake, *, answer_within: float = ANSWER_WITHIN_SECONDS) -> APIRouter:
    """The route POST /webhooks/gitlab; `answer_within` in seconds. How much may come, `Bodies` around it says."""
    router = APIRouter()
    together = Together(intake.keep)

    async def judge(headers: Mapping[str, str], body: bytes) -> Answer | Arrival:
        if len(body) <= SMALL:  # verified and read in about a millisecond; a larger one would hold up all others
            return intake.judge(headers, body)
        return await asyncio.to_thread(intake.judge, headers, body)

    @router.post(HOOK_PATH, status_code=202, summary="Receive a delivery of GitLab")
    async def receive(request: Request) -> JSONResponse:
        try:
            body = await request.body()
        except ClientDisconnect:
            intake.meters.delivery("cut_off")
            return _answer(400, {"status": "refused", "cause": "The body ended early.", "fix": "Send it again."})
        except BodyError as error:
            intake.meters.delivery(NOT_TAKEN[error.status_code])
            return _answer(error.status_code, {"status": "refused", "cause": error.cause, "fix": error.fix})
        try:
            async with asyncio.timeout(answer_within):
                headers = dict(request.headers)  # in lower case, as they come from the server
                judged = await judge(headers, body)
                # Who waits too long is answered; the batch goes on, and what it keeps is known when it comes again.
                status, content = judged if isinstance(judged, tuple) else await together.do(judged)
        except (StoreError, TimeoutError) as error:
            log.error("A delivery could not be kept: %s", error or "the store is too slow")
            intake.meters.delivery("not_kept")
            return _answer(503, _not_kept())
        return _answer(status, content)

    return router


def _answer(status: int, content: dict[str, Any]) -> JSONResponse:
    return JSONResponse(content, status_code=status)


def _not_kept() -> dict[str, Any]:
    return {
        "status": "not kept",
        "cause": "The bot's own database did not answer in time.",
        "fix": "Check the bot's disk or database. The next resync looks at every partner; a resend helps at once.",
    }
