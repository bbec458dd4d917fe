"""Label chips: colour, readable text on it, and the two halves of a scoped label.

The trap it avoids: a label title or colour is text from a stranger. Nothing goes into HTML here unescaped, and only a
checked `#rrggbb` reaches a style attribute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from app.sandbox.world import Label, World

FALLBACK_COLOUR = "#737278"
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True)
class Chip:
    """What a template needs. `key` is None for a plain label, else the part of the title before the last `::`."""

    label_id: int
    title: str
    key: str | None
    value: str
    colour: str
    ink: str
    description: str

    @property
    def style(self) -> str:
        """The only style a chip may carry; Markdown's sanitiser knows this exact shape."""
        return f"--chip:{self.colour};--ink:{self.ink}"

    def html(self, href: str) -> Markup:
        """The chip as a link, in a text."""
        key = Markup('<span class="chip-key">{}</span>').format(self.key) if self.key else Markup("")
        value = Markup('<span class="chip-value">{}</span>').format(self.value)
        kind = "chip scoped" if self.key else "chip"
        parts = (kind, self.style, href, self.description, key, value)
        return Markup('<a class="{}" style="{}" href="{}" title="{}">{}{}</a>').format(*parts)


def chip_of(label: Label, *, scoped: bool) -> Chip:
    """`scoped` is False on tiers where `a::b` is plain text (https://docs.gitlab.com/user/project/labels/)."""
    colour = _colour(label.color)
    key, separator, value = label.title.rpartition("::")
    two_tone = bool(scoped and separator and key and value)
    return Chip(
        label_id=label.id,
        title=label.title,
        key=key if two_tone else None,
        value=value if two_tone else label.title,
        colour=colour,
        ink=ink_on(colour),
        description=label.description or "",
    )


def chips_of(world: World, label_ids: list[int], without: set[int] | None = None) -> list[Chip]:
    """The chips of an item in GitLab's order, by title."""
    labels = (world.labels[i] for i in label_ids if i in world.labels and i not in (without or set()))
    return [chip_of(label, scoped=world.licensed) for label in sorted(labels, key=lambda label: label.title.lower())]


def _colour(text: str) -> str:
    if not _HEX.fullmatch(text):
        return FALLBACK_COLOUR
    return text.lower() if len(text) == 7 else "#" + "".join(c * 2 for c in text[1:].lower())


def ink_on(colour: str) -> str:
    """White on dark colours, black on light ones: at least 4.5 to 1 on every `#rrggbb`, as WCAG 2 asks."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if luminance < 0.179 else "#000000"
