"""A partner reads everything in its project in its own language, from the first day or from the day it is changed.

Solution architects read English. The trap: half a page in another language. So a German partner does all that makes the
bot write, and then no message of the English code may stand anywhere in the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml
from german_walk import ARCHITECT, PARTNER, walk, written_by_the_bot
from stagehand import (
    Theatre,
    capabilities,
    close_required,
    comments,
    copied,
    epic,
    issue_of,
    nothing_to_do,
    page,
    pass_quiet_time,
    problems,
    told,
)

from app.demo.local import LocalStage
from app.journey.catalogue import Catalogue
from app.journey.loading import load_templates
from app.journey_files import BUILT_IN, journey_files
from app.messages import spoken
from app.sandbox import operations
from app.sandbox.world import World

PORTAL_DE = "capabilities/onboarding/partner-portal.de.md"
GERMAN = "Im GitLab Partner Portal anmelden, Inhalte kennenlernen und den Lernweg der eigenen Rolle beginnen"


GOALS = ("Ramp up quickly", "Work with GitLab's account teams", "Source own customers", "Solve complex customer")


def german() -> Catalogue:
    return load_templates(journey_files(BUILT_IN)).catalogues["de"]


def english_in(texts: Iterable[str]) -> set[str]:
    """The English messages that stand in these texts, those that read the same in German left out.

    One word alone may be a name in a title, so it is looked for where the bot says it: in a heading, bold, in a table.
    Commands and marks are the same in every language.
    """
    everything, same = re.sub(r"`[^`\n]*`|<!--.*?-->", "", "\n".join(texts)), german()
    return {m for m in spoken() if same.single.get(m) != m and re.search(_shape_of(m), everything, re.MULTILINE)}


def _shape_of(message: str) -> str:
    literal = re.escape(message).replace("\\ ", " ")
    literal = re.sub(r"\\{(?:done|needed|number|apart|waiting)\\}", r"\\d+", literal)
    literal = re.sub(r"\\{\w+\\}", ".{1,200}?", literal)
    alone = " " not in message.strip()
    return rf"(?:\| |### |\*\*|>){literal}(?: \||:|\*\*|$|<)" if alone else rf"(?<!\w){literal}(?!\w)"


def test_a_german_partner_walks_the_first_stage_and_reads_no_english(stage: LocalStage) -> None:
    walk(stage)
    assert english_in(written_by_the_bot(stage)) == set()
    assert not any(goal in text for goal in GOALS for text in written_by_the_bot(stage))
    assert nothing_to_do(stage)


def test_the_same_walk_in_english_says_a_hundred_different_things(stage: LocalStage) -> None:
    """So the test above looks at something."""
    walk(stage, language="en")
    assert len(english_in(written_by_the_bot(stage))) > 100


def test_architects_read_english_in_the_epic_of_a_german_partner(stage: LocalStage) -> None:
    walk(stage)
    item, said = epic(stage), german()
    texts = [item.title, item.description, *(note.body for note in comments(item))]
    ours = {t for t in said.single.values() if " " in t and "{" not in t}
    assert not [t for t in ours for text in texts if t in text]
    assert "Know how to register opportunities" in item.description or "#6" in item.description
    assert "Wissen, wie" not in item.description


def test_the_language_changes_in_mid_journey_and_nothing_is_asked_or_told_twice(onboarded: LocalStage) -> None:
    stage = onboarded
    pitch, portal = issue_of(stage, "onboarding/gitlab-101-pitch"), issue_of(stage, "onboarding/partner-portal")
    stage.close(pitch, PARTNER)  # without evidence: the bot asks for it
    head, heading, _ = portal.description.replace("- [ ]", "- [x]", 1).rpartition(
        "**One thing the next partner should know:**"
    )
    ticked = f"{head}{heading} Ask early, ask often.\n"
    operations.update_work_item(stage.world, stage.user("acme.lead"), portal, description=ticked)
    pass_quiet_time(stage)
    asked = told(stage, pitch)
    assert len(asked) == 1

    set_language(stage, "de")
    assert page(stage).title == "Wo wir stehen: Ihre Partner Journey"
    assert told(stage, pitch) == asked
    assert "Ask early, ask often." in portal.description
    form = "**Evidence:** https://example.com/pitch\n"
    filled = pitch.description.replace("**Evidence:**\n", form)
    assert filled.count(form) == 1, "the form keeps the headings that it was made with"
    operations.update_work_item(stage.world, stage.user("acme.lead"), pitch, description=filled)
    stage.close(pitch, PARTNER)
    stage.close(portal, PARTNER)  # a note is asked for, and there is none
    pass_quiet_time(stage)
    assert "1 von 8 erforderlichen Fähigkeiten erledigt" in page(stage).description
    (question,) = [n.body for n in comments(portal) if "verlangt einen Nachweis" in n.body]
    assert "oben unter **Evidence**" in question, "as this issue calls it"
    assert nothing_to_do(stage)

    stage.finish(portal, ARCHITECT)
    stage.settle()
    assert any("Ask early, ask often" in shared.content for shared in stage.project("journey-control").wiki)

    set_language(stage, "en")
    assert page(stage).title == "Where we are: your partner journey"
    assert english_in([page(stage).description])
    assert "#" in page(stage).description
    assert told(stage, pitch) == asked
    assert nothing_to_do(stage)


def test_a_title_that_a_person_gave_the_status_page_stays(onboarded: LocalStage) -> None:
    operations.update_work_item(onboarded.world, onboarded.user("acme.lead"), page(onboarded), title="Acme, unser Weg")
    set_language(onboarded, "de")
    assert page(onboarded).title == "Acme, unser Weg"
    assert "### Als Nächstes" in page(onboarded).description
    assert nothing_to_do(onboarded)


def test_a_stage_change_is_told_once_when_the_language_changes_at_the_same_time(nearly_done: LocalStage) -> None:
    stage = nearly_done
    close_required(stage)
    set_language(stage, "de")
    pass_quiet_time(stage)
    set_language(stage, "en")
    (mark,) = [m for m in told(stage, page(stage)) if m.startswith("stage/")]
    assert mark == "stage/1/enabling"
    assert [m for m in told(stage, epic(stage)) if m.startswith("stage/")] == [mark]


def test_another_quiet_time_by_a_setting_leaves_the_language_as_it_is(theatre: Theatre, onboarded_world: World) -> None:
    with theatre.open(copied(onboarded_world), settings={"settle_minutes": 1}) as stage:
        set_language(stage, "de")
        assert "### Als Nächstes" in page(stage).description


def test_a_group_adds_a_language_by_one_file(onboarded: LocalStage) -> None:
    """Copied from the German one, translated, and committed to the control project."""
    stage = onboarded
    data = yaml.safe_load((BUILT_IN / "languages/de.yaml").read_text(encoding="utf-8"))
    for entry in data["messages"]:
        many = isinstance(entry["to"], list)
        entry["to"] = [f"~{text}" for text in entry["to"]] if many else f"~{entry['to']}"
    _commit(stage, "languages/da.yaml", yaml.safe_dump(data, allow_unicode=True))
    set_language(stage, "da")
    assert problems(stage) == []
    assert page(stage).title == "~Wo wir stehen: Ihre Partner Journey"
    assert "### ~Als Nächstes" in page(stage).description
    assert nothing_to_do(stage)


def test_a_broken_catalogue_is_an_issue_in_the_control_project_and_changes_nothing(onboarded: LocalStage) -> None:
    before = page(onboarded).description
    broken = (BUILT_IN / "languages/de.yaml").read_text(encoding="utf-8").replace("to: seit {day}", "to: seit {tag}")
    _commit(onboarded, "languages/de.yaml", broken)
    (problem,) = problems(onboarded)
    assert re.search(r"languages/de\.yaml:\d+: `seit \{tag\}` has other place holders", problem.description)
    assert page(onboarded).description == before


def _commit(stage: LocalStage, path: str, text: str) -> None:
    actions = [{"action": "create", "file_path": path, "content": text}]
    operations.commit_files(
        stage.world, stage.user("root"), stage.project("journey-control"), branch="main", message="Words",
        actions=actions,
    )  # fmt: skip
    stage.settle()


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
    _commit(stage, PORTAL_DE, text)
    assert issue_of(stage, "onboarding/partner-portal").title == "Ab ins Portal"
    assert nothing_to_do(stage)

    set_language(stage, "fr")
    (problem,) = problems(stage)
    assert "Use one of de, en" in problem.description
    assert issue_of(stage, "onboarding/partner-portal").title == "Ab ins Portal"
