"""Projects, files, labels, milestones, boards, invitations: taken names, atomic commits, licences."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox import operations as ops
from app.sandbox.errors import Conflict, Forbidden, Invalid
from app.sandbox.seed import seed_world
from app.sandbox.world import GUEST, Invitation, Member
from tests.sandbox.story import Story


def test_a_taken_path_is_invalid_until_the_project_is_marked_for_deletion() -> None:
    story = Story()
    with pytest.raises(Invalid) as refused:
        ops.create_project(story.world, story.bot, group=story.group, path="acme", name="Acme")
    taken = ["has already been taken"]
    assert refused.value.message == {"name": taken, "project_namespace.name": taken, "path": taken}
    ops.delete_project(story.world, story.bot, story.project)
    assert story.project.marked_for_deletion_on == story.clock.now.date()
    again = ops.create_project(story.world, story.bot, group=story.group, path="acme", name="Acme")
    assert story.world.project_by_path("partners/acme") is again
    ops.delete_project(story.world, story.bot, story.project)
    assert story.project.id not in story.world.projects


def test_commits_are_atomic() -> None:
    story = Story()

    def commit(*actions: dict[str, Any]) -> None:
        ops.commit_files(story.world, story.bot, story.project, branch="main", message="Files", actions=actions)

    commit({"action": "create", "file_path": "a.md", "content": "a"})
    for bad in (
        {"action": "create", "file_path": "a.md", "content": "x"},
        {"action": "update", "file_path": "missing.md", "content": "x"},
        {"action": "create", "file_path": "../up.md", "content": "x"},
    ):
        with pytest.raises(Invalid):
            commit({"action": "create", "file_path": "b.md", "content": "b"}, bad)
    assert story.project.files == {"a.md": "a"}
    commit(
        {"action": "move", "file_path": "docs/a.md", "previous_path": "a.md"},
        {"action": "create", "file_path": "c.md", "content": "Yw==", "encoding": "base64"},
    )
    head = story.project.commits[-1]
    assert head.files == {"docs/a.md": "a", "c.md": "c"}
    assert (head.added, head.removed, head.parent_shas) == (
        ["c.md", "docs/a.md"],
        ["a.md"],
        [story.project.commits[0].sha],
    )


def test_labels_are_unique_down_the_tree_and_unknown_titles_become_project_labels() -> None:
    story = Story()
    label = story.label("stage::1")
    with pytest.raises(Conflict, match="Label already exists"):
        ops.create_label(story.world, story.sa, title="stage::1", color="red", project=story.project)
    with pytest.raises(Invalid):
        ops.create_label(story.world, story.sa, title="x", color="no colour", project=story.project)
    ids = ops.ensure_labels(story.world, story.sa, story.project, ["stage::1", "fresh"])
    assert ids[0] == label.id
    assert story.world.labels[ids[1]].project_id == story.project.id
    assert ops.ensure_labels(story.world, story.guest, story.project, ["unheard of", "fresh"]) == [ids[1]]
    issue = story.issue(label_ids=ids)
    ops.delete_label(story.world, story.sa, label)
    assert story.titles(issue) == ["fresh"]


def test_milestone_titles_are_unique() -> None:
    story = Story()
    ops.create_milestone(story.world, story.sa, title="Stage 1", project=story.project)
    with pytest.raises(Invalid):
        ops.create_milestone(story.world, story.sa, title="Stage 1", project=story.project)


def test_boards_by_tier() -> None:
    story = Story()
    board = ops.create_board(story.world, story.sa, name="Journey", project=story.project)
    labels = [story.label("stage::1"), story.label("stage::2")]
    lists = [ops.create_board_list(story.world, story.sa, board, label_id=label.id) for label in labels]
    ops.move_board_list(story.world, story.sa, board, lists[1], 0)
    assert [entry.label_id for entry in ops.label_lists(board)] == [labels[1].id, labels[0].id]
    with pytest.raises(Invalid):
        ops.create_board_list(story.world, story.sa, board, label_id=labels[0].id)
    ops.create_board(story.world, story.sa, name="Portfolio", group=story.group, epic=True)
    free = Story("free")
    ops.create_board(free.world, free.sa, name="First", group=free.group)
    for epic in (False, True):
        with pytest.raises(Forbidden):
            ops.create_board(free.world, free.sa, name="Second", group=free.group, epic=epic)


def test_an_invited_address_with_an_account_becomes_a_member() -> None:
    story = Story()
    known = ops.create_invitation(story.world, story.bot, story.project, story.stranger.email, GUEST)
    unknown = ops.create_invitation(story.world, story.bot, story.project, "new@acme.example", GUEST)
    assert isinstance(known, Member)
    assert isinstance(unknown, Invitation)
    with pytest.raises(Conflict):
        ops.create_invitation(story.world, story.bot, story.project, "new@acme.example", GUEST)


def test_group_hooks_need_a_licence_and_a_new_url_drops_the_token() -> None:
    story = Story("free")
    with pytest.raises(Forbidden):
        ops.create_hook(story.world, story.bot, url="http://bot.example", group=story.group)
    hook = story.hook(token="secret")
    ops.update_hook(story.world, story.bot, hook, url="http://other.example")
    assert hook.token is None
    for fields in ({"issue_events": True}, {"signing_token": "whsec_short"}, {"url": "ftp://x"}):
        with pytest.raises(Invalid):
            ops.update_hook(story.world, story.bot, hook, **fields)


def test_the_seed_is_repeatable_and_partners_start_outside() -> None:
    story = Story()
    first, second = seed_world(story.clock, seed=7), seed_world(story.clock, seed=7)
    assert first.users == second.users
    assert first.tokens.keys() == {f"sandbox-{user.username}" for user in first.users.values()}
    members = {first.users[member.user_id].username for member in first.groups[min(first.groups)].members}
    assert members == {"partner-bot", "gl.sa1", "gl.sa2", "gl.cam1"}
