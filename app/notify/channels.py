"""What a message is and what a channel can do with it.

The trap this avoids: a channel that swallows a failure. It sends or it raises UndeliveredError; the outbox alone
decides about another try.
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
"""Printable ASCII without spaces: it is also the `webhook-id` header."""

Kind = Literal[
    "stage-change", "step-back", "complete", "at-risk", "expiry",
    "hook-trouble", "token-trouble", "access-trouble", "test",
]  # fmt: skip
"""What can be told. The first five are about one partner, trouble is about the bot itself."""


class Event(BaseModel):
    """One message. `key` names what happened once and for all: the same key is never sent twice on purpose.

    `partner` is a slug, empty when the message is about the bot itself; `category` and `region` are the partner's.
    `title` and `text` are Markdown as GitLab reads it, with other people's words made harmless by `journey.text`.
    """

    model_config = ConfigDict(frozen=True)

    key: Key
    kind: Kind
    partner: str
    title: str
    text: str
    url: str
    at: AwareDatetime
    category: str = ""
    region: str = ""


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

    @property
    def knows_again(self) -> bool:
        """Whether the receiver recognises a message that is sent once more, by its key."""
        ...

    def send(self, event: Event) -> None:
        """Send now, in seconds, not minutes. Raises UndeliveredError."""
        ...
