"""Staying connected to a GitLab: the access check, and webhooks that live or come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from stagehand import BOT, Theatre, copied, epic, onboard

from app.demo.local import ACME, BASE_URL, GLOBEX, SERVICE_URL, SIGNING_TOKEN, LocalStage, ManualClock
from app.doctor import checks
from app.gitlab.findings import Finding
from app.sandbox import operations
from app.sandbox.seed import seed_world
from app.sandbox.world import DEVELOPER, GUEST, OWNER, REPORTER, Hook, Tier, World


def by_state(findings: Iterator[Finding] | list[Finding], state: str) -> list[Finding]:
    return [finding for finding in findings if finding.state == state]


def hook_of(stage: LocalStage, slug: str) -> Hook:
    project = stage.project(slug)
    (hook,) = [h for h in stage.world.hooks.values() if h.project_id == project.id]
    return hook


def hooks_found(stage: LocalStage) -> Iterator[Finding]:
    """What `partner-journey hook check` says."""
    watch = stage.service.watch
    return watch.hooks.check(watch.projects(), watch.overtaken())


# --- webhooks ---


def test_a_webhook_that_gitlab_switched_off_is_found_and_switched_on_by_a_test_delivery(onboarded: LocalStage) -> None:
    hook = hook_of(onboarded, "acme")
    hook.recent_failures = 40
    hooks, projects = onboarded.service.watch.hooks, onboarded.service.watch.projects()
    (found,) = by_state(hooks.check(projects, {}), "failed")
    assert "switched it off (disabled)" in found.text
    assert ["under way" in f.text for f in hooks.revive(projects)] == [True]
    onboarded.deliver()
    assert hook.recent_failures == 0
    assert by_state(hooks.check(projects, {}), "failed") == []
    assert list(hooks.revive(projects)) == []


def test_deliveries_that_failed_in_the_last_days_are_found(onboarded: LocalStage) -> None:
    world = onboarded.world
    onboarded.close(onboarded.issues("acme", state="opened")[-1], "acme.lead")
    onboarded.deliver()
    delivery = next(d for d in reversed(world.deliveries) if d.hook_id == hook_of(onboarded, "acme").id)
    delivery.status = 503
    (found,) = by_state(hooks_found(onboarded), "warning")
    assert "the last with 503" in found.text


def test_a_webhook_without_a_secret_is_found_and_gets_the_present_one(onboarded: LocalStage) -> None:
    hook = hook_of(onboarded, "acme")
    secret, hook.signing_token = hook.signing_token, None
    hooks, projects = onboarded.service.watch.hooks, onboarded.service.watch.projects()
    (found,) = by_state(hooks.check(projects, {}), "failed")
    assert "no secret" in found.text
    assert {f.state for f in hooks.rotate(projects)} == {"ok"}
    assert hook.signing_token == secret
    assert by_state(hooks.check(projects, {}), "failed") == []


def test_a_gitlab_that_cannot_sign_gets_a_plain_token_made_from_the_signing_token(theatre: Theatre) -> None:
    clock = ManualClock()
    world = seed_world(clock, base_url=BASE_URL)
    world.version = "18.11.2-ee"
    with theatre.open(world) as stage:
        onboard(stage, "acme", ACME)
        for slug in ("acme", "journey-control"):
            assert (hook_of(stage, slug).signing_token, len(hook_of(stage, slug).token or "")) == (None, 64)
        assert SIGNING_TOKEN not in str(stage.world.hooks)
        stage.close(stage.issues("acme", state="opened")[-1], "acme.lead")
        stage.deliver()
        assert {d.status for d in stage.world.deliveries} == {202}
        hooks, projects = stage.service.watch.hooks, stage.service.watch.projects()
        assert {f.state for f in hooks.check(projects, {})} == {"ok"}
        assert {f.state for f in hooks.rotate(projects)} == {"ok"}
        stage.world.version = "19.5.0-ee"
        assert {f.state for f in hooks.rotate(projects)} == {"ok"}
        assert hook_of(stage, "acme").signing_token == SIGNING_TOKEN


def test_both_secrets_are_accepted_while_they_are_changed(theatre: Theatre, onboarded_world: World) -> None:
    new = "whsec_" + "bmV3LXNpZ25pbmctdG9rZW4tbm90LWEtc2VjcmV0LSE="
    changed = {"signing_token": SecretStr(new), "previous_signing_token": SecretStr(SIGNING_TOKEN)}
    with theatre.open(copied(onboarded_world), settings=changed) as stage:
        issues = stage.issues("acme", state="opened")[-2:]
        for issue, secret in zip(issues, (SIGNING_TOKEN, new), strict=True):
            assert hook_of(stage, "acme").signing_token == secret
            stage.close(issue, "acme.lead")
            stage.deliver()
            assert stage.world.deliveries[-1].status == 202
            assert {f.state for f in stage.service.watch.hooks.rotate(stage.service.watch.projects())} == {"ok"}


# --- one webhook for the group ---


def group_hooks(stage: LocalStage) -> list[Hook]:
    return [hook for hook in stage.world.hooks.values() if hook.group_id is not None]


def test_by_choice_the_group_has_one_webhook_for_all_partners(theatre: Theatre) -> None:
    with theatre.open(settings={"group_hook": True}) as stage:
        onboard(stage, "acme", ACME)
        onboard(stage, "globex", GLOBEX)
        (hook,) = group_hooks(stage)
        owners = [h.project_id for h in stage.world.hooks.values() if h.project_id is not None]
        assert owners == [stage.project("journey-control").id]
        stage.close(stage.issues("globex", state="opened")[-1], "globex.lead")
        stage.deliver()
        assert (stage.world.deliveries[-1].hook_id, stage.world.deliveries[-1].status) == (hook.id, 202)
        assert stage.service.queue.waiting() == ["globex"]
        stage.settle()
        assert [f.state for f in hooks_found(stage)] == ["ok"]

        hook.recent_failures = 40
        stage.clock.advance(hours=1)
        stage.settle()
        assert hook.recent_failures == 0


def test_webhooks_from_before_the_groups_one_go_when_it_hears_what_they_heard(
    theatre: Theatre, onboarded_world: World
) -> None:
    with theatre.open(copied(onboarded_world), settings={"group_hook": True}) as stage:
        (group_hook,) = group_hooks(stage)
        (found,) = [f for f in hooks_found(stage) if f.state != "ok"]
        assert (found.state, found.check) == ("warning", "webhook of partners/acme")

        group_hook.recent_failures = 40
        watch = stage.service.watch
        assert [f.check for f in watch.hooks.revive(watch.projects())] == ["webhook of partners"]
        assert hook_of(stage, "acme"), "it is the only one that hears while the group's is off"

        stage.settle()
        stage.clock.advance(hours=1)
        stage.settle()
        assert [h.project_id for h in stage.world.hooks.values() if not h.group_id] == [
            stage.project("journey-control").id
        ]
        stage.finish(stage.issues("acme", state="opened")[-2], "gl.sa1")
        stage.settle()
        assert stage.service.reconciler.standing("acme").stages[0].done == 1


def test_what_a_replaced_webhook_could_not_deliver_is_looked_at_before_it_goes(
    theatre: Theatre, onboarded_world: World
) -> None:
    with theatre.open(copied(onboarded_world), settings={"group_hook": True}) as stage:
        stage.close(stage.issues("acme", state="opened")[-1], "acme.lead")
        stage.deliver()
        delivery = next(d for d in reversed(stage.world.deliveries) if d.hook_id == hook_of(stage, "acme").id)
        delivery.status = 503
        woken: list[str] = []
        stage.service.watch.look_at_webhooks(lambda slug, _: woken.append(slug), lambda _: None)
        assert woken == ["acme"]
        assert [h for h in stage.world.hooks.values() if h.project_id == stage.project("acme").id] == []


def test_a_licence_that_ends_takes_the_groups_webhook_and_each_project_has_its_own_again(theatre: Theatre) -> None:
    with theatre.open(tier="premium", settings={"group_hook": True}) as stage:
        onboard(stage, "acme", ACME)
        stage.world.tier = "free"
        stage.clock.advance(hours=1)
        stage.settle()
        assert hook_of(stage, "acme").url == f"{SERVICE_URL}/webhooks/gitlab"
        assert not by_state(hooks_found(stage), "failed")

        stage.world.tier = "premium"
        for _ in range(2):
            stage.clock.advance(days=1)
            stage.settle()
        assert len(group_hooks(stage)) == 1
        assert [h for h in stage.world.hooks.values() if h.project_id == stage.project("acme").id] == []


def test_a_webhook_of_the_control_project_that_somebody_deleted_is_made_again(onboarded: LocalStage) -> None:
    del onboarded.world.hooks[hook_of(onboarded, "journey-control").id]
    onboarded.clock.advance(hours=1)
    onboarded.settle()
    assert hook_of(onboarded, "journey-control").signing_token == SIGNING_TOKEN
    assert any("Made again" in f.text for kept in onboarded.service.watch.kept() for f in kept.findings)


@pytest.mark.parametrize("tier", ["free", "ce"])
def test_where_groups_have_no_webhooks_each_project_has_its_own(theatre: Theatre, tier: Tier) -> None:
    with theatre.open(tier=tier, settings={"group_hook": True}) as stage:
        onboard(stage, "acme", ACME)
        assert group_hooks(stage) == []
        assert hook_of(stage, "acme").url == f"{SERVICE_URL}/webhooks/gitlab"


# --- what partner people are ---


@pytest.mark.parametrize(
    ("tier", "role", "level"), [("ultimate", "planner", 15), ("free", "guest", 10), ("free", "reporter", 20)]
)
def test_partner_people_get_the_role_that_was_chosen(theatre: Theatre, tier: Tier, role: str, level: int) -> None:
    with theatre.open(tier=tier, settings={"partner_role": role}) as stage:
        onboard(stage, "acme", ACME)
        project = stage.project("acme")
        levels = {stage.world.users[m.user_id].username: m.access_level for m in project.members}
        assert (levels["acme.lead"], levels["acme.dev"]) == (level, level)
        (told,) = checks.partner_role(stage.service)
        assert told.state == ("ok" if role == "reporter" else "warning")


def test_another_role_in_the_settings_reaches_partner_people_who_are_there(
    theatre: Theatre, onboarded_world: World
) -> None:
    with theatre.open(copied(onboarded_world), settings={"partner_role": "planner"}) as stage:
        project = stage.project("acme")
        promoted = next(m for m in project.members if m.user_id == stage.user("acme.dev").id)
        promoted.access_level = DEVELOPER  # by a person, so it is left
        stage.clock.advance(days=1)
        stage.settle()
        levels = {stage.world.users[m.user_id].username: m.access_level for m in project.members}
        assert (levels["acme.lead"], levels["acme.dev"]) == (15, DEVELOPER)


def test_guests_are_refused_where_their_issues_would_have_to_be_open(theatre: Theatre) -> None:
    with theatre.open(settings={"partner_role": "guest"}) as stage:
        onboard(stage, "acme", ACME)
        assert stage.world.project_by_path("partners/acme") is None
        assert "every partner to every other" in stage.service.store.partner("acme").cause
        (told,) = checks.partner_role(stage.service)
        assert (told.state, "PARTNER_JOURNEY_PARTNER_ROLE" in told.fix) == ("failed", True)


# --- access ---


def access(stage: LocalStage) -> list[Finding]:
    return stage.service.watch.access().check()


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
