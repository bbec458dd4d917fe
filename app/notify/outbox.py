"""Messages are kept before they are sent, so a crash or a dead receiver loses none.

Putting is idempotent by event and channel; sending is at least once: a crash between the send and its note sends again,
which the receiver recognises by the event's key. The trap this avoids: one dead receiver that holds up the tick for its
timeout times the backlog. After one failure a channel rests until the next flush.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import ValidationError

from app.crash_points import Passing, carry_on
from app.notify.channels import Channel, Event, UndeliveredError

log = logging.getLogger(__name__)

TRIES = 8
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=12)
FLUSH_LIMIT = 50


class Entry(Protocol):
    """One kept message for one channel."""

    @property
    def key(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def attempts(self) -> int: ...


class Storage(Protocol):
    """Where messages are kept; the engine's Store is one."""

    def outbox_put(self, key: str, channel: str, event: str) -> bool:
        """Keep a message; False when it is already known."""
        ...

    def outbox_due(self, now: datetime, limit: int) -> Sequence[Entry]:
        """What to send now, oldest first."""
        ...

    def outbox_sent(self, key: str, channel: str) -> None:
        """It was taken."""
        ...

    def outbox_failed(self, key: str, channel: str, error: str, retry_at: datetime | None) -> None:
        """It was not; try again then, or never."""
        ...


class Outbox:
    """Puts and sends. `channels` are all that messages go to; with none, putting does nothing."""

    def __init__(
        self,
        store: Storage,
        channels: Sequence[Channel],
        clock: Callable[[], datetime],
        passing: Passing = carry_on,
    ) -> None:
        self._store = store
        self._channels = {channel.name: channel for channel in channels}
        self._clock = clock
        self._passing = passing
        if len(self._channels) != len(channels):
            raise ValueError("Two notification channels have the same name. Give each its own.")

    def put(self, event: Event) -> None:
        """Keep this event for every channel. The same key again changes nothing, whatever its text."""
        for name in self._channels:
            self._store.outbox_put(event.key, name, event.model_dump_json())
            self._passing("a message is kept")

    def flush(self) -> int:
        """Send what is due, at most 50 messages; returns how many were taken. Failures are kept, not raised."""
        sent = 0
        resting: set[str] = set()
        for entry in self._store.outbox_due(self._clock(), FLUSH_LIMIT):
            if entry.channel in resting:
                continue
            try:
                self._send(entry)
            except UndeliveredError as error:
                resting.add(entry.channel)
                self._note(entry, error)
            else:
                self._passing("a message is sent")
                self._store.outbox_sent(entry.key, entry.channel)
                sent += 1
        return sent

    def _send(self, entry: Entry) -> None:
        channel = self._channels.get(entry.channel)
        if channel is None:
            raise UndeliveredError(
                "Its channel is no longer set up.", "Set the channel up again, then retry.", final=True
            )
        try:
            event = Event.model_validate_json(entry.event)
        except ValidationError:
            raise UndeliveredError("It was kept by an older version.", "Tell people by hand.", final=True) from None
        try:
            channel.send(event)
        except UndeliveredError:
            raise
        except Exception as error:
            # A bug in one channel must not stop the others; the tries run out and the entry shows what it was.
            log.exception("Channel %s failed on %s.", entry.channel, entry.key)
            raise UndeliveredError(
                f"A bug in the channel: {type(error).__name__}.", "See the log and report it."
            ) from None

    def _note(self, entry: Entry, error: UndeliveredError) -> None:
        tries = entry.attempts + 1
        final = error.final or tries >= TRIES
        retry_at = None if final else self._clock() + retry_delay(tries)
        log.warning("Message %s by %s was not sent (try %d): %s", entry.key, entry.channel, tries, error.cause)
        self._store.outbox_failed(entry.key, entry.channel, f"{error.cause} {error.fix}", retry_at)


def retry_delay(tries: int) -> timedelta:
    """How long to wait after this many failed tries: 1 min, 3 min, 9 min … up to 12 h; eight tries last about a day."""
    return min(FIRST_RETRY * int(3 ** (tries - 1)), LONGEST_RETRY)
