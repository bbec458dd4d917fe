"""Payloads read as hints: the shapes GitLab documents, and anything else without an error."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.records import EVERYONE, NEWCOMERS
from app.intake.event import Hint, NoEventError, read
from app.intake.routing import Territory, destination

TERRITORY = Territory(
    group="partners",
    control_project="partners/journey-control",
    bot_id=lambda: 99,
)


def payload(kind: str = "issue", path: str | None = "partners/acme", **more: Any) -> dict[str, Any]:
    project = None if path is None else {"path_with_namespace": path, "default_branch": "main"}
    return {"object_kind": kind, "user": {"id": 5}, "project": project} | more


def push(*files: str, ref: str = "refs/heads/main", total: int = 1, user_id: int = 5) -> dict[str, Any]:
    commit = {"added": list(files[:1]), "modified": list(files[1:2]), "removed": list(files[2:])}
    made = payload("push", "partners/journey-control", ref=ref, commits=[commit], total_commits_count=total)
    del made["user"]
    return made | {"user_id": user_id}


def hint_of(content: object, header: str = "") -> Hint:
    return read(json.dumps(content).encode(), header)


EPIC = payload(
    "work_item",
    None,
    object_attributes={"iid": 7, "action": "close", "url": "https://gitlab.example/groups/Partners/-/epics/7"},
)


@pytest.mark.parametrize(
    ("content", "wakes"),
    [
        (payload(), ("acme",)),
        (payload("note", issue={"iid": 4}), ("acme",)),
        (payload("milestone"), ("acme",)),
        (payload(path="Partners/Acme"), ("acme",)),
        (payload(path="partners/sub/acme"), ()),
        (payload(path="partners-2/acme"), ()),
        (payload(path="acme"), ()),
        (payload(path="elsewhere/journey-control"), ()),
        (payload(user={"id": 99}), ()),
        (payload(user=None), ("acme",)),
        ({"event_name": "project_update", "path_with_namespace": "partners/acme"}, ("acme",)),
        ({"event_name": "user_add_to_team", "project_path_with_namespace": "partners/acme", "user_id": 99}, ("acme",)),
        (EPIC, ()),
        (EPIC | {"object_attributes": {"iid": 7, "url": "https://gitlab.example/groups/others/-/epics/7"}}, ()),
        ({"object_kind": "access_token", "group": {"group_path": "partners"}}, ()),
        (payload(path="partners/journey-control"), (NEWCOMERS,)),
        (payload("note", "partners/journey-control"), ()),
        (push("partners/acme.yaml"), ("acme",)),
        (push("partners/acme.yaml", "partners/globex.yml", "partners/initech.yaml"), ("acme", "globex", "initech")),
        (push("README.md"), ()),
        (push("README.md", "partners/acme.yaml"), ("acme",)),
        (push("journey.yaml"), (EVERYONE,)),
        (push("partners/acme.yaml", "capabilities/scan.md"), (EVERYONE,)),
        (push("partners/nested/acme.yaml"), (EVERYONE,)),
        (push("partners/acme.yaml", total=21), (EVERYONE,)),
        (push("partners/acme.yaml", ref="refs/heads/draft"), ()),
        (push("partners/acme.yaml", user_id=99), ()),
        (push() | {"commits": [], "total_commits_count": 0}, (EVERYONE,)),
    ],
)
def test_whom_an_event_wakes(content: dict[str, Any], wakes: tuple[str, ...]) -> None:
    target = destination(hint_of(content), TERRITORY)
    assert target.wakes == wakes
    assert target.wakes or target.why


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        (payload(object_attributes={"iid": 4, "action": "close", "title": "@all"}), "issue 4 close"),
        (payload("note", issue={"iid": 4}, object_attributes={"note": "/journey done"}), "note on issue 4"),
        (payload("note"), "note"),
        (EPIC, "work item 7 close"),
        (payload(object_attributes={"iid": "4", "action": "<b>close</b>"}), "issue"),
        (payload(object_attributes={"iid": True, "action": 5}), "issue"),
        (payload(object_attributes=["list"]), "issue"),
    ],
)
def test_a_summary_holds_known_words_and_numbers_only(content: dict[str, Any], summary: str) -> None:
    assert hint_of(content).summary == summary


def test_an_event_without_a_kind_is_named_by_its_header() -> None:
    assert hint_of({"project": {"path_with_namespace": "partners/acme"}}, "Confidential Issue Hook").kind == (
        "confidential_issue"
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b'{"object_kind": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{}", "no GitLab event"),
        (b'{"object_kind": {"issue": 1}}', "no GitLab event"),
        (b'{"object_kind": "\\ud800"}', "no GitLab event"),
    ],
)
def test_what_is_no_event_says_why(body: bytes, why: str) -> None:
    with pytest.raises(NoEventError, match=why):
        read(body)


ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        5,
        2**70,
        1.5,
        "",
        "main",
        "partners/acme",
        "../..",
        "p/\ud800",
        "\x00",
        "https://[",
        [],
        {},
        [[]],
        [{}],
    ]
)
NAMES = ("path_with_namespace", "url", "id", "iid", "action", "default_branch", "full_path", "added", "ref")
INNER = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ODD))
FIELDS = st.fixed_dictionaries(
    {"object_kind": st.sampled_from(["issue", "push", "note", "work_item"])},
    optional=dict.fromkeys(
        ("project", "user", "object_attributes", "group", "issue", "ref", "user_id", "commits", "group_path"),
        ODD | INNER | st.lists(INNER, max_size=2),
    ),
)


@given(FIELDS)
def test_no_payload_breaks_it_and_no_path_of_strangers_passes(content: dict[str, Any]) -> None:
    hint = hint_of(content)
    assert hint.summary.isascii()
    assert hint.project_path in (None, "main", "partners/acme")
    target = destination(hint, TERRITORY)
    assert target.wakes or target.why


@given(st.binary(max_size=100), st.sampled_from(["", "Issue Hook", " Hook", "\xff Hook", "Issue"]))
def test_no_bytes_break_it(body: bytes, header: str) -> None:
    with contextlib.suppress(NoEventError):
        read(body, header)
