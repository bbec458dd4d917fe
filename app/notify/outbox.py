"""Messages are kept before they are sent, so a crash, a dead receiver or quiet hours lose none.

Putting is idempotent by event and channel. A receiver that knows a message again by its key gets it at least once. One
that does not gets it at most once around a crash: the message is claimed before it is sent, and a claim that nobody
lives to settle is given up for a person to judge. The trap this avoids: one dead receiver that holds up all others, for
its timeout times the backlog. Each channel is delivered by itself, and rests after a failure.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import ValidationError

from app.crash_points import Passing, carry_on
from app.notify.channels import Channel, Event, UndeliveredError
from app.notify.subscription import Subscription

log = logging.getLogger(__name__)

TRIES = 8
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=12)
FLUSH_LIMIT = 50
LONGEST_REST = timedelta(minutes=15)
CLAIM = timedelta(minutes=2)
"""How long a claim lasts: longer than any send takes."""


class Entry(Protocol):
    """One kept message for one channel."""

    @property
    def key(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def attempts(self) -> int: ...


class Kept(Protocol):
    """Where messages are kept; the engine's KeptMessages is one."""

    def put(self, key: str, channel: str, event: str) -> bool:
        """Keep a message; False when it is already known."""
        ...

    def channels(self, now: datetime) -> Sequence[str]:
        """The channels that have something to send now."""
        ...

    def due(self, now: datetime, channel: str, limit: int) -> Sequence[Entry]:
        """What to send now, oldest first; in the state "sending" what was claimed and never settled."""
        ...

    def claim(self, key: str, channel: str, until: datetime) -> bool:
        """Whether this caller, and nobody else, may send it."""
        ...

    def sent(self, key: str, channel: str) -> None:
        """It was taken."""
        ...

    def failed(self, key: str, channel: str, error: str, retry_at: datetime | None) -> None:
        """It was not; try again then, or never."""
        ...


class Outbox:
    """Puts and sends. `channels` are all that messages go to; with none, putting does nothing."""

    def __init__(
        self,
        kept: Kept,
        channels: Sequence[Channel],
        clock: Callable[[], datetime],
        passing: Passing = carry_on,
        *,
        subscriptions: Mapping[str, Subscription] | None = None,
    ) -> None:
        """`subscriptions`: what a channel wants to hear, by its name; without one it hears everything at once."""
        self._kept = kept
        self._channels = {channel.name: channel for channel in channels}
        self._clock = clock
        self._passing = passing
        self._wishes = dict(subscriptions or {})
        self._rests: dict[str, tuple[int, datetime]] = {}  # channel -> failures in a row, rests until
        if len(self._channels) != len(channels):
            raise ValueError("Two notification channels have the same name. Give each its own.")

    def put(self, event: Event) -> None:
        """Keep this event for every channel that wants it. The same key again changes nothing, whatever its text."""
        for name in self._channels:
            if self._wish(name).wants(event):
                self._kept.put(event.key, name, event.model_dump_json())
                self._passing("a message is kept")

    def flush(self) -> int:
        """Deliver all channels, one after the other; returns how many messages were taken."""
        return sum(self.deliver(name) for name in self.due())

    def due(self) -> Sequence[str]:
        """The channels that have something to send now, by name."""
        return self._kept.channels(self._clock())

    def deliver(self, name: str) -> int:
        """Send what is due by one channel, at most 50 messages; returns how many were taken. Failures are kept.

        Two threads must not deliver the same channel at once. Raises StoreError.
        """
        channel = self._channels.get(name)
        if channel is not None and self._must_wait(name):
            return 0
        sent = 0
        for entry in self._kept.due(self._clock(), name, FLUSH_LIMIT):
            if channel is None:
                self._note(entry, _no_channel())
                continue
            if not self._claim(channel, entry):
                continue
            try:
                self._send(channel, entry)
            except UndeliveredError as error:
                self._note(entry, error)
                self._rest(name)
                break
            self._passing("a message is sent")
            self._kept.sent(entry.key, entry.channel)
            self._rests.pop(name, None)
            sent += 1
        return sent

    def _wish(self, name: str) -> Subscription:
        return self._wishes.get(name, _EVERYTHING)

    def _must_wait(self, name: str) -> bool:
        now = self._clock()
        _, until = self._rests.get(name, (0, now))
        return now < until or self._wish(name).is_quiet(now)

    def _rest(self, name: str) -> None:
        failures = self._rests.get(name, (0, self._clock()))[0] + 1
        pause = min(FIRST_RETRY * int(2 ** min(failures - 1, 10)), LONGEST_REST)
        self._rests[name] = failures, self._clock() + pause

    def _claim(self, channel: Channel, entry: Entry) -> bool:
        """Whether to send this now. One that may be there already, or that another process sends, is left alone."""
        if channel.knows_again:
            return True
        if entry.state == "sending":
            self._note(entry, _in_doubt())
            return False
        return self._kept.claim(entry.key, entry.channel, self._clock() + CLAIM)

    def _send(self, channel: Channel, entry: Entry) -> None:
        try:
            event = Event.model_validate_json(entry.event)
        except ValidationError:
            raise UndeliveredError("It was kept by an older version.", "Tell people by hand.", final=True) from None
        try:
            channel.send(event)
        except UndeliveredError:
            raise
        except Exception as error:  # noqa: BLE001 - its text may hold the channel's address: only its type is told
            # A bug in one channel must not stop the others; the tries run out and the entry shows what it was.
            raise UndeliveredError(
                f"A bug in the channel: {type(error).__name__}.", "Report it with the name of the service."
            ) from None

    def _note(self, entry: Entry, error: UndeliveredError) -> None:
        tries = entry.attempts + 1
        final = error.final or tries >= TRIES
        retry_at = None if final else self._clock() + retry_delay(tries)
        log.warning("Message %s by %s was not sent (try %d): %s", entry.key, entry.channel, tries, error.cause)
        self._kept.failed(entry.key, entry.channel, f"{error.cause} {error.fix}", retry_at)


_EVERYTHING = Subscription()


def _in_doubt() -> UndeliveredError:
    return UndeliveredError(
        "The process ended while this message was sent; it may have arrived.",
        "Look there; if it is missing, send it again with `partner-journey notify retry`.",
        final=True,
    )


def _no_channel() -> UndeliveredError:
    return UndeliveredError(
        "Its channel is no longer set up.", "Set the channel up again, then `partner-journey notify retry`.", final=True
    )


def retry_delay(tries: int) -> timedelta:
    """How long to wait after this many failed tries: 1 min, 3 min, 9 min … up to 12 h; eight tries last about a day."""
    return min(FIRST_RETRY * int(3 ** (tries - 1)), LONGEST_RETRY)
