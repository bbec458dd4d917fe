"""Webhooks: what the sandbox sends looks like what GitLab sends, and the bot understands what GitLab sends.

The trap: a receiver that was only ever tested with the sandbox's own bodies. Every published body goes through the
bot's reader, and for each derived one the same deed is done in the sandbox and compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from plays import STORY_TIERS, TOUR_TIERS, Played
from published import read_json
from webhook_contract import (
    Payload,
    as_bytes,
    kind_of,
    missing,
    names_for_parameters,
    problems,
    published_payloads,
    vectors,
)

from app.demo.local import ManualClock
from app.intake import event
from app.intake.signature import Secrets, UnverifiedError, verify
from app.sandbox import operations as ops
from app.sandbox.seed import seed_world
from app.sandbox.world import DEVELOPER, Project, User, WorkItem, World

FLAGS = ("issues", "confidential_issues", "note", "confidential_note", "milestone", "emoji", "push")


@dataclass
class Town:
    """A project `partners/acme` with a hook, and a group hook for epics."""

    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.world: World = seed_world(self.clock, tier="ultimate")
        self.bot, self.sa = self.user("partner-bot"), self.user("gl.sa1")
        self.group = self.world.groups[40]
        self.project: Project = ops.create_project(self.world, self.bot, group=self.group, path="acme", name="Acme")
        flags = {f"{name}_events": True for name in FLAGS}
        ops.create_hook(self.world, self.bot, url="http://bot.example/hook", group=self.group, **flags)
        self.label = ops.create_label(self.world, self.bot, title="stage::1", color="#6699cc", group=self.group)

    def user(self, name: str) -> User:
        found = self.world.user_by_name(name)
        assert found is not None
        return found

    def item(self, kind: Any = "ISSUE", **given: Any) -> WorkItem:
        where = {"group": self.group} if kind == "EPIC" else {"project": self.project, "assignee_ids": [self.sa.id]}
        return ops.create_work_item(self.world, self.bot, type=kind, title="Scan code", **where, **given)

    def change(self, item: WorkItem, **given: Any) -> None:
        """Something happens to the item, by whom it was changed last: so nothing else changes with it."""
        ops.update_work_item(self.world, self.sa, item, title="Scan all code")
        self.wait()
        ops.update_work_item(self.world, self.sa, item, **given)

    def wait(self) -> None:
        """A minute in which all webhooks so far are forgotten."""
        self.world.outgoing.clear()
        self.clock.advance(minutes=1)

    def sent(self) -> tuple[str, Payload]:
        """The one webhook that is waiting: header and body."""
        (delivery,) = self.world.outgoing
        return delivery.trigger, json.loads(delivery.request_body)


def _duplicate(town: Town) -> None:
    kept, double = town.item(), town.item()
    town.wait()
    ops.mark_duplicate(town.world, town.sa, double, kept)


def _moved(town: Town) -> None:
    issue = town.item()
    group = ops.create_group(town.world, town.user("root"), path="elsewhere", name="Elsewhere")
    ops.add_member(town.world, town.user("root"), group, town.sa, DEVELOPER)
    other = ops.create_project(town.world, town.user("root"), group=group, path="other")  # its hooks are not ours
    town.wait()
    ops.move_issue(town.world, town.sa, issue, other)


def _milestone_and_date(town: Town) -> None:
    milestone = ops.create_milestone(town.world, town.sa, title="Stage 1", project=town.project)
    town.change(town.item(), milestone_id=milestone.id, due_date=datetime(2026, 12, 1, tzinfo=UTC).date())


def _note_changed(town: Town) -> None:
    issue = town.item()
    note = ops.create_note(town.world, town.sa, issue, body="Done?").note
    town.wait()
    assert note is not None
    ops.update_note(town.world, town.sa, issue, note, body="Done.")


def _internal_note(town: Town) -> None:
    issue = town.item()
    town.wait()
    ops.create_note(town.world, town.sa, issue, body="Between us", internal=True)


def _opened(town: Town) -> None:
    town.item(description="Deliver the capability.")


DEEDS: dict[str, Callable[[Town], Any]] = {
    "confidential_issue_close": lambda town: town.change(town.item(confidential=True), state_event="close"),
    "issue_close": lambda town: town.change(town.item(), state_event="close"),
    "issue_close_as_duplicate": _duplicate,
    "issue_close_moved": _moved,
    "issue_close_status_wont_do": lambda town: town.change(town.item(), status="Won't do"),
    "issue_open": _opened,
    "issue_reopen": lambda town: (
        town.change(item := town.item(), state_event="close"),
        town.change(item, state_event="reopen"),
    ),
    "issue_update_labels": lambda town: town.change(town.item(), add_label_ids=[town.label.id]),
    "issue_update_milestone_due_date": _milestone_and_date,
    "note_internal_on_issue_create": _internal_note,
    "note_on_issue_update": _note_changed,
    "work_item_epic_close": lambda town: town.change(town.item("EPIC"), state_event="close"),
    "work_item_epic_update_labels": lambda town: town.change(town.item("EPIC"), add_label_ids=[town.label.id]),
    "work_item_task_close": lambda town: town.change(town.item("TASK"), state_event="close"),
}


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_in_the_sandbox_sends_what_gitlab_sends(name: str) -> None:
    expected, header = published_payloads()[f"derived/{name}.json"], _headers()[f"derived/{name}.json"]
    town = Town()
    DEEDS[name](town)
    sent_header, sent = town.sent()
    assert sent_header == header
    assert list(problems(sent)) == []
    gist, wanted = _gist(sent), _gist(expected)
    if wanted["status"] is None:  # the published body is of a tier without statuses
        gist["status"] = None
    assert gist == wanted


def test_there_is_a_deed_for_every_derived_body() -> None:
    assert {f"derived/{name}.json" for name in DEEDS} == {
        name for name in published_payloads() if name.startswith("derived/")
    }


@pytest.mark.parametrize("tier", STORY_TIERS)
def test_every_webhook_of_the_story_is_as_published(stories: dict[str, Played], tier: str) -> None:
    assert _all_problems(stories[tier]) == []
    assert {kind_of(payload) for _header, payload in stories[tier].webhooks} >= {"issue", "note", "milestone", "push"}


@pytest.mark.parametrize("tier", TOUR_TIERS)
def test_every_webhook_of_the_tour_is_as_published(tours: dict[str, Played], tier: str) -> None:
    assert _all_problems(tours[tier]) == []


def test_nothing_that_gitlab_publishes_is_missing(tours: dict[str, Played]) -> None:
    sent: dict[str, list[Payload]] = {}
    for _header, payload in tours["ultimate"].webhooks:
        sent.setdefault(kind_of(payload), []).append(payload)
    town = Town()
    DEEDS["work_item_task_close"](town)
    sent["work_item"].append(town.sent()[1])
    assert {kind: missing(kind, payloads) for kind, payloads in sent.items() if missing(kind, payloads)} == {}
    assert set(sent) == {
        "emoji", "issue", "milestone", "note", "project_create", "push", "subgroup_create", "user_add_to_group",
        "user_remove_from_group", "user_update_for_group", "work_item",
    }  # fmt: skip


def test_headers_are_those_of_the_manifest(tours: dict[str, Played]) -> None:
    known = {(kind_of(published_payloads()[name]), header) for name, header in _headers().items()}
    known |= {(kind, f"Confidential {header}") for kind, header in known if kind in ("issue", "work_item", "note")}
    assert {(kind_of(payload), header) for header, payload in tours["ultimate"].webhooks} <= known


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"object_attributes": {"iid": "23"}}, "object_attributes.iid is str, published as int"),
        ({"object_attributes": {"closed_at": "2026-11-02T09:05:12Z"}}, "object_attributes.closed_at is 9999-99-99T"),
        ({"who": 1}, "who is unknown"),
        ({"changes": {"status": {"previous": 1, "current": 2}}}, "changes.status is unknown"),
    ],
)
def test_a_wrong_body_is_noticed(change: Payload, problem: str) -> None:
    body = published_payloads()["derived/issue_close.json"]
    ((key, value),) = change.items()
    wrong = body | {key: body[key] | value if key in body else value}
    assert list(problems(body)) == []
    assert [found for found in problems(wrong) if found.startswith(problem)] != []


@pytest.mark.parametrize("name", names_for_parameters())
def test_the_bot_reads_every_published_body(name: str) -> None:
    payload = published_payloads()[name]
    hint = event.read(as_bytes(payload), _headers()[name])
    assert hint.kind == kind_of(payload)
    project = payload.get("project") or {}
    assert hint.project_path == project.get("path_with_namespace", payload.get("path_with_namespace"))
    if hint.project_path is None and payload.get("group_path", hint.group_path) is not None:
        assert hint.group_path is not None
    if "user" in payload:
        assert hint.actor_id == payload["user"]["id"]


@pytest.mark.parametrize("which", [0, 1])
def test_signature_vectors_verify_and_a_changed_byte_does_not(which: int) -> None:
    headers, body, token = vectors()[which]
    now = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    secrets = Secrets(signing_tokens=(token,))
    assert verify(headers, body, secrets=secrets, now=now) == "signature"
    with pytest.raises(UnverifiedError):
        verify(headers, body + b" ", secrets=secrets, now=now)


def _headers() -> dict[str, str]:
    manifest = read_json("webhooks/manifest.json")
    return {name: manifest[name]["x_gitlab_event"] for name in published_payloads()}


def _gist(payload: Payload) -> dict[str, Any]:
    """What a receiver decides by."""
    attributes = payload["object_attributes"]
    status = attributes.get("status") or {}
    return {
        "kind": (payload["object_kind"], payload["event_type"], attributes["action"], attributes.get("type")),
        "state": (attributes.get("state"), attributes.get("state_id")),
        "not done": (bool(attributes.get("duplicated_to_id")), bool(attributes.get("moved_to_id"))),
        "status": (status["category"], set(status)) if status else None,
        "changes": set(payload.get("changes", {})),
        "project": payload["project"] is not None,
        "internal": attributes.get("internal"),
    }


def _all_problems(played: Played) -> list[str]:
    found = {f"{kind_of(payload)}: {problem}" for _header, payload in played.webhooks for problem in problems(payload)}
    return sorted(found)
