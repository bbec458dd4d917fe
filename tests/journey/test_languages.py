"""A partner reads the capabilities in its own language, English file by file where there is no translation."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from build import (
    PARTNER_FILE,
    World,
    built_in,
    built_in_files,
    capability_text,
    nothing,
    partner,
    small_files,
)

from app.journey import markers
from app.journey.actions import UpdateIssue
from app.journey.best_practices import answers_of
from app.journey.evidence import is_given
from app.journey.languages import laid_over
from app.journey.loading import TemplateError, load_templates
from app.journey.progress import measure
from app.journey.templates import Templates
from app.journey_files import BUILT_IN

HEADINGS = {
    "Objective": "Ziel", "Steps": "Schritte", "Evidence": "Nachweis", "Good to know": "Gut zu wissen",
    "Resources": "Quellen",
}  # fmt: skip
GERMAN_FILE = PARTNER_FILE + "language: de\n"
PORTAL_DE = "capabilities/stand/portal.de.md"
WORDS_DE = "languages/de.yaml"


def german_text(title: str, *, step: str = "Mach es") -> str:
    text = capability_text(title, step=step)
    for english, german in HEADINGS.items():
        text = text.replace(f"## {english}\n", f"## {german}\n")
    return text


def small_in_two(**files: str) -> Templates:
    """The first capability is also in German; `files` adds texts, with `__` for `/` and `.md` left out."""
    return load_templates(
        small_files() | {PORTAL_DE: german_text("Ins Portal"), WORDS_DE: built_in_files()[WORDS_DE]}
        | {f"capabilities/{name.replace('__', '/')}.md": text for name, text in files.items()}
    )  # fmt: skip


def world(text: str = GERMAN_FILE, templates: Templates | None = None) -> World:
    templates = templates or small_in_two()
    return World(templates, partner(text, templates=templates), nothing()).run()


def bot_part(seen: World, name: str) -> str:
    return markers.section_body(seen.issue(name).description) or ""


def what_is_wrong(files: dict[str, str]) -> list[str]:
    with pytest.raises(TemplateError) as caught:
        load_templates(files)
    return [str(problem) for problem in caught.value.problems]


# --- which text a partner reads ---


def test_a_german_partner_reads_german_and_english_where_there_is_no_german() -> None:
    seen = world()
    assert seen.issue("stand/portal").title == "Ins Portal"
    assert "## Schritte\n\n- [ ] Mach es" in bot_part(seen, "stand/portal")
    assert seen.issue("stand/pitch").title == "Title of stand/pitch"
    assert "## Steps" in bot_part(seen, "stand/pitch")
    assert "**Stufe:** 01 - Stand · **Erforderlich** · **Wer:** Practice lead" in bot_part(seen, "stand/portal")
    assert "## So schließen Sie ab" in bot_part(seen, "stand/portal")
    assert "**Stage:** 01 - Stand" in bot_part(seen, "stand/pitch")
    assert "Ins Portal" in (markers.section_body(seen.status.description) or "")


def test_a_language_without_words_of_the_bots_own_has_the_translation_between_english_words() -> None:
    templates = small_in_two(**{"stand__portal.fr": german_text("Au portail")})
    seen = world(PARTNER_FILE + "language: fr\n", templates)
    assert seen.issue("stand/portal").title == "Au portail"
    assert "**Stage:** 01 - Stand" in bot_part(seen, "stand/portal")


@pytest.mark.parametrize("evidence", ["", " https://example.com/rede"])
def test_evidence_in_a_german_issue_is_found(evidence: str) -> None:
    seen = world(templates=small_in_two(**{"stand__pitch.de": german_text("Rede")}))
    issue = seen.issue("stand/pitch")
    told = issue.description.replace("**Nachweis:**\n", f"**Nachweis:**{evidence}\n")
    found = is_given(seen.journey.capability("stand/pitch"), replace(issue, description=told), ())
    assert found == bool(evidence)


def test_a_partner_without_a_language_reads_english() -> None:
    seen = world(PARTNER_FILE)
    assert seen.issue("stand/portal").title == "Title of stand/portal"


def test_the_issue_template_keeps_its_name_and_is_in_the_partners_language() -> None:
    german, english = world(), world(PARTNER_FILE)
    assert set(german.project.files) == set(english.project.files)
    path = ".gitlab/issue_templates/Stand - Portal.md"
    assert german.project.files[path] != english.project.files[path]


def test_the_title_of_a_translation_is_its_own_and_a_title_in_the_journey_is_english() -> None:
    yaml = small_files()["journey.yaml"].replace("{id: stand/portal,", "{id: stand/portal, title: Enter,")
    templates = load_templates(small_files() | {"journey.yaml": yaml, PORTAL_DE: german_text("Ins Portal")})
    assert world(GERMAN_FILE, templates).issue("stand/portal").title == "Ins Portal"
    assert world(PARTNER_FILE, templates).issue("stand/portal").title == "Enter"


def test_a_plan_after_an_apply_is_empty() -> None:
    assert world().plan().actions == ()


def test_the_wiki_page_that_all_partners_share_keeps_one_wording() -> None:
    seen = world().close("stand/portal")
    (stage, *_) = answers_of(seen.partner, measure(seen.journey, seen.partner, seen.observed, seen.now))
    assert stage.titles["stand/portal"] == "Title of stand/portal"


# --- when the language changes ---


def test_a_new_language_retitles_and_rewrites_the_issue_and_keeps_what_people_wrote() -> None:
    seen = world(PARTNER_FILE, small_in_two(stand__portal=capability_text("Enter", step="GitLab Pages")))
    templates = small_in_two(**{"stand__portal.de": german_text("Ins Portal", step="GitLab Pages")})
    issue = seen.issue("stand/portal")
    ticked = issue.description.replace("- [ ]", "- [x]") + "\nOur notes\n"
    seen = seen.change(issue, description=ticked)
    seen = replace(seen, templates=templates, partner=partner(GERMAN_FILE, templates=templates))
    (update,) = [a for a in seen.plan().actions if isinstance(a, UpdateIssue) and a.name == "stand/portal"]
    assert (update.title, update.reason) == ("Ins Portal", "its title was 'Enter'")
    seen = seen.run()
    text = seen.issue("stand/portal").description
    assert "- [x] GitLab Pages" in text  # the same words in both languages
    assert "- [x] Tell somebody" in text
    assert "## Schritte" in text
    assert "Our notes" in text
    assert seen.plan().actions == ()


def test_a_mark_lost_while_the_language_changes_makes_no_second_issue() -> None:
    seen = world(PARTNER_FILE)
    issue = seen.issue("stand/portal")
    seen = replace(seen.change(issue, description="wiped"), partner=world().partner)
    count = len(seen.project.issues)
    seen = seen.run()
    assert len(seen.project.issues) == count
    assert seen.issue("stand/portal").iid == issue.iid


# --- what the checks say ---


def test_a_language_that_nobody_wrote_is_refused_with_those_that_exist() -> None:
    with pytest.raises(TemplateError) as caught:
        partner(PARTNER_FILE + "language: fr\n", templates=small_in_two())
    (problem,) = caught.value.problems
    assert problem.line == PARTNER_FILE.count("\n") + 1
    assert problem.what == "There is nothing in the language `fr`."
    assert problem.fix == "Use one of de, en, or write languages/fr.yaml."


@pytest.mark.parametrize(
    ("value", "told"),
    [("German", "has the wrong form"), ("DE", "has the wrong form"), ("no", "Put the value in quotes")],
)
def test_what_is_no_language_code_is_refused(value: str, told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        partner(f"{PARTNER_FILE}language: {value}\n", templates=small_in_two())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("stand/portal.en", "English is the file without a language"),
        ("stand/portal.german", "`german` in the file name is no language"),
        ("stand/portal.de.old", "`de.old` in the file name is no language"),
        ("stand/portel.de", "There is no English text capabilities/stand/portel.md"),
    ],
)
def test_a_translation_with_a_wrong_name_is_a_problem(name: str, told: str) -> None:
    (problem,) = what_is_wrong(small_files() | {f"capabilities/{name}.md": german_text("Ins Portal")})
    assert told in problem


def test_a_translation_has_every_section_of_the_english_text() -> None:
    text = german_text("Ins Portal").replace("## Quellen\n", "")
    (problem,) = what_is_wrong(small_files() | {PORTAL_DE: text})
    assert "There are 4 sections" in problem


def test_a_translation_is_checked_like_every_text() -> None:
    text = german_text("Ins Portal").replace("- It takes a day.", "/close")
    (problem,) = what_is_wrong(small_files() | {PORTAL_DE: text})
    assert problem.startswith(PORTAL_DE)
    assert "quick action" in problem


# --- a group's own files ---


def test_a_groups_own_translation_replaces_the_built_in_one() -> None:
    built = small_files() | {PORTAL_DE: german_text("Ins Portal")}
    own = {PORTAL_DE: german_text("Ab ins Portal")}
    assert world(GERMAN_FILE, load_templates(laid_over(built, own))).issue("stand/portal").title == "Ab ins Portal"


def test_a_groups_own_english_text_hides_the_translation_of_the_old_one() -> None:
    built = small_files() | {
        PORTAL_DE: german_text("Ins Portal"),
        "capabilities/stand/pitch.de.md": german_text("Rede"),
    }
    own = {"capabilities/stand/portal.md": capability_text("Enter our portal")}
    seen = world(GERMAN_FILE, load_templates(laid_over(built, own)))
    assert seen.issue("stand/portal").title == "Enter our portal"
    assert seen.issue("stand/pitch").title == "Rede"


# --- what ships ---


@pytest.mark.parametrize("name", sorted(built_in().texts["en"]))
def test_every_capability_ships_in_german_with_the_same_steps_and_links(name: str) -> None:
    english = (BUILT_IN / f"capabilities/{name}.md").read_text(encoding="utf-8")
    german = (BUILT_IN / f"capabilities/{name}.de.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\S+)\)", german) == re.findall(r"\]\((\S+)\)", english)
    assert german.count("\n- [ ] ") == english.count("\n- [ ] ")
    assert german.count("\n- ") == english.count("\n- ")
    assert re.findall(r"^## (.*)$", german, re.MULTILINE) == list(HEADINGS.values())
