"""What a message is and what a channel can do with it.

The trap this avoids: a channel that swallows a failure. It sends or it raises UndeliveredError; the outbox alone
decides about another try.
"""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
"""Printable ASCII without spaces: it is also the `webhook-id` header."""

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,99}$")]


class Event(BaseModel):
    """One message. `key` names what happened once and for all: the same key is never sent twice on purpose."""

    model_config = ConfigDict(frozen=True)

    key: Key
    kind: Kind
    partner: str
    title: str
    text: str
    url: str
    at: AwareDatetime


class UndeliveredError(Exception):
    """A channel could not send. `cause` holds no address: those of chat services are secrets. `final`: do not retry."""

    def __init__(self, cause: str, fix: str, *, final: bool = False) -> None:
        super().__init__(f"{cause} {fix}")
        self.cause = cause
        self.fix = fix
        self.final = final


class Channel(Protocol):
    """One way out, such as a webhook."""

    @property
    def name(self) -> str:
        """Unique and stable: the outbox keeps messages by it."""
        ...

    def send(self, event: Event) -> None:
        """Send now. Raises UndeliveredError."""
        ...
