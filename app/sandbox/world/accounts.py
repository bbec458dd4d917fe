"""People, their tokens, and the applications that ask for one on their behalf.

The trap: one table of tokens. A personal one, that of an OAuth application and that of a project's or a group's own bot
differ only in which fields are set, so whoever lists one kind leaves out the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    profile: dict[str, object] = field(default_factory=dict)  # what an administrator set and only the profile shows


@dataclass
class Token:
    """A personal access token, that of a project's or group's bot (`project_id`, `group_id`), or (`application_id`) an
    OAuth one. `value` is what a client sends; scopes as on GitLab (`api`, `read_api`, ...). An OAuth token ends at a
    moment, the others with a day.
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
    refresh: str | None = None  # the refresh token that was handed out with it
    group_id: int | None = None
    project_id: int | None = None

    @property
    def personal(self) -> bool:
        return self.application_id is None and self.group_id is None and self.project_id is None


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
