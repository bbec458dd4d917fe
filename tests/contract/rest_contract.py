"""GitLab's OpenAPI document as something to hold one exchange against: is this request known, is this answer.

The traps of that document, each handled here once: it declares lists as a single object, writes every untyped response
field as a string, leaves out some path parameters, and writes `(-/)` for an optional piece of a path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from published import openapi

from app.sandbox.world import JournalEntry

PREFIX = "/api/v4"
NEWER_PARAMETERS = {
    "signing_token": "GitLab 19.0, https://docs.gitlab.com/api/project_webhooks/",
    "resource_deploy_token_events": "GitLab 19.x, https://docs.gitlab.com/api/project_webhooks/",
}
"""Body parameters that are newer than the 18.9 document, and where GitLab documents them."""
OTHERWISE_PUBLISHED = {
    "GET /projects pagination": "keyset, https://docs.gitlab.com/api/rest/#keyset-based-pagination",
    "GET /projects cursor": "keyset, https://docs.gitlab.com/api/rest/#keyset-based-pagination",
    "GET /projects/:id/issues pagination": "keyset, https://docs.gitlab.com/api/rest/#keyset-based-pagination",
    **{
        f"GET /{scope}/:id/access_tokens {name}": "https://docs.gitlab.com/api/rest/#offset-based-pagination"
        for scope in ("groups", "projects")
        for name in ("page", "per_page")
    },
    "POST /projects/:id/issues/:issue_iid/add_spent_time summary": "https://docs.gitlab.com/api/issues/#add-spent-time",
    "DELETE /groups/:id permanently_remove": "https://docs.gitlab.com/api/groups/#delete-a-group",
    "DELETE /groups/:id full_path": "https://docs.gitlab.com/api/groups/#delete-a-group",
    "DELETE /projects/:id permanently_remove": "https://docs.gitlab.com/api/projects/#delete-a-project",
    "DELETE /projects/:id full_path": "https://docs.gitlab.com/api/projects/#delete-a-project",
}
"""Parameters that GitLab documents in prose and its OpenAPI document leaves out."""
_COMMIT = {name: {"type": "string"} for name in ("branch", "commit_message", "start_branch", "author_name",
                                                 "author_email")}  # fmt: skip
_FILE = _COMMIT | {
    "content": {"type": "string"},
    "encoding": {"type": "string", "enum": ["text", "base64"]},
    "last_commit_id": {"type": "string"},
    "execute_filemode": {"type": "boolean"},
}
_ACTION = {
    "action": {"type": "string", "enum": ["create", "delete", "move", "update", "chmod"]},
    "file_path": {"type": "string"},
    "previous_path": {"type": "string"},
    **{name: _FILE[name] for name in ("content", "encoding", "last_commit_id", "execute_filemode")},
}
BODIES: dict[str, dict[str, Any]] = {
    "POST /projects/*/repository/commits": {  # https://docs.gitlab.com/api/commits/
        "required": ["branch", "commit_message", "actions"],
        "properties": _COMMIT | {
            "start_sha": {"type": "string"},
            "start_project": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
            "force": {"type": "boolean"},
            "stats": {"type": "boolean"},
            "actions": {"type": "array", "items": {"required": ["action", "file_path"], "properties": _ACTION}},
        },
    },
    **{  # https://docs.gitlab.com/api/repository_files/
        f"{verb} /projects/*/repository/files/*": {
            "required": ["branch", "commit_message", "content"], "properties": _FILE,
        }
        for verb in ("POST", "PUT")
    },
}  # fmt: skip
"""Bodies of which the document shows only the upload that replaces a large one on its way: from GitLab's pages."""
NEWER_FIELDS = {
    "token_present": "GitLab 19.0, https://docs.gitlab.com/api/project_webhooks/",
    "signing_token_present": "GitLab 19.0, https://docs.gitlab.com/api/project_webhooks/",
    "resource_deploy_token_events": "GitLab 19.x, https://docs.gitlab.com/api/project_webhooks/",
}
"""Response fields that are newer than the 18.9 document and schemas."""

MERGED_WITH = {"APIEntitiesMember": "APIEntitiesUserBasic"}
"""Entities that the document shows without the user whose fields they carry (https://docs.gitlab.com/api/members/)."""
WRONG_TYPES = {"references": "one object, published as a list; https://docs.gitlab.com/api/epics/ shows the object"}

_KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Operation:
    """One published operation; `template` as the document writes it."""

    method: str
    template: str
    data: dict[str, Any]

    @property
    def query(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.data.get("parameters", []) if each["in"] == "query"}

    @property
    def body(self) -> dict[str, Any]:
        """The schema of the request body; empty when none is declared."""
        known = BODIES.get(f"{self.method} {shape(self.template.removeprefix(PREFIX))}")
        if known is not None:
            return known
        content = self.data.get("requestBody", {}).get("content", {})
        return next((dict(each["schema"]) for each in content.values()), {})

    @property
    def statuses(self) -> set[int]:
        return {int(code) for code in self.data["responses"] if code.isdigit() and code < "300"}

    @property
    def entity(self) -> dict[str, Any] | None:
        """The schema of a successful answer; None when the document has none."""
        for code, answer in sorted(self.data["responses"].items()):
            if code.startswith("2"):
                for content in answer.get("content", {}).values():
                    return dict(content["schema"])
        return None


def shape(template: str) -> str:
    """A path without the names of its variables: the sandbox's routes and the document name them differently."""
    return re.sub(r"\{[^}]*\}|:[a-z_]+", "*", template.replace("(-/)", ""))


@cache
def operations() -> dict[tuple[str, str], Operation]:
    """(method, shape of the path below /api/v4) -> operation."""
    found = {}
    for template, methods in openapi()["paths"].items():
        for method, data in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                key = (method.upper(), shape(template.removeprefix(PREFIX)))
                found[key] = Operation(method.upper(), template, data)
    return found


def find(method: str, path: str) -> Operation | None:
    """The operation of a real path below /api/v4, still encoded. A literal piece wins over a variable one."""
    pieces = path.strip("/").split("/")
    matching = [
        operation
        for (verb, each), operation in operations().items()
        if verb == method and _matches(each.strip("/").split("/"), pieces)
    ]
    return min(matching, key=lambda operation: shape(operation.template).count("*"), default=None)


def _matches(template: list[str], pieces: list[str]) -> bool:
    return len(template) == len(pieces) and all(own in ("*", sent) for own, sent in zip(template, pieces, strict=True))


# --- requests ---


def request_problems(entry: JournalEntry) -> list[str]:
    """What GitLab's document says against this request; empty when nothing."""
    operation = find(entry.method, entry.path.removeprefix(PREFIX))
    if operation is None:
        return ["GitLab has no such operation"]
    query = dict(parse_qsl(entry.query, keep_blank_values=True))
    route = f"{entry.method} {_as_route(operation)}"
    query = {name: value for name, value in query.items() if f"{route} {name}" not in OTHERWISE_PUBLISHED}
    body = json.loads(entry.body) if entry.body else {}
    return [*_query_problems(operation, query), *_body_problems(operation, body, entry.path)]


def _as_route(operation: Operation) -> str:
    return re.sub(r"\{(\w+)\}", r":\1", operation.template.removeprefix(PREFIX))


def _query_problems(operation: Operation, query: dict[str, str]) -> Iterator[str]:
    for name, value in query.items():
        declared = operation.query.get(name.removesuffix("[]"))
        if declared is None:
            yield f"query parameter {name} is unknown"
        elif not _query_fits(value, declared["schema"]):
            yield f"query parameter {name} does not take {value!r}"
    yield from (
        f"query parameter {name} is missing"
        for name, declared in operation.query.items()
        if declared.get("required") and name not in query
    )


def _query_fits(value: str, schema: dict[str, Any]) -> bool:
    options = schema.get("oneOf", [schema])
    return any(_text_fits(value, option) for option in options)


def _text_fits(value: str, schema: dict[str, Any]) -> bool:
    match schema.get("type"):
        case "integer":
            return re.fullmatch(r"-?\d+", value) is not None
        case "boolean":
            return value.lower() in ("true", "false", "1", "0")
    return "enum" not in schema or value in schema["enum"]


def _body_problems(operation: Operation, body: dict[str, Any], path: str) -> Iterator[str]:
    known: dict[str, Any] = operation.body.get("properties", {})
    for name, value in body.items():
        if name in known:
            yield from (f"body: {problem}" for problem in _value_problems(name, value, known[name]))
        elif name not in NEWER_PARAMETERS and not _is_in_path(operation, name, value, path):
            yield f"body parameter {name} is unknown"
    yield from (f"body parameter {name} is missing" for name in operation.body.get("required", []) if name not in body)


def _is_in_path(operation: Operation, name: str, value: Any, path: str) -> bool:
    """python-gitlab sends some path values again in the body; Grape takes the one of the path."""
    return f"{{{name}}}" in operation.template and str(value) in path


def _value_problems(name: str, value: Any, schema: dict[str, Any]) -> Iterator[str]:
    options = schema.get("oneOf", [schema])
    if value is not None and not any(_value_fits(value, option) for option in options):
        yield f"{name} does not take {value!r}"
        return
    inner = schema.get("items", {})
    for each in value if isinstance(value, list) else []:
        if isinstance(each, dict) and "properties" in inner:
            for key, part in each.items():
                if key in inner["properties"]:
                    yield from _value_problems(f"{name}[].{key}", part, inner["properties"][key])
                else:
                    yield f"{name}[].{key} is unknown"
            yield from (f"{name}[].{key} is missing" for key in inner.get("required", []) if key not in each)


def _value_fits(value: Any, schema: dict[str, Any]) -> bool:
    kind = schema.get("type", "")
    if kind == "array" and isinstance(value, str):
        return True  # GitLab takes a comma-separated string for each of them
    return _is_kind(value, kind) and ("enum" not in schema or value in schema["enum"])


def _is_kind(value: Any, kind: str) -> bool:
    if kind not in _KINDS:
        return True
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


# --- answers ---


def entity_problems(value: Any, schema: dict[str, Any], where: str = "") -> Iterator[str]:
    """Fields that the published entity does not have, and values of another type; null is never a problem.

    A list is held element by element against the entity: the document declares lists as one object.
    """
    if "$ref" in schema:
        schema = entity(schema["$ref"].rpartition("/")[2])
    if isinstance(value, list) and schema.get("type") != "array":
        for each in value:
            yield from entity_problems(each, schema, where)
    elif isinstance(value, list):
        for each in value:
            yield from entity_problems(each, schema.get("items", {}), where)
    elif isinstance(value, dict) and "properties" in schema:
        yield from _field_problems(value, schema["properties"], where)
    elif value is not None and not _is_published_kind(value, schema):
        yield f"{where} is {type(value).__name__}, published as {schema.get('type')}"


@cache
def entity(name: str) -> dict[str, Any]:
    """A published entity by name, with what it is merged with on the wire."""
    entities: dict[str, Any] = openapi()["components"]["schemas"]
    found: dict[str, Any] = entities[name]
    if name in MERGED_WITH:
        found = found | {"properties": entities[MERGED_WITH[name]]["properties"] | found["properties"]}
    return found


def _field_problems(value: dict[str, Any], known: dict[str, Any], where: str) -> Iterator[str]:
    for key, part in value.items():
        place = f"{where}.{key}".lstrip(".")
        if key in WRONG_TYPES:
            continue
        if key in known:
            yield from entity_problems(part, known[key], place)
        elif key not in NEWER_FIELDS:
            yield f"{place} is unknown"


def _is_published_kind(value: Any, schema: dict[str, Any]) -> bool:
    """A bare `string` says nothing: it is what the document writes for a field without a declared type."""
    if schema.get("type") == "string" and "format" not in schema:
        return True
    return _is_kind(value, schema.get("type", ""))
