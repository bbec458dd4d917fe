"""Webhooks, their deliveries, test and resend (https://docs.gitlab.com/api/project_webhooks/).

The trap: group webhooks are Premium, project webhooks are not, and an event list is what repairs a lost delivery:
read it by status, then resend one by one.
"""

from __future__ import annotations

from typing import Any

from app.sandbox import operations, permissions, webhooks
from app.sandbox.errors import Forbidden, NotFound, Unprocessable
from app.sandbox.http import Response
from app.sandbox.operations.hooks import GROUP_FLAGS, PROJECT_FLAGS
from app.sandbox.rest.finding import the_container
from app.sandbox.rest.pagination import paginate
from app.sandbox.rest.parameters import ParameterError, boolean, objects, text, texts
from app.sandbox.rest.presenters import hooks as presenters
from app.sandbox.rest.presenters.formats import Json
from app.sandbox.rest.routing import Call, Routes, created, no_content, ok
from app.sandbox.world import Container, Delivery, Hook, belongs

routes = Routes()

FIELDS = (
    text("name"),
    text("description"),
    text("token"),
    text("signing_token"),
    text("push_events_branch_filter"),
    text("custom_webhook_template"),
    text("branch_filter_strategy", "wildcard", "regex", "all_branches"),
    boolean("enable_ssl_verification"),
    objects("custom_headers"),
    *(boolean(flag) for flag in GROUP_FLAGS),
)
SECRET_MARKS = frozenset({"token_present", "signing_token_present"})
GROUP_ONLY = frozenset(GROUP_FLAGS) - frozenset(PROJECT_FLAGS)


def _managed(call: Call) -> Container:
    """The container if the caller may manage its hooks; group hooks are absent on CE and 403 without a licence."""
    container = the_container(call)
    on_group = call.path["scope"] == "groups"
    if on_group and not call.world.enterprise:
        raise NotFound
    if not permissions.can_admin_hooks(call.world, call.user, container):
        raise Forbidden
    if on_group and not call.world.licensed:
        raise Forbidden
    return container


def _find(call: Call) -> Hook:
    container = _managed(call)
    hook = call.world.hooks.get(call.number("hook_id"))
    if hook is None or not belongs(hook, container):
        raise NotFound
    return hook


def _present(call: Call, hook: Hook) -> Json:
    shown = presenters.hook(hook, operations.hook_alert_status(call.world, hook))
    return shown if _signs(call) else {name: value for name, value in shown.items() if name not in SECRET_MARKS}


def _signs(call: Call) -> bool:
    """Signing came with 19.0; before, the token is ignored without a word and nothing tells which secrets are set."""
    return int(call.world.version.split(".")[0]) >= 19


def _fields(call: Call) -> dict[str, Any]:
    """The given fields; project hooks know fewer flags than group hooks. Raises ParameterError."""
    if call.path["scope"] == "projects":
        foreign = sorted(GROUP_ONLY & call.given.keys())
        if foreign:
            raise ParameterError(f"{foreign[0]} is invalid (only group webhooks have {foreign[0]})")
    for header in call.given.get("custom_headers", []):
        if not {"key", "value"} <= header.keys():
            raise ParameterError("custom_headers[key] is missing, custom_headers[value] is missing")
    ignored = {"url"} if _signs(call) else {"url", "signing_token"}
    return {name: value for name, value in call.given.items() if name not in ignored}


@routes.get("/:scope/:id/hooks", listed=True, signed_in=True)
def list_hooks(call: Call) -> Response:
    rows = operations.hooks_of(call.world, _managed(call))
    return paginate(call, rows, lambda hook: _present(call, hook))


@routes.get("/:scope/:id/hooks/:hook_id", signed_in=True)
def read_hook(call: Call) -> Response:
    return ok(_present(call, _find(call)))


@routes.post("/:scope/:id/hooks", text("url", required=True), *FIELDS)
def create_hook(call: Call) -> Response:
    where = operations.as_keywords(_managed(call))
    fields = _fields(call)
    url = _checked(call.get("url", ""))
    hook = operations.create_hook(call.world, call.actor, url=url, **where, **fields)
    return created(_present(call, hook))


@routes.put("/:scope/:id/hooks/:hook_id", text("url"), *FIELDS)
def update_hook(call: Call) -> Response:
    hook, fields = _find(call), _fields(call)
    if call.get("url") is not None:
        fields["url"] = _checked(call.given["url"])
    return ok(_present(call, operations.update_hook(call.world, call.actor, hook, **fields)))


def _checked(url: str) -> str:
    """GitLab refuses a malformed hook URL with 422, not 400."""
    if not url.startswith(("http://", "https://")):
        raise Unprocessable("Invalid url given")
    return url


@routes.delete("/:scope/:id/hooks/:hook_id")
def delete_hook(call: Call) -> Response:
    operations.delete_hook(call.world, call.actor, _find(call))
    return no_content()


@routes.post("/:scope/:id/hooks/:hook_id/test/:trigger")
def test_hook(call: Call) -> Response:
    """Queues a test request of the trigger (`issues_events`, `push_events`, ...)."""
    webhooks.test_hook(call.world, call.actor, _find(call), call.path["trigger"])
    return created({"message": "201 Created"})


@routes.get("/:scope/:id/hooks/:hook_id/events", texts("status"), listed=True, signed_in=True)
def list_events(call: Call) -> Response:
    """Newest first; `status` is a code or successful, client_failure, server_failure."""
    hook = _find(call)
    wanted = call.get("status", [])
    for word in wanted:
        if word not in _CLASSES and not word.isdecimal():
            raise ParameterError("status has an invalid value")
    rows = [row for row in reversed(call.world.deliveries) if row.hook_id == hook.id and _has_status(row, wanted)]
    return paginate(call, rows, lambda row: presenters.delivery(row, hook))


_CLASSES = {"successful": range(200, 300), "client_failure": range(400, 500), "server_failure": range(500, 600)}


def _has_status(row: Delivery, wanted: list[str]) -> bool:
    if not wanted:
        return True
    status = row.status or 500  # nobody answered: GitLab logs "internal error"
    return any(status in _CLASSES[word] if word in _CLASSES else status == int(word) for word in wanted)


@routes.post("/:scope/:id/hooks/:hook_id/events/:hook_log_id/resend")
def resend_event(call: Call) -> Response:
    """Sends the same body with the same Idempotency-Key again; refused when the hook's URL has changed."""
    hook = _find(call)
    wanted = call.number("hook_log_id")
    row = next((row for row in call.world.deliveries if row.id == wanted and row.hook_id == hook.id), None)
    if row is None:
        raise NotFound
    webhooks.resend(call.world, call.actor, row)
    return created({"response_status": None})
