"""People, their tokens, and the applications that ask for one on their behalf.

The trap: one table of tokens. A personal one, that of an OAuth application and that of a project's or a group's own bot
differ only in which fields are set, so whoever lists one kind leaves out the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass
class User:
    id: int
    username: str
    name: str
    email: str
    admin: bool = False
    bot: bool = False
    state: str = "active"
    created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Token:
    """A personal access token, or (with `application_id`) an OAuth one. `value` is what a client sends; scopes as on
    GitLab (`api`, `read_api`, ...). A personal token ends with a day, an OAuth one at a moment.
    """

    id: int
    user_id: int
    name: str
    value: str
    scopes: list[str]
    created_at: datetime
    expires_at: date | None = None
    revoked: bool = False
    application_id: int | None = None
    lapses_at: datetime | None = None
    resource: tuple[str, int] | None = None  # ("project" or "group", id) of a project's or group's own token
    refresh: str | None = None  # the refresh token that was handed out with it


@dataclass
class Application:
    """An OAuth application. `uid` and `secret` are what a client calls its id and secret."""

    id: int
    uid: str
    secret: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]
    confidential: bool = True


@dataclass
class Grant:
    """An authorization code on its way from the person's browser to the application; good for one exchange."""

    code: str
    application_id: int
    user_id: int
    redirect_uri: str
    scopes: list[str]
    challenge: str
    nonce: str | None
    created_at: datetime
    lapses_at: datetime
    used: bool = False
