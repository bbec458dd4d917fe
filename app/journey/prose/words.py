"""The bot's own words in a capability issue, by the language of the capability's text.

So an issue is in one language, that of its text, and not in the partner's where the text is missing. The trap: the
labels of the form below the bot's part. Answers are found by them, so they are the same in every language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.journey.languages import ENGLISH
from app.journey.model import Evidence
from app.journey.text import written


@dataclass(frozen=True)
class Words:
    stage: str
    required: str
    required_from: str
    """With `{day}`."""
    optional: str
    who: str
    verified_by: str
    evidence: str
    kinds: dict[Evidence, str]
    typical_time: str
    from_then: str
    """With `{days}`, as the next two."""
    from_the_start: str
    valid_for: str
    after: str
    needs: str
    valid: str
    how_to_finish: str
    finish: dict[Evidence, str]
    by_mistake: str
    never_write: str
    day: Callable[[date], str]


def words_in(language: str) -> Words:
    """English where nobody has written them yet."""
    return _WORDS.get(language, _WORDS[ENGLISH])


def _german_day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


_WORDS = {
    ENGLISH: Words(
        stage="Stage",
        required="Required",
        required_from="Required from {day}",
        optional="Optional, never holds a stage",
        who="Who",
        verified_by="Verified by",
        evidence="Evidence",
        kinds={"none": "none needed", "note": "a short note", "link": "a link"},
        typical_time="Typical time",
        from_then="{days} days from then",
        from_the_start="{days} days from the start of the stage",
        valid_for="{days} days, then renewed",
        after="After",
        needs="Needs",
        valid="Valid for",
        how_to_finish="How to finish",
        finish={
            "none": "Tick what is done, close the issue.",
            "note": "Tick what is done, write a note as evidence below or in a comment, close the issue.",
            "link": "Tick what is done, put the link to your evidence below or in a comment, close the issue.",
        },
        by_mistake="Closed by mistake? Reopen it, nothing is lost.",
        never_write="Please write no customer names, prices, licence keys or personal data in this project.",
        day=written,
    ),
    "de": Words(
        stage="Stufe",
        required="Erforderlich",
        required_from="Erforderlich ab {day}",
        optional="Freiwillig, hält keine Stufe auf",
        who="Wer",
        verified_by="Geprüft von",
        evidence="Nachweis",
        kinds={"none": "nicht nötig", "note": "eine kurze Notiz", "link": "ein Link"},
        typical_time="Übliche Dauer",
        from_then="{days} Tage ab dann",
        from_the_start="{days} Tage ab Beginn der Stufe",
        valid_for="{days} Tage, dann zu erneuern",
        after="Nach",
        needs="Braucht",
        valid="Gültig",
        how_to_finish="So schließen Sie ab",
        finish={
            "none": "Haken Sie ab, was erledigt ist, und schließen Sie das Issue.",
            "note": "Haken Sie ab, was erledigt ist, schreiben Sie eine Notiz als Nachweis unten hinter „Evidence“ "
            "oder in einen Kommentar, und schließen Sie das Issue.",
            "link": "Haken Sie ab, was erledigt ist, setzen Sie den Link zu Ihrem Nachweis unten hinter „Evidence“ "
            "oder in einen Kommentar, und schließen Sie das Issue.",
        },
        by_mistake="Aus Versehen geschlossen? Öffnen Sie es wieder, nichts geht verloren.",
        never_write="Bitte schreiben Sie in dieses Projekt keine Kundennamen, Preise, Lizenzschlüssel oder "
        "personenbezogenen Daten.",
        day=_german_day,
    ),
}
