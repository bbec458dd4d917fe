"""How wide a text is, without a font: pictures are drawn where no font is, and shown with fonts that nobody knows.

The trap: a text that fits here and overflows there. Widths are the largest of three common fonts (DejaVu Sans, Noto
Sans, Liberation Sans), and whatever is not in the table counts as wide.
"""

from __future__ import annotations

import re
import unicodedata

_WIDTHS = {
    0.3: "'ijl",
    0.35: " ,.:;If",
    0.4: "!()-/[\\]t",
    0.45: "r",
    0.5: '"J`',
    0.55: "*csz|",
    0.6: "?L_kvxy",
    0.65: "$0123456789FTabdeghnopqu{}",
    0.7: "ABEKPSVXYZ",
    0.75: "CHRU",
    0.8: "&DGNOQ",
    0.85: "#+<=>^w~",
    1.0: "%MWm…—",
    1.2: "@",
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_BOLD = 1.15
_WIDE, _WIDER, _WIDEST = 1.05, 1.45, 4.5  # of the type size: Chinese and Japanese, emoji, cuneiform signs
_SIGNS = range(0x12000, 0x12550)
_SHORTHANDS = re.compile("[\ufb50-\ufdff\ufe70-\ufeff]")  # one character that is drawn as a whole phrase
_ELLIPSIS = "…"
_LONGEST = 255


def cleaned(text: str) -> str:
    """One line that XML can hold and that shows in the order in which it was typed; at most 255 characters.

    Control and direction characters go, and so does a third accent on one letter: a pile of them covers other texts.
    """
    text = _SHORTHANDS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text[: 10 * _LONGEST])
    kept: list[str] = []
    accents = 0
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)
        accents = accents + 1 if kind.startswith("M") else 0
        if kind[0] == "C":  # control, format, surrogate, private, unassigned
            kept.append(" " if kind == "Cc" else "")
        elif accents <= 2:
            kept.append(letter)
    return " ".join("".join(kept).split())[:_LONGEST]


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in the unit of `size`, rather too large than too small."""
    return sum(_letter(letter) for letter in text) * size * (_BOLD if bold else 1.0)


def _letter(letter: str) -> float:
    known = _WIDTH_OF.get(letter)
    if known is not None:
        return known
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0.0
    if ord(letter) in _SIGNS:
        return _WIDEST
    if ord(letter) >= 0x1F000:
        return _WIDER
    base = unicodedata.normalize("NFD", letter)[0]
    return _WIDTH_OF.get(base, _WIDE)


def wrapped(text: str, room: float, size: float, *, lines: int, bold: bool = False) -> tuple[str, ...]:
    """The text in at most `lines` lines, each at most `room` wide; what does not fit ends in an ellipsis."""
    words = _words(cleaned(text), room, size, bold=bold)
    done: list[str] = []
    line = ""
    for position, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if width(longer, size, bold=bold) <= room:
            line = longer
        elif len(done) + 1 < lines:
            done.append(line)
            line = word
        else:
            rest = " ".join([line, *words[position:]])
            return (*done, _shortened(rest, room, size, bold=bold))
    return (*done, line) if line else tuple(done)


def _words(text: str, room: float, size: float, *, bold: bool) -> list[str]:
    """The words, and those that are wider than a line in pieces."""
    pieces: list[str] = []
    for word in text.split():
        piece = ""
        for letter in word:
            if piece and width(piece + letter, size, bold=bold) > room:
                pieces.append(piece)
                piece = ""
            piece += letter
        pieces.append(piece)
    return pieces


def _shortened(text: str, room: float, size: float, *, bold: bool) -> str:
    """Ends after a word, unless that would leave less than half of the line."""
    kept = text
    while kept and width(kept + _ELLIPSIS, size, bold=bold) > room:
        kept = kept[:-1]
    at_word = kept.rpartition(" ")[0] if not text[len(kept) :].startswith(" ") else kept
    if len(at_word) >= len(kept) / 2:
        kept = at_word
    return kept.rstrip(" ,;:.(/-&") + _ELLIPSIS
