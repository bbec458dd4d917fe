"""`notify test` and `notify retry`: the channels outside GitLab. Both work while GitLab does not.

The trap: a channel that is thought to work because nothing has gone wrong yet. A test message goes the whole way.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.console import AsJson, out, show_findings

if TYPE_CHECKING:
    from app.gitlab.findings import Finding
    from app.notify.channels import Channel, Event
    from app.settings import ChannelSettings, Settings

notify_app = typer.Typer(help="Channels outside GitLab: try them, send again what was given up.", no_args_is_help=True)

ChannelName = Annotated[str | None, typer.Option("--channel", metavar="NAME", help="only this one")]


@notify_app.command("test")
def notify_test(channel: ChannelName = None, as_json: AsJson = False) -> None:
    """Send a test message to each channel, now, whatever it wants to hear; each line is ok or failed, with the fix."""
    import httpx

    from app.bot import wall_clock
    from app.outside import open_channels
    from app.settings import load_settings

    settings = load_settings()
    wanted = _wanted(settings, channel)
    with httpx.Client() as outside:
        channels = open_channels(wanted, outside, wall_clock)
        show_findings(_try(settings, channels), as_json=as_json)


@notify_app.command("retry")
def notify_retry(channel: ChannelName = None) -> None:
    """Send messages again that were given up: after eight failures, or because they may have arrived already."""
    from app.bot import wall_clock
    from app.engine.store import Store
    from app.settings import load_settings

    settings = load_settings()
    names = {wanted.name for wanted in _wanted(settings, channel)}
    with Store(settings.database_url, wall_clock) as store:
        again = [entry for entry in store.outbox.newest(state="dead", limit=10_000) if entry.channel in names]
        for entry in again:
            store.outbox.revive(entry.key, entry.channel)
    if not again:
        out.print("Nothing to do: no message was given up.")
        return
    out.print(
        "1 message waits to be sent again." if len(again) == 1 else f"{len(again)} messages wait to be sent again."
    )
    out.print("Next: a running service sends them within seconds; without one, run `partner-journey sync`.")


def _wanted(settings: Settings, name: str | None) -> list[ChannelSettings]:
    """Raises SettingsError when there is none."""
    from app.settings import SettingsError

    if not settings.channels:
        raise SettingsError("No channel is set up. Set PARTNER_JOURNEY_CHANNELS as shown in docs/operate.md.")
    found = [channel for channel in settings.channels if name in (None, channel.name)]
    if not found:
        names = ", ".join(channel.name for channel in settings.channels)
        raise SettingsError(f"There is no channel {name}. Name one of: {names}.")
    return found


def _try(settings: Settings, channels: Iterable[Channel]) -> Iterator[Finding]:
    from app.gitlab.findings import failed, ok
    from app.notify.channels import UndeliveredError

    wishes = {channel.name: channel for channel in settings.channels}
    for channel in channels:
        try:
            channel.send(_message(settings, channel.name))
        except UndeliveredError as error:
            yield failed(channel.name, error.cause, error.fix)
        else:
            yield ok(channel.name, f"The test message was taken. This channel {wishes[channel.name]}.")


def _message(settings: Settings, name: str) -> Event:
    """Under a key of its own: a receiver must not take the second test for the first."""
    from app.bot import wall_clock
    from app.notify.channels import Event

    return Event(
        key=f"test/{name}/{secrets.token_hex(8)}",
        kind="test",
        partner="",
        title="Partner Journey: test message",
        text=f"The channel `{name}` works. Nothing has happened, and there is nothing to do.",
        url=f"{settings.url}/{settings.group}",
        at=wall_clock(),
    )
