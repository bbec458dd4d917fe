"""The signature of Standard Webhooks (https://www.standardwebhooks.com), which GitLab uses and our own webhook too.

One formula in one place: HMAC-SHA256 over `id.timestamp.body`. The trap this avoids: signing or checking a body that
was parsed and written again; only the raw bytes count.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64
"""Bytes of a key that the specification allows; GitLab makes 32."""


class SigningTokenError(ValueError):
    """A signing token that is not `whsec_` and base64 of 24 to 64 bytes. Its text never appears."""

    def __init__(self) -> None:
        super().__init__(
            "The signing token is malformed. Use 'whsec_' followed by the base64 of 32 random bytes, for example from: "
            "python -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
        )


def signing_key(token: str) -> bytes:
    """The key inside a signing token. Raises SigningTokenError, also for an empty one."""
    if not token.startswith(PREFIX):
        raise SigningTokenError
    try:
        key = base64.b64decode(token.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SigningTokenError from None
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise SigningTokenError
    return key


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """One value of the `webhook-signature` header: `v1,` and base64. `timestamp` is in unix seconds, as sent."""
    content = f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape") + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
