"""What is said outside GitLab: the channels of the settings, and the messages made of actions and findings.

The trap it avoids: a message whose key is not its own, so that a crash sends it twice or swallows the next one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import httpx

from app.bot import Clock, wall_clock
from app.engine.watch import Topic
from app.gitlab.findings import Finding
from app.journey.actions import Notify
from app.journey.prose.outside import trouble_notice
from app.journey.standing import Standing
from app.notify.channels import Channel, Event, Kind
from app.notify.webhook import Webhook
from app.settings import ChannelSettings, Settings, SettingsError, reveal


def open_channels(wanted: Iterable[ChannelSettings], outside: httpx.Client, clock: Clock) -> list[Channel]:
    """The channels of the settings. Raises SettingsError, whose text holds no address."""
    channels: list[Channel] = []
    for settings in wanted:
        try:
            channels.append(_channel(settings, outside, clock))
        except ValueError as error:
            raise SettingsError(f"PARTNER_JOURNEY_CHANNELS is wrong at {settings.name}: {error}") from None
    names = [channel.name for channel in channels]
    if len(set(names)) < len(names):
        raise SettingsError("PARTNER_JOURNEY_CHANNELS has two channels of one name. Give each its own.")
    return channels


def check_channels(settings: Settings) -> None:
    """Whether all channels could be opened. Raises SettingsError as `open_channels` does; sends nothing."""
    with httpx.Client() as outside:
        open_channels(settings.channels, outside, wall_clock)


def _channel(settings: ChannelSettings, outside: httpx.Client, clock: Clock) -> Channel:
    """Raises SigningTokenError or AddressError, which are ValueErrors."""
    address, token = settings.url.get_secret_value(), reveal(settings.signing_token)
    if token is not None:
        return Webhook(address, token, outside, clock, name=settings.name)
    from app.notify.apprise_channel import AppriseChannel  # half a second that only those pay who use it

    return AppriseChannel(settings.name, address)


def event_of(action: Notify, standing: Standing | None, clock: Clock) -> Event:
    """The message of a planned notification; its mark is that of the change, so that it goes out once."""
    return Event(
        key=f"{action.partner}/{action.mark}",
        kind=action.kind,
        partner=action.partner,
        title=action.title,
        text=action.text,
        url=action.url,
        at=clock(),
        category=standing.category if standing else "",
        region=standing.region if standing else "",
    )


_TROUBLE: dict[Topic, Kind] = {"token": "token-trouble", "webhooks": "hook-trouble", "access": "access-trouble"}


def alarm_of(topic: Topic, findings: Sequence[Finding], settings: Settings, clock: Clock) -> Event:
    """One message about what one look has found: of failures one a day at most, of a warning one a week."""
    known = hashlib.sha256("/".join([topic, *sorted(f.check for f in findings)]).encode()).hexdigest()[:16]
    now = clock()
    when = f"{now:%Y-%m-%d}" if findings[0].state == "failed" else f"{now:%G-W%V}"
    said = trouble_notice(topic, [(f.check, f.text, f.fix) for f in findings])
    return Event(
        key=f"connection/{topic}/{known}/{when}",
        kind=_TROUBLE[topic],
        partner="",
        title=said.title,
        text=said.text,
        url=f"{settings.public_url or settings.url}/health",
        at=now,
    )
