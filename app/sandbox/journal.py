"""The request journal: what clients asked, for tests, budgets and the journal page.

The trap: a journal that keeps secrets. Values of token fields are filtered before they are written, as GitLab's own log
does it, and old answers are dropped so that a long demo does not grow without end.
"""

from __future__ import annotations

import json
import re

from app.sandbox.http import Request, Response
from app.sandbox.world import JournalEntry, User, World

FILTERED = "[FILTERED]"
ANSWERS_KEPT = 1_000
ENTRIES_KEPT = 100_000

_NAMES = r"token|signing_token|private_token|access_token|password|value"
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"')
_IN_FORM = re.compile(rf"((?:^|&)(?:{_NAMES})=)[^&]*")
_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\s+(\w+)")


def write_entry(world: World, request: Request, user: User | None, response: Response | None) -> JournalEntry:
    """Append an entry. No response (the connection broke before any effect) is status 0."""
    body = request.body.decode("utf-8", "replace")
    entry = JournalEntry(
        id=world.ids.next("journal"),
        at=world.clock(),
        username=user.username if user else None,
        method=request.method,
        path=request.path,
        query=_IN_FORM.sub(rf"\g<1>{FILTERED}", request.query_string),
        body=_filter(request, body),
        status=response.status if response else 0,
        operation=_operation_name(body) if request.path == "/api/graphql" else None,
        response_body=_IN_JSON.sub(rf'\g<1>"{FILTERED}"', response.text) if response else "",
    )
    journal = world.journal
    journal.append(entry)
    if len(journal) > ANSWERS_KEPT:
        journal[-ANSWERS_KEPT - 1].response_body = ""
    if len(journal) > ENTRIES_KEPT:
        del journal[: len(journal) - ENTRIES_KEPT]
    return entry


def _filter(request: Request, body: str) -> str:
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return _IN_FORM.sub(rf"\g<1>{FILTERED}", body)
    return _IN_JSON.sub(rf'\g<1>"{FILTERED}"', body)


def _operation_name(body: str) -> str | None:
    """The name of the GraphQL operation: as sent, else the first one in the document."""
    try:
        payload = json.loads(body)
    except ValueError:
        return None
    if not isinstance(payload, dict):
        return None
    if isinstance(payload.get("operationName"), str):
        return str(payload["operationName"])
    match = _OPERATION.search(str(payload.get("query", "")))
    return match[1] if match else None
