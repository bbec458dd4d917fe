"""A partner's language is changed in its file, and a group brings a translation of its own to the control project."""

from __future__ import annotations

from stagehand import capabilities, issue_of, nothing_to_do, page, problems

from app.demo.local import LocalStage
from app.journey_files import BUILT_IN
from app.sandbox import operations

PORTAL_DE = "capabilities/onboarding/partner-portal.de.md"
GERMAN = "Im GitLab Partner Portal anmelden, Inhalte kennenlernen und den Lernweg der eigenen Rolle beginnen"


def set_language(stage: LocalStage, language: str) -> None:
    text = stage.project("journey-control").files["partners/acme.yaml"]
    kept = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("language:"))
    stage.write_partner_file("acme", f"{kept.rstrip()}\nlanguage: {language}\n")
    stage.settle()


def test_an_architect_sets_the_language_and_the_same_issues_go_on_in_german(onboarded: LocalStage) -> None:
    stage = onboarded
    before = issue_of(stage, "onboarding/partner-portal")
    count = len(capabilities(stage))
    notes = before.description + "\nOur notes: https://example.com/notes\n"
    operations.update_work_item(stage.world, stage.user("acme.lead"), before, description=notes)
    stage.settle()

    set_language(stage, "de")
    now = issue_of(stage, "onboarding/partner-portal")
    assert (now.iid, now.title, len(capabilities(stage))) == (before.iid, GERMAN, count)
    assert "## Schritte" in now.description
    assert "Our notes: https://example.com/notes" in now.description
    assert GERMAN in page(stage).description
    template = stage.project("acme").files[".gitlab/issue_templates/Onboarding - Partner portal.md"]
    assert "## Schritte" in template
    assert nothing_to_do(stage)

    text = (BUILT_IN / PORTAL_DE).read_text(encoding="utf-8").replace(f"title: {GERMAN}", "title: Ab ins Portal")
    control = stage.project("journey-control")
    operations.commit_files(
        stage.world, stage.user("root"), control, branch="main", message="Say it shorter",
        actions=[{"action": "create", "file_path": PORTAL_DE, "content": text}],
    )  # fmt: skip
    stage.settle()
    assert issue_of(stage, "onboarding/partner-portal").title == "Ab ins Portal"
    assert nothing_to_do(stage)

    set_language(stage, "fr")
    (problem,) = problems(stage)
    assert "Use one of de, en" in problem.description
    assert issue_of(stage, "onboarding/partner-portal").title == "Ab ins Portal"
