"""A tour over the sandbox's REST API with python-gitlab: list, get, create, update and delete of everything it has.

Where the client library has no word for a route, the tour sends the bare request that GitLab documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gitlab
import requests
import tour_conversation
import tour_planning

from app.sandbox.core import Sandbox
from app.sandbox.inprocess import requests_adapter
from app.sandbox.world import World

BASE_URL = "http://127.0.0.1:8929"
HOOK_URL = "http://127.0.0.1:9/hook"
ALL_EVENTS = {
    f"{event}_events": True
    for event in ("push", "issues", "confidential_issues", "note", "confidential_note", "milestone", "emoji")
}
GROUP_EVENTS = {f"{event}_events": True for event in ("member", "project", "subgroup")}


@dataclass
class Guide:
    """The sandbox and clients of its people."""

    sandbox: Sandbox

    @property
    def world(self) -> World:
        return self.sandbox.world

    def client(self, username: str = "partner-bot") -> gitlab.Gitlab:
        session = requests.Session()
        session.mount("http://", requests_adapter(self.sandbox))
        return gitlab.Gitlab(BASE_URL, private_token=f"sandbox-{username}", session=session)


def visit(guide: Guide) -> None:
    """The whole tour; GitLab's answers are in the world's journal afterwards."""
    bot = guide.client()
    group = bot.groups.get("partners")
    _hooks_of_the_group(guide, group)
    project = bot.projects.create({
        "name": "Acme", "path": "acme", "namespace_id": group.id, "initialize_with_readme": True,
        "topics": ["partner"], "description": "All of it", "visibility": "private",
    })  # fmt: skip
    hook = project.hooks.create({"url": HOOK_URL, "name": "Tour", "token": "hush", **ALL_EVENTS})
    _people(guide, bot)
    _groups(bot, group)
    for container in (group, project):
        _access_tokens(container)
        _labels(bot, container)
        tour_conversation.labels(bot, container)
        _milestones(container)
        _members(bot, container)
        _badges(container)
        _boards(guide, container)
    _repository(bot, project)
    tour_planning.issues(bot, project)
    tour_planning.conversation(project)
    tour_conversation.threads(bot, project.issues.get(1))
    tour_conversation.time_and_counts(bot, group, project)
    tour_conversation.promoted_labels(bot, project)
    tour_conversation.namespaces(guide.world, bot, guide.client("root"))
    tour_conversation.commits(bot, project)
    tour_planning.links_and_moves(guide.world, bot, group, project)
    tour_planning.wiki(project)
    if guide.world.licensed:
        tour_planning.epics(guide.world, bot, group, project)
        tour_conversation.epic_threads(bot, group)
    _hook_log(guide, bot, hook)
    _projects(guide, bot, group, project)


def _hooks_of_the_group(guide: Guide, group: Any) -> None:
    if not guide.world.licensed:
        return
    hook = group.hooks.create({"url": HOOK_URL, **ALL_EVENTS, **GROUP_EVENTS, "description": "All that happens"})
    hook.push_events = True
    hook.save()
    group.hooks.get(hook.id)
    group.hooks.list(get_all=True)


def _people(guide: Guide, bot: gitlab.Gitlab) -> None:
    for path in ("/version", "/metadata", "/personal_access_tokens/self", "/user"):
        bot.http_get(path)
    guide.client("root").http_get("/user")
    bot.users.get(bot.users.list(username="gl.sa1", get_all=True)[0].id)
    admin = guide.client("root")
    new = admin.users.create({"email": "n@example.com", "name": "New", "username": "new", "reset_password": True})
    new.name = "Newer"
    new.save()
    new.delete()
    guide.client("gl.sa2").http_post("/personal_access_tokens/self/rotate", post_data={"expires_at": "2026-10-01"})
    guide.client("globex.dev").http_delete("/personal_access_tokens/self")
    third = guide.client("gl.cam1")
    third.personal_access_tokens.list(get_all=True)
    own = third.personal_access_tokens.get("self").id
    third.personal_access_tokens.get(own)
    third.personal_access_tokens.rotate(own)
    admin.personal_access_tokens.list(user_id=admin.users.list(username="gl.sa1", get_all=True)[0].id, get_all=True)
    guide.client("globex.lead").personal_access_tokens.delete(
        next(token.id for token in guide.world.tokens.values() if token.value == "sandbox-globex.lead")
    )
    if guide.world.enterprise:
        me = bot.http_get("/user")
        path = f"/groups/partners/service_accounts/{me['id']}/personal_access_tokens"  # type: ignore[index]
        second = bot.http_post(path, post_data={"name": "second", "scopes": ["api"]})
        third = bot.http_post(f"{path}/{second['id']}/rotate")  # type: ignore[index]
        bot.http_list(path, get_all=True)
        bot.http_delete(f"{path}/{third['id']}")  # type: ignore[index]


def _groups(bot: gitlab.Gitlab, group: Any) -> None:
    bot.groups.list(get_all=True)
    region = bot.groups.create({"name": "Region", "path": "region", "parent_id": group.id})
    region.delete()
    region.restore()
    group.description = "Partners of GitLab"
    group.save()
    group.subgroups.list(get_all=True)
    group.descendant_groups.list(get_all=True)
    group.projects.list(get_all=True, include_subgroups=True)


def _access_tokens(container: Any) -> None:
    made = container.access_tokens.create({"name": "Report", "scopes": ["read_api"], "expires_at": "2026-12-01"})
    container.access_tokens.list(get_all=True, state="active")
    container.access_tokens.get(made.id)
    made.rotate(expires_at="2026-12-02")
    (renewed,) = container.access_tokens.list(get_all=True, state="active")
    renewed.delete()


def _labels(bot: gitlab.Gitlab, container: Any) -> None:
    path = _path(container)
    for name in ("stage::1", "stage::2", "gone"):
        container.labels.create({"name": f"{container.path}-{name}", "color": "#1f75cb", "description": "A & B"})
    container.labels.list(get_all=True, with_counts=True)
    container.labels.list(get_all=True)
    last = f"{container.path}-gone"
    bot.http_get(f"{path}/labels/{last}")
    bot.http_put(f"{path}/labels", post_data={"name": last, "new_name": f"{last}-2"})
    bot.http_put(f"{path}/labels/{last}-2", post_data={"color": "#d9534f", "description": ""})
    bot.http_delete(f"{path}/labels/{last}-2")
    container.labels.create({"name": last, "color": "red"})
    bot.http_delete(f"{path}/labels", name=last)


def _milestones(container: Any) -> None:
    kept = container.milestones.create({
        "title": f"Stage 1 of {container.path}", "due_date": "2026-10-30", "start_date": "2026-09-01",
    })  # fmt: skip
    kept.description = "First"
    kept.save()
    container.milestones.get(kept.id)
    container.milestones.list(get_all=True, state="active")
    gone = container.milestones.create({"title": "Gone"})
    gone.state_event = "close"
    gone.save()
    gone.delete()


def _members(bot: gitlab.Gitlab, container: Any) -> None:
    company = "globex" if _path(container).startswith("/groups") else "acme"  # nobody is a member twice
    lead, developer = (bot.users.list(username=f"{company}.{who}", get_all=True)[0] for who in ("lead", "dev"))
    member = container.members.create({"user_id": lead.id, "access_level": 20, "expires_at": "2027-01-01"})
    member.access_level = 30
    member.save()
    container.members.get(lead.id)
    container.members.list(get_all=True)
    container.members_all.list(get_all=True)
    container.members_all.get(lead.id)
    container.members.delete(lead.id)
    names = f"{lead.username},{developer.username}"
    bot.http_post(f"{_path(container)}/members", post_data={"username": names, "access_level": 20})
    container.members.delete(developer.id)
    container.invitations.create({"email": "new@acme.example", "access_level": 10})
    container.invitations.list(get_all=True)
    address = f"{container.manager.path}/{container.id}/invitations/new@acme.example"
    container.manager.gitlab.http_put(address, post_data={"access_level": 15})
    container.invitations.delete("new@acme.example")


def _badges(container: Any) -> None:
    badge = container.badges.create({"link_url": "http://x/%{project_path}", "image_url": "http://x/a.svg"})
    badge.name = "Stage"
    badge.save()
    container.badges.get(badge.id)
    container.badges.render("http://x/%{project_path}", "http://x/a.svg")
    container.badges.list(get_all=True)
    badge.delete()


def _boards(guide: Guide, container: Any) -> None:
    if guide.world.tier == "ce" and _path(container).startswith("/groups"):
        return
    board = container.boards.create({"name": "Journey"})
    names = [label.id for label in container.labels.list(get_all=True)][:2]
    first, second = (board.lists.create({"label_id": label_id}) for label_id in names)
    second.position = 0
    second.save()
    board.lists.get(first.id)
    board.lists.list(get_all=True)
    board.hide_closed_list = True
    board.save()
    container.boards.get(board.id)
    container.boards.list(get_all=True)
    first.delete()
    board.delete()


def _repository(bot: gitlab.Gitlab, project: Any) -> None:
    template = {"action": "create", "file_path": ".gitlab/issue_templates/Scan.md", "content": "## Goal\n"}
    commit = project.commits.create({"branch": "main", "commit_message": "Templates", "actions": [template]})
    project.commits.get(commit.id)
    project.commits.list(get_all=True)
    project.repository_tree(get_all=True, recursive=True)
    given = {"branch": "main", "content": "one"}
    file = project.files.create({"file_path": "docs/a.md", "commit_message": "Add", **given})
    file.content = "two"
    file.save(branch="main", commit_message="Change")
    project.files.get("docs/a.md", ref="main")
    project.files.raw("docs/a.md", ref="main")
    file.delete(branch="main", commit_message="Remove")
    project.branches.list(get_all=True)
    project.branches.get("main")
    project.branches.create({"branch": "draft", "ref": "main"})
    project.files.create({"file_path": "draft.md", "branch": "draft", "content": "a", "commit_message": "Draft"})
    project.branches.delete("draft")
    project.protectedbranches.list(get_all=True)
    rule = project.protectedbranches.get("main")
    rule.allow_force_push = True
    rule.save()
    project.protectedbranches.create({"name": "release/*", "push_access_level": 0, "merge_access_level": 30})
    project.protectedbranches.delete("release/*")
    bot.http_list(f"/projects/{project.id}/templates/issues", get_all=True)
    bot.http_get(f"/projects/{project.id}/templates/issues/Scan")


def _hook_log(guide: Guide, bot: gitlab.Gitlab, hook: Any) -> None:
    """The receiver fails at first; then a test and a resend."""
    answers = iter([500])
    while guide.sandbox.deliver_next(lambda *_: (next(answers, 200), {"content-type": "text/plain"}, "ok")):
        pass
    hooks = [f"/projects/{hook.project_id}/hooks/{hook.id}"]
    if guide.world.licensed:
        group = bot.groups.get("partners")
        hooks.append(f"/groups/{group.id}/hooks/{group.hooks.list(get_all=True)[0].id}")
    for path in hooks:
        bot.http_post(f"{path}/test/issues_events")
        newest = bot.http_list(f"{path}/events", get_all=True)[0]
        bot.http_post(f"{path}/events/{newest['id']}/resend")
    hook.emoji_events = False
    hook.save()
    for path in hooks:
        bot.http_get(path)
        bot.http_list(path.rpartition("/")[0], get_all=True)
        bot.http_delete(path)


def _projects(guide: Guide, bot: gitlab.Gitlab, group: Any, project: Any) -> None:
    bot.projects.list(get_all=True)
    bot.projects.list(get_all=True, simple=True)
    bot.projects.get("partners/acme")
    project.description = "More"
    project.save()
    project.archive()
    project.unarchive()
    project.delete()
    project.restore()
    guide.client("root").http_get("/issues/1000")


def _path(container: Any) -> str:
    return f"/{container.manager.path.strip('/').partition('/')[0]}/{container.id}"
