"""What `partner add` asks a person at a terminal, one question for each thing that is missing.

The trap: a question to a script, which waits for an answer for ever. Without a terminal nothing is asked, and all that
is missing is named at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from app.gitlab.errors import Refused
from app.journey.model import CATEGORY_TITLES

Ask = Callable[..., str]
"""`ask(question, default=...)` gives the answer, as typer.prompt does."""

_OPTIONS = {
    "slug": "SLUG",
    "name": "--name",
    "category": "--category",
    "region": "--region",
    "lead": "--lead",
    "sa": "--sa",
}
_QUESTIONS = {
    "name": "Name of the partner",
    "slug": "Short name: the project's path",
    "category": f"Category ({', '.join(f'{key}: {title}' for key, title in CATEGORY_TITLES.items())})",
    "region": "Region",
    "lead": "GitLab username of the partner's lead",
    "engineers": "GitLab usernames of the partner's engineers, with commas (none: Enter)",
    "sa": "GitLab username of the solution architect",
    "manager": "GitLab username of the account manager (none: Enter)",
}


def complete(given: Mapping[str, Any], ask: Ask | None) -> dict[str, Any]:
    """The partner as `NewPartner` takes it. `ask` is None where nobody can answer; then Refused names what is missing.

    What is optional is asked only when something else is missing too: a complete command never waits.
    """
    told = dict(given)
    missing = [key for key in _OPTIONS if not told[key]]
    if not missing:
        return _partner(told)
    if ask is None:
        names = ", ".join(_OPTIONS[key] for key in missing)
        raise Refused(f"Not said: {names}.", "Say them, or run the command on a terminal, where it asks.")
    for key, question in _QUESTIONS.items():
        if not told[key]:
            told[key] = _answer(key, question, told, ask)
    return _partner(told)


def _partner(told: Mapping[str, Any]) -> dict[str, Any]:
    people = {"lead": told["lead"], "engineers": told["engineers"] or [], "sa": told["sa"], "manager": told["manager"]}
    language = {"language": told["language"]} if told.get("language") else {}
    return {key: told[key] for key in ("slug", "name", "category", "region")} | language | {"people": people}


def _answer(key: str, question: str, told: Mapping[str, Any], ask: Ask) -> Any:
    if key == "engineers":
        return [name.strip().removeprefix("@") for name in ask(question, default="").split(",") if name.strip()]
    if key == "manager":
        return ask(question, default="").strip().removeprefix("@") or None
    if key == "slug":
        return ask(question, default=_slug_of(str(told["name"]))).strip()
    answer = ask(question).strip()
    return answer.removeprefix("@") if key in ("lead", "sa") else answer


def _slug_of(name: str) -> str | None:
    """A proposal; None where the name has no letter that a path may have."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower())[:60].strip("-") or None
