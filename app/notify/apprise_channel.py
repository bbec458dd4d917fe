"""Chat, e-mail and more than a hundred other services, each by one address: through Apprise (https://appriseit.com).

The traps this avoids: Apprise says only that it failed, so a message whose answer never came may have arrived and must
not be sent again by itself; it waits in threads that all channels share, so one that hangs starves the others, and here
each has its own; and its log names addresses, which hold tokens, so it says nothing here.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass

import apprise
from apprise import NotifyBase, NotifyFormat, NotifyType, OverflowMode

from app.notify import formats
from app.notify.channels import Event, UndeliveredError

LONGEST_SEND = 20.0
"""Seconds. Above the time for a connection, so that who cannot be reached is a failure and not a doubt."""
CONNECT_SECONDS = 5.0

_READS_MARKDOWN = frozenset({"Mattermost", "Zulip"})
"""Services that read Markdown although Apprise calls them plain: names with `_` would come out in italics."""

_TYPES = {
    "complete": NotifyType.SUCCESS, "stage-change": NotifyType.SUCCESS, "step-back": NotifyType.WARNING,
    "at-risk": NotifyType.WARNING, "expiry": NotifyType.WARNING,
    "hook-trouble": NotifyType.FAILURE, "token-trouble": NotifyType.FAILURE, "access-trouble": NotifyType.FAILURE,
}  # fmt: skip
_WRITE = {NotifyFormat.TEXT: formats.plain, NotifyFormat.HTML: formats.html, NotifyFormat.MARKDOWN: formats.markdown}
_STATUS = re.compile(r"\berror=(\d{3})\b")

_log = logging.getLogger("apprise")
_log.propagate = False
_log.addHandler(logging.NullHandler())


class AddressError(ValueError):
    """An address that Apprise cannot read, or one of several receivers. Its text never appears."""


_UNKNOWN = (
    "Its url is neither a webhook with a signing_token nor an address that Apprise knows. "
    "Look the service up at https://appriseit.com/services/ and write its address as shown there."
)
_SEVERAL = (
    "Its url names {} receivers. Write a channel for each: "
    "when a message reaches only some of them, nobody could tell who has it already."
)


@dataclass
class _Attempt:
    """One send in a thread of its own, so that it can be left alone when it hangs."""

    service: NotifyBase
    title: str
    body: str
    format: NotifyFormat
    type: NotifyType
    result: apprise.AppriseResult | None = None
    error: Exception | None = None

    def run(self) -> None:
        sender = apprise.Apprise(asset=self.service.asset)
        sender.add(self.service)
        try:
            self.result = sender.notify(
                body=self.body, title=self.title, body_format=self.format, notify_type=self.type, log_level=logging.INFO
            )
        except Exception as error:  # noqa: BLE001 - told by `send` without its text, which may hold the address
            self.error = error


class AppriseChannel:
    """A channel to one Apprise address. Raises AddressError."""

    knows_again = False

    def __init__(self, name: str, address: str, *, longest_send: float = LONGEST_SEND) -> None:
        """`longest_send` in seconds."""
        self.name = name
        self._longest = longest_send
        # No limit inside: Apprise would keep it with threads that all channels share.
        asset = apprise.AppriseAsset(app_id="Partner Journey", service_timeout=0, allow_templates=False)
        try:
            service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=False)
        except Exception:  # noqa: BLE001 - whatever a plugin raises, its text may hold the address
            raise AddressError(_UNKNOWN) from None
        if not isinstance(service, NotifyBase):
            raise AddressError(_UNKNOWN)
        service.retry = 0  # the outbox tries again
        if len(service) > 1:
            raise AddressError(_SEVERAL.format(len(service)))
        service.overflow_mode = OverflowMode.TRUNCATE  # in pieces, some could arrive and others not
        service.socket_connect_timeout = min(CONNECT_SECONDS, longest_send / 4)
        service.socket_read_timeout = longest_send * 4  # a late answer must end as a doubt, not as a failure
        self._service = service
        self._hanging: threading.Thread | None = None

    def send(self, event: Event) -> None:
        """See Channel. Raises UndeliveredError, final where the message may have arrived."""
        if self._hanging is not None and self._hanging.is_alive():
            raise UndeliveredError(
                "The service still does not answer to an earlier message.", "Check that it runs and can be reached."
            )
        attempt = self._attempt(event)
        thread = threading.Thread(target=attempt.run, name=f"channel {self.name}", daemon=True)
        thread.start()
        thread.join(self._longest)
        if thread.is_alive():
            self._hanging = thread
            raise UndeliveredError(
                f"The service did not answer within {self._longest:g} seconds; the message may have arrived.",
                "Look there; if it is missing, send it again with `partner-journey notify retry`.",
                final=True,
            )
        self._judge(attempt)

    def _attempt(self, event: Event) -> _Attempt:
        service = self._service
        shape = service.resolve_format()
        if shape is NotifyFormat.TEXT and str(service.service_name) in _READS_MARKDOWN:
            shape = NotifyFormat.MARKDOWN
        write = _WRITE[shape]
        # A service without a title of its own gets it as a part of the text, in the same format.
        title = formats.plain(event.title) if service.title_maxlen > 0 else write(event.title)
        body = write(f"{event.text}\n\n<{event.url}>" if event.url else event.text)
        return _Attempt(service, title, body, shape, _TYPES.get(event.kind, NotifyType.INFO))

    def _judge(self, attempt: _Attempt) -> None:
        if attempt.result is None:
            raise UndeliveredError(
                f"The service's plugin failed: {type(attempt.error).__name__}.", "Check the channel's address."
            )
        if attempt.result.status == apprise.AppriseResultStatus.SUCCESS:
            return
        said = {m[1] for entry in attempt.result.logs() for m in _STATUS.finditer(entry.message)}
        answer = f"answered {', '.join(sorted(said))}" if said else "could not be reached or refused the message"
        raise UndeliveredError(
            f"The service {answer}.",
            "Check the channel's address and that this machine may reach the service: `partner-journey notify test`.",
        )
