"""Messages as CloudEvents 1.0, signed by Standard Webhooks, to one address.

The trap this avoids: a receiver that must guess whether it has seen a message. `webhook-id` and the event's `id` are
the event's key, the same at every try, and the signature covers it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import httpx

from app.notify import formats
from app.notify.channels import Event, UndeliveredError
from app.notify.standard_webhooks import sign, signing_key

TIMEOUT_SECONDS = 10.0
GONE = 410


class Webhook:
    """A channel that posts to `url`. The client is lent, not owned. Raises SigningTokenError for a malformed token."""

    knows_again = True

    def __init__(
        self,
        url: str,
        signing_token: str,
        client: httpx.Client,
        clock: Callable[[], datetime],
        *,
        name: str = "webhook",
        source: str = "/partner-journey",
    ) -> None:
        self.name = name
        self._url = url
        self._key = signing_key(signing_token)
        self._client = client
        self._clock = clock
        self._source = source

    def send(self, event: Event) -> None:
        """Post the event. Raises UndeliveredError for anything but a 2xx answer; 410 is final, as the receiver asks."""
        body = cloud_event(event, self._source)
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": event.key,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(self._key, event.key, timestamp, body),
        }
        try:
            answer = self._client.post(
                self._url, content=body, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UndeliveredError(
                f"The webhook's receiver did not answer ({type(error).__name__}).",
                "Check that it runs and that this machine may reach it.",
            ) from None  # the original error's text can hold the address
        if not answer.is_success:
            raise UndeliveredError(
                f"The webhook's receiver answered {answer.status_code}.",
                "Look at the receiver's own log, then retry the message from the outbox.",
                final=answer.status_code == GONE,
            )


def cloud_event(event: Event, source: str) -> bytes:
    """The event in CloudEvents' structured JSON mode (https://cloudevents.io, version 1.0)."""
    about = {"subject": event.partner} if event.partner else {}  # CloudEvents allows no empty subject
    data = {
        "partner": event.partner,
        "category": event.category,
        "region": event.region,
        "title": formats.plain(event.title),
        "text": formats.plain(event.text),
        "markdown": formats.markdown(event.text),
        "url": event.url,
    }
    content = {
        "specversion": "1.0",
        "id": event.key,
        "source": source,
        "type": f"partner-journey.{event.kind}",
        **about,
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
