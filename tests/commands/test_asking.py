"""What a person is asked at a terminal, what a script is told instead, and that every mistake ends in what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.commands.asking import complete
from app.engine.store import Store
from app.gitlab.errors import Refused

COMMAND = str(Path(sys.executable).parent / "partner-journey")
NOTHING = dict.fromkeys(("slug", "name", "category", "region", "lead", "engineers", "sa", "manager"))
ACME = NOTHING | {"slug": "acme", "name": "Acme", "category": "rsi", "region": "EMEA", "lead": "a.lead", "sa": "gl.sa1"}


class Person:
    """Answers by the first words of a question; `asked` keeps the questions. Enter takes what is proposed."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, question: str, default: str | None = None) -> str:
        self.asked.append(question)
        answer = next((text for words, text in self.answers.items() if words in question), "")
        assert answer or default is not None, f"no answer to {question}"
        return answer or str(default)


def test_a_person_is_asked_for_everything_in_order() -> None:
    person = Person(Name="Ä|cme & Söhne GmbH", Category="gsi", Region="EMEA", lead="@a.lead", engineers="a.one, @a.two",
                    architect="gl.sa1")  # fmt: skip
    told = complete(NOTHING, person)
    assert told == {
        "slug": "a-cme-sohne-gmbh", "name": "Ä|cme & Söhne GmbH", "category": "gsi", "region": "EMEA",
        "people": {"lead": "a.lead", "engineers": ["a.one", "a.two"], "sa": "gl.sa1", "manager": None},
    }  # fmt: skip
    assert len(person.asked) == 8


def test_only_what_is_missing_is_asked_and_a_whole_command_asks_nothing() -> None:
    person = Person(Region="APAC", manager="gl.cam1")
    told = complete(ACME | {"region": None}, person)
    assert (told["region"], told["people"]["manager"]) == ("APAC", "gl.cam1")
    assert len(person.asked) == 3  # the region; then engineers and manager, as somebody is there to answer
    assert complete(ACME, Person())["people"]["manager"] is None


def test_a_name_without_latin_letters_proposes_no_short_name() -> None:
    person = Person(Name="株式会社", Short="kaisha", Category="rsi", Region="APJ", lead="k.lead", architect="gl.sa1")
    assert complete(NOTHING, person)["slug"] == "kaisha"


def test_a_script_is_told_at_once_all_that_is_missing() -> None:
    with pytest.raises(Refused) as refused:
        complete(NOTHING | {"slug": "acme"}, None)
    assert "--name, --category, --region, --lead, --sa" in refused.value.cause
    assert "terminal" in refused.value.fix


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PARTNER_JOURNEY_")}
    return subprocess.run(
        [COMMAND, *arguments], env=kept | {"COLUMNS": "200"} | environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ("partner add acme", "run the command on a terminal"),
        ("picture", "Name one partner"),
        ("picture --blank --output /dev/null/a.svg", "Name another file with --output"),
        ("picture --blank --folder /nowhere", "Start from the default"),
        ("template check /nowhere", "Give the folder"),
        ("demo --tier gold", "Use one of ce, free, premium, ultimate"),
        ("demo --port 70000", "Try 'partner-journey demo --help'"),
        ("report --format xml", "'md', 'csv', 'json'"),
        ("frobnicate", "Try 'partner-journey --help'"),
        ("partner show acme", "Set them in the environment"),
    ],
)
def test_every_mistake_ends_in_what_to_do(arguments: str, advice: str, tmp_path: Path) -> None:
    result = run(*arguments.split())
    assert result.returncode in (1, 2)
    assert advice in result.stderr
    assert "Traceback" not in result.stderr


def test_times_are_told_in_the_readers_zone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.sqlite'}"
    with Store(url, lambda: datetime(2026, 11, 24, 12, 0, tzinfo=UTC)) as store:
        store.remember("next:resync", "2026-11-24T12:10:00+00:00")
    settings = {"PARTNER_JOURNEY_TOKEN": "x", "PARTNER_JOURNEY_GROUP": "partners", "PARTNER_JOURNEY_DATABASE_URL": url}
    assert "next resync 2026-11-24 17:55:00 +0545" in run("status", TZ="Asia/Kathmandu", **settings).stdout


@pytest.mark.parametrize(
    ("words", "expected"), [("partner-journey par", "partner"), ("partner-journey partner a", "add")]
)
def test_the_shell_completes_commands(words: str, expected: str) -> None:
    asked = {"_PARTNER_JOURNEY_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    assert expected in run(**asked).stdout.split()
