"""Is the bot well? Hooks, token, engine and the partners it cannot look at, each with what to do.

The trap: a green light that only says that the process answers. These checks read what really happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.queue import Queue
from app.engine.records import Delivery, PartnerState
from app.engine.standings import Standings
from app.engine.store import Store
from app.gitlab.client import Client
from app.gitlab.errors import GitLabError
from app.gitlab.instance import Instance
from app.gitlab.tokens import check_token
from app.web.tables import Table, table

_TOKEN_EVERY = timedelta(minutes=10)
_STATES = {"ok": "good", "warning": "watch", "failed": "bad"}  # from the best to the worst
STATES = tuple(_STATES.values())


@dataclass(frozen=True)
class Check:
    """One line: `state` is good, watch or bad; `fix` says what to do unless it is good."""

    name: str
    state: str
    text: str
    fix: str = ""


class Health:
    """Asks GitLab about the token every ten minutes at most; all else comes from the store."""

    def __init__(
        self,
        client: Client,
        instance: Instance,
        standings: Standings,
        store: Store,
        queue: Queue,
        clock: Callable[[], datetime],
        hook_url: str | None,
    ) -> None:
        self._client = client
        self._instance = instance
        self._standings = standings
        self._store = store
        self._queue = queue
        self._clock = clock
        self._hook_url = hook_url
        self._token: tuple[datetime, Check] | None = None

    def checks(self) -> list[Check]:
        """All checks, in the order in which trouble spreads."""
        return [
            self._gitlab(),
            self._token_check(),
            self._hooks(),
            self._deliveries(),
            self._engine(),
            self._messages(),
        ]

    def parked(self) -> list[PartnerState]:
        """Partners the bot could not look at, longest failing first."""
        failing = [state for state in self._store.partners() if state.failures]
        return sorted(failing, key=lambda s: (s.failing_since or self._clock(), s.slug))

    def deliveries(self) -> list[Delivery]:
        return self._store.deliveries(limit=25)

    def checks_table(self) -> Table:
        return table("checks", ("name", "state", "text", "fix"), [vars(c) for c in self.checks()])

    def parked_table(self) -> Table:
        columns = ("slug", "failures", "failing_since", "parked_until", "cause", "fix")
        return table("parked", columns, [vars(state) for state in self.parked()])

    def deliveries_table(self) -> Table:
        columns = ("received_at", "event", "project_path", "partner", "outcome", "woken_at")
        return table("deliveries", columns, [vars(d) for d in self.deliveries()])

    # --- the checks ---

    def _gitlab(self) -> Check:
        kind = "with epics" if self._instance.epics else "without epics: tracker issues stand in"
        return Check(
            "GitLab", "good", f"Version {self._instance.version}, {kind}; the bot is {self._instance.bot_username}."
        )

    def _token_check(self) -> Check:
        now = self._clock()
        if self._token is None or now - self._token[0] > _TOKEN_EVERY:
            self._token = now, self._ask_token(now)
        return self._token[1]

    def _ask_token(self, now: datetime) -> Check:
        try:
            findings = list(check_token(self._client, now.date()))
        except GitLabError as error:
            return Check("Token", "bad", error.cause, error.fix)
        worst = max(reversed(findings), key=lambda found: list(_STATES).index(found.state))
        return Check("Token", _STATES[worst.state], worst.text, worst.fix)

    def _hooks(self) -> Check:
        if self._hook_url is None:
            fix = "Set PARTNER_JOURNEY_PUBLIC_URL to the address under which GitLab reaches this service."
            return Check("Webhooks", "watch", "None are wanted: changes are found by the resync only.", fix)
        kept = self._standings.all().values()
        off = sorted(s.slug for s in kept if s.hook not in (None, "executable"))
        if off:
            fix = "Send a test event from the project's webhook page: one success switches it on again."
            return Check("Webhooks", "bad", f"GitLab has switched off the webhooks of {', '.join(off[:10])}.", fix)
        return Check(
            "Webhooks", "good", f"{sum(s.hook is not None for s in kept)} of {len(kept)} projects have theirs."
        )

    def _deliveries(self) -> Check:
        newest = self.deliveries()[:1]
        if not newest:
            return Check("Deliveries", "watch", "No webhook has arrived yet.",
                         "Close an issue, or send a test event from a project's webhook page.")  # fmt: skip
        return Check("Deliveries", "good", f"The last one came at {newest[0].received_at:%Y-%m-%d %H:%M} UTC.")

    def _engine(self) -> Check:
        waiting, parked = len(self._queue.waiting()), len(self.parked())
        text = f"{waiting} partners wait for a run, {parked} are parked."
        fix = "See the causes below; each is tried again by itself." if parked else ""
        return Check("Engine", "watch" if parked else "good", text, fix)

    def _messages(self) -> Check:
        dead = len(self._store.outbox(state="dead", limit=100))
        waiting = len(self._store.outbox(state="waiting", limit=100))
        fix = "Check the channel's address, then send them again." if dead else ""
        return Check("Notifications", "bad" if dead else "good", f"{waiting} wait, {dead} were given up.", fix)
