"""Pages of a list, by number or by key, with GitLab's headers (https://docs.gitlab.com/api/rest/#pagination).

The trap: a list that happens to fit into one page in every test. Twenty rows are the default and a hundred the most
here too, so a client that forgets to follow pages loses rows in the sandbox as well.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from app.sandbox.http import Response, json_response
from app.sandbox.rest.parameters import ParameterError
from app.sandbox.rest.routing import Call

DEFAULT_SIZE = 20
COUNTED_ROWS = 10_000  # above it GitLab leaves out totals and rel=last

T = TypeVar("T")


def paginate(call: Call, rows: Sequence[T], present: Callable[[T], object]) -> Response:
    """One numbered page; `rows` are all rows in order, only those of the page are presented."""
    size, page = _size(call), max(call.get("page", 1), 1)
    last = max((len(rows) + size - 1) // size, 1)
    data = [present(row) for row in rows[(page - 1) * size : page * size]]
    following = page + 1 if page < last else None
    previous = page - 1 if page > 1 else None
    counted = len(rows) <= COUNTED_ROWS
    headers = {
        "X-Next-Page": str(following or ""),
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Prev-Page": str(previous or ""),
    }
    pages = {"prev": previous, "next": following, "first": 1}
    if counted:
        headers |= {"X-Total": str(len(rows)), "X-Total-Pages": str(last)}
        pages["last"] = last
    links = [(rel, _address(call, page=number, per_page=size)) for rel, number in pages.items() if number]
    return json_response(200, data, headers | {"Link": ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links)})


def paginate_by_key(call: Call, rows: Sequence[T], present: Callable[[T], object], key: Callable[[T], Any]) -> Response:
    """The page after `cursor`; `rows` are sorted, and `key` gives a JSON value that is unique for a row.

    Only `rel="next"` is linked and nothing is counted, as on GitLab.
    """
    size = _size(call)
    start = 0
    cursor = call.get("cursor")
    if cursor is not None:
        wanted = _decode(cursor)
        start = next((index + 1 for index, row in enumerate(rows) if key(row) == wanted), len(rows))
    part = rows[start : start + size]
    headers = {"X-Per-Page": str(size)}
    if start + size < len(rows):
        headers["Link"] = f'<{_address(call, cursor=_encode(key(part[-1])), per_page=size)}>; rel="next"'
    return json_response(200, [present(row) for row in part], headers)


def paginate_by_id(
    call: Call, rows: Sequence[T], present: Callable[[T], object], id_of: Callable[[T], int]
) -> Response:
    """Keyset pages of `GET /projects`: `id_after` ascending, `id_before` descending."""
    size = _size(call)
    ascending = call.get("sort", "desc") == "asc"
    after, before = call.get("id_after"), call.get("id_before")
    left = [r for r in rows if (after is None or id_of(r) > after) and (before is None or id_of(r) < before)]
    left.sort(key=id_of, reverse=not ascending)
    headers = {"X-Per-Page": str(size)}
    if len(left) > size:
        bound = {"id_after" if ascending else "id_before": id_of(left[size - 1])}
        headers["Link"] = f'<{_address(call, **bound, per_page=size)}>; rel="next"'
    return json_response(200, [present(row) for row in left[:size]], headers)


def wants_keyset(call: Call, orders: tuple[str, ...]) -> bool:
    """True for `pagination=keyset`; raises ParameterError for an order that GitLab has no key for."""
    if call.get("pagination") != "keyset":
        return False
    order = call.get("order_by", "created_at")
    if order not in orders:
        raise ParameterError(
            f"Keyset pagination is not yet available for this type of request: order_by={order}; "
            f"use order_by={' or '.join(orders)}"
        )
    return True


def _size(call: Call) -> int:
    size: int = call.get("per_page", DEFAULT_SIZE)
    if size < 1:
        raise ParameterError("per_page does not have a valid value")
    return min(size, call.world.limits.page_size)


def _address(call: Call, **changes: object) -> str:
    kept = [(name, value) for name, value in call.request.query if name not in changes and name != "private_token"]
    query = urlencode([*kept, *((name, str(value)) for name, value in changes.items())])
    return f"{call.world.base_url}{call.request.path}?{query}"


def _encode(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(cursor: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError as error:
        raise ParameterError("cursor is invalid") from error
