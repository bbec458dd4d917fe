"""The one place that knows every part and puts them together; nothing here decides anything.

`open_bot` gives what a one-shot command needs; `open_service` adds the store, the queue and the clockwork of a server.
The sandbox is plugged in here as another network, never as another code path.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import requests

from app.bot import Bot, Clock, Service, hook_secrets_of, wall_clock
from app.chores import chores_of, errands_of, every_tick
from app.crash_points import Passing, carry_on
from app.engine.aside import Aside
from app.engine.best_practices import BestPractices
from app.engine.desired import DesiredState
from app.engine.digest import DigestChore
from app.engine.durable import durable_queue
from app.engine.forecast import Forecaster
from app.engine.groundwork import Groundwork
from app.engine.leaving import Leaving
from app.engine.loop import Loop, recover
from app.engine.newcomers import Newcomers
from app.engine.portfolio_page import PortfolioChore
from app.engine.problems import Problems
from app.engine.queue import MemoryQueue, Queue
from app.engine.reconcile import Reconciler
from app.engine.resync import Resync
from app.engine.seats import Locks, Seat, open_locks, take_seat
from app.engine.standings import Standings
from app.engine.store import Store
from app.engine.ticker import Ticker
from app.engine.watch import Topic, Watch
from app.gitlab.apply import Applier
from app.gitlab.client import Client
from app.gitlab.control import Control
from app.gitlab.control_pages import ControlPages
from app.gitlab.credential import Credential, FixedToken, TokenFile
from app.gitlab.digest_issues import DigestIssues
from app.gitlab.findings import Finding
from app.gitlab.ground import Footing, Ground
from app.gitlab.instance import Instance, ask_instance
from app.gitlab.limits import Limiter, known_limits
from app.gitlab.names import number
from app.gitlab.newcomers import NewcomerIssues
from app.gitlab.observe import Observer
from app.gitlab.verdicts import circle_of
from app.intake.router import Intake
from app.intake.routing import Territory
from app.intake.signature import Secrets, stand_in_token
from app.journey.actions import Notify
from app.journey.digest import digest_time
from app.journey.observed import Place
from app.journey_files import BUILT_IN, journey_files
from app.metrics import Meters
from app.notify.outbox import Outbox
from app.outside import alarm_of, event_of, open_channels
from app.settings import Settings, reveal

if TYPE_CHECKING:
    from app.gitlab.signin import SignIn

log = logging.getLogger(__name__)


@contextmanager
def open_bot(
    settings: Settings,
    *,
    adapter: requests.adapters.BaseAdapter | None = None,
    transport: httpx.BaseTransport | None = None,
    outside: httpx.BaseTransport | None = None,
    clock: Clock = wall_clock,
    sleep: Callable[[float], None] = time.sleep,
    rng: random.Random | None = None,
    passing: Passing = carry_on,
) -> Iterator[Bot]:
    """Connects to GitLab and opens the store. Raises GitLabError or StoreError with the fix.

    `adapter` and `transport` replace the network to GitLab, `outside` the one to the notification channels; `clock`
    and `sleep` (seconds) are all the time that there is, and `rng` spreads what waited for a limit; `passing` is called
    at each crash point.
    """
    meters = Meters()
    limiter = Limiter(
        lambda: clock().timestamp(),
        sleep,
        rng or random.Random(),  # noqa: S311 - spreads waits
        known_limits(settings.limits),
        meters=meters,
    )
    client = Client(
        settings.url, credential_of(settings), adapter=adapter, transport=transport, limiter=limiter, meters=meters,
        ca_file=settings.ca_file,
    )  # fmt: skip
    messenger = httpx.Client(timeout=10.0, transport=outside)
    try:
        instance = ask_instance(client, settings.group)
        with Store(settings.database_url, clock) as store, open_locks(settings.database_url) as locks:
            bot = _assemble(_Base(settings, clock, passing, meters, client, store, locks, messenger), instance)
            bot.signin = _signin(bot, adapter)
            yield bot
    finally:
        messenger.close()
        client.close()


@dataclass(frozen=True)
class _Base:
    """What all parts stand on."""

    settings: Settings
    clock: Clock
    passing: Passing
    meters: Meters
    client: Client
    store: Store
    locks: Locks
    outside: httpx.Client


def _assemble(base: _Base, instance: Instance) -> Bot:
    settings, clock, client, store, locks = base.settings, base.clock, base.client, base.store, base.locks
    secrets, standings, outbox = hook_secrets_of(settings), Standings(store.standings), _outbox(base)
    ground = _ground(base, instance, lambda told: outbox.put(event_of(told, standings.get(told.partner), clock)))
    control, pages = Control(client, ground), ControlPages(client, instance, ground.place)
    files, problems = journey_files(settings.journey_dir or BUILT_IN), Problems(control, locks)
    desired = DesiredState(control, problems, files, settings.settle_minutes)
    practices = BestPractices(pages, store, locks)
    digests, forms = DigestIssues(client, instance, ground.place), NewcomerIssues(client, ground)

    def alarm(topic: Topic, findings: Sequence[Finding]) -> None:
        outbox.put(alarm_of(topic, findings, settings, clock))

    return Bot(
        settings=settings, clock=clock, passing=base.passing, meters=base.meters,
        client=client, ground=ground, control=control,
        store=store, standings=standings, locks=locks, outbox=outbox, desired=desired,
        reconciler=Reconciler(client, desired, problems, ground, clock, standings, locks, practices),
        forecaster=Forecaster(desired, ground, store, client.limiter, clock),
        portfolio_page=PortfolioChore(pages, desired, standings, ground, store, clock),
        digest=DigestChore(digests, desired, standings, store, locks, clock, digest_time(settings.digest)),
        newcomers=Newcomers(forms, control, ground, desired, store, locks, clock, base.passing),
        leaving=Leaving(client, control, ground, desired, standings, locks, secrets, clock),
        groundwork=Groundwork(control, ground, desired, secrets, locks, files),
        watch=Watch(client, ground, control, desired, store, clock, secrets, alarm),
    )  # fmt: skip


def _outbox(base: _Base) -> Outbox:
    channels = open_channels(base.settings.channels, base.outside, base.clock)
    subscriptions = {channel.name: channel for channel in base.settings.channels}
    return Outbox(base.store.outbox, channels, base.clock, base.passing, subscriptions=subscriptions)


def _ground(base: _Base, instance: Instance, tell: Callable[[Notify], None]) -> Ground:
    """Made anew with what GitLab offers, whenever that changes."""

    def make(offered: Instance) -> Footing:
        place = _place(base.settings, offered)
        observer = Observer(base.client, offered, place)
        secrets = hook_secrets_of(base.settings)
        applier = Applier(base.client, offered, observer, secrets, tell, base.passing)
        return Footing(offered, place, observer, applier)

    return Ground(base.client, base.settings.group, instance, make)


def _signin(bot: Bot, adapter: requests.adapters.BaseAdapter | None) -> SignIn | None:
    """None while the site's sign-in is not set up."""
    settings, secret = bot.settings, reveal(bot.settings.oauth_secret)
    if not (settings.oauth_application_id and secret and settings.public_url):
        return None
    from app.gitlab.signin import SignIn  # brings two libraries that a service without the site can do without

    return SignIn(
        bot.client, bot.instance, circle=circle_of(bot.place), application_id=settings.oauth_application_id,
        secret=secret, callback=settings.signin_callback, clock=bot.clock, adapter=adapter,
    )  # fmt: skip


def connect(settings: Settings, credential: Credential) -> Client:
    """A client for one short conversation. Raises Refused for certificates that cannot be read."""
    return Client(settings.url, credential, ca_file=settings.ca_file)


def credential_of(settings: Settings) -> Credential:
    """The token of the settings, or the file that holds it."""
    if settings.token_file is not None:
        return TokenFile(settings.token_file)
    return FixedToken(reveal(settings.token) or "")


@contextmanager
def open_service(
    bot: Bot,
    *,
    durable: bool = True,
    rng: random.Random | None = None,
    tick_seconds: float = 1.0,
    overdue: Callable[[list[str]], None] = lambda _partners: None,
) -> Iterator[Service]:
    """Starts the queue and the clockwork around a bot. `durable=False`: a queue in memory, stepped by hand.

    `overdue` is told of the partners that are still worked on when the block has ended and the wait for them is over.

    Raises SeatTakenError when another process works on the same SQLite file, or has the same name on PostgreSQL.
    """
    rng = rng or random.Random()  # noqa: S311 - spreads retries and chores
    loop = Loop(bot.store, bot.reconciler.turn, bot.clock, rng, bot.locks, bot.passing, bot.meters)
    settings = bot.settings
    if not durable:
        # A visitor: where many may sit it takes a name that nobody else has.
        with take_seat(settings.database_url, f"{settings.node}-{uuid.uuid4().hex}") as seat:
            yield _service(bot, loop, MemoryQueue(loop.run), seat, rng, tick_seconds)
        return
    with (
        take_seat(settings.database_url, settings.node) as seat,
        durable_queue(
            settings.database_url, loop.run, node=settings.node, settle_seconds=settings.settle_seconds,
            workers=settings.workers, overdue=overdue, engine=bot.store.server,
        ) as queue,
        Aside() as aside,
    ):  # fmt: skip
        service = _service(bot, loop, queue, seat, rng, tick_seconds, aside)
        recover(bot.store, queue.wake, errands_of(bot, service.resync))
        with service.ticker:
            yield service


def _service(
    bot: Bot, loop: Loop, queue: Queue, seat: Seat, rng: random.Random, tick_seconds: float, aside: Aside | None = None
) -> Service:
    resync = Resync(
        bot.client, bot.place, bot.desired, bot.store, queue, bot.newcomers.ask, bot.reconciler.take_unseen, bot.clock,
        bot.passing,
    )  # fmt: skip
    intake = _intake(bot, queue, resync)
    ticker = Ticker(
        bot.store,
        queue,
        bot.clock,
        leads=seat.leads,
        every_tick=every_tick(bot, queue, seat, resync),
        chores=chores_of(bot, queue, resync, rng, aside),
        interval=tick_seconds,
        passing=bot.passing,
    )
    return Service(**_parts(bot), queue=queue, loop=loop, resync=resync, intake=intake, ticker=ticker)


def _intake(bot: Bot, queue: Queue, resync: Resync) -> Intake:
    settings = bot.settings
    return Intake(
        store=bot.store,
        queue=queue,
        errands=errands_of(bot, resync),
        territory=Territory(bot.place.group, bot.place.control, lambda: number(bot.instance.bot_id)),
        secrets=_secrets(settings),
        clock=bot.clock,
        settle_seconds=settings.settle_seconds,
        passing=bot.passing,
        meters=bot.meters,
    )


def _parts(bot: Bot) -> dict[str, Any]:
    return {name: getattr(bot, name) for name in Bot.__dataclass_fields__}


def _place(settings: Settings, instance: Instance) -> Place:
    return Place(
        base_url=settings.url,
        group=instance.group_path,
        control=settings.control or f"{instance.group_path}/journey-control",
        bot=instance.bot_username,
        hook_url=settings.hook_url,
        group_hook=settings.group_hook and settings.hook_url is not None and instance.epics,
        partner_role=settings.partner_role,
        architects_group=settings.architects_group,
        epics=instance.epics,
    )


def _secrets(settings: Settings) -> Secrets:
    """What deliveries are proved with: present and previous, signed or plain, so that a change loses nothing."""
    signing = [s for s in map(reveal, (settings.signing_token, settings.previous_signing_token)) if s]
    plain = [s for s in map(reveal, (settings.webhook_token, settings.previous_webhook_token)) if s]
    return Secrets(signing, [*plain, *map(stand_in_token, signing)])
