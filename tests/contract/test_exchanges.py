"""The check that every scenario ends with notices what GitLab would not take."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from exchanges import exchange_problems
from published import published_file

from app.sandbox.world import JournalEntry

UPDATE = "mutation apply($i0: WorkItemUpdateInput!) { w0: workItemUpdate(input: $i0) { errors } }"


def entry(method: str, path: str, body: object = None, answer: str = "") -> JournalEntry:
    text = json.dumps(body) if body is not None else ""
    name = "apply" if path.endswith("graphql") else None
    return JournalEntry(1, datetime.now(UTC), "partner-bot", method, path, "", text, 200, name, answer)


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (entry("POST", "/api/graphql", {"query": "{ currentUser { shoeSize } }"}), "Cannot query field 'shoeSize'"),
        (entry("POST", "/api/graphql", {"query": UPDATE, "variables": {"i0": {"id": "1", "colour": 2}}}), "colour"),
        (entry("POST", "/api/graphql", {"query": UPDATE, "variables": {}}), "i0"),
        (entry("GET", "/api/v4/pets"), "GitLab has no such operation"),
        (entry("GET", "/api/v4/projects/1/issues/1", answer='{"iid": "1"}'), "is not of type 'integer'"),
    ],
)
def test_what_gitlab_does_not_take_is_noticed(exchange: JournalEntry, problem: str) -> None:
    published_file("openapi/openapi_v3.subset.json")
    found = list(exchange_problems([exchange]))
    assert any(problem in each for each in found), found


def test_what_gitlab_takes_is_left_alone() -> None:
    published_file("openapi/openapi_v3.subset.json")
    sent = {"query": UPDATE, "variables": {"i0": {"id": "gid://gitlab/WorkItem/1", "title": "New"}}}
    assert list(exchange_problems([entry("POST", "/api/graphql", sent), entry("GET", "/api/v4/metadata")])) == []
