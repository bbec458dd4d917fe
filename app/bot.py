"""What a bot is made of: the parts for one GitLab group, and those that a server has besides.

`wiring` puts them together; whoever only uses them needs this file alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.crash_points import Passing
from app.engine.desired import DesiredState
from app.engine.digest import DigestChore
from app.engine.forecast import Forecaster
from app.engine.groundwork import Groundwork
from app.engine.leaving import Leaving
from app.engine.loop import Loop
from app.engine.newcomers import Newcomers
from app.engine.portfolio_page import PortfolioChore
from app.engine.queue import Queue
from app.engine.reconcile import Reconciler
from app.engine.resync import Resync
from app.engine.seats import Locks
from app.engine.standings import Standings
from app.engine.store import Store
from app.engine.ticker import Ticker
from app.engine.watch import Watch
from app.gitlab.client import Client
from app.gitlab.control import Control
from app.gitlab.ground import Ground
from app.gitlab.hook_secrets import HookSecrets
from app.gitlab.instance import Instance
from app.intake.router import Intake
from app.intake.signature import stand_in_token
from app.journey.observed import Place
from app.metrics import Meters
from app.notify.outbox import Outbox
from app.settings import Settings, reveal

if TYPE_CHECKING:
    from app.gitlab.signin import SignIn


Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Bot:
    """All parts of the bot for one GitLab group."""

    settings: Settings
    clock: Clock
    client: Client
    ground: Ground
    control: Control
    store: Store
    standings: Standings
    locks: Locks
    outbox: Outbox
    desired: DesiredState
    reconciler: Reconciler
    passing: Passing
    forecaster: Forecaster
    portfolio_page: PortfolioChore
    digest: DigestChore
    newcomers: Newcomers
    leaving: Leaving
    meters: Meters
    groundwork: Groundwork
    watch: Watch
    signin: SignIn | None = field(default=None, kw_only=True)

    @property
    def instance(self) -> Instance:
        """What GitLab offers now."""
        return self.ground.footing.instance

    @property
    def place(self) -> Place:
        """Where the bot works now."""
        return self.ground.place

    @property
    def hook_secrets(self) -> HookSecrets:
        return hook_secrets_of(self.settings)

    def prepare(self) -> list[str]:
        """Creates the control project and its webhook where missing. Returns what it did. Raises GitLabError."""
        return self.control.ensure(self.place.hook_url, self.hook_secrets)


@dataclass
class Service(Bot):
    """A bot that is at work: events come in, the queue runs, the clock ticks."""

    queue: Queue
    loop: Loop
    resync: Resync
    intake: Intake
    ticker: Ticker


def hook_secrets_of(settings: Settings) -> HookSecrets:
    """What webhooks are told."""
    signing = reveal(settings.signing_token)
    return HookSecrets(signing, reveal(settings.webhook_token), stand_in_token(signing) if signing else None)
