"""Tokens, branches, links that block, subscriptions and accounts that go: who may, what GitLab answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_client import Scene, make_scene

from app.sandbox import operations
from app.sandbox.world import DEVELOPER, Tier


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def send(scene: Scene, method: str, target: str, username: str = "partner-bot", **body: Any) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"}
    answer = scene.send(target, method=method, body=json.dumps(body).encode(), username=username, headers=headers)
    return answer.status, answer.json() if answer.body else None


ACME = "/projects/partners%2Facme"


# --- tokens ---


def test_people_see_and_revoke_their_own_tokens_only(scene: Scene) -> None:
    ids = {row.value: row.id for row in scene.world.tokens.values()}
    other = ids["sandbox-gl.sa1"]
    assert [row["id"] for row in send(scene, "GET", "/personal_access_tokens")[1]] == [ids["sandbox-partner-bot"]]
    assert send(scene, "GET", f"/personal_access_tokens/{other}")[0] == 401
    assert send(scene, "GET", "/personal_access_tokens?user_id=1")[0] == 401
    assert send(scene, "POST", f"/personal_access_tokens/{other}/rotate")[0] == 401
    assert send(scene, "DELETE", f"/personal_access_tokens/{other}")[0] == 403
    assert send(scene, "GET", "/personal_access_tokens/99999", "root")[0] == 404
    assert send(scene, "DELETE", f"/personal_access_tokens/{other}", "root")[0] == 204
    assert [r["id"] for r in send(scene, "GET", "/personal_access_tokens?state=inactive", "root")[1]] == [other]


def test_a_token_that_was_rotated_cannot_be_rotated_again(scene: Scene) -> None:
    own = next(row.id for row in scene.world.tokens.values() if row.value == "sandbox-gl.sa1")
    status, new = send(scene, "POST", f"/personal_access_tokens/{own}/rotate", "gl.sa1", expires_at="2026-12-01")
    assert (status, new["expires_at"], new["name"]) == (200, "2026-12-01", "sandbox")
    assert send(scene, "POST", f"/personal_access_tokens/{own}/rotate", "root")[0] == 401


def test_a_projects_token_has_a_bot_who_is_a_member_until_it_is_revoked(scene: Scene) -> None:
    asked = {"name": "Report", "scopes": ["read_api"], "expires_at": "2026-12-01", "access_level": 20}
    status, made = send(scene, "POST", f"{ACME}/access_tokens", **asked)
    assert (status, made["resource_type"], made["access_level"]) == (201, "project", 20)
    bot = scene.client(token=made["token"])
    assert bot.http_get("/user")["username"].startswith(f"project_{made['resource_id']}_bot_")  # type: ignore[index]
    assert bot.projects.get("partners/acme").path == "acme"
    assert [m["access_level"] for m in send(scene, "GET", f"{ACME}/members")[1]] == [20]
    assert send(scene, "DELETE", f"{ACME}/access_tokens/{made['id']}")[0] == 204
    assert send(scene, "GET", f"{ACME}/members")[1] == []
    assert scene.send("/user", username=None, headers={"PRIVATE-TOKEN": made["token"]}).status == 401


def test_access_tokens_are_for_who_administers_the_place(scene: Scene) -> None:
    asked = {"name": "Report", "scopes": ["read_api"], "expires_at": "2026-12-01"}
    assert send(scene, "GET", f"{ACME}/access_tokens", "gl.sa1")[0] == 401
    status, refused = send(scene, "POST", f"{ACME}/access_tokens", "gl.sa1", **asked)
    assert (status, refused["message"]) == (400, "User does not have permission to create project access token")
    assert send(scene, "GET", f"{ACME}/access_tokens", "globex.lead")[0] == 404
    assert send(scene, "GET", f"{ACME}/access_tokens/99")[0] == 404


# --- protected branches ---


def test_developers_push_to_what_is_not_protected(scene: Scene) -> None:
    commit = {
        "branch": "main",
        "commit_message": "m",
        "actions": [{"action": "create", "file_path": "a", "content": ""}],
    }
    developer = scene.world.user_by_name("gl.sa1")
    project = scene.world.project_by_path("partners/acme")
    assert developer is not None
    assert project is not None
    commits = f"{ACME}/repository/commits"
    assert send(scene, "POST", commits, "gl.sa1", **commit)[0] == 403
    assert send(scene, "DELETE", f"{ACME}/protected_branches/main", "gl.sa1")[0] == 403
    assert send(scene, "DELETE", f"{ACME}/protected_branches/main")[0] == 204
    assert send(scene, "GET", f"{ACME}/protected_branches/main")[0] == 404
    assert send(scene, "GET", f"{ACME}/repository/branches/main")[1]["protected"] is False
    assert send(scene, "POST", commits, "gl.sa1", **commit)[0] == 201
    assert send(scene, "POST", f"{ACME}/protected_branches", name="ma*", push_access_level=0)[0] == 201
    commit["actions"] = [{"action": "delete", "file_path": "a"}]
    assert send(scene, "POST", commits, **commit)[0] == 403
    status, refused = send(scene, "POST", f"{ACME}/protected_branches", name="ma*")
    assert (status, refused["message"]) == (409, "Protected branch 'ma*' already exists")


def test_a_branch_goes_its_own_way(scene: Scene) -> None:
    project, branches = scene.project(), f"{ACME}/repository/branches"
    hook = project.hooks.create({"url": "http://127.0.0.1:9/x", "push_events": True})
    assert send(scene, "POST", branches, "gl.sa1", branch="draft", ref="main")[0] == 201
    commit = {"commit_message": "m", "actions": [{"action": "create", "file_path": "a.md", "content": "a"}]}
    assert send(scene, "POST", f"{ACME}/repository/commits", "gl.sa1", branch="draft", **commit)[0] == 201
    assert send(scene, "POST", f"{ACME}/repository/commits", branch="other", start_branch="draft", **{
        **commit, "actions": [{"action": "update", "file_path": "a.md", "content": "b"}]
    })[0] == 201  # fmt: skip
    assert [branch.name for branch in project.branches.list(get_all=True)] == ["draft", "main", "other"]
    assert [project.files.get("a.md", ref=ref).decode() for ref in ("draft", "other")] == [b"a", b"b"]
    assert send(scene, "GET", f"{ACME}/repository/files/a.md?ref=main")[0] == 404
    counts = [len(project.commits.list(ref_name=ref, get_all=True)) for ref in ("main", "draft", "other")]
    assert counts == [1, 2, 3]
    assert send(scene, "DELETE", f"{branches}/other")[0] == 204
    assert send(scene, "GET", f"{branches}/other")[0] == 404
    pushes = [json.loads(delivery.request_body) for delivery in scene.world.outgoing if delivery.hook_id == hook.id]
    assert [(push["ref"][11:], push["before"][:3] == "000", push["after"][:3] == "000") for push in pushes] == [
        ("draft", True, False), ("draft", False, False), ("other", True, False), ("other", False, False),
        ("other", False, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("username", "method", "target", "body", "status", "words"),
    [
        ("gl.sa1", "POST", "", {"branch": "main", "ref": "main"}, 403, "403 Forbidden"),
        ("partner-bot", "POST", "", {"branch": "main", "ref": "main"}, 400, "Branch already exists"),
        ("partner-bot", "POST", "", {"branch": "a b", "ref": "main"}, 400, "Branch name is invalid"),
        ("partner-bot", "POST", "", {"branch": "a", "ref": "none"}, 400, "Invalid reference name: none"),
        ("partner-bot", "DELETE", "/none", {}, 404, "404 Branch Not Found"),
        ("partner-bot", "DELETE", "/main", {}, 400, "The default branch of a project cannot be deleted."),
        ("gl.sa1", "DELETE", "/main", {}, 405, "You dont have push access to repo"),
    ],
)
def test_what_a_branch_cannot_be(
    scene: Scene, username: str, method: str, target: str, body: dict[str, str], status: int, words: str
) -> None:
    found, refused = send(scene, method, f"{ACME}/repository/branches{target}", username, **body)
    assert (found, refused["message"]) == (status, words)


@pytest.mark.parametrize(("tier", "status"), [("premium", 200), ("free", 400)])
def test_lists_of_who_may_push_need_a_licence(tier: Tier, status: int) -> None:
    scene = make_scene(tier)
    target = f"{ACME}/protected_branches/main"
    assert send(scene, "PATCH", target, allowed_to_push=[{"access_level": 30}])[0] == status


# --- links and subscriptions ---


def _two_issues(scene: Scene) -> tuple[int, int]:
    first, second = (scene.project().issues.create({"title": title}) for title in ("One", "Two"))
    return first.iid, second.iid


def test_a_link_that_blocks_is_seen_from_both_sides(scene: Scene) -> None:
    first, second = _two_issues(scene)
    target = {"target_project_id": "partners/acme", "target_issue_iid": second}
    status, link = send(scene, "POST", f"{ACME}/issues/{first}/links", link_type="blocks", **target)
    assert (status, link["link_type"], link["source_issue"]["iid"]) == (201, "blocks", first)
    assert [row["link_type"] for row in send(scene, "GET", f"{ACME}/issues/{first}/links")[1]] == ["blocks"]
    assert [row["link_type"] for row in send(scene, "GET", f"{ACME}/issues/{second}/links")[1]] == ["is_blocked_by"]
    assert send(scene, "GET", f"{ACME}/issues/{first}")[1]["blocking_issues_count"] == 1
    status, refused = send(scene, "POST", f"{ACME}/issues/{first}/links", **target)
    assert (status, refused["message"]) == (409, "Issue(s) already assigned")
    text = '{ project(fullPath: "partners/acme") { workItems { nodes { iid widgets(onlyTypes: [LINKED_ITEMS]) { ... on \
WorkItemWidgetLinkedItems { linkedItems(filter: BLOCKED_BY) { nodes { linkType workItem { iid } } } } } } } } }'
    body = json.dumps({"query": text}).encode()
    answer = scene.send(
        "/api/graphql", method="POST", body=body, below="", headers={"Content-Type": "application/json"}
    )
    found = {
        n["iid"]: n["widgets"][0]["linkedItems"]["nodes"]
        for n in answer.json()["data"]["project"]["workItems"]["nodes"]
    }
    assert found == {str(first): [], str(second): [{"linkType": "is_blocked_by", "workItem": {"iid": str(first)}}]}
    scene.project().issues.delete(first)
    assert send(scene, "GET", f"{ACME}/issues/{second}/links")[1] == []


@pytest.mark.parametrize(("tier", "status"), [("free", 403), ("ce", 400)])
def test_blocking_needs_a_licence(tier: Tier, status: int) -> None:
    scene = make_scene(tier)
    first, second = _two_issues(scene)
    target = {"target_project_id": "partners/acme", "target_issue_iid": second, "link_type": "blocks"}
    assert send(scene, "POST", f"{ACME}/issues/{first}/links", **target)[0] == status


def test_a_subscription_that_is_there_already_is_304(scene: Scene) -> None:
    scene.project().issues.create({"title": "One"})
    assert send(scene, "POST", f"{ACME}/issues/1/subscribe")[0] == 304
    assert send(scene, "POST", f"{ACME}/issues/1/subscribe", "gl.sa1")[1]["subscribed"] is True
    assert send(scene, "POST", f"{ACME}/issues/1/unsubscribe", "gl.sa1")[0] == 201
    assert send(scene, "GET", f"{ACME}/issues/1", "gl.sa1")[1]["subscribed"] is False


# --- epics below epics ---


def test_children_of_an_epic_are_put_in_order(scene: Scene) -> None:
    epics = scene.client().groups.get("partners").epics
    home = epics.create({"title": "Home", "confidential": True})
    below = f"/groups/partners/epics/{home.iid}/epics"
    _, first = send(scene, "POST", below, title="One")
    _, second = send(scene, "POST", below, title="Two")
    assert (first["confidential"], first["parent_iid"]) == (True, home.iid)
    status, rows = send(scene, "PUT", f"{below}/{first['id']}", move_before_id=second["id"])
    assert (status, [row["title"] for row in rows]) == (200, ["Two", "One"])
    assert send(scene, "DELETE", f"{below}/{first['id']}")[1]["parent_id"] is None
    assert send(scene, "DELETE", f"{below}/{first['id']}")[0] == 404
    assert send(scene, "PUT", f"{below}/{second['id']}", move_after_id=first["id"])[0] == 400


def test_epics_below_epics_are_ultimate(scene: Scene) -> None:
    home = scene.client().groups.get("partners").epics.create({"title": "Home"})
    scene.world.tier = "premium"
    assert send(scene, "POST", f"/groups/partners/epics/{home.iid}/epics", title="One")[0] == 403


# --- accounts that go ---


def test_what_a_deleted_person_wrote_stays_as_the_ghosts(scene: Scene) -> None:
    user = scene.world.user_by_name("gl.sa1")
    project = scene.world.project_by_path("partners/acme")
    assert user is not None
    assert project is not None
    operations.add_member(scene.world, scene.world.users[1], project, user, DEVELOPER)
    scene.client("gl.sa1").projects.get("partners/acme").issues.create({"title": "Kept"})
    assert send(scene, "DELETE", f"/users/{user.id}")[0] == 403
    assert send(scene, "DELETE", f"/users/{user.id}", "root")[0] == 204
    assert send(scene, "GET", f"{ACME}/issues/1")[1]["author"]["username"] == "ghost"
    assert send(scene, "GET", f"/users/{user.id}")[0] == 404
    assert send(scene, "GET", "/users?username=gl.sa1")[1] == []
    assert send(scene, "GET", "/user", "gl.sa1")[0] == 401
    assert project.members == []


def test_the_only_owner_of_a_group_cannot_be_deleted(scene: Scene) -> None:
    owner = scene.world.user_by_name("acme.dev")
    group = scene.world.group_by_path("partners")
    assert owner is not None
    assert group is not None
    group.members[:] = []
    operations.add_member(scene.world, scene.world.users[1], group, owner, 50)
    status, refused = send(scene, "DELETE", f"/users/{owner.id}", "root")
    assert (status, refused["message"]) == (409, "User cannot be removed while is the sole-owner of a group")
