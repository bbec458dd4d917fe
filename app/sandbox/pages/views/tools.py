"""The sandbox's own tools: webhook deliveries and the journal of API requests.

They are for whoever runs the sandbox and show everything, whoever one acts as. The trap it avoids: secrets. Tokens and
signatures are masked in headers, bodies and queries before a template sees them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.sandbox import webhooks
from app.sandbox.errors import SandboxError
from app.sandbox.http import Response
from app.sandbox.pages import rendering
from app.sandbox.pages.visit import Hidden, Visit
from app.sandbox.world import Container, Delivery, Hook, JournalEntry, World

SHOWN = 200
MASK = "[masked]"
_SECRET = re.compile(r"token|secret|password|signature|authorization|cookie|api.?key|private", re.IGNORECASE)
_HARMLESS = {"confidential", "has_token", "token_present"}


@dataclass(frozen=True)
class Sending:
    """A delivery with what a list shows of it. `waiting` when it is made but not yet sent."""

    delivery: Delivery
    event: str
    hook: Hook | None
    owner: Container | None
    waiting: bool

    @property
    def tone(self) -> str:
        status = self.delivery.status
        if self.waiting or status is None:
            return "waiting"
        return "good" if 200 <= status < 300 else "bad"

    @property
    def outcome(self) -> str:
        status = self.delivery.status
        if self.waiting or status is None:
            return "waiting"
        return str(status) if status else "no answer"


def deliveries(visit: Visit) -> Response:
    """`/-/sandbox/deliveries`: newest first, waiting ones on top."""
    world = visit.world
    waiting = [_sending(world, d, waiting=True) for d in reversed(world.outgoing)]
    sent = [_sending(world, d, waiting=False) for d in reversed(world.deliveries)]
    rows = [*waiting, *sent]
    values = {"rows": rows[:SHOWN], "total": len(rows), "hooks": list(world.hooks.values())}
    return rendering.page(visit, "deliveries.html", title="Webhook deliveries", **values)


def delivery(visit: Visit, number: int) -> Response:
    """One delivery: payload, headers, answer."""
    found = _find(visit, number)
    sending = _sending(visit.world, found, waiting=any(d is found for d in visit.world.outgoing))
    return rendering.page(
        visit,
        "delivery.html",
        title=f"Delivery {number}",
        sending=sending,
        request_headers=mask_headers(found.request_headers),
        request_body=mask_body(found.request_body),
        response_headers=mask_headers(found.response_headers),
        response_body=mask_body(found.response_body),
    )


def resend(visit: Visit, number: int) -> Response:
    """Queue the same payload again, if the viewer may manage the hook."""
    try:
        webhooks.resend(visit.world, visit.viewer, _find(visit, number))
    except SandboxError as refused:
        visit.alert, visit.status = "; ".join(refused.sentences()), refused.status
        return delivery(visit, number)
    return rendering.redirect(visit, "/-/sandbox/deliveries", notice="The delivery is queued again.")


def journal(visit: Visit) -> Response:
    """`/-/sandbox/journal`: newest first."""
    entries = list(reversed(visit.world.journal))
    writes = sum(1 for e in entries if e.method not in ("GET", "HEAD") and not _is_query(e))
    rows = [(e, mask_query(e.query)) for e in entries[:SHOWN]]
    return rendering.page(visit, "journal.html", title="API journal", rows=rows, total=len(entries), writes=writes)


def journal_entry(visit: Visit, number: int) -> Response:
    """One request and its answer."""
    found = next((e for e in visit.world.journal if e.id == number), None)
    if found is None:
        raise Hidden("request")
    return rendering.page(
        visit,
        "journal_entry.html",
        title=f"Request {number}",
        entry=found,
        query=mask_query(found.query),
        body=mask_body(found.body),
        response_body=mask_body(found.response_body),
    )


def _is_query(entry: JournalEntry) -> bool:
    """A GraphQL POST that only reads."""
    return entry.path.endswith("/graphql") and "mutation" not in entry.body[:200]


def _find(visit: Visit, number: int) -> Delivery:
    everything = (*visit.world.outgoing, *visit.world.deliveries)
    found = next((d for d in everything if d.id == number), None)
    if found is None:
        raise Hidden("delivery")
    return found


def _sending(world: World, delivery: Delivery, *, waiting: bool) -> Sending:
    hook = world.hooks.get(delivery.hook_id)
    owner: Container | None = None
    if hook is not None and hook.project_id is not None:
        owner = world.projects.get(hook.project_id)
    elif hook is not None and hook.group_id is not None:
        owner = world.groups.get(hook.group_id)
    headers = {name.lower(): value for name, value in delivery.request_headers.items()}
    return Sending(delivery, headers.get("x-gitlab-event", delivery.trigger), hook, owner, waiting)


# Masking ----------------------------------------------------------------------------------------------------------


def mask_headers(headers: dict[str, str]) -> dict[str, str]:
    """Header values that are secrets or made from one are replaced."""
    return {name: MASK if _SECRET.search(name) and value else value for name, value in headers.items()}


def mask_query(query: str) -> str:
    """`private_token=...` and its like, in a raw query."""
    if not _SECRET.search(query):
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, MASK if _SECRET.search(name) else value) for name, value in pairs], safe="[]")


def mask_body(body: str) -> str:
    """JSON is indented and its secrets masked; other bodies that mention a secret's name are read as a form."""
    try:
        data = json.loads(body)
    except ValueError:
        return mask_query(body) if "=" in body else body
    return json.dumps(_mask(data), indent=2, ensure_ascii=False)


def _mask(data: Any) -> Any:
    if isinstance(data, dict):
        if set(data) == {"key", "value"}:  # a custom header of a webhook
            return {**data, "value": MASK}
        return {k: MASK if _is_secret(k, v) else _mask(v) for k, v in data.items()}
    return [_mask(x) for x in data] if isinstance(data, list) else data


def _is_secret(name: str, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and name not in _HARMLESS and bool(_SECRET.search(name))
