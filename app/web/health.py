"""Is the bot well? Token, webhooks, access, engine and the partners it cannot look at, each with what to do.

The trap: a green light that only says that the process answers. These checks read what really happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.engine.queue import Queue
from app.engine.records import Delivery, PartnerState
from app.engine.store import Store
from app.engine.watch import Topic, Watch
from app.gitlab.ground import Ground
from app.journey.tables import Table, table

_STATES = {"ok": "good", "warning": "watch", "failed": "bad"}  # from the best to the worst
_CONNECTION: dict[Topic, str] = {"token": "Token", "webhooks": "Webhooks", "access": "Access"}
STATES = tuple(_STATES.values())


@dataclass(frozen=True)
class Check:
    """One line: `state` is good, watch or bad; `fix` says what to do unless it is good. `at`: when it last happened."""

    name: str
    state: str
    text: str
    fix: str = ""
    at: datetime | None = None


class Health:
    """Everything here comes from the store; GitLab is asked nothing."""

    def __init__(
        self,
        ground: Ground,
        watch: Watch,
        store: Store,
        queue: Queue,
        clock: Callable[[], datetime],
    ) -> None:
        self._ground = ground
        self._watch = watch
        self._store = store
        self._queue = queue
        self._clock = clock

    def checks(self) -> list[Check]:
        """All checks, in the order in which trouble spreads."""
        return [
            self._gitlab(),
            *self._connection(),
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
        return table("checks", ("name", "state", "text", "fix", "at"), [vars(c) for c in self.checks()])

    def parked_table(self) -> Table:
        columns = ("slug", "failures", "failing_since", "parked_until", "cause", "fix")
        return table("parked", columns, [vars(state) for state in self.parked()])

    def deliveries_table(self) -> Table:
        columns = ("received_at", "event", "project_path", "partner", "outcome", "woken_at")
        return table("deliveries", columns, [vars(d) for d in self.deliveries()])

    # --- the checks ---

    def _gitlab(self) -> Check:
        instance = self._ground.footing.instance
        kind = "with epics" if instance.epics else "without epics: tracker issues stand in"
        return Check(
            "GitLab",
            "good",
            f"Version {instance.version}, {kind}; the bot is {instance.bot_username}.",
        )

    def _connection(self) -> list[Check]:
        """What the service's own looks at GitLab found; nobody asks GitLab because a page is opened."""
        kept = {found.topic: found for found in self._watch.kept()}
        checks = []
        for topic, name in _CONNECTION.items():
            found = kept.get(topic)
            if found is None:
                checks.append(Check(name, "watch", "Not looked at yet.", "Wait a minute: the service looks by itself."))
                continue
            bad = [f for f in found.findings if f.state == found.worst.state]
            more = f" And {len(bad) - 1} more: see `partner-journey doctor`." if len(bad) > 1 else ""
            worst = found.worst
            told = worst.text + (more if worst.state != "ok" else "")
            checks.append(Check(name, _STATES[worst.state], f"{told} Last look", worst.fix, at=found.at))
        return checks

    def _deliveries(self) -> Check:
        newest = self.deliveries()[:1]
        if not newest:
            return Check("Deliveries", "watch", "No webhook has arrived yet.",
                         "Close an issue, or send a test event from a project's webhook page.")  # fmt: skip
        return Check("Deliveries", "good", "The last one came", at=newest[0].received_at)

    def _engine(self) -> Check:
        waiting, parked = len(self._queue.waiting()), len(self.parked())
        text = f"Partners that wait for a run: {waiting}; parked: {parked}."
        fix = "See the causes below; each is tried again by itself." if parked else ""
        return Check("Engine", "watch" if parked else "good", text, fix)

    def _messages(self) -> Check:
        dead = len(self._store.outbox.newest(state="dead", limit=100))
        waiting = len(self._store.outbox.newest(state="waiting", limit=100))
        fix = (
            "`partner-journey notify test` tries each channel, `partner-journey notify retry` sends them again."
            if dead
            else ""
        )
        return Check(
            "Notifications", "bad" if dead else "good", f"Messages that wait: {waiting}; given up: {dead}.", fix
        )
