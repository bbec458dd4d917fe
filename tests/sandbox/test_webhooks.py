"""Webhooks: which change tells whom what, and what happens to a receiver that fails."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from app.sandbox import operations as ops
from app.sandbox import webhooks
from app.sandbox.errors import Forbidden, Unprocessable
from tests.sandbox.story import Receiver, Story

SIGNING_TOKEN = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def test_state_and_attributes_of_one_call_are_two_events() -> None:
    story = Story()
    story.hook()
    label = story.label("bug")
    issue = story.issue()
    story.waiting()
    story.clock.pass_time(minutes=5)
    ops.update_work_item(story.world, story.sa, issue, state_event="close", add_label_ids=[label.id])
    close, update = story.waiting()
    assert close["object_attributes"]["action"] == "close"
    assert close["changes"] == {
        "state_id": {"previous": 1, "current": 2},
        "closed_at": {"previous": None, "current": "2026-11-02 09:05:00 UTC"},
        "updated_at": {"previous": "2026-11-02 09:00:00 UTC", "current": "2026-11-02 09:05:00 UTC"},
    }
    assert update["object_attributes"]["action"] == "update"
    assert [entry["title"] for entry in update["changes"]["labels"]["current"]] == ["bug"]
    assert (update["user"]["username"], update["user"]["email"]) == ("gl.sa1", "[REDACTED]")


def test_nothing_changed_means_nothing_sent_and_neither_does_deleting() -> None:
    story = Story()
    story.hook()
    issue = story.issue()
    story.waiting()
    ops.update_work_item(story.world, story.sa, issue, title=issue.title, state_event="reopen")
    ops.delete_work_item(story.world, story.bot, issue)
    assert story.waiting() == []


def test_quick_actions_alone_are_an_update_like_any_other() -> None:
    story = Story()
    story.hook()
    issue = story.issue()
    story.waiting()
    ops.create_note(story.world, story.sa, issue, body="/close")
    ops.create_note(story.world, story.sa, issue, body="Really?\n/reopen")
    bodies = story.waiting()
    assert [(body["object_kind"], body["object_attributes"]["action"]) for body in bodies] == [
        ("issue", "close"),
        ("issue", "reopen"),
        ("note", "create"),
    ]
    assert bodies[-1]["object_attributes"]["note"] == "Really?"


def test_confidential_events_have_their_own_flags_and_names() -> None:
    story = Story()
    story.hook("http://open.example", confidential_issues_events=False, confidential_note_events=False)
    story.hook("http://closed.example", issues_events=False, note_events=False)
    secret, issue = story.issue(confidential=True), story.issue()
    ops.create_note(story.world, story.sa, issue, body="Between us", internal=True)
    ops.create_note(story.world, story.sa, issue, body="For all")
    assert [(delivery.url, delivery.trigger) for delivery in story.world.outgoing] == [
        ("http://closed.example", "Confidential Issue Hook"),
        ("http://open.example", "Issue Hook"),
        ("http://closed.example", "Confidential Note Hook"),
        ("http://open.example", "Note Hook"),
    ]
    assert json.loads(story.world.outgoing[0].request_body)["event_type"] == "confidential_issue"
    assert secret.confidential


def test_epics_reach_group_hooks_only_and_comments_on_them_nobody() -> None:
    story = Story()
    story.hook("http://project.example")
    ops.create_hook(
        story.world, story.bot, url="http://group.example", group=story.group, issues_events=True, note_events=True
    )
    epic = story.epic()
    ops.create_note(story.world, story.sa, epic, body="Hello")
    (delivery,) = story.world.outgoing
    body = json.loads(delivery.request_body)
    assert (delivery.url, delivery.trigger) == ("http://group.example", "Issue Hook")
    assert (body["object_kind"], body["object_attributes"]["type"]) == ("work_item", "Epic")
    assert (body["project"], body["repository"]) == (None, None)
    assert body["object_attributes"]["url"].endswith("/groups/partners/-/epics/1")


def test_a_task_is_a_work_item_unless_changed_through_the_issues_api() -> None:
    story = Story()
    story.hook()
    task = ops.create_work_item(story.world, story.bot, type="TASK", title="T", project=story.project)
    ops.update_work_item(story.world, story.sa, task, state_event="close", through_issues_api=True)
    assert [body["object_kind"] for body in story.waiting()] == ["work_item", "issue"]


def test_what_is_closed_but_not_done_says_so() -> None:
    story = Story()
    kept, double, declined, leaver = (story.issue() for _ in range(4))
    story.hook()
    ops.mark_duplicate(story.world, story.sa, double, kept)
    ops.update_work_item(story.world, story.sa, declined, status="Won't do")
    other = ops.create_project(story.world, story.bot, group=story.group, path="other")
    copy = ops.move_issue(story.world, story.sa, leaver, other)
    seen = [body["object_attributes"] for body in story.waiting()]
    assert [attributes["action"] for attributes in seen] == ["close", "close", "close"]
    assert seen[0]["duplicated_to_id"] == kept.id
    assert seen[1]["status"]["category"] == "canceled"
    assert seen[2]["moved_to_id"] == copy.id


def test_headers_and_signature_of_the_exact_bytes() -> None:
    story = Story()
    hook = story.hook(
        token="shared", signing_token=SIGNING_TOKEN, custom_headers=[{"key": "X-Gitlab-Event", "value": "forged"}]
    )
    story.issue("Größe")
    receiver = Receiver()
    story.send(receiver)
    ((url, headers, body),) = receiver.got
    assert (url, headers["X-Gitlab-Event"], headers["X-Gitlab-Token"]) == (hook.url, "Issue Hook", "shared")
    assert headers["webhook-id"] == headers["Idempotency-Key"]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = hmac.new(bytes(range(32)), content, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
    recorded = story.world.deliveries[0]
    assert recorded.status == 200
    assert "shared" not in str(recorded)


def test_four_failures_pause_doubling_and_success_resets() -> None:
    story = Story()
    hook = story.hook()
    down = Receiver(status=500)
    for _ in range(4):
        story.issue()
        story.send(down)
    assert ops.hook_alert_status(story.world, hook) == "temporarily_disabled"
    story.issue()
    assert story.world.outgoing == []
    story.clock.pass_time(seconds=60)
    story.issue()
    story.send(down)
    story.clock.pass_time(seconds=119)
    assert ops.hook_alert_status(story.world, hook) == "temporarily_disabled"
    story.clock.pass_time(seconds=1)
    story.issue()
    story.send(Receiver())
    assert (hook.recent_failures, hook.disabled_until) == (0, None)


def test_forty_failures_disable_and_a_successful_test_enables() -> None:
    story = Story()
    hook = story.hook()
    nobody = Receiver(status=0)
    for _ in range(40):
        story.clock.pass_time(days=1)
        story.issue()
        story.send(nobody)
    story.clock.pass_time(days=30)
    assert ops.hook_alert_status(story.world, hook) == "disabled"
    with pytest.raises(Forbidden):
        webhooks.test_hook(story.world, story.lead, hook, "issues_events")
    with pytest.raises(Unprocessable, match="milestones"):
        webhooks.test_hook(story.world, story.bot, hook, "milestone_events")
    webhooks.test_hook(story.world, story.bot, hook, "issues_events")
    story.send(Receiver())
    assert ops.hook_alert_status(story.world, hook) == "executable"


def test_a_resend_keeps_the_idempotency_key() -> None:
    story = Story()
    hook = story.hook()
    story.issue()
    receiver = Receiver(status=500)
    story.send(receiver)
    webhooks.resend(story.world, story.bot, story.world.deliveries[0])
    story.send(receiver)
    first, second = receiver.got
    assert first[2] == second[2]
    assert first[1]["Idempotency-Key"] == second[1]["Idempotency-Key"]
    hook.url = "http://elsewhere.example"
    with pytest.raises(Unprocessable):
        webhooks.resend(story.world, story.bot, story.world.deliveries[0])


def test_milestones_reactions_and_pushes() -> None:
    story = Story()
    story.hook(push_events=True)
    issue = story.issue()
    story.waiting()
    milestone = ops.create_milestone(story.world, story.sa, title="Stage 1", project=story.project)
    ops.update_milestone(story.world, story.sa, milestone, description="quiet")
    ops.update_milestone(story.world, story.sa, milestone, state_event="close")
    award = ops.add_award(story.world, story.guest, issue, "thumbsup")
    ops.remove_award(story.world, story.guest, issue, award)
    action = {"action": "create", "file_path": "a.md", "content": "a"}
    ops.commit_files(story.world, story.bot, story.project, branch="main", message="Add a\n\nWhy", actions=[action])
    bodies = story.waiting()
    assert [body["object_kind"] for body in bodies] == ["milestone", "milestone", "emoji", "emoji", "push"]
    assert [body.get("action") or body.get("event_type") for body in bodies[:4]] == [
        "create",
        "close",
        "award",
        "revoke",
    ]
    assert (bodies[4]["commits"][0]["added"], bodies[4]["commits"][0]["title"]) == (["a.md"], "Add a")
    assert bodies[4]["before"] == "0" * 40
