"""Hidden marks by which the bot finds again what it made, and the sections of text that it owns.

Marks are HTML comments, which GitLab does not show. They are only trusted in things that the bot itself wrote: a
partner can type any mark, so callers look at the author first. Text outside a section belongs to people and survives.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from typing import Any

_PREFIX = "partner-journey"
_BEGIN = re.compile(r"<!-- partner-journey begin(?: ([0-9a-f]{12}))? -->\n?")
_END = "<!-- partner-journey end -->"
_REFERENCE = re.compile(r"\u27e6([a-z0-9-]+/[a-z0-9-]+(?:@[a-z0-9-]+)?)\u27e7")
_TASK = re.compile(r"^(\s*(?:[-*+]|\d+[.)]) )\[( |x|X)\] (.*)$")


def mark(kind: str, value: str) -> str:
    """A mark such as `<!-- partner-journey capability=onboarding/partner-portal -->`."""
    return f"<!-- {_PREFIX} {kind}={value} -->"


def find(kind: str, text: str) -> str | None:
    """The value of the first mark of this kind, or None."""
    found = _marks(kind).search(text)
    return found.group(1) if found else None


@lru_cache(maxsize=64)
def _marks(kind: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {_PREFIX} {re.escape(kind)}=(\S+) -->")


def without(kind: str, text: str) -> str:
    """The text without any mark of this kind."""
    return re.sub(rf"<!-- {_PREFIX} {re.escape(kind)}=\S+ -->\n?", "", text)


def state_mark(state: dict[str, Any]) -> str:
    """Keeps a small JSON object in a text; `-->` cannot occur inside because `>` is escaped."""
    return f"<!-- {_PREFIX} state {json.dumps(state, sort_keys=True).replace('>', chr(92) + 'u003e')} -->"


def find_state(text: str) -> dict[str, Any] | None:
    """The object kept by `state_mark`, or None where there is none or somebody broke it."""
    found = re.search(rf"<!-- {_PREFIX} state (\{{.*?\}}) -->", text)
    if not found:
        return None
    try:
        value = json.loads(found.group(1))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def section(body: str, *, written: str | None = None) -> str:
    """Wraps text that the bot owns. The begin mark carries a digest of what the bot wrote: `written` where it differs.

    By the digest a changed template is told from a ticked box: only the former is written again.
    """
    return f"<!-- {_PREFIX} begin {digest(body if written is None else written)} -->\n{body}\n{_END}"


def section_digest(text: str) -> str | None:
    """Digest of what the bot last wrote into its section, or None where there is no section."""
    found = _BEGIN.search(text)
    return found.group(1) if found else None


def section_body(text: str) -> str | None:
    found = _BEGIN.search(text)
    if not found:
        return None
    end = text.find(_END, found.end())
    return text[found.end() : end].rstrip("\n") if end >= 0 else None


def replace_section(text: str, body: str, *, written: str | None = None) -> str:
    """Puts a new body into the section and keeps all text around it; a lost section is put first."""
    found = _BEGIN.search(text)
    if not found:
        return f"{section(body, written=written)}\n\n{text}".rstrip() + "\n"
    end = text.find(_END, found.end())
    after = text[end + len(_END) :] if end >= 0 else "\n\n" + text[found.end() :]
    return text[: found.start()] + section(body, written=written) + after


def without_section(text: str) -> str:
    """What people wrote: all text outside the bot's section, wherever that stands."""
    found = _BEGIN.search(text)
    if not found:
        return text
    end = text.find(_END, found.end())
    return text[: found.start()] + (text[end + len(_END) :] if end >= 0 else "")


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but a digest: one that was made before its references had numbers."""
    return _BEGIN.sub("", one).rstrip() == _BEGIN.sub("", other).rstrip()


def carry_ticks(old: str, new: str) -> str:
    """`new` with the boxes ticked that were ticked in `old`, matched by the text of the line."""
    ticked = {m.group(3).strip() for line in old.splitlines() if (m := _TASK.match(line)) and m.group(2) != " "}
    lines = []
    for line in new.splitlines():
        found = _TASK.match(line)
        lines.append(f"{found.group(1)}[x] {found.group(3)}" if found and found.group(3).strip() in ticked else line)
    return "\n".join(lines)


def ticked(text: str, steps: str) -> tuple[int, int]:
    """How many of the steps are ticked in a text, matched by the text of the line, and how many there are."""
    known = {m.group(3).strip() for line in steps.splitlines() if (m := _TASK.match(line))}
    done = {m.group(3).strip() for line in text.splitlines() if (m := _TASK.match(line)) and m.group(2) != " "}
    return len(known & done), len(known)


def reference(name: str) -> str:
    """A place holder for an issue that has no number yet; `apply` fills it in once GitLab gave one."""
    return f"\u27e6{name}\u27e7"


def references(text: str) -> frozenset[str]:
    return frozenset(_REFERENCE.findall(text))


def fill_references(text: str, numbers: dict[str, str]) -> str:
    """Replaces place holders by e.g. `#12`. Raises KeyError for one without a number."""
    return _REFERENCE.sub(lambda found: numbers[found.group(1)], text)
