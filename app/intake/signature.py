"""Who sent this delivery: a Standard Webhooks signature over the raw bytes, else GitLab's secret token.

GitLab: https://docs.gitlab.com/user/project/integrations/webhooks/ (signing tokens, secret token). The traps avoided:
an empty secret that verifies an empty header, a comparison whose time tells the secret, and a request with a bad
signature that is let in by its token. While secrets are rotated, the current and the previous one both count.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.notify.standard_webhooks import sign, signing_key

TOLERANCE_SECONDS = 300
"""How far a signed timestamp may be from our clock; the specification's advice, GitLab names none."""

TIMESTAMP = re.compile(r"[0-9]{1,12}")


class UnverifiedError(Exception):
    """Nobody knows who sent this. `cause` and `fix` are shown in GitLab's hook log, so they hold no secret."""

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(f"{cause} {fix}")
        self.cause = cause
        self.fix = fix


@dataclass(frozen=True)
class Secrets:
    """What deliveries are proved with. Empty entries are dropped. Raises SigningTokenError for a malformed token."""

    signing_tokens: Sequence[str] = field(default=(), repr=False)
    plain_tokens: Sequence[str] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signing_tokens", tuple(token for token in self.signing_tokens if token))
        object.__setattr__(self, "plain_tokens", tuple(token for token in self.plain_tokens if token))
        self.signing_keys()

    def signing_keys(self) -> list[bytes]:
        """The signing keys."""
        return [signing_key(token) for token in self.signing_tokens]


def stand_in_token(signing_token: str) -> str:
    """The plain token that stands in for a signing token where GitLab (before 19.0) cannot sign.

    It is made from the signing token, so nobody has to set it, and it does not give the signing token away. Raises
    SigningTokenError.
    """
    return hmac.new(signing_key(signing_token), b"partner-journey plain token", hashlib.sha256).hexdigest()


def verify(
    headers: Mapping[str, str], body: bytes, *, secrets: Secrets, now: datetime
) -> Literal["signature", "token"]:
    """How this delivery proved itself; `headers` in any case, `body` as received. Raises UnverifiedError."""
    given = {name.lower(): value for name, value in headers.items()}
    if "webhook-signature" in given:
        _check_signature(given, body, secrets, now)
        return "signature"
    _check_token(given.get("x-gitlab-token", ""), secrets)
    return "token"


def _check_signature(given: Mapping[str, str], body: bytes, secrets: Secrets, now: datetime) -> None:
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not TIMESTAMP.fullmatch(timestamp):
        raise UnverifiedError("The signature's id or timestamp is missing.", "Resend the event from GitLab's hook log.")
    expected = [sign(key, message_id, timestamp, body).encode() for key in secrets.signing_keys()]
    candidates = [value.encode("utf-8", "surrogateescape") for value in given["webhook-signature"].split()]
    # A list, not any(…): every pair is compared, whichever matches.
    matches = [hmac.compare_digest(one, other) for one in expected for other in candidates]
    if True not in matches:
        raise UnverifiedError(
            "The signature does not match." if expected else "A signature came, but no signing token is set here.",
            "Set the same signing token in GitLab's webhook and in the bot's settings.",
        )
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise UnverifiedError(
            f"The delivery's timestamp is more than {TOLERANCE_SECONDS // 60} minutes from our clock.",
            "Check the clocks of both machines, then resend the event from GitLab's hook log.",
        )


def _check_token(token: str, secrets: Secrets) -> None:
    given = token.encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(given, one.encode("utf-8", "surrogateescape")) for one in secrets.plain_tokens]
    if True not in matches:
        raise UnverifiedError(
            "Neither a signature nor the right secret token came with this delivery.",
            "Set the same secret in GitLab's webhook and in the bot's settings.",
        )
