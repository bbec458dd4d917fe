"""What GitLab says to other methods than the ones a route has, to browsers of another origin, and GraphQL over HTTP."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from rest_client import Scene, make_scene

from app.sandbox.http import Response, json_bytes
from app.sandbox.operations import create_token

ME = "query me { currentUser { username } }"
WRITE = 'mutation { createNote(input: {noteableId: "gid://gitlab/WorkItem/1000", body: "Hi"}) { errors } }'


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    made.project().issues.create({"title": "One"})
    return made


# --- REST ---


def test_a_method_that_gitlab_does_not_have_is_405(scene: Scene) -> None:
    answer = scene.send("/projects", method="PUT")
    assert (answer.status, answer.json()) == (405, {"error": "405 Not Allowed"})
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert scene.send("/projects/partners%2Facme/issues/1", method="PATCH").status == 405


def test_a_route_that_only_the_sandbox_lacks_is_501(scene: Scene) -> None:
    answer = scene.send("/projects/partners%2Facme/merge_requests", method="POST")
    assert answer.status == 501
    assert "no route POST /projects/partners%2Facme/merge_requests" in answer.json()["error"]


def test_options_lists_the_methods(scene: Scene) -> None:
    answer = scene.send("/projects/partners%2Facme/issues", method="OPTIONS", username=None)
    assert (answer.status, answer.headers["Allow"], answer.body) == (204, "GET, HEAD, OPTIONS, POST", b"")


def test_the_root_of_the_api_is_no_route_of_gitlab_either(scene: Scene) -> None:
    """Go clients ask it once for rate limits; a 5xx would make them try again and again."""
    assert (scene.send("/").status, scene.send("/").json()) == (404, {"error": "404 Not Found"})


@pytest.mark.parametrize("target", ["/projects/partners%2Facme", "/projects", "/projects/partners%2Fnone"])
def test_head_has_the_headers_of_get_and_no_body(scene: Scene, target: str) -> None:
    got, head = scene.send(target), scene.send(target, method="HEAD")
    assert (head.status, head.body) == (got.status, b"")
    assert {**head.headers, "X-Request-Id": ""} == {**got.headers, "X-Request-Id": ""}


def test_a_browser_of_another_origin_may_ask(scene: Scene) -> None:
    asks = {"Origin": "http://page.example", "Access-Control-Request-Method": "PUT"}
    wanted = {"Access-Control-Request-Headers": "private-token"}
    allowed = scene.send("/projects", method="OPTIONS", username=None, headers=asks | wanted)
    assert (allowed.status, allowed.headers["Access-Control-Allow-Headers"]) == (200, "private-token")
    assert "PUT" in allowed.headers["Access-Control-Allow-Methods"]
    got = scene.send("/projects", headers={"Origin": "http://page.example"})
    assert (got.status, got.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "X-Total" in got.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in scene.send("/projects").headers


# --- GraphQL ---


def _ask(scene: Scene, *, query: str = "", body: object = None, method: str = "POST", token: str = "") -> Response:
    headers = {"Authorization": f"Bearer {token or 'sandbox-partner-bot'}", "Content-Type": "application/json"}
    target = f"/api/graphql{query}"
    data = b"" if body is None else json_bytes(body)
    return scene.send(target, method=method, headers=headers, body=data, username=None, below="")


def test_a_read_may_come_by_get(scene: Scene) -> None:
    text = "query($path: ID!) { project(fullPath: $path) { name } }"
    query = urlencode({"query": text, "variables": json.dumps({"path": "partners/acme"})})
    answer = _ask(scene, query=f"?{query}", method="GET")
    assert (answer.status, answer.json()) == (200, {"data": {"project": {"name": "Acme"}}})


def test_a_write_may_not_come_by_get(scene: Scene) -> None:
    answer = _ask(scene, query=f"?{urlencode({'query': WRITE})}", method="GET")
    assert (answer.status, answer.json()) == (
        422,
        {"errors": [{"message": "Mutations are forbidden in GET requests"}]},
    )
    assert scene.project().issues.get(1).notes.list(get_all=True) == []


def test_a_question_may_come_as_a_form(scene: Scene) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "PRIVATE-TOKEN": "sandbox-partner-bot"}
    body = urlencode({"query": ME}).encode()
    answer = scene.send("/api/graphql", method="POST", headers=form, body=body, username=None, below="")
    assert answer.json() == {"data": {"currentUser": {"username": "partner-bot"}}}


def test_many_questions_are_answered_in_order(scene: Scene) -> None:
    answer = _ask(scene, body=[{"query": ME}, {"query": "{ nonsense }"}, {"query": WRITE}])
    first, second, third = answer.json()
    assert (answer.status, first) == (200, {"data": {"currentUser": {"username": "partner-bot"}}})
    assert "nonsense" in second["errors"][0]["message"]
    assert third == {"data": {"createNote": {"errors": []}}}


def test_the_limits_are_for_all_questions_together(scene: Scene) -> None:
    inner = "{ nodes { id name labels(first: 50) { nodes { id } } } }"
    costly = f'{{ group(fullPath: "partners") {{ projects(first: 100) {inner} }} }}'
    assert "errors" not in _ask(scene, body={"query": costly}).json()
    refused = _ask(scene, body=[{"query": costly}] * 8).json()
    assert len(refused) == 8
    assert all("exceeds max complexity of 250" in each["errors"][0]["message"] for each in refused)
    long = _ask(scene, body=[{"query": "{ currentUser { id } } #" + "x" * 6_000}] * 2)
    assert (long.status, long.json()) == (422, {"errors": [{"message": "Query too large"}]})


def test_a_token_that_may_only_read_writes_nothing_in_an_array(scene: Scene) -> None:
    bot = scene.world.user_by_name("partner-bot")
    assert bot is not None
    create_token(scene.world, bot, name="reader", scopes=["read_api"], value="reader")
    answer = _ask(scene, body=[{"query": ME}, {"query": WRITE}], token="reader")
    assert "don't have permission" in answer.json()["errors"][0]["message"]
    assert scene.project().issues.get(1).notes.list(get_all=True) == []


@pytest.mark.parametrize("body", [[], [1], "text", None])
def test_what_is_no_question_is_said_to_be_none(scene: Scene, body: object) -> None:
    answer = _ask(scene, body=body)
    assert answer.status == 400
    assert "request body" in answer.json()["errors"][0]["message"]


def test_other_methods_are_not_for_graphql(scene: Scene) -> None:
    assert _ask(scene, body={"query": ME}, method="PUT").status == 404
