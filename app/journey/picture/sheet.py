"""The whole map as it is drawn: words, stops and territories with their places, which the template only writes down.

All lengths are in the picture's own units; text is 14 to 26 of them high. The trap: a sign that stands for two states.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.journey.picture.value import SPOKEN_STATES, PictureCapability

WIDTH = 760
LEFT, RIGHT = 44, 716  # between them stand texts and stops
LANES = (22, 738)  # here the road turns


@dataclass(frozen=True)
class Words:
    """Lines of text, one below the other; `y` is the base line of the first."""

    x: float
    y: float
    step: float
    lines: tuple[str, ...]

    @property
    def rows(self) -> list[tuple[float, str]]:
        return [(round(self.y + index * self.step, 1), line) for index, line in enumerate(self.lines)]

    @property
    def end(self) -> float:
        """The base line of the last line, or of the one before the first when there is none."""
        return self.y + (len(self.lines) - 1) * self.step


@dataclass(frozen=True)
class Stop:
    """One capability on the road."""

    number: int
    capability: PictureCapability
    x: float
    y: float
    room: float
    label: Words
    caption: str

    @property
    def sign(self) -> str:
        """Which drawing stands for the state; an unknown state has one of its own."""
        state = self.capability.state
        return "blank" if not state else state.replace(" ", "-") if state in SPOKEN_STATES else "unknown"

    @property
    def bottom(self) -> float:
        return self.label.end + (18 if self.caption else 0)


@dataclass(frozen=True)
class Territory:
    """One stage: a band across the map. `phase`: reached, here, ahead or blank."""

    name: Words
    goal: Words
    tally: str
    color: int
    phase: str
    top: float
    bottom: float
    stops: tuple[Stop, ...]

    @property
    def relief(self) -> list[str]:
        """Hills in the ground, as paths: each a little different, and in the same place the same."""
        return [
            f"M0 {y}c{90 + y % 7 * 12}-{10 + y % 5 * 4} {210 + y % 11 * 9} {12 + y % 3 * 5} 380 0"
            f"s{230 + y % 6 * 10}-{8 + y % 4 * 4} 380 2"
            for y in range(int(self.top + 26), int(self.bottom - 12), 58)
        ]


@dataclass(frozen=True)
class Milestone:
    """One stage on the overview line in the heading."""

    x: float
    color: int
    phase: str
    number: int
    name: Words


@dataclass(frozen=True)
class Sample:
    """One entry of the legend."""

    sign: str
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Sheet:
    """The whole picture, ready to be drawn."""

    height: float
    name: Words
    headline: Words
    small: Words
    overview: tuple[Milestone, ...]
    territories: tuple[Territory, ...]
    road: str
    walked: str
    start: tuple[float, float]
    finish: tuple[float, float]
    pin: tuple[float, float] | None
    legend: tuple[Sample, ...]
    legend_top: float
    width: int = WIDTH
