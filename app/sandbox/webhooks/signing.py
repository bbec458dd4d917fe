"""Signatures by Standard Webhooks, as GitLab 19 makes them (https://docs.gitlab.com/user/project/integrations/webhooks/).

Signed are the exact bytes sent: id, timestamp and body joined with dots. Signing a re-serialised body is the usual bug.
"""

from __future__ import annotations

import base64
import hashlib
import hmac


def sign(signing_token: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: `v1,` and the base64 HMAC-SHA256. `timestamp` is in whole Unix seconds."""
    key = base64.b64decode(signing_token.removeprefix("whsec_"))
    content = b".".join((webhook_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
