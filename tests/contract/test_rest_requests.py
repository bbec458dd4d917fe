"""What the bot asks of GitLab's REST API is what GitLab publishes: operation, parameters, types.

The trap: a sandbox that takes what GitLab ignores. So the sandbox's own parameters are compared as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from plays import STORY_TIERS, TOUR_TIERS, Played, route_of
from rest_contract import NEWER_PARAMETERS, OTHERWISE_PUBLISHED, Operation, operations, request_problems, shape

from app.sandbox import rest
from app.sandbox.rest.routing import Route
from app.sandbox.rest.unsimulated import beyond
from app.sandbox.world import JournalEntry

REFUSED_ALL_THE_SAME = {
    f"{verb} /projects/:id/hooks{rest_of} {event}_events"
    for verb, rest_of in (("POST", ""), ("PUT", "/:hook_id"))
    for event in ("member", "project", "subgroup")
}
"""Declared for groups and projects together; the handler refuses them for projects and says why."""


@pytest.mark.parametrize("tier", STORY_TIERS)
def test_every_request_of_the_bot_is_one_that_gitlab_publishes(stories: dict[str, Played], tier: str) -> None:
    assert list(_problems(stories[tier].exchanges)) == []


@pytest.mark.parametrize("tier", STORY_TIERS)
def test_the_bot_is_refused_nothing_but_looks_for_what_is_not_there_yet(stories: dict[str, Played], tier: str) -> None:
    """The control project, projects of partners whose file is there, at which the watch looks, and the wiki page."""
    refused = [
        (e.method, e.path.removeprefix("/api/v4/projects/partners%2F"), e.status)
        for e in stories[tier].exchanges
        if e.status >= 400
    ]
    not_yet = [(name, tail) for name in ("acme", "globex") for tail in ("", "/hooks")]
    assert refused[0] == ("GET", "journey-control", 404)
    paths = [*(name + tail for name, tail in not_yet), "journey-control/wikis/Portfolio"]
    assert sorted(refused[1:]) == sorted(("GET", path, 404) for path in paths)


@pytest.mark.parametrize("tier", TOUR_TIERS)
def test_every_request_of_python_gitlab_is_one_that_gitlab_publishes(tours: dict[str, Played], tier: str) -> None:
    assert list(_problems(tours[tier].exchanges)) == []


@pytest.mark.parametrize("tier", STORY_TIERS)
def test_the_story_goes_through_all_stages_of_both_partners(stories: dict[str, Played], tier: str) -> None:
    bodies = [body for _header, body in stories[tier].webhooks if body.get("object_kind") == "milestone"]
    closed = {(b["project"]["id"], b["object_attributes"]["title"]) for b in bodies if b["action"] == "close"}
    assert len(closed) == 8


def test_the_story_uses_every_kind_of_request_that_the_bot_can_make(stories: dict[str, Played]) -> None:
    used = stories["ultimate"].routes
    assert used >= {
        "GET /projects/:id",
        "GET /projects/:id/hooks",
        "GET /projects/:id/issues",
        "GET /projects/:id/repository/tree",
        "POST /projects",
        "POST /projects/:id/hooks",
        "POST /projects/:id/issues",
        "POST /projects/:id/badges",
        "POST /projects/:id/members",
        "POST /projects/:id/milestones",
        "POST /projects/:id/repository/commits",
        "PUT /projects/:id/hooks/:hook_id",
        "PUT /projects/:id/issues/:issue_iid",
        "PUT /projects/:id/milestones/:milestone_id",
    }


@pytest.mark.parametrize("row", rest.TABLE.rows, ids=lambda row: f"{row.method} {row.template}")
def test_a_route_of_the_sandbox_is_gitlabs_and_takes_nothing_that_gitlab_does_not(row: Route) -> None:
    operation = operations().get((row.method, shape(row.template)))
    assert operation is not None
    assert list(_foreign_parameters(row, operation)) == []
    asked = {parameter.name for parameter in row.parameters if parameter.required}
    needed = {name for name, declared in operation.query.items() if declared.get("required")}
    assert asked >= needed | set(operation.body.get("required", []))


@pytest.mark.parametrize("row", rest.TABLE.rows, ids=lambda row: f"{row.method} {row.template}")
def test_a_parameter_of_gitlab_is_acted_on_or_named_as_beyond_the_sandbox(row: Route) -> None:
    operation = operations()[row.method, shape(row.template)]
    published = {name.partition("[")[0] for name in operation.query} | set(operation.body.get("properties", {}))
    own = {parameter.name for parameter in row.parameters}
    elsewhere = {piece.removeprefix(":") for piece in row.pieces} | {"id", "page", "per_page"}
    assert beyond(row) == published - own - elsewhere


def test_a_path_of_the_sandbox_takes_every_method_that_gitlab_publishes_for_it() -> None:
    """So the sandbox may answer 405 to all others, as GitLab does."""
    templates = {shape(row.template): row.template for row in rest.TABLE.rows}
    served = {(row.method, shape(row.template)) for row in rest.TABLE.rows}
    published = {(method, path) for method, path in operations() if path in templates}
    assert [f"{method} {templates[path]}" for method, path in published - served if method != "HEAD"] == []


def test_the_bodies_that_are_written_down_here_are_still_needed() -> None:
    """GitLab's document shows an upload there. When it shows the fields, the table can go."""
    for verb, path in (("POST", "/projects/*/repository/commits"), ("PUT", "/projects/*/repository/files/*")):
        assert "multipart/form-data" in operations()[verb, path].data["requestBody"]["content"]


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "problem"),
    [
        ("GET", "/projects/1/pets", "", "", "GitLab has no such operation"),
        ("GET", "/projects/1/issues", "label=x", "", "query parameter label is unknown"),
        ("GET", "/projects/1/issues", "state=open", "", "query parameter state does not take 'open'"),
        ("POST", "/projects/1/issues", "", '{"labels": "a"}', "body parameter title is missing"),
        ("POST", "/projects/1/issues", "", '{"title": "a", "weight": "2"}', "body: weight does not take '2'"),
        ("POST", "/projects/1/issues", "", '{"title": "a", "lable": "b"}', "body parameter lable is unknown"),
        (
            "POST",
            "/projects/1/repository/commits",
            "",
            '{"branch": "a", "commit_message": "b", "actions": [{"action": "make", "file_path": "c"}]}',
            "body: actions[].action does not take 'make'",
        ),
    ],
)
def test_a_request_that_gitlab_does_not_know_is_noticed(
    method: str, path: str, query: str, body: str, problem: str
) -> None:
    entry = JournalEntry(1, datetime.now(UTC), "partner-bot", method, f"/api/v4{path}", query, body, 200)
    assert request_problems(entry) == [problem]


def _problems(exchanges: list[JournalEntry]) -> Iterator[str]:
    for entry in exchanges:
        for problem in request_problems(entry):
            yield f"{route_of(entry)}: {problem}"


def _foreign_parameters(row: Route, operation: Operation) -> Iterator[str]:
    known = operation.body.get("properties", {}) if row.method in ("POST", "PUT", "PATCH") else operation.query
    route = f"{row.method} {row.template}"
    for parameter in row.parameters:
        name = f"{route} {parameter.name}"
        if parameter.name in NEWER_PARAMETERS or name in OTHERWISE_PUBLISHED or name in REFUSED_ALL_THE_SAME:
            continue
        if parameter.name not in known:
            yield f"{parameter.name} is unknown"
            continue
        declared = known[parameter.name].get("schema", known[parameter.name])
        enough = {str(value) for value in declared.get("enum", ())}
        if enough and not {str(value) for value in parameter.values} <= enough:
            yield f"{parameter.name} takes more than {sorted(enough)}"
