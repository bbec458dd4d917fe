"""The picture and the badge in the partner's project: always true, never made twice, nothing left to do."""

from __future__ import annotations

from stagehand import capabilities, nothing_to_do

from app.demo.local import LocalStage
from app.sandbox import operations


def test_the_picture_in_the_project_shows_every_closing_and_costs_no_request_of_its_own(onboarded: LocalStage) -> None:
    first = onboarded.project("acme").files["journey.svg"]
    assert "0 of 8 required" in first
    onboarded.finish(capabilities(onboarded)[0], "acme.lead")
    onboarded.settle()
    project = onboarded.project("acme")
    assert "1 of 8 required" in project.files["journey.svg"]
    assert "1 of 8" in project.files["badge.svg"]
    assert project.commits[-1].message == "Onboarding (Stand): 1 of 8 required capabilities done [skip ci]"
    assert nothing_to_do(onboarded)


def test_a_badge_is_not_made_twice_for_a_project_that_lost_its_file(onboarded: LocalStage) -> None:
    project = onboarded.project("acme")
    actions = [{"action": "delete", "file_path": "badge.svg"}]
    operations.commit_files(
        onboarded.world, onboarded.user("root"), project, branch="main", message="Away", actions=actions
    )
    onboarded.service.loop.run("acme", "test")
    assert "badge.svg" in project.files
    assert len(project.badges) == 1
