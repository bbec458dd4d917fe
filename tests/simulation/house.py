"""One world and its bot, through days, weather and power cuts.

The bot is the real one, started and stopped as its process would be: what is in memory dies with it. The trap: a
restart that is kinder than a real one. Only the database, and with it the queue, outlives it, and not always that.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from app.chores import errands_of
from app.crash_points import carry_on
from app.demo.local import SIGNING_TOKEN, LocalStage, ManualClock, local_stage
from app.engine.loop import recover
from app.engine.queue import MemoryQueue
from app.engine.records import EVERYONE
from app.gitlab.errors import GitLabError
from app.sandbox import webhooks
from app.sandbox.core import Sandbox
from app.sandbox.world import World
from app.settings import ChannelSettings
from simulation.auditor import Ledger
from simulation.breaker import Breaker
from simulation.chaos import Chaos, Killed
from simulation.story import CLOSINGS, Day
from simulation.verbs import People, bind

CHANNEL = ChannelSettings(
    name="chat", url=SecretStr("http://chat.example/hook"), signing_token=SecretStr(SIGNING_TOKEN),
    events=("stage-change", "step-back", "complete"),
)  # fmt: skip
EVENING = time(20, 0)


@dataclass
class Ear:
    """The outside channel: what it heard, and now and then out of order."""

    chaos: Chaos | None
    heard: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.chaos is not None and self.chaos.happens(self.chaos.weather.faults):
            return httpx.Response(503)
        self.heard.append(json.loads(request.content))
        return httpx.Response(204)

    @property
    def keys(self) -> Counter[str]:
        return Counter(message["id"] for message in self.heard)


class House:
    """One world and its bot. `chaos=None`: nothing ever breaks."""

    def __init__(
        self, world: World, database: Path, chaos: Chaos | None = None, breaker: Breaker | None = None
    ) -> None:
        self.world = world
        self.breaker = breaker
        self.chaos = chaos
        self.people = People(world, Ledger())
        self.ear = Ear(chaos)
        self.announced: set[str] = set()  # what was told inside GitLab, on any evening
        self._database = database
        self._open = ExitStack()
        self._dead = False
        self.stage = self._start()

    @property
    def clock(self) -> ManualClock:
        clock = self.world.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("a story needs a clock that is moved by hand")
        return clock

    @property
    def queue(self) -> MemoryQueue:
        queue = self.stage.service.queue
        if not isinstance(queue, MemoryQueue):
            raise TypeError("a story runs on the queue in memory")
        return queue

    def close(self) -> None:
        self._open.close()

    # --- the bot's life ---

    def _start(self) -> LocalStage:
        """Whatever breaks while the bot starts ends it; then it is started once more, a minute later."""
        while True:
            try:
                return self._open.enter_context(
                    local_stage(
                        f"sqlite:///{self._database}", world=self.world, clock=self.clock, channels=(CHANNEL,),
                        outside=httpx.MockTransport(self.ear), watch=self._watch,
                        passing=self.breaker.passing if self.breaker else carry_on,
                    )
                )  # fmt: skip
            except (Killed, GitLabError):
                self._open.close()
                self.clock.advance(minutes=1)

    def _watch(self, sandbox: Sandbox) -> None:
        """What breaks sits in the sandbox before the bot's first request, so its start may break too."""
        for breaks in (self.chaos, self.breaker):
            if breaks is not None:
                breaks.watch(sandbox)

    def restart(self) -> None:
        """Power is back. What waited in the queue is as durable as the database: both are kept, or both are lost."""
        waiting = self.queue.waiting()
        while True:
            self._open.close()
            self._dead = False
            if self.chaos is not None and self.chaos.happens(self.chaos.weather.forgets):
                self.chaos.note("the bot's database is deleted")
                self.chaos.forgot = True
                waiting = []
                for path in self._database.parent.glob(f"{self._database.name}*"):
                    path.unlink()
            self.stage = self._start()
            service = self.stage.service
            for partner in waiting:
                service.queue.wake(partner, "it waited when the power went")
            errands = errands_of(service, service.resync)
            try:
                recover(service.store, service.queue.wake, {**errands, EVERYONE: self.wake_everyone})
            except Killed:
                waiting = list(dict.fromkeys([*waiting, *self.queue.waiting()]))
                self.clock.advance(minutes=1)
            else:
                return

    def wake_everyone(self, reason: str) -> None:
        """A deep resync."""
        with suppress(GitLabError):  # GitLab is down, or the journey's files are broken: the next resync does it
            self.stage.service.resync.everyone(reason)

    def work(self) -> None:
        """Webhooks, timers and runs until nothing is left to do or the bot is killed; then it is started again."""
        try:
            while True:
                self._deliver()
                self.stage.service.ticker.tick(self.clock())
                if not self.queue.waiting():
                    return
                self.queue.run_all(100)
        except Killed:
            self.restart()

    def _deliver(self) -> None:
        if self.chaos is not None:
            self.chaos.disturb(self.world)
        while webhooks.send_next(self.world, self._post) is not None:
            if self._dead:
                raise Killed

    def _post(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        """GitLab's side of a delivery: a receiver that dies or fails has not taken it."""
        try:
            status, answer = self.stage.service.intake.receive({k.lower(): v for k, v in headers.items()}, body)
        except Killed:
            self._dead = True
            return 0, {}, ""
        except GitLabError:
            return 500, {}, ""
        return status, {}, str(answer)

    # --- days ---

    def dawn(self, day: Day) -> None:
        """Days have passed. Where people come to work now, the bot is let finish first."""
        self._set_clock(self.clock.now.date() + timedelta(days=day.after), time(day.opens // 60, day.opens % 60))
        self._weather(not day.deeds)
        self.work()

    def deeds(self, day: Day) -> None:
        opened = self.clock.now
        acts = [(deed, bind(deed, self.people)) for deed in day.deeds]
        self._weather(True)
        for deed, act in acts:
            self.clock.now = max(self.clock.now, opened + timedelta(minutes=deed.minute))
            if self.chaos is not None and deed.verb in CLOSINGS:
                self.chaos.lag(self.world)
            if act is not None:
                act()
            if self.chaos is None or self.chaos.rng.random() < 0.6:
                self.work()

    def afternoon(self) -> None:
        """Peace needs one look after the quiet time; chaos takes hours."""
        if self.chaos is None:
            self.clock.advance(minutes=21)
            self.work()
            return
        for _ in range(self.chaos.rng.randint(1, 5)):
            self.clock.advance(minutes=self.chaos.rng.randint(1, 40))
            self.work()

    def rest(self, *, deep: bool) -> None:
        """The sky clears, parked partners are tried again, the last timers run out.

        `deep`: and everybody is looked at, for some of what was done today can be noticed in no other way.
        """
        self._weather(False)
        if self.chaos is not None:
            self.chaos.release(self.world)
        self.work()
        for _ in range(4):
            waiting = [state.parked_until for state in self.stage.service.store.partners() if state.parked_until]
            if not waiting or max(waiting).time() > EVENING:
                break
            self.clock.now = max(self.clock.now, max(waiting)) + timedelta(seconds=1)
            self.work()
        self._set_clock(self.clock.now.date(), EVENING)
        if deep:
            self.wake_everyone("evening")
        self.work()
        if self.chaos is not None and self.chaos.forgot:
            # With a new database a chore comes at its second turn, once everybody was looked at.
            self.clock.advance(minutes=11)
            self.work()

    def _weather(self, on: bool) -> None:
        if self.chaos is not None:
            self.chaos.on = on

    def _set_clock(self, day: Any, at: time) -> None:
        self.clock.now = datetime.combine(day, at, self.clock.now.tzinfo)
