"""The files of a language: `capabilities/<id>.<language>.md` and `languages/<language>.yaml` with the bot's own words.

English has no letters in the name of its texts and no file of words, for the code has them. It stands in, text by text
and word by word, for what is not translated. The trap: a group rewrites the English
text while the built-in translation of the old one goes on, so that two partners are asked for different things. Its
own text therefore hides the built-in translations of that capability.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.journey.yaml_lines import Problem

ENGLISH = "en"
_CODE = re.compile(r"[a-z]{2}")


def is_text(path: str) -> bool:
    return path.startswith("capabilities/") and path.endswith(".md")


def is_catalogue(path: str) -> bool:
    return path.startswith("languages/") and path.endswith(".yaml")


def language_of_catalogue(path: str) -> str:
    return path.removeprefix("languages/").removesuffix(".yaml")


def capability_and_language(path: str) -> tuple[str, str]:
    """`capabilities/stand/portal.de.md` is (`stand/portal`, `de`). The language may be nonsense: see `misnamed`."""
    folder, _, name = path.removeprefix("capabilities/").removesuffix(".md").rpartition("/")
    capability, dot, language = name.partition(".")
    return f"{folder}/{capability}" if folder else capability, language if dot else ENGLISH


def english_path(capability: str) -> str:
    return f"capabilities/{capability}.md"


def misnamed(path: str, files: Mapping[str, str]) -> Problem | None:
    """What is wrong with the name of a translation, if anything is."""
    if is_catalogue(path):
        return _misnamed_catalogue(path)
    capability, language = capability_and_language(path)
    english = english_path(capability)
    if path == english:
        return None
    if language == ENGLISH:
        return Problem(path, 1, "English is the file without a language.", f"Call it {english}.")
    if not _CODE.fullmatch(language):
        what = f"`{language}` in the file name is no language."
        return Problem(path, 1, what, f"Use two small letters, e.g. capabilities/{capability}.de.md.")
    if english not in files:
        return Problem(path, 1, f"There is no English text {english}.", "Write it, or correct this file's name.")
    return None


def _misnamed_catalogue(path: str) -> Problem | None:
    language = language_of_catalogue(path)
    if language == ENGLISH:
        return Problem(path, 1, "The bot's English words are its own.", "Remove the file.")
    if not _CODE.fullmatch(language):
        return Problem(path, 1, f"`{language}` is no language.", "Use two small letters, e.g. languages/de.yaml.")
    return None


def laid_over(built_in: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The built-in files with a group's own in their place, by path; no old translation of a text that is its own."""
    kept = {path: text for path, text in built_in.items() if not _is_outdated(path, own)}
    return kept | dict(own)


def _is_outdated(path: str, own: Mapping[str, str]) -> bool:
    return is_text(path) and english_path(capability_and_language(path)[0]) in own
