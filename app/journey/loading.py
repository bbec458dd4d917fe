"""Files to a `Journey` or a `Partner`, with every error named by file, line and fix, all of them at once.

Works on texts, not on a disk: the files may come from the package, a folder or the control project. The trap it
avoids: a loader that stops at the first mistake and makes the author run it ten times.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.journey.catalogue import Catalogue, LanguageFile, catalogue_of, checked
from app.journey.check_journey import check_journey
from app.journey.check_partner import check_partner
from app.journey.check_text import check_text
from app.journey.languages import (
    ENGLISH,
    capability_and_language,
    is_catalogue,
    is_text,
    language_of_catalogue,
    misnamed,
)
from app.journey.model import (
    CapabilityText,
    JourneyFile,
    Partner,
)
from app.journey.templates import Templates, entries_of
from app.journey.yaml_lines import Document, Problem, parse

_Model = TypeVar("_Model", bound=BaseModel)


_FORMS = {
    r"^[a-z0-9-]+$": "Use small letters, digits and dashes.",
    r"^[a-z0-9-]+/[a-z0-9-]+$": "Write stage/name in small letters, digits and dashes.",
    r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$": "Use small letters, digits and inner dashes, at most 60.",
    r"^[A-Za-z0-9_.-]{1,255}$": "Write the username alone, without @.",
    r"^[^\r\n]+$": "Write it on one line.",
    r"^[a-z]{2}$": "Use the two letters of the language, such as de.",
}
"""What a pattern of the model asks for."""
_SHAPES = {
    "dict_type": "a list of keys with values",
    "model_type": "a list of keys with values",
    "tuple_type": "a list",
    "string_type": "text",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
}
"""What pydantic finds (https://docs.pydantic.dev/latest/errors/validation_errors/), in the words of YAML."""


class TemplateError(ValueError):
    """One or more problems in journey or partner files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line)))
        super().__init__("\n".join(str(p) for p in self.problems))


def load_templates(files: Mapping[str, str]) -> Templates:
    """`files` maps paths (`journey.yaml`, `capabilities/<stage>/<name>.md`) to texts. Raises TemplateError.

    `capabilities/<stage>/<name>.<language>.md` is a translation, with English in its place where there is none, and
    `languages/<language>.yaml` has the bot's own words.
    """
    problems: list[Problem] = []
    if "journey.yaml" not in files:
        fix = "Start from the default journey_templates/journey.yaml."
        raise TemplateError([Problem("journey.yaml", 1, "The file is missing.", fix)])
    document = parse("journey.yaml", files["journey.yaml"])
    file = _validate(JourneyFile, document, problems)
    texts: dict[str, dict[str, CapabilityText]] = {ENGLISH: {}}
    for path in filter(is_text, sorted(files)):
        wrong = misnamed(path, files)
        if wrong is not None:
            problems.append(wrong)
            continue
        capability, language = capability_and_language(path)
        text = _load_text(path, files[path], problems)
        if text is not None:
            texts.setdefault(language, {})[capability] = text
    catalogues = _load_catalogues(files, problems)
    if file is not None:
        problems += check_journey(file, document, files)
    if problems or file is None:
        raise TemplateError(problems)
    return Templates(file, texts, catalogues)


def _load_catalogues(files: Mapping[str, str], problems: list[Problem]) -> dict[str, Catalogue]:
    catalogues: dict[str, Catalogue] = {}
    for path in filter(is_catalogue, sorted(files)):
        wrong = misnamed(path, files)
        if wrong is not None:
            problems.append(wrong)
            continue
        document = parse(path, files[path])
        file = _validate(LanguageFile, document, problems)
        if file is not None:
            problems += checked(file, document)
            language = language_of_catalogue(path)
            catalogues[language] = catalogue_of(language, file)
    return catalogues


def load_partner(slug: str, text: str, templates: Templates) -> Partner:
    """Reads `partners/<slug>.yaml`. Raises TemplateError with all problems."""
    file = f"partners/{slug}.yaml"
    problems: list[Problem] = []
    document = parse(file, text)
    data = document.data
    if isinstance(data, dict) and "slug" not in data:
        document.data = {**data, "slug": slug}
    elif isinstance(data, dict):
        problems.append(document.problem(("slug",), "`slug` is given by the file name.", "Remove this line."))
    partner = _validate(Partner, document, problems)
    if partner is not None:
        partner = _with_present_ids(partner, templates.file)
        problems += check_partner(partner, document, templates)
    if problems or partner is None:
        raise TemplateError(problems)
    return partner


def _with_present_ids(partner: Partner, file: JourneyFile) -> Partner:
    """A partner file may go on naming a capability by a former id."""
    now = {old: entry.id for entry in entries_of(file) for old in entry.was}

    def present(name: str) -> str:
        base, at, practice = name.partition("@")
        return f"{now.get(base, base)}{at}{practice}"

    return partner.model_copy(
        update={
            name: tuple(each.model_copy(update={"capability": present(each.capability)}) for each in given)
            for name, given in (("waivers", partner.waivers), ("skip", partner.skip))
        }
    )


def _validate(model: type[_Model], document: Document, problems: list[Problem]) -> _Model | None:
    if document.problems:
        problems += document.problems
        return None
    if not isinstance(document.data, dict):
        fix = "Fill it in; docs/templates.md shows an example."
        problems.append(Problem(document.file, 1, "The file has no keys.", fix))
        return None
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors():
            location = tuple(detail["loc"])
            problems.append(document.problem(location, *explain(model, location, detail)))
        return None


def explain(model: type[BaseModel], location: tuple[str | int, ...], detail: Any) -> tuple[str, str]:
    """What is wrong and the fix, in words for people who write YAML and not Python."""
    name = ".".join(str(part) for part in location if part != "slug") or "the file"
    kind = detail["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), _keys_of(model), n=1)
        fix = f"Did you mean `{near[0]}`?" if near else "Remove it, or see the JSON Schema for the keys that exist."
        return f"The key `{name}` is not known.", fix
    if kind == "missing":
        return f"The key `{name}` is missing.", "Add it; docs/templates.md shows a whole file."
    if kind == "literal_error":
        return (
            f"`{name}` is {detail['input']!r}, which is not one of the allowed values.",
            f"Use {detail['ctx']['expected']}.",
        )
    if kind == "string_pattern_mismatch":
        what = "The slug (the file's name)" if location == ("slug",) else f"`{name}`"
        form = detail["ctx"]["pattern"]
        return f"{what} is {str(detail['input'])[:60]!r}, which has the wrong form.", _FORMS.get(form, f"Match {form}.")
    if kind == "string_type" and isinstance(detail["input"], bool):
        return (
            f"YAML reads `{name}` as true or false, as it does with a bare `no` or `yes`.",
            "Put the value in quotes.",
        )
    if kind in _SHAPES:
        return f"`{name}` is not {_SHAPES[kind]}.", "Correct the value; docs/templates.md has examples."
    if kind == "too_short":
        return f"`{name}` is empty.", "List at least one."
    return f"`{name}`: {detail['msg'].removeprefix('Value error, ')}.", "Correct the value."


def _keys_of(model: type[BaseModel]) -> list[str]:
    """All keys of a model and the models inside it: near misses are looked up here."""
    seen: set[str] = set()
    for name, definition in {"": model.model_json_schema(), **model.model_json_schema().get("$defs", {})}.items():
        seen |= set(definition.get("properties", {})) if name is not None else set()
    return sorted(seen)


def _load_text(path: str, text: str, problems: list[Problem]) -> CapabilityText | None:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")  # as some editors write it
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if not found:
        fix = "Start with ---, then title, who, verifier, question, then ---."
        problems.append(Problem(path, 1, "The front matter is missing.", fix))
        return None
    document = parse(path, found.group(1), first_line=2)
    body = text[found.end() :].strip("\n")
    if isinstance(document.data, dict):
        document.data = {**document.data, "body": body}
    problems += check_text(path, body, first_line=text[: found.end()].count("\n") + 1)
    return _validate(CapabilityText, document, problems)
