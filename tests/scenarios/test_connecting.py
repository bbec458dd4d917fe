"""Connecting to a GitLab and staying connected: the doctor, the access check, and webhooks that live or come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from stagehand import BOT, Theatre, epic

from app.demo.local import LocalStage
from app.doctor import access_of, diagnose, hooks_of, projects_of
from app.gitlab.findings import Finding
from app.sandbox import operations
from app.sandbox.world import DEVELOPER, GUEST, OWNER, REPORTER, Hook


def by_state(findings: Iterator[Finding] | list[Finding], state: str) -> list[Finding]:
    return [finding for finding in findings if finding.state == state]


def hook_of(stage: LocalStage, slug: str) -> Hook:
    project = stage.project(slug)
    (hook,) = [h for h in stage.world.hooks.values() if h.project_id == project.id]
    return hook


# --- the doctor ---


def test_where_all_is_well_every_line_is_ok(two_partners: LocalStage) -> None:
    findings = list(diagnose(two_partners.service))
    assert [f for f in findings if f.state != "ok"] == []
    assert {"version", "tier", "token scopes", "token end", "role", "control project", "labels", "board", "webhooks",
            "limits", "database", "outside channels", "access"} <= {f.check for f in findings}  # fmt: skip


@pytest.mark.parametrize("tier", ["free", "ce"])
def test_on_a_lesser_tier_the_doctor_says_what_stands_in(theatre: Theatre, tier: str) -> None:
    with theatre.open(tier=tier) as stage:
        findings = list(diagnose(stage.service))
        assert by_state(findings, "failed") == []
        assert "tracker issues stand in" in next(f.text for f in findings if f.check == "tier")


def test_a_token_that_ends_within_thirty_days_is_told(onboarded: LocalStage) -> None:
    own = next(t for t in onboarded.world.tokens.values() if t.user_id == onboarded.user(BOT).id)
    own.expires_at = (onboarded.clock() + timedelta(days=31)).date()
    assert by_state(diagnose(onboarded.service), "warning") == []
    own.expires_at = (onboarded.clock() + timedelta(days=30)).date()
    (found,) = by_state(diagnose(onboarded.service), "warning")
    assert found.check == "token end"
    assert "in 30 days" in found.text


def test_scopes_that_the_bot_does_not_need_are_told(onboarded: LocalStage) -> None:
    own = next(t for t in onboarded.world.tokens.values() if t.user_id == onboarded.user(BOT).id)
    own.scopes.append("write_repository")
    (found,) = by_state(diagnose(onboarded.service), "warning")
    assert "write_repository" in found.text


def test_a_role_that_is_too_low_is_told_and_the_other_checks_go_on(onboarded: LocalStage) -> None:
    group = onboarded.world.group_by_path("partners")
    assert group is not None
    (own,) = [m for m in group.members if m.user_id == onboarded.user(BOT).id]
    own.access_level = DEVELOPER
    findings = list(diagnose(onboarded.service))
    assert any(f.check == "role" and "Owner" in f.fix for f in by_state(findings, "failed"))
    assert any(f.check == "database" for f in by_state(findings, "ok"))


def test_a_missing_label_and_a_broken_partner_file_are_told(onboarded: LocalStage) -> None:
    world = onboarded.world
    (label,) = [la for la in world.labels.values() if la.title == "stage::leading"]
    operations.delete_label(world, onboarded.user("root"), label)
    onboarded.write_partner_file("globex", "name: [\n")
    told = {f.check: f.text for f in by_state(diagnose(onboarded.service), "warning")}
    assert "stage::leading" in told["labels"]
    assert "partner files" in told


# --- webhooks ---


def test_a_webhook_that_gitlab_switched_off_is_found_and_switched_on_by_a_test_delivery(onboarded: LocalStage) -> None:
    hook = hook_of(onboarded, "acme")
    hook.recent_failures = 40
    hooks, projects = hooks_of(onboarded.service), projects_of(onboarded.service)
    (found,) = by_state(hooks.check(projects), "failed")
    assert "switched it off (disabled)" in found.text
    assert [f.state for f in hooks.revive(projects)] == ["ok"]
    onboarded.deliver()
    assert hook.recent_failures == 0
    assert by_state(hooks.check(projects), "failed") == []
    assert list(hooks.revive(projects)) == []


def test_deliveries_that_failed_in_the_last_days_are_found(onboarded: LocalStage) -> None:
    world = onboarded.world
    onboarded.close(onboarded.issues("acme", state="opened")[-1], "acme.lead")
    onboarded.deliver()
    delivery = next(d for d in reversed(world.deliveries) if d.hook_id == hook_of(onboarded, "acme").id)
    delivery.status = 503
    (found,) = by_state(hooks_of(onboarded.service).check(projects_of(onboarded.service)), "warning")
    assert "the last with 503" in found.text


def test_a_webhook_without_a_secret_is_found_and_gets_the_present_one(onboarded: LocalStage) -> None:
    hook = hook_of(onboarded, "acme")
    secret, hook.signing_token = hook.signing_token, None
    hooks, projects = hooks_of(onboarded.service), projects_of(onboarded.service)
    (found,) = by_state(hooks.check(projects), "failed")
    assert "no secret" in found.text
    assert {f.state for f in hooks.rotate(projects)} == {"ok"}
    assert hook.signing_token == secret
    assert by_state(hooks.check(projects), "failed") == []


# --- access ---


def access(stage: LocalStage) -> list[Finding]:
    return access_of(stage.service).check()


def test_two_partners_who_see_only_themselves_are_in_order(two_partners: LocalStage) -> None:
    (found,) = access(two_partners)
    assert found.state == "ok"


def test_a_partners_person_in_the_group_is_found(two_partners: LocalStage) -> None:
    world, root = two_partners.world, two_partners.user("root")
    group = world.group_by_path("partners")
    assert group is not None
    operations.add_member(world, root, group, two_partners.user("acme.dev"), GUEST)
    found = [f for f in access(two_partners) if f.check == "access: group"]
    assert "`acme.dev` of acme is a member of the group" in found[0].text
    assert found[0].state == "failed"


@pytest.mark.parametrize(
    ("place", "check"), [("globex", "access: globex"), ("journey-control", "access: control project")]
)
def test_a_partners_person_in_a_foreign_project_is_found(two_partners: LocalStage, place: str, check: str) -> None:
    project = two_partners.project(place)
    operations.add_member(
        two_partners.world, two_partners.user("root"), project, two_partners.user("acme.dev"), REPORTER
    )
    assert any(f.check == check and f.state == "failed" and "acme.dev" in f.text for f in access(two_partners))


def test_somebody_whom_no_file_names_counts_to_the_partner_whose_project_he_is_in(two_partners: LocalStage) -> None:
    world, root = two_partners.world, two_partners.user("root")
    guest = operations.create_user(world, username="temp", name="Temp", email="temp@acme.example")
    for slug in ("acme", "globex"):
        operations.add_member(world, root, two_partners.project(slug), guest, REPORTER)
    assert any("`temp`" in f.text for f in by_state(access(two_partners), "failed"))


@pytest.mark.parametrize("place", ["acme", "journey-control"])
def test_a_project_that_is_not_private_is_found(two_partners: LocalStage, place: str) -> None:
    two_partners.project(place).visibility = "internal"
    (found,) = by_state(access(two_partners), "failed")
    assert found.check == "access: visibility"
    assert f"partners/{place}" in found.fix


def test_a_group_that_is_not_private_is_found(two_partners: LocalStage) -> None:
    group = two_partners.world.group_by_path("partners")
    assert group is not None
    group.visibility = "public"
    assert any(f.check == "access: group" for f in by_state(access(two_partners), "failed"))


def test_an_open_epic_is_found(two_partners: LocalStage) -> None:
    epic(two_partners).confidential = False
    (found,) = by_state(access(two_partners), "failed")
    assert found.check == "access: epic"


def test_a_public_pages_site_is_found(two_partners: LocalStage) -> None:
    two_partners.project("acme").settings["pages_access_level"] = "public"
    (found,) = by_state(access(two_partners), "failed")
    assert found.check == "access: pages"


@pytest.mark.parametrize("place", ["group", "globex", "journey-control"])
def test_a_partners_person_who_comes_in_through_a_shared_group_is_found(two_partners: LocalStage, place: str) -> None:
    world, root = two_partners.world, two_partners.user("root")
    friends = operations.create_group(world, root, path="friends", name="Friends")
    operations.add_member(world, root, friends, two_partners.user("acme.dev"), DEVELOPER)
    operations.add_member(world, root, friends, two_partners.user(BOT), OWNER)
    group = world.group_by_path("partners")
    assert group is not None
    shared = group if place == "group" else two_partners.project(place)
    operations.share(world, root, shared, friends, REPORTER)
    found = by_state(access(two_partners), "failed")
    assert any(f.check == "access: shares" and "acme.dev" in f.text and "friends" in f.fix for f in found)


def test_a_shared_group_whose_members_the_bot_cannot_see_is_a_warning(two_partners: LocalStage) -> None:
    world, root = two_partners.world, two_partners.user("root")
    friends = operations.create_group(world, root, path="friends", name="Friends")
    operations.share(world, root, two_partners.project("globex"), friends, REPORTER)
    assert any("friends" in f.text for f in by_state(access(two_partners), "warning"))
