"""Who gets in, what is refused and in which words."""

from __future__ import annotations

from datetime import date

import gitlab
import pytest
from rest_client import Scene, make_scene

from app.sandbox.operations import create_token, revoke_token
from app.sandbox.world import Tier


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def test_a_stranger_sees_404_and_an_anonymous_caller_too(scene: Scene) -> None:
    with pytest.raises(gitlab.GitlabGetError) as error:
        scene.project("acme.lead")
    assert (error.value.response_code, error.value.error_message) == (404, "404 Project Not Found")
    assert scene.send("/projects/partners%2Facme", username=None).status == 404
    assert scene.send("/user", username=None).json() == {"message": "401 Unauthorized"}


def test_tokens_that_do_not_work_are_401_and_narrow_scopes_403(scene: Scene) -> None:
    world = scene.world
    bot = world.user_by_name("partner-bot")
    assert bot is not None
    create_token(world, bot, name="reader", scopes=["read_api"], value="reader")
    create_token(world, bot, name="old", scopes=["api"], value="old", expires_at=date(2026, 11, 2))
    revoke_token(world, create_token(world, bot, name="gone", scopes=["api"], value="gone"))
    assert scene.client(token="reader").projects.get("partners/acme").name == "Acme"
    with pytest.raises(gitlab.GitlabCreateError) as error:
        scene.client(token="reader").projects.get("partners/acme").issues.create({"title": "No"})
    assert error.value.response_code == 403
    assert b'"error":"insufficient_scope"' in error.value.response_body
    for value, word in (("old", "expired"), ("gone", "revoked"), ("nobody", "401")):
        with pytest.raises(gitlab.GitlabAuthenticationError) as refused:
            scene.client(token=value).auth()
        assert word in refused.value.response_body.decode()


def test_a_bearer_token_works_as_well(scene: Scene) -> None:
    answer = scene.send("/user", username=None, headers={"Authorization": "Bearer sandbox-gl.sa1"})
    assert answer.json()["username"] == "gl.sa1"
    assert answer.json()["email"] == "gl.sa1@gitlab.example"


def test_rotating_kills_the_old_token_and_lasts_a_week_by_default(scene: Scene) -> None:
    bot = scene.client()
    answer = scene.send("/personal_access_tokens/self/rotate", method="POST")
    assert answer.json()["expires_at"] == "2026-11-09"
    with pytest.raises(gitlab.GitlabAuthenticationError):
        bot.auth()
    scene.client(token=answer.json()["token"]).auth()
    assert answer.json()["token"] not in scene.world.journal[-2].response_body


def test_parameters_are_checked_and_near_misses_named(scene: Scene) -> None:
    issues = "/projects/partners%2Facme/issues"
    assert scene.send(issues, method="POST").json() == {"error": "title is missing"}
    typo = scene.send(f"{issues}?label=x")
    assert typo.status == 400
    assert typo.json()["error"] == "label is invalid (GitLab ignores it; do you mean labels?)"
    for query, message in {
        "state=open": "state does not have a valid value",
        "updated_after=yesterday": "updated_after is invalid",
        "confidential=maybe": "confidential is invalid",
        "per_page=0": "per_page does not have a valid value",
    }.items():
        assert scene.send(f"{issues}?{query}").json() == {"error": message}
    assert "not: label is invalid" in scene.send(f"{issues}?not[label]=x").json()["error"]
    assert scene.send("/groups/partners/labels", method="POST").json()["error"] == "name is missing, color is missing"


def test_form_json_and_multipart_bodies_mean_the_same(scene: Scene) -> None:
    target = "/projects/partners%2Facme/issues"
    form = b"title=Form&labels[]=one&labels[]=two&due_date=2026-12-01"
    plain = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = scene.send(target, method="POST", body=form, headers=plain).json()
    assert (sent["title"], sent["labels"], sent["due_date"]) == ("Form", ["one", "two"], "2026-12-01")
    parts = b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nParts\r\n--B--\r\n'
    mixed = {"Content-Type": "multipart/form-data; boundary=B"}
    assert scene.send(target, method="POST", body=parts, headers=mixed).json()["title"] == "Parts"
    broken = scene.send(target, method="POST", body=b"{", headers={"Content-Type": "application/json"})
    assert broken.status == 400


def test_an_unknown_route_says_that_the_sandbox_lacks_it(scene: Scene) -> None:
    answer = scene.send("/projects/1/pipelines")
    assert answer.status == 501
    assert answer.json()["error"].endswith("no route GET /projects/1/pipelines; see docs/sandbox-coverage.md")


def test_roles_get_what_gitlab_gives_them(scene: Scene) -> None:
    """Developer by the group: may label issues, may not add members or hooks, may not push to the default branch."""
    project = scene.project("gl.sa1")
    issue = project.issues.create({"title": "By a developer", "labels": ["a"]})
    assert issue.labels == ["a"]
    for refused in (
        lambda: project.hooks.list(),
        lambda: project.members.create({"user_id": 6, "access_level": 10}),
        lambda: project.commits.create({"branch": "main", "commit_message": "m", "actions": []}),
        lambda: issue.delete(),
        lambda: project.archive(),
    ):
        with pytest.raises(gitlab.GitlabError) as error:
            refused()
        assert error.value.response_code == 403


@pytest.mark.parametrize(("tier", "status"), [("free", 403), ("ce", 404)])
def test_without_a_licence_epics_are_403_and_on_ce_404(tier: Tier, status: int) -> None:
    scene = make_scene(tier)
    group = scene.client().groups.get("partners")
    for refused in (lambda: group.epics.list(), lambda: group.hooks.list()):
        with pytest.raises(gitlab.GitlabError) as error:
            refused()
        assert error.value.response_code == status
    issue = scene.project().issues.create({"title": "Plain"})
    assert not hasattr(issue, "epic")
    assert scene.client().http_get("/metadata")["enterprise"] is (tier != "ce")


def test_an_administrator_makes_accounts_for_more_partners(scene: Scene) -> None:
    admin = scene.client("root")
    made = {"email": "nia@nova.example.com", "name": "Nia", "username": "nova.lead", "force_random_password": True}
    user = admin.users.create(made)
    nia = scene.client("nova.lead")
    assert nia.http_get("/user")["id"] == user.id  # type: ignore[index]
    user.name = "Nia N."
    user.save()
    assert nia.users.get(user.id).name == "Nia N."

    with pytest.raises(gitlab.GitlabCreateError) as error:
        admin.users.create(made)
    assert (error.value.response_code, error.value.error_message) == (409, "Username has already been taken")
    with pytest.raises(gitlab.GitlabCreateError) as error:
        admin.users.create(made | {"username": "partners", "email": "other@example.com"})
    assert error.value.response_code == 409
    with pytest.raises(gitlab.GitlabCreateError) as error:
        nia.users.create(made | {"username": "x", "email": "x@example.com"})
    assert error.value.response_code == 403


def test_a_waiting_invitation_gets_another_role(scene: Scene) -> None:
    project = scene.project()
    project.invitations.create({"email": "new@example.com", "access_level": 20})
    project.manager.gitlab.http_put(
        f"/projects/{project.id}/invitations/new@example.com", post_data={"access_level": 15}
    )
    (waiting,) = project.invitations.list(get_all=True)
    assert waiting.access_level == 15
