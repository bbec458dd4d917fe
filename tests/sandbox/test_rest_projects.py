"""Groups, projects, files, people, webhooks, badges and wikis through the real client."""

from __future__ import annotations

import json

import gitlab
import pytest
from rest_client import Scene, make_scene


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def test_projects_are_created_found_changed_and_deleted_late(scene: Scene) -> None:
    bot = scene.client()
    group = bot.groups.get("partners")
    data = {"name": "Globex Corp", "namespace_id": group.id, "topics": ["partner"], "issues_access_level": "enabled"}
    project = bot.projects.create(data)
    assert (project.path_with_namespace, project.topics) == ("partners/globex-corp", ["partner"])
    with pytest.raises(gitlab.GitlabCreateError) as error:
        bot.projects.create(data)
    assert error.value.response_code == 400
    assert json.loads(error.value.response_body)["message"]["path"] == ["has already been taken"]
    project.description = "Second partner"
    project.save()
    assert bot.projects.get(project.id).description == "Second partner"
    assert bot.projects.get(project.id).permissions["group_access"]["access_level"] == 50
    assert [row.name for row in group.projects.list(search="globex", get_all=True)] == ["Globex Corp"]
    project.archive()
    assert [row.path for row in group.projects.list(archived=False, get_all=True)] == ["acme"]
    project.unarchive()
    project.delete()
    assert bot.projects.get(project.id).marked_for_deletion_on == "2026-11-02"
    bot.projects.create(data)


def test_groups_nest(scene: Scene) -> None:
    bot = scene.client()
    parent = bot.groups.get("partners")
    child = bot.groups.create({"name": "Team", "path": "team", "parent_id": parent.id})
    bot.projects.create({"name": "Deep", "namespace_id": child.id})
    assert child.full_path == "partners/team"
    assert [row.path for row in parent.subgroups.list(get_all=True)] == ["team"]
    assert [row.path for row in parent.projects.list(get_all=True)] == ["acme"]
    assert {row.path for row in parent.projects.list(include_subgroups=True, get_all=True)} == {"acme", "deep"}
    assert [row.full_path for row in scene.client("acme.lead").groups.list(get_all=True)] == []


def test_files_commits_and_templates(scene: Scene) -> None:
    project = scene.project()
    actions = [
        {"action": "create", "file_path": ".gitlab/issue_templates/Scan code.md", "content": "## Goal\n"},
        {"action": "create", "file_path": "docs/a.md", "content": "A\n"},
        {"action": "update", "file_path": "README.md", "content": "# Acme journey\n"},
    ]
    commit = project.commits.create({"branch": "main", "commit_message": "Add templates", "actions": actions})
    assert (commit.title, commit.stats["additions"]) == ("Add templates", 3)
    with pytest.raises(gitlab.GitlabCreateError) as error:
        project.commits.create({"branch": "main", "commit_message": "Again", "actions": actions})
    assert (error.value.response_code, error.value.error_message) == (400, "A file with this name already exists")
    tree = project.repository_tree(recursive=True, get_all=True)
    assert {row["path"] for row in tree if row["type"] == "blob"} == {
        ".gitlab/issue_templates/Scan code.md",
        "README.md",
        "docs/a.md",
    }
    file = project.files.get("docs/a.md", ref="main")
    assert file.decode() == b"A\n"
    assert file.blob_id == "f70f10e4db19068f79bc43844b49f3eece45c4e8"
    assert project.files.raw("docs/a.md", ref="HEAD") == b"A\n"
    file.content = "B\n"
    file.save(branch="main", commit_message="Change")
    project.files.create({"file_path": "b.md", "branch": "main", "content": "x", "commit_message": "New"})
    project.files.delete("b.md", branch="main", commit_message="Gone")
    assert [row.title for row in project.commits.list(get_all=True)][:3] == ["Gone", "New", "Change"]
    assert [row.name for row in project.branches.list(get_all=True)] == ["main"]
    assert project.protectedbranches.get("main").push_access_levels[0]["access_level"] == 40
    assert [row["name"] for row in scene.client().http_list(f"/projects/{project.id}/templates/issues")] == [
        "Scan code"
    ]
    template = scene.client().http_get(f"/projects/{project.id}/templates/issues/Scan%20code")
    assert template == {"name": "Scan code", "content": "## Goal\n"}
    stranger = scene.send("/projects/partners%2Facme/repository/tree", username="acme.lead")
    assert stranger.status == 404


def test_an_empty_repository_has_no_tree(scene: Scene) -> None:
    bot = scene.client()
    project = bot.projects.create({"name": "Empty", "namespace_id": bot.groups.get("partners").id})
    with pytest.raises(gitlab.GitlabGetError) as error:
        project.repository_tree(get_all=True)
    assert error.value.error_message == "404 Tree Not Found"
    action = {"action": "create", "file_path": "a", "content": "a"}
    project.commits.create({"branch": "main", "commit_message": "First", "actions": [action]})
    assert project.repository_tree(get_all=True)[0]["path"] == "a"


def test_members_direct_and_inherited(scene: Scene) -> None:
    project = scene.project()
    lead = scene.client().users.list(username="acme.lead", get_all=True)[0]
    member = project.members.create({"user_id": lead.id, "access_level": 20, "expires_at": "2027-01-01"})
    assert (member.username, member.expires_at) == ("acme.lead", "2027-01-01")
    with pytest.raises(gitlab.GitlabCreateError) as error:
        project.members.create({"username": "acme.lead", "access_level": 20})
    assert (error.value.response_code, error.value.error_message) == (409, "Member already exists")
    member.access_level = 30
    member.save()
    assert [row.username for row in project.members.list(get_all=True)] == ["acme.lead"]
    assert {row.username for row in project.members_all.list(get_all=True)} > {"acme.lead", "gl.sa1", "partner-bot"}
    assert project.members_all.get(lead.id).access_level == 30
    both = project.members.create({"username": "acme.dev,acme.lead", "access_level": 10})
    assert both.status == "error"
    assert list(both.message) == ["acme.lead"]
    member.delete()
    assert [row.username for row in project.members.list(get_all=True)] == ["acme.dev"]


def test_invitations_tell_errors_per_address(scene: Scene) -> None:
    project = scene.project()
    project.invitations.create({"email": ["new@acme.example"], "access_level": 10})
    assert [row.invite_email for row in project.invitations.list(get_all=True)] == ["new@acme.example"]
    with pytest.raises(gitlab.exceptions.GitlabInvitationError) as error:
        project.invitations.create({"email": ["new@acme.example", "other@acme.example"], "access_level": 10})
    assert "new@acme.example" in str(error.value)
    project.invitations.delete("new@acme.example")
    assert [row.invite_email for row in project.invitations.list(get_all=True)] == ["other@acme.example"]


def test_hooks_deliver_and_can_be_tested_and_resent(scene: Scene) -> None:
    project = scene.project()
    signing = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
    fields = {"token": "hush", "signing_token": signing, "issues_events": True, "push_events": False}
    hook = project.hooks.create({"url": "http://127.0.0.1:9/hook", "name": "Journey", **fields})
    assert (hook.token_present, hook.signing_token_present, hook.alert_status) == (True, True, "executable")
    assert "hush" not in json.dumps(hook.attributes)
    assert (hook.issues_events, hook.push_events) == (True, False)
    project.issues.create({"title": "Tell me"})
    answers = iter([500, 200, 200])
    seen: list[dict[str, str]] = []

    def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        seen.append(headers)
        return next(answers), {"content-type": "text/plain"}, "done"

    assert scene.sandbox.deliver_next(post) is not None
    path = f"/projects/{project.id}/hooks/{hook.id}/events"
    failed = scene.client().http_list(path, status="server_failure", get_all=True)
    assert [row["response_status"] for row in failed] == ["500"]
    assert "hush" not in json.dumps(failed)
    scene.client().http_post(f"{path}/{failed[0]['id']}/resend")
    hook.test("issues_events")
    assert scene.sandbox.deliver_next(post) is not None
    assert scene.sandbox.deliver_next(post) is not None
    assert scene.sandbox.deliver_next(post) is None
    assert seen[0]["Idempotency-Key"] == seen[1]["Idempotency-Key"] != seen[2]["Idempotency-Key"]
    assert seen[0]["X-Gitlab-Token"] == "hush"
    assert len(scene.client().http_list(path, get_all=True)) == 3
    assert "hush" not in json.dumps([entry.body + entry.response_body for entry in scene.world.journal])
    with pytest.raises(gitlab.GitlabCreateError) as error:
        project.hooks.create({"url": "ftp://x"})
    assert error.value.response_code == 422
    with pytest.raises(gitlab.GitlabCreateError) as wrong:
        project.hooks.create({"url": "http://127.0.0.1:9", "member_events": True})
    assert "only group webhooks" in str(wrong.value)
    hook.delete()
    assert project.hooks.list(get_all=True) == []


def test_badges_and_wiki_pages(scene: Scene) -> None:
    project = scene.project()
    badge = project.badges.create({"link_url": "http://x/%{project_path}", "image_url": "http://x/a.svg", "name": "S"})
    assert badge.rendered_link_url == "http://x/partners/acme"
    badge.name = "Stage"
    badge.save()
    assert [row.name for row in project.badges.list(get_all=True)] == ["Stage"]
    badge.delete()
    page = project.wikis.create({"title": "Best practices", "content": "Do"})
    assert page.slug == "Best-practices"
    page.content = "Do more"
    page.save()
    assert project.wikis.get("Best-practices").content == "Do more"
    with pytest.raises(gitlab.GitlabCreateError) as error:
        project.wikis.create({"title": "Best practices", "content": "Do"})
    assert error.value.response_code == 400
    page.delete()
    assert project.wikis.list(get_all=True) == []
