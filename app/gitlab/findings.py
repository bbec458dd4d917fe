"""What a check of the connection to GitLab found: one line for people, with the cause and the exact fix."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """`check` is a short stable name, such as `token`; `fix` is empty where nothing is to be done."""

    check: str
    state: State
    text: str
    fix: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def ok(check: str, text: str) -> Finding:
    return Finding(check, "ok", text)


def warning(check: str, text: str, fix: str) -> Finding:
    return Finding(check, "warning", text, fix)


def failed(check: str, text: str, fix: str) -> Finding:
    return Finding(check, "failed", text, fix)


def unchecked(check: str, because: str, fix: str = "") -> Finding:
    """Something that could not be looked at; never green. `because` follows "not checked because"."""
    return Finding(check, "warning", f"Not checked, because {because}.", fix or "Mend that first, then check again.")
