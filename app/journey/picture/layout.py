"""Where everything stands on the map. The height follows from what there is to show.

The trap: positions worked out in the template, where nobody can test them.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.journey.catalogue import Catalogue, message
from app.journey.picture.lettering import cleaned, width, wrapped
from app.journey.picture.road import Road
from app.journey.picture.sheet import (
    LANES,
    LEFT,
    RIGHT,
    WIDTH,
    Milestone,
    Sample,
    Sheet,
    Stop,
    Territory,
    Words,
)
from app.journey.picture.value import (
    SPOKEN_STATES,
    Picture,
    PictureCapability,
    PictureStage,
    headline,
    state_in_words,
)

COLUMNS = 3
COLORS = 8
_CAPTIONS = {
    "pending": message("waits for the SA"),
    "waived": message("waived"),
    "renewing": message("to be renewed"),
    "expired": message("expired"),
    "dropped": message("closed, not done"),
}
_SAMPLES = ("done", "open", "not started", *_CAPTIONS)


def lay_out(picture: Picture) -> Sheet:
    """Places everything. The height follows from what there is to show."""
    name, head, small, overview, top = _heading(picture)
    here = _place_of_pin(picture)
    start = (LANES[0], top + 40.0)
    road = Road(*start)
    territories: list[Territory] = []
    number = 1
    for index, stage in enumerate(picture.stages):
        territory = _territory(picture, index, stage, top, road, first=number, here=here)
        territories.append(territory)
        number += len(stage.capabilities)
        top = territory.bottom
    road.down_to(top + 40)
    finish = (WIDTH / 2, top + 40.0)
    road.curve_to(*finish)
    stops = {stop.number: stop for t in territories for stop in t.stops}
    complete = picture.position is not None and picture.stage is None
    at = stops[here] if here is not None else None
    legend = tuple(_legend(picture, top + 116))
    return Sheet(
        height=(legend[-1].y + 28) if legend else top + 96,
        name=name, headline=head, small=small, overview=overview,
        territories=tuple(territories),
        road=road.path(),
        walked=road.path() if complete else road.path(here) if at else "",
        start=start, finish=finish,
        pin=finish if complete else (at.x, at.y) if at else None,
        legend=legend, legend_top=top + 84,
    )  # fmt: skip


def _place_of_pin(picture: Picture) -> int | None:
    """Number of the stop where the partner is: the first one that is still needed, else the last of the stage."""
    stage = picture.stage
    if stage is None or picture.position is None or not stage.capabilities:
        return None
    before = sum(len(s.capabilities) for s in picture.stages[: picture.position])
    needed = (n for n, c in enumerate(stage.capabilities, 1) if c.required and not c.counts)
    return before + next(needed, len(stage.capabilities))


# The heading ------------------------------------------------------------------------------------------------------


def _heading(picture: Picture) -> tuple[Words, Words, Words, tuple[Milestone, ...], float]:
    room = RIGHT - LEFT
    name = Words(LEFT, 52, 31, wrapped(picture.partner or picture.title, room, 26, lines=2, bold=True))
    head = Words(LEFT, name.end + 29, 22, wrapped(headline(picture), room, 17, lines=2))
    small = Words(LEFT, head.end + 22, 18, wrapped(_small_print(picture), room, 13, lines=2))
    y = small.end + 42
    overview = tuple(_overview(picture, y))
    return name, head, small, overview, max(m.name.end for m in overview) + 26


def _small_print(picture: Picture) -> str:
    say, parts = picture.say, [picture.title] if picture.partner else []
    if picture.last_step:
        parts.append(say("last step on {day}", day=picture.last_step))
    if picture.as_of:
        parts.append(say("as of {day}", day=picture.as_of))
    if picture.at_risk:
        parts.append(say("AT RISK: a capability of an earlier stage is open again"))
    return " · ".join(parts)


def _overview(picture: Picture, y: float) -> Iterator[Milestone]:
    step = (RIGHT - LEFT) / len(picture.stages)
    for index, stage in enumerate(picture.stages):
        x = LEFT + step * (index + 0.5)
        words = Words(x, y + 38, 16, wrapped(stage.name, step - 12, 13, lines=3))
        yield Milestone(x, index % COLORS, _phase(picture, index), index + 1, words)


def _phase(picture: Picture, index: int) -> str:
    if picture.position is None:
        return "blank"
    return "reached" if index < picture.position else "here" if index == picture.position else "ahead"


# A stage ----------------------------------------------------------------------------------------------------------


def _territory(
    picture: Picture, index: int, stage: PictureStage, top: float, road: Road, *, first: int, here: int | None
) -> Territory:
    tally = _tally(picture, index, stage)
    room = RIGHT - LEFT - width(tally, 14, bold=True) - 20
    name = Words(LEFT, top + 45, 26, wrapped(stage.name, room, 21, lines=2, bold=True))
    goal = Words(LEFT, name.end + 22, 18, wrapped(stage.goal, RIGHT - LEFT, 14, lines=2))
    phase = _phase(picture, index)
    stops: list[Stop] = []
    y = goal.end + 20
    for row in _rows(stage.capabilities):
        numbers = range(first + len(stops), first + len(stops) + len(row))
        y += 58 if here in numbers else 26
        placed = _row(
            row, first + len(stops), y, picture.say,
            rightward=road.rightward, lines=3 if phase in ("here", "blank") else 2,
        )  # fmt: skip
        road.down_to(y)
        for stop in placed:
            road.stop_at(stop)
        road.leave(y)
        stops += placed
        y = max(stop.bottom for stop in placed) + 8
    return Territory(name, goal, tally, index % COLORS, phase, top, y + 22, tuple(stops))


def _tally(picture: Picture, index: int, stage: PictureStage) -> str:
    done, needed = stage.tally
    phase = _phase(picture, index)
    if phase in ("blank", "ahead"):
        return picture.say.count(len(stage.capabilities), "{number} capability", "{number} capabilities")
    words = picture.say("{done} of {needed} done", done=done, needed=needed)
    return words if phase == "here" or done < needed else f"{words} ✓"


def _rows(capabilities: tuple[PictureCapability, ...]) -> Iterator[tuple[PictureCapability, ...]]:
    """Rows of nearly the same length, at most COLUMNS long."""
    count = -(-len(capabilities) // COLUMNS)
    short, longer = divmod(len(capabilities), count) if count else (0, 0)
    start = 0
    for row in range(count):
        length = short + (1 if row < longer else 0)
        yield capabilities[start : start + length]
        start += length


def _row(
    capabilities: tuple[PictureCapability, ...], first: int, y: float, say: Catalogue, *, rightward: bool, lines: int
) -> list[Stop]:
    cell = (RIGHT - LEFT) / len(capabilities)
    room = min(cell - 14, 250)
    stops = []
    for place, capability in enumerate(capabilities):
        column = place if rightward else len(capabilities) - 1 - place
        x = round(LEFT + cell * (column + 0.5), 1)
        at = y + (5 if (first + place) % 2 else -5)
        label = Words(x, y + 38, 17, wrapped(capability.title, room, 14, lines=lines))
        caption = wrapped(_caption(capability, say), room, 12.5, lines=1, bold=True)
        stops.append(Stop(first + place, capability, x, at, room, label, "".join(caption)))
    return stops


def _caption(capability: PictureCapability, say: Catalogue) -> str:
    """What the drawing alone might not tell."""
    unknown = capability.state if capability.state not in SPOKEN_STATES else ""
    known = _CAPTIONS.get(capability.state)
    words = [say.tell(known) if known else unknown]
    words += [say("blocked")] if capability.blocked else []
    words += [say("optional")] if not capability.required else []
    return cleaned(" · ".join(word for word in words if word))


# The legend -------------------------------------------------------------------------------------------------------


def _legend(picture: Picture, y: float) -> Iterator[Sample]:
    """Only the signs that are on this map. A blank map needs none."""
    seen = {c.state for stage in picture.stages for c in stage.capabilities}
    say = picture.say
    entries = [(state.replace(" ", "-"), state_in_words(state, say)) for state in _SAMPLES if state in seen]
    if any(c.blocked for stage in picture.stages for c in stage.capabilities):
        entries.append(("blocked", say("blocked by one before it")))
    x = float(LEFT)
    for sign, text in entries:
        room = 34 + width(text, 13) + 14
        if x > LEFT and x + room > RIGHT:
            x, y = float(LEFT), y + 32
        yield Sample(sign, x + 12, y, text)
        x += room
