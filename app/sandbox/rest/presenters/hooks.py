"""Webhooks and their deliveries as REST shows them (https://docs.gitlab.com/api/project_webhooks/).

The trap: secrets. `token` and `signing_token` are write-only; only `token_present` and `signing_token_present` tell
that they are set, and a custom header shows its key alone. Headers of a delivery hide the token as well.
"""

from __future__ import annotations

from app.sandbox.operations.hooks import GROUP_FLAGS, PROJECT_FLAGS
from app.sandbox.rest.presenters.formats import Json, moment
from app.sandbox.world import Delivery, Hook

SECRET_HEADERS = frozenset({"x-gitlab-token", "authorization"})
HIDDEN = "[REDACTED]"


def hook(record: Hook, alert_status: str) -> Json:
    """A webhook; `alert_status` is executable, temporarily_disabled or disabled."""
    for_project = record.project_id is not None
    flags: tuple[str, ...] = PROJECT_FLAGS if for_project else GROUP_FLAGS
    owner: Json = {"project_id": record.project_id} if for_project else {"group_id": record.group_id}
    return {
        "id": record.id,
        "url": record.url,
        "name": record.name,
        "description": record.description,
        "created_at": moment(record.created_at),
        **{flag: record.flags.get(flag, False) for flag in flags},
        "repository_update_events": False,
        "enable_ssl_verification": record.enable_ssl_verification,
        "alert_status": alert_status,
        "disabled_until": moment(record.disabled_until),
        "url_variables": [],
        "push_events_branch_filter": record.push_events_branch_filter,
        "branch_filter_strategy": record.branch_filter_strategy,
        "custom_webhook_template": record.custom_webhook_template,
        "custom_headers": [{"key": header["key"]} for header in record.custom_headers],
        "token_present": record.token is not None,
        "signing_token_present": record.signing_token is not None,
        **owner,
    }


def delivery(record: Delivery, hook_record: Hook) -> Json:
    """A line of `GET .../hooks/:id/events`: what was sent and what came back."""
    hidden = SECRET_HEADERS | {header["key"].lower() for header in hook_record.custom_headers}
    headers = {k: HIDDEN if k.lower() in hidden else v for k, v in record.request_headers.items()}
    return {
        "id": record.id,
        "url": record.url,
        "trigger": record.trigger,
        "request_headers": headers,
        "request_data": record.request_body,
        "response_headers": dict(record.response_headers),
        "response_body": record.response_body,
        "execution_duration": record.duration_seconds,
        "response_status": "internal error" if not record.status else str(record.status),
    }
