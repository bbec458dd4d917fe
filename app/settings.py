"""Every setting, in one place. The README's table is made from this class, and a test holds them together.

All come from the environment (or a `.env` file) as PARTNER_JOURNEY_<NAME>. Secrets are SecretStr: they never print.
"""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableError

from app.gitlab.limits import known_limits
from app.journey.digest import digest_time
from app.journey.observed import PartnerRole
from app.notify.standard_webhooks import signing_key
from app.notify.subscription import Subscription

_NAME = r"^[a-z0-9-]{1,60}$"
_PREFIX = "PARTNER_JOURNEY_"
HOOK_PATH = "/webhooks/gitlab"
"""Where the service takes deliveries, below its public address."""

_WHOLE = "whole"
"""The kind of a problem that is more than one setting's and says it all by itself."""
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
"""A full path of a group or project (https://docs.gitlab.com/user/reserved_names/)."""


class ChannelSettings(Subscription):
    """A way out of GitLab: a webhook when it has a signing token, else an address for Apprise."""

    name: Annotated[str, Field(pattern=_NAME)]
    url: SecretStr
    signing_token: SecretStr | None = None


class Settings(BaseSettings):
    """What the bot needs to know. Raises SettingsError through `load_settings`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", extra="ignore", frozen=True)

    url: str = Field("https://gitlab.com", description="address of GitLab")
    ca_file: Path | None = Field(
        None, description="PEM file of the authority behind GitLab's certificate, if it is your own"
    )
    token: SecretStr | None = Field(
        None, description="access token of the bot, scope `api`; a service account is best; this or a file is needed"
    )
    token_file: Path | None = Field(
        None,
        validate_default=True,
        description="file that holds the token; it may change while the service runs, see `token rotate`",
    )
    group: str = Field(min_length=1, description="full path of the group that holds the partners' projects")
    control: str = Field("", description="full path of the control project; empty: `<group>/journey-control`")
    public_url: str = Field("", description="address under which GitLab reaches this service; empty: no webhooks")
    signing_token: SecretStr | None = Field(None, description="`whsec_…`, signs webhooks (GitLab 19.0 and newer)")
    previous_signing_token: SecretStr | None = Field(None, description="still accepted while the secret is changed")
    webhook_token: SecretStr | None = Field(None, description="plain secret token for older GitLab versions")
    previous_webhook_token: SecretStr | None = Field(None, description="still accepted while the secret is changed")
    group_hook: bool = Field(
        False, description="one webhook of the group instead of one for each project (Premium; the bot must be Owner)"
    )
    partner_role: PartnerRole = Field(
        "reporter",
        description="what partner people are in their project: `reporter`, `planner`, or `guest` (Free and CE)",
    )
    architects_group: str | None = Field(
        None,
        min_length=1,
        description="group with the solution architects as direct members; empty: Developers of the partners' group",
    )
    api_token: SecretStr | None = Field(None, description="bearer token of the REST API; empty: the API is off")
    oauth_application_id: str = Field("", description="id of the OAuth application in GitLab; empty: the site is off")
    oauth_secret: SecretStr | None = Field(None, description="secret of that application; also signs the sessions")
    database_url: str = Field("sqlite:///partner-journey.sqlite", description="SQLite file or PostgreSQL URL")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=1, le=65535, description="port to listen on")
    settle_seconds: float = Field(1.0, ge=0, description="seconds to gather events before a partner is looked at")
    settle_minutes: float | None = Field(
        None, ge=0, description="overrides the journey's quiet time before a stage change"
    )
    workers: int = Field(4, ge=1, le=32, description="partners looked at side by side")
    resync_minutes: float = Field(10, gt=0, description="minutes between two looks for missed changes")
    limits: dict[str, int] = Field(
        {}, description="JSON: GitLab's limits a minute where they are not gitlab.com's, as in `docs/operate.md`"
    )
    digest: str = Field(
        "mon 07:00", description="day and time (UTC) of the weekly digest for solution architects; empty: none"
    )
    journey_dir: Path | None = Field(None, description="folder with journey.yaml; empty: the built-in journey")
    channels: tuple[ChannelSettings, ...] = Field(
        (), description="JSON list of chat, mail and webhook channels, as in `docs/operate.md`"
    )
    node: str = Field("one", pattern=_NAME, description="name of this process, stable over restarts")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="what is logged: `debug`, `info`, `warning` or `error`, and what is worse"
    )

    @field_validator("url", "public_url")
    @classmethod
    def _address(cls, value: str, info: ValidationInfo) -> str:
        """Addresses stand in pages and errors, so they hold no password; paths are appended, so they end nowhere."""
        value = value.strip().rstrip("/")
        if not value and info.field_name == "public_url":
            return value
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must start with https:// (or http://)")
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018 - raises for a port that is no number
        except ValueError:
            raise ValueError(
                "it is no address; write https:// and the host's name, an IPv6 address in brackets: http://[::1]:8080"
            ) from None
        if "@" in parts.netloc:
            raise ValueError("take user and password out of it; the bot signs in with its token alone")
        if not parts.hostname or parts.query or parts.fragment or " " in value:
            raise ValueError("write https://, the host's name and at most a path, without ? and #")
        if re.search(r"/api(/v4|/graphql)?$", parts.path):
            raise ValueError("leave out /api and what follows; it is GitLab's own address that is needed")
        return value

    @field_validator("signing_token", "previous_signing_token")
    @classmethod
    def _signing_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            return None
        if value is not None:
            signing_key(value.get_secret_value())
        return value

    @field_validator("token_file")
    @classmethod
    def _one_token(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        token = info.data.get("token")
        given = token is not None and bool(token.get_secret_value())
        if given and value is not None:
            raise PydanticCustomError(_WHOLE, "PARTNER_JOURNEY_TOKEN and PARTNER_JOURNEY_TOKEN_FILE are set. Keep one.")
        if not given and value is None:
            raise PydanticCustomError(
                _WHOLE, "PARTNER_JOURNEY_TOKEN is not set, nor is PARTNER_JOURNEY_TOKEN_FILE. One of them is needed."
            )
        return value

    @field_validator("digest")
    @classmethod
    def _digest(cls, value: str) -> str:
        digest_time(value)
        return value

    @field_validator("limits")
    @classmethod
    def _limits(cls, value: dict[str, int]) -> dict[str, int]:
        if any(most < 0 for most in value.values()):
            raise ValueError("a limit is a number a minute, 0 for none")
        known_limits(value)
        return value

    @field_validator("group", "control", "architects_group")
    @classmethod
    def _path(cls, value: str | None, info: ValidationInfo) -> str | None:
        value = None if value is None else value.strip().strip("/")
        if value == "" and info.field_name == "group":
            raise ValueError("it is empty; write the group's full path, such as company/partners")
        if value and (not _PATH.fullmatch(value) or value.startswith("groups/")):
            raise ValueError("write the full path alone, such as partners or company/partners, not its address")
        return value

    @field_validator("journey_dir")
    @classmethod
    def _journey(cls, value: Path | None) -> Path | None:
        if value is not None and not (value / "journey.yaml").is_file():
            raise ValueError("there is no journey.yaml in that folder; name the folder that holds it")
        return value

    @property
    def signin_callback(self) -> str:
        """The redirect URI that the OAuth application in GitLab must name."""
        return f"{self.public_url}/signin/callback"

    @property
    def hook_url(self) -> str | None:
        return f"{self.public_url}{HOOK_PATH}" if self.public_url else None


class SettingsError(ValueError):
    """Settings that are missing or wrong, all of them, each with the fix."""


def load_settings() -> Settings:
    """Reads the environment. Raises SettingsError, whose text never quotes a value."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [_problem(detail["loc"], detail["type"], detail["msg"]) for detail in error.errors()]
    except UnreadableError as error:
        # pydantic-settings names the field in its text alone, and quotes the value only in the error behind it.
        names = [f"{_PREFIX}{name.upper()}" for name in ("channels", "limits") if f'"{name}"' in str(error)]
        lines = [f"{', '.join(names)} is no JSON. Put it on one line in single quotes, with double quotes inside."]
    raise SettingsError("\n".join([*lines, "Set them in the environment or in a file .env; see README.md."])) from None


def _problem(where: tuple[int | str, ...], kind: str, said: str) -> str:
    name = f"{_PREFIX}{str(where[0]).upper()}"
    inside = ", ".join(f"number {part + 1}" if isinstance(part, int) else part for part in where[1:])
    if kind == _WHOLE:
        return said
    if kind == "missing":
        return f"{name} is not set." if not inside else f"{name}: {inside} is missing."
    if kind == "string_pattern_mismatch":
        said = "use small letters, digits and dashes, at most 60"
    elif kind == "string_too_short":
        said = "it is empty"
    return f"{name} is wrong{f' at {inside}' if inside else ''}: {said.removeprefix('Value error, ').rstrip('.')}."


def misspelt_settings() -> list[str]:
    """Names in the environment and `.env` that are no settings but look like one, each with the one that is meant.

    Others that begin like settings are left alone: a deployment may have names of its own.
    """
    known = [name.upper() for name in Settings.model_fields]
    found = {name.upper() for name in (*os.environ, *dotenv_values(".env")) if name.upper().startswith(_PREFIX)}
    lines = []
    for name in sorted(found):
        word = name.removeprefix(_PREFIX)
        meant = get_close_matches(word, known, 1, 0.75)
        if word not in known and meant:
            lines.append(f"{name} is no setting; {_PREFIX}{meant[0]} is.")
    return lines


def reveal(secret: SecretStr | None) -> str | None:
    """The text of a secret, for the one place that sends it."""
    return secret.get_secret_value() if secret is not None else None
