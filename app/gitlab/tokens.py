"""The bot's own access token: what it may do and when it ends (https://docs.gitlab.com/api/personal_access_tokens/).

The trap: a token dies silently, in at most a year; so its end is told thirty days ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from app.gitlab.client import Client
from app.gitlab.credential import TokenFile
from app.gitlab.findings import Finding, failed, ok, warning

NEEDED = "api"
HARMLESS = frozenset({"api", "read_api", "read_user", "self_rotate"})
DAYS_AHEAD = 30


def check_token(client: Client, today: date) -> Iterator[Finding]:
    """One request. Raises GitLabError; a token that has ended is Denied."""
    token = client.get("/personal_access_tokens/self")
    scopes = set(token["scopes"])
    if NEEDED not in scopes:
        yield failed(
            "token scopes", f"The token has {', '.join(sorted(scopes)) or 'no scope'} and lacks api.",
            "Create a token with the scope api and set it as PARTNER_JOURNEY_TOKEN.",
        )  # fmt: skip
    elif scopes - HARMLESS:
        yield warning(
            "token scopes", f"The token may do more than it needs: {', '.join(sorted(scopes - HARMLESS))}.",
            "Create a token with the scope api alone.",
        )  # fmt: skip
    else:
        yield ok("token scopes", "The token has the scope api.")
    yield _end(token["expires_at"], today)


def check_file(file: TokenFile | None) -> Finding:
    """Where the token is kept."""
    if file is None:
        return ok("token file", "The token comes from the environment.")
    if file.waiting():
        return warning(
            "token file", f"A rotation was cut off: {file.beside} holds a token.", "Run `partner-journey token rotate`."
        )  # fmt: skip
    if file.open_to_others():
        return warning(
            "token file", f"Other users of this machine can read {file.path}.", f"Run `chmod 600 {file.path}`."
        )  # fmt: skip
    return ok("token file", f"The token is in {file.path}, which only its user can read.")


def _end(expires_at: str | None, today: date) -> Finding:
    if expires_at is None:
        return ok("token end", "The token has no end.")
    days = (date.fromisoformat(expires_at) - today).days
    if days <= DAYS_AHEAD:
        return warning(
            "token end", f"The token ends on {expires_at}, in {days} days.",
            "Run `partner-journey token rotate` where PARTNER_JOURNEY_TOKEN_FILE is set; else create a new one for the "
            "same account, set it as PARTNER_JOURNEY_TOKEN, start again, and revoke the old one.",
        )  # fmt: skip
    return ok("token end", f"The token is good until {expires_at}.")
