"""The bot's words in every language: all of them are there, none misleads, and what is wrong is said with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from build import PARTNER_FILE, World, built_in, built_in_files, nothing, partner, small_files
from typer.testing import CliRunner

from app.cli import app
from app.journey import markers
from app.journey.catalogue import IN_ENGLISH, Catalogue, message
from app.journey.loading import TemplateError, load_templates
from app.journey_files import BUILT_IN
from app.messages import UnwrittenError, missing, spoken, spoken_in, unused

LANGUAGES = sorted({*built_in().catalogues} - {"en"})
HEAD = 'name: Test\nday: "{day:02}.{month:02}.{year}"\n'


def catalogue(text: str, language: str = "xx") -> Catalogue:
    return load_templates(small_files() | {f"languages/{language}.yaml": text}).catalogues[language]


def problem(text: str, path: str = "languages/xx.yaml") -> str:
    with pytest.raises(TemplateError) as caught:
        load_templates(small_files() | {path: text})
    (found,) = caught.value.problems
    return str(found)


def said(english: str, to: str) -> str:
    """A catalogue of one message; `problem` says what is wrong with it, in line 4."""
    return problem(f"{HEAD}messages:\n  - {{en: {english!r}, to: {to!r}}}\n")


# --- what ships ---


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_that_ships_has_every_message_and_no_other(language: str) -> None:
    found = built_in().catalogues[language]
    assert missing(found) == ()
    assert unused(found) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_that_ships_has_the_goals_of_all_stages(language: str) -> None:
    file, found = built_in().file, built_in().catalogues[language]
    stages = [*file.stages, *(o.practice.entry for o in file.overlays.values() if o.practice)]
    assert {stage.goal for stage in stages} <= {*found.journey}


def test_every_message_is_found_in_the_code() -> None:
    assert len(spoken()) > 200
    assert {"Evidence", "{number} stage", "its issue is open", "You are here"} <= spoken()


def test_a_message_that_is_put_together_is_refused() -> None:
    assert spoken_in("say('A day'); say.count(2, '{number} a', '{number} b'); scene.say('B'); message('C')") == {
        "A day", "{number} a", "B", "C"
    }  # fmt: skip
    with pytest.raises(UnwrittenError, match="line 2"):
        spoken_in("say('A')\nsay(f'It is {day}')")


# --- how it speaks ---


def test_what_is_missing_is_english_as_a_whole() -> None:
    found = catalogue(f"{HEAD}messages:\n  - {{en: Next, to: Dann}}\n")
    assert found("Next") == "Dann"
    assert found("since {day}", day=date(2026, 11, 24)) == "since 24.11.2026"
    assert found.count(2, "{number} stage", "{number} stages") == "2 stages"
    assert found.tell(message("Stage")) == "Stage"


def test_a_number_takes_the_form_of_the_languages_own_rule() -> None:
    polish = HEAD + (
        'plural: "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"\nmessages:\n'
        '  - {en: ["{number} stage", "{number} stages"], to: [jeden etap, "{number} etapy", "{number} etapów"]}\n'
    )
    found = catalogue(polish)
    said = [found.count(n, "{number} stage", "{number} stages") for n in (1, 2, 5, 22)]
    assert said == ["jeden etap", "2 etapy", "5 etapów", "22 etapy"]


def test_days_are_written_as_the_language_writes_them() -> None:
    months = "[janv., févr., mars, avr., mai, juin, juil., août, sept., oct., nov., déc.]"
    french = catalogue(f'name: Français\nday: "{{day}} {{month_name}} {{year}}"\nmonths: {months}\n')
    assert french.day(date(2027, 2, 1)) == "1 févr. 2027"
    assert built_in().catalogues["de"].day(date(2027, 2, 1)) == "01.02.2027"
    assert IN_ENGLISH.day(date(2027, 2, 1)) == "1\u00a0Feb\u00a02027"


def test_a_message_in_a_message_is_in_the_same_language() -> None:
    german = built_in().catalogues["de"]
    inner = message("waived until {until} by {by}", until=date(2026, 12, 31), by="gl.sa1")
    assert (
        german("Next: {who} {does}.", who="x", does=inner)
        == "Nächster Schritt für x: ausgenommen bis 31.12.2026 von gl.sa1."
    )
    assert str(inner) == "waived until 2026-12-31 by gl.sa1"


def test_words_of_other_people_are_never_taken_for_place_holders() -> None:
    for words in ("{who}", "{0}", "{", "{does.__class__}"):
        assert IN_ENGLISH("Next: {who} {does}.", who=words, does="y") == f"Next: {words} y."


def test_a_third_language_is_one_file() -> None:
    """Made from the German one, as docs/templates.md says; everything in the project follows."""
    data = yaml.safe_load((BUILT_IN / "languages/de.yaml").read_text(encoding="utf-8"))
    for entry in data["messages"]:
        given = entry["to"] if isinstance(entry["to"], list) else [entry["to"]]
        marked = [f"¡{text}" for text in given]
        entry["to"] = marked if isinstance(entry["to"], list) else marked[0]
    templates = load_templates(built_in_files() | {"languages/xx.yaml": yaml.safe_dump(data, allow_unicode=True)})
    seen = World(templates, partner(f"{PARTNER_FILE}language: xx\n", templates=templates), nothing()).run()
    assert seen.status.title == "¡Wo wir stehen: Ihre Partner Journey"
    assert "### ¡Als Nächstes" in seen.status.description
    assert "¡Ihre Leitung" in (markers.section_body(seen.status.description) or "")
    assert seen.plan().actions == ()


# --- what is refused ---


@pytest.mark.parametrize(
    ("english", "to", "told"),
    [
        ("since {day}", "seit {tag}", "other place holders than the English. It has: {day}."),
        ("since {day}", "seit", "other place holders"),
        ("since {day}", "seit {day.year}", "other place holders"),
        ("since {day}", "seit {day!r}", "other place holders"),
        ("since {day}", "seit {day:99999999}", "other place holders"),
        ("since {day}", "seit {day", "braces that do not fit"),
        ("since {day}", "seit {day} {}", "other place holders"),
        ("Try `/journey help`", "Versuchen Sie `/journey hilfe`", "other `code`, bold words or links"),
        ("**{name}** is", "{name} ist", "other `code`, bold words or links"),
        ("Next", " ", "is empty"),
        ("Next", "@all", "a sign that could call people"),
        ("Next", "<!-- x -->", "a sign that could call people"),
        ("Next", "/close", "a sign that could call people"),
        ("Next", "# Dann", "a sign that could call people"),
        ("Next", "a | b", "a sign that could call people"),
    ],
)
def test_a_translation_that_would_mislead_or_break_is_a_problem_with_its_line(english: str, to: str, told: str) -> None:
    found = said(english, to)
    assert found.startswith("languages/xx.yaml:4: ")
    assert told in found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEAD}messages:\n  - {{en: Next, to: A}}\n  - {{en: Next, to: B}}\n", ":5: `Next` is translated twice."),
        (f"{HEAD}messages:\n  - {{en: Next, to: [A, B]}}\n", "forms for numbers in one language only"),
        (f"{HEAD}messages:\n  - {{en: [a, b], to: c}}\n", "forms for numbers in one language only"),
        (f"{HEAD}messages:\n  - {{en: [a, b], to: [c]}}\n", ":4: `a` has 1 forms"),
        (f"{HEAD}messages:\n  - {{en: [a, b], to: [c, d, e]}}\n", "has 3 forms"),
        (f"{HEAD}plural: n !\n", ":3: `plural` is 'n !', which is no rule."),
        (f"{HEAD}plural: __import__('os')\n", "which is no rule"),
        (f"{HEAD}months: [Januar]\n", "There are 1 months"),
        ('name: Test\nday: "{tag}"\n', ":2: `day` is '{tag}', which writes no day."),
        ("name: Test\nday: heute\n", "which writes no day"),
        ('name: Test\nday: "{year:99999999}"\n', "which writes no day"),
        ('name: Test\nday: "@{year}"\n', "which writes no day"),
        (f"{HEAD}mesages: []\n", "Did you mean `messages`?"),
        ("name: Test\n", "The key `day` is missing."),
        (f"{HEAD}messages:\n  - {{en: Next, to: : }}\n", "This is not valid YAML"),
    ],
)
def test_a_broken_catalogue_is_a_problem_with_its_fix(text: str, told: str) -> None:
    assert told in problem(text)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("en", "The bot's English words are its own."),
        ("german", "`german` is no language. Use two small letters"),
        ("de.old", "`de.old` is no language."),
    ],
)
def test_a_catalogue_with_a_wrong_name_is_a_problem(name: str, told: str) -> None:
    assert told in problem(HEAD, f"languages/{name}.yaml")


def test_a_word_that_the_bot_does_not_say_is_told_apart_and_stops_nobody() -> None:
    found = catalogue(f"{HEAD}messages:\n  - {{en: Nxt, to: Dann}}\n")
    assert unused(found) == ("Nxt",)
    assert "Next" in missing(found)


def test_template_check_names_what_stays_english_and_what_is_left_over(tmp_path: Path) -> None:
    files = small_files() | {"languages/xx.yaml": f"{HEAD}messages:\n  - {{en: Nxt, to: Dann}}\n"}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["template", "check", str(tmp_path)])
    assert result.exit_code == 0
    assert "languages/xx.yaml: 'Next' is missing and stays English." in result.output
    assert "languages/xx.yaml: 'Nxt' is not, or no longer, in the bot's words." in result.output
    assert "no problems" in result.output
