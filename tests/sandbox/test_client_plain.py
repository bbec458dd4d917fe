"""Clients without a library of GitLab's: bare HTTP over a socket, python-gitlab's command line, gql."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql import Client, gql
from gql.transport.httpx import HTTPXTransport
from graphql import GraphQLError
from rest_client import Scene, make_scene, running

from app.sandbox.operations import create_token

TOKEN = {"PRIVATE-TOKEN": "sandbox-partner-bot"}
ISSUES = "/api/v4/projects/partners%2Facme/issues"


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    with running(scene) as found:
        yield found


# --- who asks ---


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (TOKEN, ""),
        ({"Authorization": "Bearer sandbox-partner-bot"}, ""),
        ({"authorization": "bearer sandbox-partner-bot"}, ""),
        ({}, "?private_token=sandbox-partner-bot"),
        ({}, "?access_token=sandbox-partner-bot"),
    ],
)
def test_every_way_to_send_a_token(address: str, headers: dict[str, str], query: str) -> None:
    assert httpx.get(f"{address}/api/v4/user{query}", headers=headers).json()["username"] == "partner-bot"


def test_basic_authentication_is_none_for_the_api(address: str) -> None:
    assert httpx.get(f"{address}/api/v4/user", auth=("partner-bot", "sandbox-partner-bot")).status_code == 401


@pytest.mark.parametrize(
    ("username", "scopes", "status", "words"),
    [
        ("root", ["api", "sudo"], 200, "gl.sa1"),
        ("root", ["api"], 403, "insufficient_scope"),
        ("partner-bot", ["api", "sudo"], 403, "Must be admin to use sudo"),
    ],
)
def test_an_administrator_acts_as_somebody_else(
    scene: Scene, username: str, scopes: list[str], status: int, words: str
) -> None:
    user = scene.world.user_by_name(username)
    assert user is not None
    value = create_token(scene.world, user, name="sudo", scopes=scopes).value
    for target, header in (("/user", {"Sudo": "gl.sa1"}), ("/user?sudo=gl.sa1", {})):
        answer = scene.send(target, username=None, headers={"PRIVATE-TOKEN": value, **header})
        assert (answer.status, words in answer.text) == (status, True)


# --- what is sent ---


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"title": "New", "labels[]": ["a", "b"]}},
        {"data": {"title": "New", "labels": "a,b"}},
        {"files": {"title": (None, "New"), "labels": (None, "a,b")}},
        {"json": {"title": "New", "labels": ["a", "b"]}},
        {"json": {"title": "New", "labels": "a,b"}},
        {"params": {"title": "New", "labels": "a,b"}},
    ],
    ids=["form with an array", "form", "multipart", "JSON with an array", "JSON", "query"],
)
def test_every_way_to_send_parameters(address: str, sent: dict[str, Any]) -> None:
    made = httpx.post(f"{address}{ISSUES}", headers=TOKEN, **sent)
    assert made.status_code == 201, made.text
    assert (made.json()["title"], made.json()["labels"]) == ("New", ["a", "b"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("iids[]=1&iids[]=3", [3, 1]),
        ("labels=a", [2, 1]),
        ("labels[]=a&labels[]=b", [2]),
        ("labels=a&not[labels]=b", [1]),
        ("labels=None", [3]),
        ("assignee_id=None&state=opened&sort=asc", [1, 2, 3]),
    ],
)
def test_arrays_and_maps_in_a_query(scene: Scene, query: str, found: list[int]) -> None:
    for labels in ("a", "a,b", ""):
        scene.project().issues.create({"title": "New", "labels": labels})
    answer = scene.send(f"/projects/partners%2Facme/issues?{query}")
    assert [issue["iid"] for issue in answer.json()] == found


@pytest.mark.parametrize(
    ("query", "words"), [("per_page=0", "per_page"), ("page=x", "page is invalid"), ("state=open", "state")]
)
def test_a_query_that_cannot_be_is_400(address: str, query: str, words: str) -> None:
    refused = httpx.get(f"{address}{ISSUES}?{query}", headers=TOKEN)
    assert (refused.status_code, words in refused.json()["error"]) == (400, True)


# --- python-gitlab's command line ---


def test_the_command_line_of_python_gitlab(address: str, tmp_path: Path) -> None:
    config = tmp_path / "gitlab.cfg"
    config.write_text(
        f"[global]\ndefault = one\n[one]\nurl = {address}\nprivate_token = sandbox-partner-bot\napi_version = 4\n"
    )

    def run(line: str) -> str:
        words = [sys.executable, "-m", "gitlab", "-c", str(config), *line.split()]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    assert "partners/acme" in run("project list --get-all")
    assert "title: Scan" in run("project-issue create --project-id partners/acme --title Scan --labels a,b")
    assert '"state": "closed"' in run(
        "-o json project-issue update --project-id partners/acme --iid 1 --state-event close"
    )
    assert "iid: 1" in run("project-issue list --project-id partners/acme --get-all")
    assert "id: " in run("project-issue-note create --project-id partners/acme --issue-iid 1 --body Hello")
    assert run("project-issue delete --project-id partners/acme --iid 1") == ""
    assert "404 Project Not Found" in run("project get --id none")


# --- GraphQL ---


@pytest.mark.parametrize("path", ["/api/graphql", "/api/graphql/"])
def test_gql_reads_the_schema_and_checks_by_it(address: str, path: str) -> None:
    transport = HTTPXTransport(url=f"{address}{path}", headers={"Authorization": "Bearer sandbox-partner-bot"})
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        assert session.execute(gql("{ currentUser { username } }")) == {"currentUser": {"username": "partner-bot"}}
        assert "WorkItem" in session.client.schema.type_map  # type: ignore[union-attr]
        with pytest.raises(GraphQLError, match="Cannot query field 'nope'"):
            session.execute(gql("{ currentUser { nope } }"))


def test_what_asks_too_much_is_refused_before_it_runs(address: str) -> None:
    def asked(text: str) -> tuple[int, str]:
        answer = httpx.post(f"{address}/api/graphql", headers=TOKEN, json={"query": text})
        return answer.status_code, answer.json()["errors"][0]["message"]

    deep = "{ parent " * 25 + "{ id }" + "}" * 25
    wide = " ".join(
        f'a{n}: project(fullPath: "partners/acme") {{ workItems(first: 100) {{ nodes {{ id author {{ id }} }} }} }}'
        for n in range(20)
    )
    nested = "{ fields { type " * 4 + "{ name }" + "} }" * 4
    assert asked(f'{{ group(fullPath: "partners") {deep} }}')[1].endswith("which exceeds max depth of 20")
    assert asked(f"{{ {wide} }}")[1].endswith("which exceeds max complexity of 250")
    assert asked("{ currentUser { id } }" + " " * 10_000) == (422, "Query too large")
    assert asked(f"{{ __schema {{ types {nested} }} }}") == (200, "Maximum introspection depth exceeded")
