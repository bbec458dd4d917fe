"""From event to delivery: who gets it, how often a failing hook is tried, what is kept of the answer.

GitLab never sends an HTTP failure again, and a disabled hook loses its events: only reading again repairs that. Four
failures in a row pause a hook for a minute, doubling up to a day; forty disable it
(https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks). Secrets are added when sending and
recorded as [REDACTED].
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Literal

from app.sandbox import permissions
from app.sandbox.errors import Forbidden, NotFound, Unprocessable
from app.sandbox.webhooks.samples import sample
from app.sandbox.webhooks.shapes import Payload
from app.sandbox.webhooks.signing import sign
from app.sandbox.world import Container, Delivery, Hook, Project, User, World, records_of

Post = Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], str]]
"""post(url, headers, body) -> (status, headers, body); status 0 when nobody answered in time."""

FAILURES_UNTIL_PAUSE = 4
FAILURES_UNTIL_DISABLED = 40
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=24)
_REDACTED = "[REDACTED]"


def alert_status(world: World, hook: Hook) -> Literal["executable", "temporarily_disabled", "disabled"]:
    """Whether events reach the hook now."""
    if hook.recent_failures >= FAILURES_UNTIL_DISABLED:
        return "disabled"
    if hook.disabled_until is not None and hook.disabled_until > world.clock():
        return "temporarily_disabled"
    return "executable"


def listeners(world: World, container: Container, flag: str, branch: str | None = None) -> list[Hook]:
    """The hooks with this trigger: the project's own and, with a licence, those of all groups above."""
    places = [place for place in world.lineage(container) if isinstance(place, Project) or world.licensed]
    found = [hook for place in places for hook in records_of(place, world.hooks)]
    return [
        hook
        for hook in sorted(found, key=lambda hook: hook.id)
        if hook.flags.get(flag, False) and (branch is None or _branch_matches(hook, branch))
    ]


def enqueue(world: World, hooks: Iterable[Hook], header: str, payload: Payload) -> None:
    """Queue one delivery per hook; they share the event's UUID. Disabled hooks lose the event."""
    receivers = [hook for hook in hooks if alert_status(world, hook) == "executable"]
    if not receivers:
        return
    event_uuid = world.ids.uuid()
    for hook in receivers:
        world.outgoing.append(_delivery(world, hook, header, payload, event_uuid))


def send_next(world: World, post: Post) -> Delivery | None:
    """Send the oldest waiting delivery and record the answer; None when nothing waits.

    Deliveries of hooks that are gone or disabled by now are dropped on the way.
    """
    while world.outgoing:
        delivery = world.outgoing.pop(0)
        hook = world.hooks.get(delivery.hook_id)
        if hook is None or (not delivery.forced and alert_status(world, hook) != "executable"):
            continue
        headers = _headers_to_send(world, hook, delivery)
        started = world.clock()
        status, answer_headers, answer = post(delivery.url, headers, delivery.request_body.encode())
        delivery.duration_seconds = (world.clock() - started).total_seconds()
        delivery.status, delivery.response_headers, delivery.response_body = status, answer_headers, answer[:8192]
        secret = {"X-Gitlab-Token", *(entry["key"] for entry in hook.custom_headers)}
        delivery.request_headers = {k: _REDACTED if k in secret else v for k, v in headers.items()}
        world.deliveries.append(delivery)
        _record_outcome(world, hook, 200 <= status < 400)
        return delivery
    return None


def resend(world: World, actor: User, delivery: Delivery) -> Delivery:
    """Queue the same body again under the same Idempotency-Key, ahead of nothing.

    Raises Unprocessable when the hook's URL has changed since, NotFound when the hook is gone, Forbidden.
    """
    hook = world.hooks.get(delivery.hook_id)
    if hook is None:
        raise NotFound
    _require_admin(world, actor, hook)
    if hook.url != delivery.url:
        raise Unprocessable("The hook URL has changed. This log entry cannot be retried.")
    again = _copy(world, delivery)
    world.outgoing.append(again)
    return again


def test_hook(world: World, actor: User, hook: Hook, trigger: str) -> Delivery:
    """Queue a test made from the newest real record; it goes out although the hook is disabled, and success enables it.

    `trigger` is a flag name such as `issues_events`. Raises Unprocessable when there is no record to make it from.
    """
    _require_admin(world, actor, hook)
    header, payload = sample(world, actor, world.container_of(hook), trigger)
    delivery = _delivery(world, hook, header, payload, world.ids.uuid())
    delivery.forced = True
    world.outgoing.append(delivery)
    return delivery


test_hook.__test__ = False  # type: ignore[attr-defined]  # pytest must not take it for a test


def _delivery(world: World, hook: Hook, header: str, payload: Payload, event_uuid: str) -> Delivery:
    return Delivery(
        id=world.ids.next("delivery"),
        hook_id=hook.id,
        url=hook.url,
        trigger=header,
        event_uuid=event_uuid,
        idempotency_key=world.ids.uuid(),
        request_headers={},
        request_body=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
        created_at=world.clock(),
    )


def _copy(world: World, delivery: Delivery) -> Delivery:
    return Delivery(
        id=world.ids.next("delivery"),
        hook_id=delivery.hook_id,
        url=delivery.url,
        trigger=delivery.trigger,
        event_uuid=delivery.event_uuid,
        idempotency_key=delivery.idempotency_key,
        request_headers={},
        request_body=delivery.request_body,
        created_at=world.clock(),
        forced=True,
    )


def _headers_to_send(world: World, hook: Hook, delivery: Delivery) -> dict[str, str]:
    """Custom headers first, so that they cannot replace GitLab's own."""
    headers = {entry["key"]: entry["value"] for entry in hook.custom_headers}
    own = {
        "Content-Type": "application/json",
        "User-Agent": f"GitLab/{world.version}",
        "X-Gitlab-Event": delivery.trigger,
        "X-Gitlab-Webhook-UUID": world.ids.uuid(),
        "X-Gitlab-Instance": world.base_url,
        "X-Gitlab-Event-UUID": delivery.event_uuid,
        "Idempotency-Key": delivery.idempotency_key,
    }
    if hook.token:
        own["X-Gitlab-Token"] = hook.token
    if hook.signing_token:
        timestamp = int(world.clock().timestamp())
        body = delivery.request_body.encode()
        own["webhook-id"] = delivery.idempotency_key
        own["webhook-timestamp"] = str(timestamp)
        own["webhook-signature"] = sign(hook.signing_token, delivery.idempotency_key, timestamp, body)
    taken = {key.lower() for key in own}
    return {key: value for key, value in headers.items() if key.lower() not in taken} | own


def _record_outcome(world: World, hook: Hook, succeeded: bool) -> None:
    if succeeded:
        hook.recent_failures, hook.disabled_until = 0, None
        return
    hook.recent_failures += 1
    beyond = hook.recent_failures - FAILURES_UNTIL_PAUSE
    if beyond >= 0:
        hook.disabled_until = world.clock() + min(FIRST_PAUSE * 2 ** min(beyond, 20), LONGEST_PAUSE)


def _branch_matches(hook: Hook, branch: str) -> bool:
    if hook.branch_filter_strategy == "all_branches" or not hook.push_events_branch_filter:
        return True
    if hook.branch_filter_strategy == "regex":
        return re.search(hook.push_events_branch_filter, branch) is not None
    return fnmatchcase(branch, hook.push_events_branch_filter)


def _require_admin(world: World, actor: User, hook: Hook) -> None:
    subject = world.container_of(hook)
    if not permissions.can_read_container(world, actor, subject):
        raise NotFound
    if not permissions.can_admin_hooks(world, actor, subject):
        raise Forbidden
