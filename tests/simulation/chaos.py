"""Everything that breaks, decided by one seed: GitLab's answers, its webhooks, the outside channel, and the bot itself.

`Chaos` sits in the sandbox's fault hooks. Each request of the bot may be refused, lost on the way there, lost on the
way back, answered from a replica that lags, cut in the middle (GitLab did the first few of many mutations and then
gave up), or be the bot's last one.
`Killed` is no Exception on purpose: nothing in the bot may catch it, as nothing catches a power cut.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from graphql import FieldNode, OperationDefinitionNode, parse, print_ast
from graphql.language import DocumentNode

from app.sandbox.core import Sandbox
from app.sandbox.http import Request, Response, error_response
from app.sandbox.world import Delivery, World

LAG = timedelta(seconds=30)
"""How far a replica of GitLab's database may be behind; a resync looks back further than this."""


class Killed(BaseException):
    """The process is gone, in the middle of a request to GitLab."""


@dataclass(frozen=True)
class Weather:
    """How often what breaks, as shares of all requests, webhooks or messages; see `_danger`."""

    faults: float
    kills: float
    hooks: float
    outages: float
    forgets: float
    lags: float

    @classmethod
    def draw(cls, rng: random.Random) -> Weather:
        """From a day with one cloud to a hurricane."""
        return cls(
            faults=rng.choice((0.0, 0.1, 0.2, 0.4)),
            kills=rng.choice((0.0, 0.05, 0.15)),
            hooks=rng.choice((0.0, 0.3, 0.9)),
            outages=rng.choice((0.0, 0.0, 0.03)),
            forgets=rng.choice((0.0, 0.2, 0.5)),
            lags=rng.choice((0.0, 0.0, 0.4)),
        )


class Chaos:
    """Breaks things while `on`. One generator decides all of it, so the same seed breaks the same things."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"chaos {seed}")
        self.weather = Weather.draw(self.rng)
        self.on = False
        self.forgot = False  # the bot's database was deleted at least once
        self.log: list[str] = []
        self._outage = 0
        self._held: list[Delivery] = []
        self._sandbox: Sandbox | None = None
        self._replica: Sandbox | None = None
        self._stale_until: datetime | None = None

    def watch(self, sandbox: Sandbox) -> None:
        """Sits in this sandbox's fault hooks."""
        self._sandbox = sandbox
        sandbox.fault, sandbox.fault_after = self._before, self._after

    def happens(self, share: float) -> bool:
        return self.on and self.rng.random() < share

    def note(self, what: str) -> None:
        self.log.append(what)

    # --- requests ---

    def _before(self, request: Request, number: int) -> Response | Exception | None:
        if not self.on:
            return None
        stale = self._stale(request, number)
        if stale is not None:
            return stale
        if self._outage > 0:
            self._outage -= 1
            return error_response(502, "502 Bad Gateway")
        if self.happens(self.weather.kills * _danger(request)):
            self.note(f"request {number}: killed before it")
            raise Killed
        if self.happens(self.weather.outages):
            self._outage = self.rng.randint(1, 12)
            self.note(f"request {number}: an outage of {self._outage} requests begins")
        if not self.happens(self.weather.faults * _danger(request)):
            return None
        name, answer = self.rng.choice(_BEFORE)
        self.note(f"request {number}: {name}")
        return self._cut(request) if name == "cut" else answer(self.rng)

    def _after(self, request: Request, number: int, _response: Response) -> Response | Exception | None:
        if self.happens(self.weather.kills * _danger(request)):
            self.note(f"request {number}: killed after it")
            raise Killed
        if self.happens(self.weather.faults * _danger(request)):
            lost = self.rng.choice((TimeoutError("read timed out"), error_response(502, "502 Bad Gateway")))
            self.note(f"request {number}: done, but the answer was lost")
            return lost
        return None

    def lag(self, world: World) -> None:
        """Before somebody closes or reopens: the next few looks may not show it, as from a replica that lags behind.

        Once the bot has written it sees everything: GitLab then sends it to the primary for a while
        (https://docs.gitlab.com/administration/postgresql/database_load_balancing/).
        """
        if self.happens(self.weather.lags):
            self._replica, self._stale_until = Sandbox(copy.deepcopy(world)), world.clock() + LAG

    def _stale(self, request: Request, number: int) -> Response | None:
        if self._replica is None or self._sandbox is None or self._stale_until is None:
            return None
        if _is_write(request) or self._sandbox.world.clock() > self._stale_until:
            self._replica = None
            return None
        self.note(f"request {number}: a stale answer")
        return self._replica.handle(request)

    def _cut(self, request: Request) -> Exception:
        """GitLab runs the mutations of one request in order; the process that did so died somewhere among them."""
        shorter = _first_mutations(request, self.rng)
        if shorter is not None and self._sandbox is not None:
            self.on = False
            try:
                self._sandbox.handle(shorter)
            finally:
                self.on = True
        return TimeoutError("read timed out")

    # --- webhooks ---

    def disturb(self, world: World) -> None:
        """Some of the waiting webhooks are dropped, doubled, held back or reordered; some come after all."""
        if self.on and self._held and self.rng.random() < 0.5:
            world.outgoing += self._held
            self._held = []
        if not self.happens(self.weather.hooks):
            return
        waiting, world.outgoing[:] = list(world.outgoing), []
        for delivery in waiting:
            fate = self.rng.choice(("dropped", "doubled", "late", "on time"))
            if fate == "late":
                self._held.append(delivery)
            elif fate != "dropped":
                world.outgoing += [delivery] * (2 if fate == "doubled" else 1)
        self.rng.shuffle(world.outgoing)
        if waiting:
            self.note(f"{len(waiting)} webhooks were disturbed")

    def release(self, world: World) -> None:
        """What was held back comes at last, and replicas have caught up."""
        self._replica = None
        world.outgoing += self._held
        self._held = []


def _danger(request: Request) -> float:
    """Most requests only look, and little can be doubled or lost there: what breaks should break where it matters."""
    return 1.5 if _is_write(request) else 0.3


def _is_write(request: Request) -> bool:
    return b"mutation apply" in request.body if request.path == "/api/graphql" else request.method != "GET"


def _first_mutations(request: Request, rng: random.Random) -> Request | None:
    """The same request with only its first few mutations; None for anything else."""
    if request.path != "/api/graphql":
        return None
    payload = json.loads(request.body)
    document = parse(payload["query"])
    operation = document.definitions[0]
    if not isinstance(operation, OperationDefinitionNode) or operation.operation.value != "mutation":
        return None
    fields = [s for s in operation.selection_set.selections if isinstance(s, FieldNode)]
    kept = fields[: rng.randint(1, len(fields))]
    text = print_ast(DocumentNode(definitions=(_only(operation, kept),)))
    wanted = {f"i{(f.alias.value if f.alias else '')[1:]}" for f in kept}
    variables = {name: value for name, value in payload["variables"].items() if name in wanted}
    body = json.dumps({"query": text, "variables": variables}).encode()
    return replace(request, body=body)


def _only(operation: OperationDefinitionNode, fields: list[FieldNode]) -> OperationDefinitionNode:
    wanted = {f"i{(f.alias.value if f.alias else '')[1:]}" for f in fields}
    definitions = tuple(v for v in operation.variable_definitions or () if v.variable.name.value in wanted)
    selection = type(operation.selection_set)(selections=tuple(fields))
    return type(operation)(
        operation=operation.operation, name=operation.name, variable_definitions=definitions,
        directives=operation.directives, selection_set=selection,
    )  # fmt: skip


def _limited(rng: random.Random) -> Response:
    answer = error_response(429, "429 Too Many Requests")
    answer.headers["Retry-After"] = str(rng.randint(1, 60))
    return answer


_BEFORE: tuple[tuple[str, Callable[[random.Random], Response | Exception]], ...] = (
    ("429", _limited),
    ("500", lambda _rng: error_response(500, "500 Internal Server Error")),
    ("502", lambda _rng: error_response(502, "502 Bad Gateway")),
    ("connection refused", lambda _rng: ConnectionError("connection refused")),
    ("no answer", lambda _rng: TimeoutError("read timed out")),
    ("cut", lambda _rng: TimeoutError("read timed out")),
    ("cut", lambda _rng: TimeoutError("read timed out")),
)
