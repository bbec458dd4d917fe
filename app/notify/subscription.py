"""What a channel wants to hear, and when: events, partners, quiet hours.

The traps this avoids: a message that is dropped because it came at night (what is quiet waits in the outbox), and hours
that drift with daylight saving (they are read in a named time zone of the IANA database).
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.journey.model import Category
from app.notify.channels import Event, Kind


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("there is no such time zone; write one like Europe/Berlin") from None
    return name


def _wall_time(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("write the hour without a zone, such as 18:00; `zone` has the zone")
    return at


WallTime = Annotated[time, AfterValidator(_wall_time)]


class QuietHours(BaseModel):
    """Every day from `begin` to `end` on the clocks of `zone`; over midnight when `end` is the earlier one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begin: WallTime
    end: WallTime
    zone: Annotated[str, AfterValidator(_known_zone)]

    @model_validator(mode="after")
    def _some_time_is_loud(self) -> QuietHours:
        if self.begin == self.end:
            raise ValueError("begin and end are the same: nothing would ever be sent, or nothing be quiet")
        return self

    def __str__(self) -> str:
        return f"{self.begin:%H:%M} to {self.end:%H:%M} {self.zone}"

    def __contains__(self, now: datetime) -> bool:
        local = now.astimezone(ZoneInfo(self.zone)).time()
        if self.begin < self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end


class Subscription(BaseModel):
    """What one channel wants to hear. An empty list stands for all.

    With `partners`, `categories` or `regions`, a channel hears of these partners only, not of the bot's own trouble.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: tuple[Kind, ...] = ()
    partners: tuple[str, ...] = Field((), description="slugs")
    categories: tuple[Category, ...] = ()
    regions: tuple[str, ...] = ()
    quiet: QuietHours | None = None

    def wants(self, event: Event) -> bool:
        """Whether the channel is to hear of this at all."""
        return (
            (not self.events or event.kind in self.events)
            and (not self.partners or event.partner in self.partners)
            and (not self.categories or event.category in self.categories)
            and (not self.regions or event.region.casefold() in {region.casefold() for region in self.regions})
        )

    def is_quiet(self, now: datetime) -> bool:
        """Whether messages must wait now."""
        return self.quiet is not None and now in self.quiet

    def __str__(self) -> str:
        """In words, for people who check their settings."""
        whose = [*self.partners, *self.categories, *self.regions]
        parts = [f"hears {', '.join(self.events) or 'everything'}"]
        parts += [f"of {', '.join(whose)} only"] if whose else []
        parts += [f"quiet from {self.quiet}"] if self.quiet else []
        return ", ".join(parts)
