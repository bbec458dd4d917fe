"""One partner joins, closes a stage and moves on, in whichever GitLab this is."""

from __future__ import annotations

from pathlib import Path

import pytest
from ground import MARK, ForeignGroundError, Ground, Site, remove, sandbox_site, throw_away

from app.bot import Service
from app.doctor import diagnose
from app.journey import markers

SLUG = "acme"
FILE = """\
name: Acme
category: rsi
region: EMEA
people: {{lead: "{lead}", sa: "{sa}"}}
waivers:  # the one capability that another person would have to confirm
  - {{capability: onboarding/get-certified, until: 2099-12-31, by: "{sa}", reason: One token}}
"""


def _run(service: Service, ground: Ground) -> None:
    """Runs until the partner is as it should be; what GitLab shows late is waited for, five minutes at most."""
    for _ in range(10):
        service.loop.run(SLUG, "test")
        if service.store.partner(SLUG).failures == 0 and not service.reconciler.view(SLUG).plan:
            return
        ground.site.pass_time(30)
    parked = service.store.partner(SLUG)
    plan = service.reconciler.view(SLUG).plan
    raise AssertionError(f"not there after five minutes: {parked.cause} {[action.key for action in plan.actions]}")


def _told(ground: Ground, iid: int) -> list[str]:
    notes = ground.client.projects.get(f"{ground.path}/{SLUG}").issues.get(iid).notes.list(get_all=True)
    return [mark for note in notes if (mark := markers.find("comment", note.body))]


def test_a_partner_joins_and_reaches_the_second_stage(ground: Ground, tmp_path: Path) -> None:
    assert ground.client.user is not None
    own = ground.client.user.username
    text = FILE.format(lead=ground.site.person, sa=own)
    with ground.service(tmp_path) as service:
        service.control.add_partner(SLUG, text)
        service.desired.refresh()
        _run(service, ground)
        project = ground.client.projects.get(f"{ground.path}/{SLUG}")
        assert project.visibility == "private"
        issues = project.issues.list(get_all=True)
        (page,) = [each for each in issues if markers.find("page", each.description) == "status"]
        assert "stage::onboarding" in page.labels
        first = [each for each in issues if markers.find("capability", each.description)]
        assert len(first) == len({markers.find("capability", each.description) for each in first}) > 0
        for issue in first:
            if "optional" not in issue.labels:
                evidence = issue.description.replace("**Evidence:**", "**Evidence:** https://example.com/evidence")
                project.issues.update(issue.iid, {"description": evidence, "state_event": "close"})
        _run(service, ground)
        assert "stage::enabling" in project.issues.get(page.iid).labels
        assert _told(ground, page.iid) == ["stage/1/enabling"]
        before = project.issues.list(get_all=True)
        service.loop.run(SLUG, "once more")
        assert [each.iid for each in project.issues.list(get_all=True)] == [each.iid for each in before]
        assert _told(ground, page.iid) == ["stage/1/enabling"]
        found = list(diagnose(service, ground.site.pass_time))
        assert not [each for each in found if each.state == "failed" and each.check in ("version", "token", "role")]


def test_a_group_that_was_not_made_for_tests_is_left_alone() -> None:
    site = sandbox_site()
    assert site.sandbox is not None
    world = site.sandbox.world
    group = world.group_by_path("partners")
    assert group is not None
    group.description = "Our partners"
    with pytest.raises(ForeignGroundError, match=f"put the word {MARK}"), throw_away(site):
        pass
    assert list(world.groups.values()) == [group]
    with site.client() as client, pytest.raises(ForeignGroundError, match="was not made by these tests"):
        remove(client, group.id)
    assert group.marked_for_deletion_on is None


@pytest.mark.parametrize("broken", [False, True])
def test_nothing_is_left_of_the_tests(broken: bool) -> None:
    site = sandbox_site()
    assert site.sandbox is not None
    world = site.sandbox.world

    def play(site: Site) -> None:
        with throw_away(site) as ground:
            ground.project("thing").issues.create({"title": "Gone"})
            if broken:
                raise RuntimeError("a test that fails")

    if broken:
        with pytest.raises(RuntimeError, match="a test that fails"):
            play(site)
    else:
        play(site)
    assert [each.full_path for each in world.groups.values()] == ["partners"]
    assert not world.projects
    assert not world.work_items
