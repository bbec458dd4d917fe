"""Reads query strings and bodies into nested values the way GitLab's web framework does.

Three body formats are in use: JSON (clients), form (`curl --data`) and multipart (`curl --form`). The trap: brackets.
`labels[]=a&labels[]=b` is a list, `not[labels]=x` a map, `actions[][action]=..` a list of maps in which a repeated key
starts the next map (https://docs.gitlab.com/api/rest/#encoding-api-parameters-of-array-and-hash-types).
"""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from app.sandbox.errors import Invalid
from app.sandbox.http import Request

Values = dict[str, Any]

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")


def read_query(pairs: list[tuple[str, str]]) -> Values:
    """Decoded pairs to nested values; a plain key that is repeated keeps its last value."""
    values: Values = {}
    for name, value in pairs:
        match = _KEY.match(name)
        if match is None:
            values[name] = value
        else:
            _put(values, match[1], _PART.findall(match[2]), value)
    return values


def read_body(request: Request) -> Values:
    """The body's parameters by its Content-Type; raises Invalid when it cannot be read."""
    if not request.body:
        return {}
    content_type = request.headers.get("content-type", "application/json")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _read_json(request.body)
    if kind == "application/x-www-form-urlencoded":
        return read_query(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if kind == "multipart/form-data":
        return read_query(_read_multipart(content_type, request.body))
    raise Invalid(f"The sandbox reads JSON and form bodies, not {kind}. Send Content-Type: application/json.")


def _read_json(body: bytes) -> Values:
    try:
        data = json.loads(body)
    except ValueError as error:
        raise Invalid(f"The request body is not valid JSON: {error}. Check it with a JSON linter.") from error
    if not isinstance(data, dict):
        raise Invalid("The request body must be a JSON object of parameters.")
    return data


def _read_multipart(content_type: str, body: bytes) -> list[tuple[str, str]]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    pairs: list[tuple[str, str]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            pairs.append((name, payload.decode("utf-8", "replace")))
    return pairs


def _put(target: Values, name: str, parts: list[str], value: str) -> None:
    if not parts:
        target[name] = value
    elif parts[0] == "":
        existing = target.setdefault(name, [])
        if isinstance(existing, list):
            _append(existing, parts[1:], value)
    else:
        existing = target.setdefault(name, {})
        if isinstance(existing, dict):
            _put(existing, parts[0], parts[1:], value)


def _append(items: list[Any], parts: list[str], value: str) -> None:
    if not parts:
        items.append(value)
        return
    if not items or not isinstance(items[-1], dict) or (len(parts) == 1 and parts[0] in items[-1]):
        items.append({})
    _put(items[-1], parts[0], parts[1:], value)
