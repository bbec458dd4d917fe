"""The road that winds through the stages: row by row, first to the right, then back to the left.

It turns in a lane at either edge, where no text stands. The trap: a walked part that is drawn beside the road; it is
the same path, cut off at a stop.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.journey.picture.sheet import LANES, Stop

BEND = 18


@dataclass
class Road:
    """The road as it is built: pieces of an SVG path, and which piece ends at which stop."""

    x: float
    y: float
    pieces: list[str] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)  # stop number -> pieces up to it
    rightward: bool = True

    def __post_init__(self) -> None:
        self.pieces.append(f"M{self.x:g} {self.y:g}")

    def down_to(self, y: float) -> None:
        """Along the lane, and round the corner into the row at `y`."""
        inner = self.x + (BEND if self.rightward else -BEND)
        self.pieces.append(f"V{y - BEND:g}Q{self.x:g} {y:g} {inner:g} {y:g}")
        self.x, self.y = inner, y

    def curve_to(self, x: float, y: float) -> None:
        middle = (self.x + x) / 2
        self.pieces.append(f"C{middle:g} {self.y:g} {middle:g} {y:g} {x:g} {y:g}")
        self.x, self.y = x, y

    def stop_at(self, stop: Stop) -> None:
        self.curve_to(stop.x, stop.y)
        self.ends[stop.number] = len(self.pieces)

    def leave(self, y: float) -> None:
        """Out of the row into the lane at its end; the next row runs the other way."""
        lane = LANES[1] if self.rightward else LANES[0]
        self.curve_to(lane - BEND if self.rightward else lane + BEND, y)
        self.pieces.append(f"Q{lane:g} {y:g} {lane:g} {y + BEND:g}")
        self.x, self.y, self.rightward = lane, y + BEND, not self.rightward

    def path(self, stop: int | None = None) -> str:
        """The whole road, or as far as a stop."""
        return "".join(self.pieces[: self.ends[stop]] if stop is not None else self.pieces)
