"""The colours of a picture, once for a light page and once for a dark one.

Each mode brings its own paper, so that a picture is readable even where a page's mode and the reader's system disagree.
Every text keeps a contrast of at least 4.5 to 1 to what it stands on; a test measures it.
"""

from __future__ import annotations

from dataclasses import dataclass

_STAGES = (
    ("#1f66b8", "#86b9f7"),
    ("#7a4fc4", "#bfa6f5"),
    ("#0f766e", "#5fcfbf"),
    ("#a8510a", "#f5ad6b"),
    ("#ad2b6f", "#f494c5"),
    ("#3d7317", "#a3d56f"),
    ("#4c5d78", "#b0c0d8"),
    ("#a93226", "#f2a097"),
)


@dataclass(frozen=True)
class Shades:
    """The colours of one mode. `stages` holds (strong, tint) for each stage colour."""

    paper: str
    ink: str
    muted: str
    line: str
    road: str
    dashes: str
    done: str
    on_done: str
    warn: str
    bad: str
    pin: str
    on_pin: str
    stages: tuple[tuple[str, str], ...]


def _mixed(color: str, paper: str, share: float) -> str:
    """`share` of the colour on the paper."""
    pairs = zip(_parts(color), _parts(paper), strict=True)
    return "#" + "".join(f"{round(c * share + p * (1 - share)):02x}" for c, p in pairs)


def _parts(color: str) -> tuple[int, ...]:
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


LIGHT = Shades(
    paper="#ffffff", ink="#1f1e24", muted="#5a5963", line="#d5d4da", road="#e2dfd6", dashes="#fffdf6",
    done="#1d7a46", on_done="#ffffff", warn="#8f5400", bad="#b3261e", pin="#b83a00", on_pin="#ffffff",
    stages=tuple((light, _mixed(light, "#ffffff", 0.09)) for light, _ in _STAGES),
)  # fmt: skip
DARK = Shades(
    paper="#1c1b20", ink="#f1f0f5", muted="#b6b4bf", line="#45434c", road="#4a4852", dashes="#1c1b20",
    done="#5fcb8c", on_done="#10301d", warn="#f0b458", bad="#ff9a90", pin="#ff9256", on_pin="#2b1204",
    stages=tuple((dark, _mixed(dark, "#1c1b20", 0.13)) for _, dark in _STAGES),
)  # fmt: skip
