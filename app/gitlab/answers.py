"""GitLab's answers that are no success, read: what they say, what they are about, and which error they become.

The trap: an answer of 200 with errors inside, as GraphQL gives, and a page of a proxy that looks like an answer.
"""

from __future__ import annotations

import json
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.gitlab import documents
from app.gitlab.errors import Ambiguous, Denied, GitLabError, Missing, Refused, Throttled, Transient

NOT_THERE = "does not exist or you don't have permission"
TOO_MANY = "requested too many times"


def trusted(ca_file: Path | None) -> ssl.SSLContext | bool:
    """The certificates to trust. Raises Refused for a file that cannot be read."""
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:  # no such file, or no certificate in it
        raise Refused(
            f"The certificates in {ca_file} cannot be read ({type(error).__name__}).",
            "Set PARTNER_JOURNEY_CA_FILE to a PEM file, or unset it.",
        ) from None


def unreadable(verb: str, path: str) -> Ambiguous:
    """The error for a write whose answer is no JSON."""
    return Ambiguous(
        f"The answer to {verb.upper()} {path} cannot be read.", "The next run looks what happened and goes on."
    )


def message(error: Exception) -> str:
    """GitLab's own words, shortened. A refused token is described beside the error: revoked, expired."""
    text = getattr(error, "error_message", None)
    if text == "invalid_token":
        with suppress(ValueError, LookupError, TypeError):
            text = json.loads(getattr(error, "response_body", None) or b"")["error_description"]
    return str(text)[:300] if text else ""


def read_only(message: str) -> bool:
    """Whether GitLab takes no writes for a while: maintenance mode, or a secondary site
    (https://docs.gitlab.com/administration/maintenance_mode/)."""
    return "read-only" in message or "maintenance mode" in message


def paused(what: str) -> Transient:
    return Transient(
        f"GitLab is read-only at present (maintenance mode), so {what} is not possible.",
        "Nothing to do but wait: it is tried again. An administrator sees when maintenance ends.",
    )


def about(error: Exception) -> frozenset[str]:
    """The attributes of `{"message": {"name": ["has already been taken"]}}`."""
    text = getattr(error, "error_message", None)
    return frozenset(map(str, text)) if isinstance(text, dict) else frozenset()


def translate_status(
    status: int, message: str, what: str, about: frozenset[str], retry_after: float | None
) -> GitLabError:
    """The error for a status that is no success. `retry_after`: the seconds that GitLab has asked to wait, if any."""
    if status == 429:
        return Throttled(
            f"GitLab limits {what} (429).", "Nothing to do: it goes on when the limit is over.", retry_after or 60.0
        )
    if status == 401:
        told = "401" if message in ("", "401 Unauthorized") else f"401 {message}"
        return Denied(
            f"GitLab refuses the token for {what} ({told}).", "Set a valid PARTNER_JOURNEY_TOKEN with scope api."
        )
    if status in (403, 503) and read_only(message):
        return paused(what)
    if status == 403:
        return Denied(
            f"The token may not do {what} (403 {message}).", "Give the bot Owner in the group and the scope api."
        )
    if status == 404:
        return Missing(
            f"GitLab does not find {what} (404 {message}).", "Check the group's path and the bot's membership."
        )
    if status == 409 and "lock" in message.lower():
        return Transient(f"GitLab is busy with {what} (409).", "It is tried again.", retry_after)
    if status >= 500:
        return Transient(
            f"GitLab failed at {what} ({status}).", "It is tried again; check GitLab's status if it lasts.", retry_after
        )
    fix = "Correct the cause; the next run tries again."
    return Refused(f"GitLab refused {what} ({status} {message}).", fix, about)


def translate_errors(what: str, errors: list[Any]) -> GitLabError:
    """The error for GraphQL errors."""
    messages = "; ".join(str(e.get("message", e)) if isinstance(e, dict) else str(e) for e in errors)[:300]
    if TOO_MANY in messages:
        return Throttled(f"GitLab limits {what}.", "Nothing to do: it goes on when the limit is over.", 60.0)
    if read_only(messages):
        return paused(what)
    if NOT_THERE in messages:
        return Missing(f"GitLab does not show what {what} needs ({messages}).", "Check the bot's membership and role.")
    if "imeout" in messages or "nternal server error" in messages:
        return Transient(f"GitLab failed at {what} ({messages}).", "It is tried again.")
    return Refused(f"GitLab refused {what} ({messages}).", "Check that this GitLab is 18.9 or newer.")


def outcome(write: documents.Write, payload: Any, problems: list[Any], index: int) -> dict[str, Any] | GitLabError:
    """A mutation's payload, or the error it became."""
    if payload is None:
        own = [p for p in problems if isinstance(p, dict) and (p.get("path") or [None])[0] == f"w{index}"]
        return translate_errors(write.operation, own or problems)
    if payload.get("errors"):
        reasons = "; ".join(str(e) for e in payload["errors"])[:300]
        return Refused(f"GitLab refused {write.operation} ({reasons}).", "Correct the cause; the next run tries again.")
    return dict(payload)
