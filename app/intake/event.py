"""A delivery's payload read as a hint: which project to look at, and who acted. Never a fact.

GitLab: https://docs.gitlab.com/user/project/integrations/webhook_events/. The reconcile reads GitLab again, so nothing
here needs to be complete, and no input may raise. The traps avoided: `user_id`, which in member events is the member
and not the one who acted, and text of strangers that would travel on into logs and pages.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATH = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.\-]*(/[A-Za-z0-9_.\-]+)*")
WORD = re.compile(r"[a-z][a-z_]{0,39}")
BRANCH = "refs/heads/"
ACTING_USER_ID_KINDS = frozenset({"push", "tag_push"})
PATH_KEYS = ("path_with_namespace", "project_path_with_namespace")
GROUP_KEYS = ("full_path", "group_full_path", "group_path")


@dataclass(frozen=True)
class Hint:
    """Where to look. All that can be unknown is None; `summary` is made of known words and numbers only."""

    project_path: str | None
    kind: str
    actor_id: int | None
    summary: str
    group_path: str | None = None
    changes: Changes | None = None


@dataclass(frozen=True)
class Changes:
    """What a push says it changed. `complete` is False when GitLab left commits out (it sends at most 20)."""

    default_branch: bool
    paths: tuple[str, ...]
    complete: bool


class NoEventError(Exception):
    """The body is not an event of GitLab; the text says why."""


def read(body: bytes, event_header: str = "") -> Hint:
    """The hint in a payload. Raises NoEventError, and nothing else, for any bytes."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NoEventError("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise NoEventError("the body is not a JSON object")
    kind = _word(payload.get("object_kind")) or _word(payload.get("event_name")) or _header_kind(event_header)
    if kind is None:
        raise NoEventError("this is no GitLab event")
    attributes = _mapping(payload.get("object_attributes"))
    project = _project_path(payload)
    return Hint(
        project_path=project,
        kind=kind,
        actor_id=_actor(payload, kind),
        summary=_summary(payload, kind, attributes),
        group_path=None if project else _group_path(payload, attributes),
        changes=_changes(payload) if kind == "push" else None,
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int | None:
    # bool is an int in Python, and a number beyond 64 bits is nobody's id.
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        return value
    return None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and WORD.fullmatch(value) else None


def _path(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= 1000 and PATH.fullmatch(value) else None


def _header_kind(header: str) -> str | None:
    """`Issue Hook` as `issue`: some events of groups name themselves in the header alone."""
    return _word(header.removesuffix(" Hook").lower().replace(" ", "_")) if header.endswith(" Hook") else None


def _project_path(payload: dict[str, Any]) -> str | None:
    found = _path(_mapping(payload.get("project")).get("path_with_namespace"))
    return found or next((path for key in PATH_KEYS if (path := _path(payload.get(key)))), None)


def _group_path(payload: dict[str, Any], attributes: dict[str, Any]) -> str | None:
    """The group of an event without a project; an epic names it only in its address, `…/groups/<path>/-/…`."""
    nested = _mapping(payload.get("group"))
    named = [nested.get(key) for key in GROUP_KEYS] + [payload.get(key) for key in GROUP_KEYS]
    found = next((path for value in named if (path := _path(value))), None)
    if found is not None:
        return found
    url = attributes.get("url")
    try:
        address = urlsplit(url).path if isinstance(url, str) else ""
    except ValueError:
        return None
    before, separator, _ = address.partition("/-/")
    marker = before.find("groups/")
    return _path(before[marker + len("groups/") :]) if separator and marker >= 0 else None


def _actor(payload: dict[str, Any], kind: str) -> int | None:
    found = _number(_mapping(payload.get("user")).get("id"))
    return found or (_number(payload.get("user_id")) if kind in ACTING_USER_ID_KINDS else None)


def _summary(payload: dict[str, Any], kind: str, attributes: dict[str, Any]) -> str:
    action = _word(attributes.get("action")) or ""
    iid = _number(attributes.get("iid"))
    if kind == "note":
        issue = _number(_mapping(payload.get("issue")).get("iid"))
        return f"note on issue {issue}" if issue else "note"
    number = str(iid) if iid else ""
    return " ".join(part for part in (kind.replace("_", " "), number, action) if part)


def _changes(payload: dict[str, Any]) -> Changes:
    branch = _mapping(payload.get("project")).get("default_branch")
    commits = [_mapping(commit) for commit in _listed(payload.get("commits"))]
    paths = [
        path for commit in commits for key in ("added", "modified", "removed") for path in _listed(commit.get(key))
    ]
    total = payload.get("total_commits_count")
    return Changes(
        default_branch=isinstance(branch, str) and payload.get("ref") == BRANCH + branch,
        paths=tuple(dict.fromkeys(path for path in paths if isinstance(path, str))),
        # A push without commits (a reset branch) says nothing about files: not complete either.
        complete=bool(commits) and total == len(commits),
    )
