"""What the clockwork does, and how often: all chores of a service in one list.

The trap it avoids: a chore that nobody finds when he asks why GitLab was asked at night.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from app.bot import Bot
from app.engine.aside import Aside
from app.engine.durable import DurableQueue
from app.engine.loop import rewake
from app.engine.night import nightly
from app.engine.queue import Queue
from app.engine.reaper import Reaper
from app.engine.records import EVERYONE, NEWCOMERS, Errands
from app.engine.resync import Resync
from app.engine.seats import Seat
from app.engine.ticker import Chore, every
from app.engine.watch import watching
from app.notify.lanes import Lanes


def chores_of(bot: Bot, queue: Queue, resync: Resync, rng: random.Random, aside: Aside | None) -> list[Chore]:
    """What is done at its own times, by the process that leads."""
    often = timedelta(minutes=bot.settings.resync_minutes)
    return [
        Chore("resync", every(often, rng), resync.changed, at_start=True),
        Chore("deep resync", nightly(rng), resync.by_night),
        *watching(bot.watch, bot.standings, queue.wake, resync.ask, rng, aside),
        Chore("prune", every(timedelta(hours=6), rng), lambda: _prune(bot, queue)),
        Chore("portfolio page", every(timedelta(hours=1), rng), bot.portfolio_page.renew),
        Chore("portfolio page soon", every(timedelta(minutes=2), rng), bot.portfolio_page.follow),
        Chore("digest", every(timedelta(minutes=10), rng), bot.digest.post),
    ]


def every_tick(bot: Bot, queue: Queue, seat: Seat, resync: Resync) -> dict[str, Callable[[], object]]:
    """What is looked at once a second, in this order."""

    errands = errands_of(bot, resync)

    def forgotten() -> None:
        """Deliveries that another process kept, and died before it had woken anybody."""
        rewake(bot.store, queue.wake, errands, before=bot.clock() - timedelta(minutes=1), passing=bot.passing)

    parts: dict[str, Callable[[], object]] = {
        "newcomers": lambda: bot.newcomers.answer(queue.wake),
        "resync": resync.answer, "new issues": resync.look_again, "outbox": bot.outbox.flush, "deliveries": forgotten,
    }  # fmt: skip
    if isinstance(queue, DurableQueue):
        parts["outbox"] = Lanes(bot.outbox).start
        parts["dead processes"] = Reaper(queue, seat, bot.clock).look
    return parts


def errands_of(bot: Bot, resync: Resync) -> Errands:
    """What deliveries may ask for besides partners."""
    return {EVERYONE: resync.ask, NEWCOMERS: bot.newcomers.ask}


def _prune(bot: Bot, queue: Queue) -> None:
    """Forgets old history: without it each wake gets slower with every run ever made."""
    bot.store.prune(timedelta(days=90))
    if isinstance(queue, DurableQueue):
        queue.prune(bot.clock() - timedelta(days=3))
