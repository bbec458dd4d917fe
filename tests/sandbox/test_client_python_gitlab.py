"""python-gitlab, as anybody would use it: each kind of thing from its making to its end, pages, errors, GraphQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gitlab
import httpx
import pytest
from gitlab import mixins
from gitlab.v4 import objects
from gql.transport.exceptions import TransportQueryError
from rest_client import BASE_URL, Scene, make_scene

from app.sandbox import rest
from app.sandbox.inprocess import httpx_transport


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@dataclass(frozen=True)
class Kind:
    """One manager: what makes a thing, what changes it, and how the change shows."""

    manager: Callable[[Scene], Any]
    made_of: Callable[[Scene], dict[str, Any]]
    change: tuple[str, Any] | None = None
    shows: tuple[str, Any] | None = None  # where the change is read; None: in the attribute itself
    save: dict[str, Any] = field(default_factory=dict)
    delete: dict[str, Any] = field(default_factory=dict)
    get: dict[str, Any] = field(default_factory=dict)
    ends: bool = True  # False: deletion is delayed, or there is none


def _issue(scene: Scene) -> Any:
    return scene.project().issues.create({"title": "Home"})


def _epic(scene: Scene) -> Any:
    return _group(scene).epics.create({"title": "Home"})


def _group(scene: Scene) -> Any:
    return scene.client().groups.get("partners")


def _label(container: Any) -> int:
    return int(container.labels.create({"name": "listed", "color": "#1f75cb"}).id)


def _user(scene: Scene, username: str) -> int:
    found = scene.world.user_by_name(username)
    assert found is not None
    return found.id


def _board(container: Any) -> Any:
    return container.boards.create({"name": "Home"})


WORDS: dict[str, Any] = {"title": "New"}
HOOK: dict[str, Any] = {"url": "http://127.0.0.1:9/hook", "issues_events": True}
BADGE: dict[str, Any] = {"link_url": "http://a.example/l", "image_url": "http://a.example/i.svg"}
FILE: dict[str, Any] = {"branch": "main", "commit_message": "Change"}

KINDS = {
    "group": Kind(lambda s: s.client().groups, lambda s: {"name": "Region", "path": "region",
                  "parent_id": _group(s).id}, ("description", "North"), ends=False),
    "project": Kind(lambda s: s.client().projects, lambda s: {"name": "Two", "path": "two",
                    "namespace_id": _group(s).id}, ("description", "Second"), ends=False),
    "issue": Kind(lambda s: s.project().issues, lambda _: WORDS, ("title", "Newer")),
    "closed issue": Kind(lambda s: s.project().issues, lambda _: WORDS, ("state_event", "close"), ("state", "closed")),
    "note": Kind(lambda s: _issue(s).notes, lambda _: {"body": "Hello"}, ("body", "Hello again")),
    "project label": Kind(lambda s: s.project().labels, lambda _: {"name": "Bug", "color": "#1f75cb"},
                          ("description", "Broken")),
    "group label": Kind(lambda s: _group(s).labels, lambda _: {"name": "Bug", "color": "#1f75cb"},
                        ("description", "Broken")),
    "project milestone": Kind(lambda s: s.project().milestones, lambda _: WORDS, ("state_event", "close"),
                              ("state", "closed")),
    "group milestone": Kind(lambda s: _group(s).milestones, lambda _: WORDS, ("due_date", "2027-01-31")),
    "project board": Kind(lambda s: s.project().boards, lambda _: {"name": "Journey"}, ("name", "Road")),
    "group board": Kind(lambda s: _group(s).boards, lambda _: {"name": "Journey"}, ("name", "Road")),
    "board list": Kind(lambda s: _board(s.project()).lists, lambda s: {"label_id": _label(s.project())},
                       ("position", 0)),
    "epic": Kind(lambda s: _group(s).epics, lambda _: WORDS, ("title", "Newer")),
    "epic note": Kind(lambda s: _epic(s).notes, lambda _: {"body": "Hello"}, ("body", "Hello again")),
    "branch": Kind(lambda s: s.project().branches, lambda _: {"branch": "draft", "ref": "main"}),
    "protected branch": Kind(lambda s: s.project().protectedbranches, lambda _: {"name": "release-*",
                             "push_access_level": 0}, ("allow_force_push", True)),
    "epic issue": Kind(lambda s: _epic(s).issues, lambda s: {"issue_id": _issue(s).id}),
    "user": Kind(lambda s: s.client("root").users, lambda _: {"email": "n@acme.example", "name": "New",
                 "username": "new", "reset_password": True}, ("name", "Newer")),
    "project member": Kind(lambda s: s.project().members, lambda s: {"user_id": _user(s, "acme.lead"),
                           "access_level": 20}, ("access_level", 30)),
    "group member": Kind(lambda s: _group(s).members, lambda s: {"user_id": _user(s, "globex.lead"),
                         "access_level": 20}, ("access_level", 30)),
    "project hook": Kind(lambda s: s.project().hooks, lambda _: HOOK, ("note_events", True)),
    "group hook": Kind(lambda s: _group(s).hooks, lambda _: HOOK, ("note_events", True)),
    "project badge": Kind(lambda s: s.project().badges, lambda _: BADGE, ("name", "Stage")),
    "group badge": Kind(lambda s: _group(s).badges, lambda _: BADGE, ("name", "Stage")),
    "wiki page": Kind(lambda s: s.project().wikis, lambda _: {"title": "Practice", "content": "Do"},
                      ("content", "Do more")),
    "issue award": Kind(lambda s: _issue(s).awardemojis, lambda _: {"name": "thumbsup"}),
    "note award": Kind(lambda s: _issue(s).notes.create({"body": "Good"}).awardemojis, lambda _: {"name": "heart"}),
    "file": Kind(lambda s: s.project().files, lambda _: {**FILE, "file_path": "docs/a b.md", "content": "one"},
                 save=FILE, delete=FILE, get={"ref": "main"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_thing_is_made_found_listed_changed_and_deleted(scene: Scene, kind: Kind) -> None:
    manager = kind.manager(scene)
    made = manager.create(kind.made_of(scene))
    name = made.get_id()
    if hasattr(manager, "get"):
        assert manager.get(name, **kind.get).get_id() == name
    if hasattr(manager, "list"):
        for options in ({"get_all": True}, {"iterator": True}, {"all": True, "per_page": 1}):
            assert name in [each.get_id() for each in manager.list(**options)]
    if kind.change is not None:
        setattr(made, *kind.change)
        made.save(**kind.save)
        attribute, value = kind.shows or kind.change
        again = manager.get(name) if hasattr(manager, "get") else made
        assert getattr(again, attribute) == value
    made.delete(**kind.delete)
    if kind.ends:
        with pytest.raises(gitlab.GitlabError) as gone:
            manager.get(name, **kind.get) if hasattr(manager, "get") else made.delete()
        assert gone.value.response_code == 404
    else:
        assert manager.get(name).marked_for_deletion_on is not None


def test_a_file_is_read_changed_and_asked_for_by_head(scene: Scene) -> None:
    project = scene.project()
    project.files.create({**FILE, "file_path": "docs/a b.md", "content": "one"})
    file = project.files.get("docs/a b.md", ref="main")
    assert (file.decode(), project.files.raw("docs/a b.md", ref="main")) == (b"one", b"one")
    file.content = "two"
    file.save(**FILE)
    assert project.files.get("docs/a b.md", ref="main").decode() == b"two"
    headers = project.files.head("docs/a b.md", ref="main")
    assert headers["X-Gitlab-File-Name"] == "a b.md"
    assert int(headers["X-Gitlab-Size"]) == 3


def test_a_group_is_deleted_with_all_that_is_in_it_at_the_second_time(scene: Scene) -> None:
    bot = scene.client()
    region = bot.groups.create({"name": "Region", "path": "region", "parent_id": _group(scene).id})
    region.epics.create({"title": "Gone"})
    bot.projects.create({"name": "Deep", "path": "deep", "namespace_id": region.id}).issues.create({"title": "Gone"})
    region.delete()
    with pytest.raises(gitlab.GitlabGetError):
        bot.projects.get("partners/region/deep")
    assert bot.groups.get(region.id).restore() is None
    assert bot.projects.get("partners/region/deep").path == "deep"
    region.delete()
    with pytest.raises(gitlab.GitlabDeleteError, match="has been already marked"):
        region.delete()
    marked = bot.groups.get(region.id)
    with pytest.raises(gitlab.GitlabDeleteError, match="full_path"):
        bot.groups.delete(region.id, permanently_remove=True, full_path="partners/region")
    bot.groups.delete(region.id, permanently_remove=True, full_path=marked.full_path)
    assert not [i for i in scene.world.work_items.values() if i.title == "Gone"]
    assert not [p for p in scene.world.projects.values() if p.path == "deep"]


def test_history_people_and_tokens(scene: Scene) -> None:
    bot = scene.client()
    bot.auth()
    assert bot.user is not None
    assert (bot.user.username, bot.version()[0]) == ("partner-bot", scene.world.version)
    issue = scene.project().issues.create({"title": "Old", "labels": "new"})
    issue.state_event = "close"
    issue.save()
    (label,) = issue.resourcelabelevents.list(get_all=True)
    (state,) = issue.resourcestateevents.list(get_all=True)
    assert (label.label["name"], label.action, state.state) == ("new", "add", "closed")
    assert issue.resourcelabelevents.get(label.id).id == label.id
    assert bot.users.get(bot.users.list(username="gl.sa1", get_all=True)[0].id).username == "gl.sa1"
    assert "api" in bot.personal_access_tokens.get("self").scopes


# --- every manager ---

VERBS: dict[str, tuple[type, str, str]] = {
    "list": (mixins.ListMixin, "GET", ""),
    "get": (mixins.GetMixin, "GET", "/1"),
    "read": (mixins.GetWithoutIdMixin, "GET", ""),
    "create": (mixins.CreateMixin, "POST", ""),
    "update": (mixins.UpdateMixin, "PUT", "/1"),
    "delete": (mixins.DeleteMixin, "DELETE", "/1"),
}
AT_ANOTHER_ADDRESS = {
    ("GroupEpicIssueManager", "create"): "/groups/1/epics/1/issues/1",
    ("ProjectFileManager", "create"): "/projects/1/repository/files/1",
}
NOT_THERE = {
    ("GroupInvitationManager", "get"): "GitLab has no such route: an invitation is found in the list",
    ("ProjectInvitationManager", "get"): "GitLab has no such route: an invitation is found in the list",
    ("ProjectCommitStatusManager", "create"): "GitLab's own address is another, and needs pipelines",
}


def _verbs() -> list[tuple[str, str, str, str]]:
    """(manager, verb, method, path) of all managers of whose routes the sandbox has at least one."""
    found = []
    for name, manager in vars(objects).items():
        if not name.endswith("Manager") or not getattr(manager, "_path", None):
            continue
        home = re.sub(r"\{\w+\}", "1", manager._path)
        rows = []
        for verb, (mixin, method, tail) in VERBS.items():
            if issubclass(manager, mixin):
                used = manager._update_method.name if verb == "update" else method
                rows.append((name, verb, used, AT_ANOTHER_ADDRESS.get((name, verb), home + tail)))
        if any(rest.TABLE.find(method, path) for _, _, method, path in rows):
            found += rows
    return found


@pytest.mark.parametrize(("manager", "verb", "method", "path"), _verbs(), ids=lambda value: value)
def test_every_verb_of_a_covered_manager_has_its_route(manager: str, verb: str, method: str, path: str) -> None:
    """Derived from python-gitlab's own classes, so a new verb of theirs shows here."""
    assert (rest.TABLE.find(method, path) is None) is ((manager, verb) in NOT_THERE)


def test_more_than_fifty_managers_are_covered() -> None:
    assert len({manager for manager, *_ in _verbs()}) > 50


# --- pages ---


def test_all_pages_one_page_and_a_lazy_walk(scene: Scene) -> None:
    issues = scene.project().issues
    for number in range(45):
        issues.create({"title": f"Issue {number}"})
    assert len(issues.list(get_all=True)) == 45
    with pytest.warns(UserWarning, match="returned 20 of 45 items"):
        assert len(issues.list()) == 20
    assert [i.iid for i in issues.list(page=3, per_page=20, order_by="created_at", sort="asc")] == list(range(41, 46))
    walk = issues.list(iterator=True, per_page=10)
    assert (len(walk), walk.total_pages, walk.per_page, walk.current_page, walk.next_page) == (45, 5, 10, 1, 2)
    assert len({issue.iid for issue in walk}) == 45
    keyset = {"pagination": "keyset", "order_by": "created_at", "sort": "asc", "per_page": 10}
    assert [i.iid for i in issues.list(iterator=True, **keyset)] == list(range(1, 46))
    assert [i.iid for i in issues.list(get_all=True, **keyset)] == list(range(1, 46))


def test_projects_by_key(scene: Scene) -> None:
    bot, group = scene.client(), _group(scene)
    for number in range(5):
        bot.projects.create({"name": f"P{number}", "path": f"p{number}", "namespace_id": group.id})
    found = [p.id for p in bot.projects.list(iterator=True, pagination="keyset", order_by="id", sort="asc", per_page=2)]
    assert found == sorted(p.id for p in bot.projects.list(get_all=True))


# --- errors ---


def _throttle(scene: Scene) -> None:
    scene.world.limits.enforce_rates = True
    scene.world.limits.notes_per_minute = 0
    scene.project().issues.get(1).notes.create({"body": "x"}, max_retries=0, obey_rate_limit=False)


ERRORS: dict[str, tuple[Callable[[Scene], Any], type[gitlab.GitlabError], int, str]] = {
    "missing": (
        lambda s: s.client().projects.get("partners/none"), gitlab.GitlabGetError, 404, "404 Project Not Found",
    ),
    "hidden": (lambda s: s.project("globex.lead"), gitlab.GitlabGetError, 404, "404 Project Not Found"),
    "denied": (
        lambda s: s.project("gl.sa1").hooks.list(get_all=True), gitlab.GitlabListError, 403, "403 Forbidden",
    ),
    "taken": (
        lambda s: [s.project().labels.create({"name": "a", "color": "red"}) for _ in range(2)],
        gitlab.GitlabCreateError, 409, "Label already exists",
    ),
    "blank": (lambda s: s.project().issues.create({"title": ""}), gitlab.GitlabCreateError, 400, "can't be blank"),
    "no value": (
        lambda s: s.project().issues.update(1, {"state_event": "shut"}), gitlab.GitlabUpdateError, 400,
        "state_event does not have a valid value",
    ),
    "no token": (lambda s: s.client(token="nope").auth(), gitlab.GitlabAuthenticationError, 401, "401 Unauthorized"),
    "too often": (_throttle, gitlab.GitlabCreateError, 429, "too many times"),
    "not there": (lambda s: s.project().issues.delete(99), gitlab.GitlabDeleteError, 404, "404 Issue Not Found"),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_errors_have_the_type_the_status_and_the_words(
    scene: Scene, case: tuple[Callable[[Scene], Any], type[gitlab.GitlabError], int, str]
) -> None:
    act, kind, status, words = case
    scene.project().issues.create({"title": "One"})
    with pytest.raises(kind) as refused:
        act(scene)
    assert refused.value.response_code == status
    assert words in str(refused.value.error_message)


def test_a_client_that_waits_gets_through_a_limit(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """python-gitlab sleeps as long as `Retry-After` says, then asks again."""
    slept: list[float] = []
    monkeypatch.setattr(
        "gitlab.utils.time.sleep", lambda seconds: (slept.append(seconds), scene.clock.forward(seconds=seconds))
    )
    issue = scene.project().issues.create({"title": "One"})
    scene.world.limits.enforce_rates, scene.world.limits.notes_per_minute = True, 1
    bodies = [issue.notes.create({"body": f"Note {number}"}).body for number in range(2)]
    assert (bodies, slept) == (["Note 0", "Note 1"], [60.0])


# --- GraphQL ---


def test_graphql_by_the_client_that_python_gitlab_brings(scene: Scene) -> None:
    http = httpx.Client(transport=httpx_transport(scene.sandbox))
    http.headers["Authorization"] = "Bearer sandbox-partner-bot"
    scene.project().issues.create({"title": "One"})
    with gitlab.GraphQL(BASE_URL, client=http) as client:
        text = "query($path: ID!) { project(fullPath: $path) { name workItems { nodes { title } } } }"
        found = client.execute(text, variable_values={"path": "partners/acme"})
        assert found == {"project": {"name": "Acme", "workItems": {"nodes": [{"title": "One"}]}}}
        with pytest.raises(TransportQueryError, match="doesn't exist on type"):
            client.execute('{ project(fullPath: "partners/acme") { nonsense } }')
