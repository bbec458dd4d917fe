"""Webhooks as they are set up, and what was sent to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Hook:
    """A project webhook (`project_id`) or group webhook (`group_id`). Secrets are write-only in every answer."""

    id: int
    url: str
    created_at: datetime
    project_id: int | None = None
    group_id: int | None = None
    name: str | None = None
    description: str | None = None
    token: str | None = None
    signing_token: str | None = None
    enable_ssl_verification: bool = True
    flags: dict[str, bool] = field(default_factory=dict)  # issues_events, note_events, push_events, ...
    push_events_branch_filter: str | None = None
    branch_filter_strategy: str = "wildcard"
    custom_headers: list[dict[str, str]] = field(default_factory=list)
    custom_webhook_template: str | None = None
    recent_failures: int = 0
    disabled_until: datetime | None = None


@dataclass
class Delivery:
    """One webhook request and what came back. `status` is None while it waits, 0 when nobody answered."""

    id: int
    hook_id: int
    url: str
    trigger: str
    event_uuid: str
    idempotency_key: str
    request_headers: dict[str, str]
    request_body: str
    created_at: datetime
    status: int | None = None
    response_body: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)
    duration_seconds: float = 0.0
    forced: bool = False  # a test or a resend: sent although the hook is disabled
