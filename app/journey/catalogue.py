"""What the bot says, in every language: the English in the code is the key, `languages/<language>.yaml` has the others.

A message that a catalogue lacks is English as a whole, so a new wording never waits for its translation. The trap: a
translation with other place holders, labels or commands than the English, which would fail or mislead only when it is
said. `checked` finds that when the file is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from gettext import c2py
from string import Formatter

from pydantic import BaseModel, ConfigDict, Field

from app.journey.text import written
from app.journey.yaml_lines import Document, Problem

_DAY = re.compile(r"\{(?:day|month)(?::02)?\}|\{month_name\}|\{year\}")
_MOST = 200  # numbers for which the plural rule is tried
_SIGNS = re.compile(r"`[^`]*`|\*+|\]\(")
_UNSAFE = re.compile(r"[@<>|\n\u27e6\u27e7]|^[ \t]*[/#]|\u202e")


@dataclass(frozen=True)
class Message:
    """A sentence that is worded later, for whoever reads it. As a string it is English, with days as 2026-11-24."""

    english: str
    words: tuple[tuple[str, Word], ...] = ()

    def having(self, **words: Word) -> Message:
        """The same sentence with its words put in."""
        return Message(self.english, tuple(words.items()))

    def __str__(self) -> str:
        return self.english.format(**{name: str(word) for name, word in self.words})


Word = str | int | date | Message


def message(english: str, /, **words: Word) -> Message:
    """`english` is written out where this is called, so that it is found for the catalogues."""
    return Message(english, tuple(words.items()))


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# --- languages/<language>.yaml ------------------------------------------------------------------------------------


class Translation(_Frozen):
    """One message of the bot. A list has the forms for numbers: two in English, then those of the `plural` rule."""

    en: str | tuple[str, str] = Field(description="the English words, exactly as the bot has them")
    to: str | tuple[str, ...] = Field(description="the same in this language")


class Wording(_Frozen):
    """A text of journey.yaml: the goal of a stage, the title of a role, a need of a certification."""

    en: str
    to: str


class LanguageFile(_Frozen):
    """languages/<language>.yaml: all that the bot says, and how days and numbers are written."""

    name: str = Field(description="what the language calls itself, e.g. Deutsch")
    day: str = Field(description="how a day is written: of {day}, {month}, {month_name} and {year}")
    months: tuple[str, ...] = Field((), description="the names of the twelve months, if `day` uses {month_name}")
    plural: str = Field(
        "n != 1", max_length=500, description="which form a number n takes, as in gettext's Plural-Forms"
    )
    messages: tuple[Translation, ...] = ()
    journey: tuple[Wording, ...] = ()


# --- what is said -------------------------------------------------------------------------------------------------


class Catalogue(_Frozen):
    """One language. Call it with an English message; without translations it speaks English in any `language`."""

    language: str
    day_format: str = ""
    months: tuple[str, ...] = ()
    plural: str = "n != 1"
    single: dict[str, str] = Field(default_factory=dict)
    forms: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="by the English form for one")
    journey: dict[str, str] = Field(default_factory=dict)

    def __call__(self, english: str, /, **words: Word) -> str:
        """The message with its words put in. `english` is written out where this is called."""
        return self._filled(self.single.get(english, english), words)

    def count(self, number: int, one: str, many: str, /, **words: Word) -> str:
        """The message in the form that the number takes; it is `{number}` in it."""
        forms = self.forms.get(one)
        text = forms[_rule(self.plural)(number)] if forms else one if number == 1 else many
        return self._filled(text, {"number": number, **words})

    def tell(self, said: Message) -> str:
        return self(said.english, **dict(said.words))

    def day(self, day: date) -> str:
        """A day as people write it."""
        if not self.day_format:
            return written(day)
        name = self.months[day.month - 1] if self.months else ""
        return self.day_format.format(day=day.day, month=day.month, month_name=name, year=day.year)

    def of_journey(self, text: str) -> str:
        """A text of journey.yaml, which has its own part of the catalogue."""
        return self.journey.get(text, text)

    def _filled(self, text: str, words: Mapping[str, Word]) -> str:
        return text.format(**{name: self._word(word) for name, word in words.items()}) if words else text

    def _word(self, word: Word) -> str:
        if isinstance(word, Message):
            return self.tell(word)
        return self.day(word) if isinstance(word, date) else str(word)


IN_ENGLISH = Catalogue(language="en")


@lru_cache
def _rule(plural: str) -> Callable[[int], int]:
    """gettext's own reading of a plural rule. Raises ValueError for what is none."""
    rule: Callable[[int], int] = c2py(plural)
    return rule


# --- reading a catalogue ------------------------------------------------------------------------------------------


def catalogue_of(language: str, file: LanguageFile) -> Catalogue:
    """`file` is one in which `checked` has found nothing."""
    return Catalogue(
        language=language, day_format=file.day, months=file.months, plural=file.plural,
        single={t.en: t.to for t in file.messages if isinstance(t.en, str) and isinstance(t.to, str)},
        forms={t.en[0]: t.to for t in file.messages if isinstance(t.en, tuple) and isinstance(t.to, tuple)},
        journey={w.en: w.to for w in file.journey},
    )  # fmt: skip


def checked(file: LanguageFile, document: Document) -> Iterator[Problem]:
    """Everything that would go wrong when it is said."""
    yield from _check_rules(file, document)
    parts: dict[str, tuple[Translation | Wording, ...]] = {"messages": file.messages, "journey": file.journey}
    for part, entries in parts.items():
        seen = set[str]()
        for number, entry in enumerate(entries):
            english = entry.en if isinstance(entry.en, tuple) else (entry.en,)
            problems = [*_check_forms(entry, file.plural)]
            if english[0] in seen:
                problems.append((f"`{english[0]}` is translated twice.", "Keep one of them."))
            seen.add(english[0])
            for text in entry.to if isinstance(entry.to, tuple) else (entry.to,):
                problems += _differences(english, text)
            yield from (document.problem((part, number), what, fix) for what, fix in problems)


def _check_forms(entry: Translation | Wording, plural: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the forms for numbers, and the fix."""
    if isinstance(entry.en, tuple) != isinstance(entry.to, tuple):
        yield f"`{entry.en}` has forms for numbers in one language only.", "Give a list for a list, a text for a text."
    elif isinstance(entry.to, tuple) and not _covers(plural, len(entry.to)):
        what = f"`{entry.en[0]}` has {len(entry.to)} forms, and the rule `{plural}` asks for others."
        yield what, "Give one form for each value of the rule."


def _check_rules(file: LanguageFile, document: Document) -> Iterator[Problem]:
    try:
        _rule(file.plural)(1)
    except (ValueError, RecursionError, ArithmeticError):
        what = f"`plural` is {file.plural!r}, which is no rule."
        yield document.problem(("plural",), what, "Take the rule of gettext, e.g. `n != 1`.")
    if (file.months and len(file.months) != 12) or any(map(_UNSAFE.search, file.months)):
        what = f"There are {len(file.months)} months, or one has a sign that is no part of a name."
        yield document.problem(("months",), what, "Name all twelve, or none.")
    rest = _DAY.sub("", file.day)
    if "{year}" not in file.day or re.search("[{}]", rest) or _UNSAFE.search(rest):
        what = f"`day` is {file.day!r}, which writes no day."
        yield document.problem(("day",), what, "Use e.g. `{day:02}.{month:02}.{year}`.")


def _covers(plural: str, forms: int) -> bool:
    """Whether the rule gives one of the forms for every number, and every form for some number."""
    try:
        return {_rule(plural)(number) for number in range(_MOST)} == set(range(forms))
    except (ValueError, RecursionError, ArithmeticError):
        return True  # told apart already


def _differences(english: tuple[str, ...], text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a translation, and the fix."""
    shown = f"`{text}`"
    if not text.strip() or (_UNSAFE.search(text) and not any(map(_UNSAFE.search, english))):
        yield f"{shown} is empty, or has a sign that could call people, run or break something.", "Use words only."
        return
    try:
        places, wanted = _places(text), {place for each in english for place in _places(each)}
    except ValueError:
        yield f"{shown} has braces that do not fit.", "Braces stand around the names of place holders only."
        return
    optional = {"number"} if len(english) > 1 else set()  # "one day" needs no number
    if not wanted - optional <= places <= wanted:
        names = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "none"
        yield f"{shown} has other place holders than the English.", f"It has: {names}."
    if Counter(_SIGNS.findall(text)) != Counter(_SIGNS.findall(english[-1])):
        yield f"{shown} has other `code`, bold words or links than the English.", "Take them over as they are."


def _places(text: str) -> set[str]:
    """The place holders; anything in them but a name is part of the name, so that it fits no English one."""
    parts = list(Formatter().parse(text))
    return {f"{name}{spec or ''}{conversion or ''}" for _, name, spec, conversion in parts if name is not None}
