"""How wide a text is, without a font: pictures are drawn where no font is, and shown with fonts that nobody knows.

The trap: a text that fits here and overflows there. Widths are the largest of three common fonts (DejaVu Sans, Noto
Sans, Liberation Sans), and whatever is not in the table counts as wide. Inside they are whole hundredths of the type
size, so that a sum is the same in whatever order it is made.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

_WIDTHS = {
    30: "'ijl",
    35: " ,.:;If",
    40: "!()-/[\\]t",
    45: "r",
    50: '"J`',
    55: "*csz|",
    60: "?L_kvxy",
    65: "$0123456789FTabdeghnopqu{}",
    70: "ABEKPSVXYZ",
    75: "CHRU",
    80: "&DGNOQ",
    85: "#+<=>^w~",
    100: "%MWm…—",
    120: "@",
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_BOLD = 1.15
_WIDE, _WIDER, _WIDEST = 105, 145, 450  # Chinese and Japanese, emoji, cuneiform signs
_SIGNS = range(0x12000, 0x12550)
_SHORTHANDS = re.compile("[\ufb50-\ufdff\ufe70-\ufeff]")  # one character that is drawn as a whole phrase
_ELLIPSIS = "…"
_LONGEST = 255


def cleaned(text: str) -> str:
    """One line that XML can hold and that shows in the order in which it was typed; at most 255 characters.

    Control and direction characters go, and so does a third accent on one letter: a pile of them covers other texts.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:_LONGEST]
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
    return _drawn(sum(map(_letter, text)), size, bold=bold)


def _drawn(hundredths: int, size: float, *, bold: bool) -> float:
    return hundredths * size * (_BOLD if bold else 1.0) / 100


@lru_cache(maxsize=4_096)
def _letter(letter: str) -> int:
    known = _WIDTH_OF.get(letter)
    if known is not None:
        return known
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    if ord(letter) in _SIGNS:
        return _WIDEST
    if ord(letter) >= 0x1F000:
        return _WIDER
    base = unicodedata.normalize("NFD", letter)[0]
    return _WIDTH_OF.get(base, _WIDE)


@lru_cache(maxsize=4_096)
def wrapped(text: str, room: float, size: float, *, lines: int, bold: bool = False) -> tuple[str, ...]:
    """The text in at most `lines` lines, each at most `room` wide; what does not fit ends in an ellipsis.

    Remembered: the titles of a journey are the same in the pictures of all its partners.
    """
    most = int(room * 100 / (size * (_BOLD if bold else 1.0)))
    words = _words(cleaned(text), most)
    done: list[str] = []
    line, used = "", 0
    for position, (word, wide) in enumerate(words):
        longer = used + _letter(" ") + wide if line else wide
        if longer <= most:
            line, used = f"{line} {word}" if line else word, longer
        elif len(done) + 1 < lines:
            done.append(line)
            line, used = word, wide
        else:
            rest = " ".join([line, *(word for word, _ in words[position:])])
            return (*done, _shortened(rest, most))
    return (*done, line) if line else tuple(done)


def _words(text: str, most: int) -> list[tuple[str, int]]:
    """The words with their widths, and those that are wider than a line in pieces."""
    pieces: list[tuple[str, int]] = []
    for word in text.split():
        piece, used = "", 0
        for letter in word:
            wide = _letter(letter)
            if piece and used + wide > most:
                pieces.append((piece, used))
                piece, used = "", 0
            piece, used = piece + letter, used + wide
        pieces.append((piece, used))
    return pieces


def _shortened(text: str, most: int) -> str:
    """Ends after a word, unless that would leave less than half of the line."""
    kept = text[: bisect_right(list(accumulate(map(_letter, text))), most - _letter(_ELLIPSIS))]
    at_word = kept.rpartition(" ")[0] if not text[len(kept) :].startswith(" ") else kept
    if len(at_word) >= len(kept) / 2:
        kept = at_word
    return kept.rstrip(" ,;:.(/-&") + _ELLIPSIS
