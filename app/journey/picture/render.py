"""A picture as SVG text, from templates that are read once with the program.

GitLab shows an SVG file in Markdown as an image: no script runs, no outside font or style is fetched, no link works
(https://developer.mozilla.org/docs/Web/SVG/Guides/SVG_as_an_image). So all is in the file, and colours follow the
reader's mode by a media query. The trap: a partner's name that closes a tag; the templates escape everything.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from app.journey.picture import palette
from app.journey.picture.layout import lay_out
from app.journey.picture.lettering import cleaned, width, wrapped
from app.journey.picture.sheet import Stop, Words
from app.journey.picture.value import Picture, spoken, spoken_in_full

_FOLDER = files(__package__).joinpath("templates")
_NAMES = ("journey.svg", "badge.svg", "sign.svg", "style.svg")
_TEMPLATES = {name: _FOLDER.joinpath(name).read_text(encoding="utf-8") for name in _NAMES}
_ENVIRONMENT = Environment(
    loader=DictLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_MAP, _BADGE, _SIGN, _STYLE = (_ENVIRONMENT.get_template(name) for name in _NAMES)


def _drawn(svg: str) -> Markup:
    """For SVG that is made here, in which every text is escaped already."""
    return Markup(svg)  # noqa: S704


_COLORS = _drawn(_STYLE.render(light=palette.LIGHT, dark=palette.DARK))


def render_picture(picture: Picture) -> str:
    """The map as an SVG document with title and description; it is 760 units wide and as high as it must be."""
    say = picture.say
    pin = "".join(wrapped(say("You are here"), 118, 13, lines=1, bold=True))
    return _MAP.render(
        sheet=lay_out(picture), title=_lines(spoken(picture)), text=_lines(spoken_in_full(picture)), style=_COLORS,
        you_are_here=pin, complete=say("Journey complete"), line=_line, sign=_sign, draw=_stop,
    )  # fmt: skip


def _line(words: Words, kind: str, anchor: str = "start") -> Markup:
    """Lines of text, one element each."""
    rows = (
        f'<text class="{kind}" x="{words.x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>\n'
        for y, text in words.rows
    )
    return _drawn("".join(rows))


@lru_cache(maxsize=4_096)
def _stop(stop: Stop) -> Markup:
    """One capability on the road. Put together here, for a map has thirty of them and a template takes its time.

    Remembered: on the next map of a partner, and on those of partners who walk the same way, few are different.
    """
    kind, number = stop.sign, stop.number
    blocked = (
        f'<g transform="translate(14 -12)">\n{_sign("blocked", number)}\n</g>\n' if stop.capability.blocked else ""
    )
    caption = (
        f'<text class="caption of-{kind}" x="{stop.x}" y="{stop.label.end + 17}" text-anchor="middle">'
        f"{escape(stop.caption)}</text>\n"
        if stop.caption
        else ""
    )
    label = _line(stop.label, "muted" if kind == "not-started" else "ink", "middle")
    sign = _sign(kind, number, not stop.capability.required)
    return _drawn(f'<g transform="translate({stop.x} {stop.y})">\n{sign}\n{blocked}</g>\n{label}\n{caption}')


@lru_cache(maxsize=1_024)
def _sign(kind: str, number: int | str, optional: bool = False) -> Markup:
    """The drawing of a state. Remembered: every map has the same few."""
    return _drawn(_SIGN.render(kind=kind, number=number, optional=optional))


def render_badge(picture: Picture) -> str:
    """The stage in one line, 20 units high, for a project's badge."""
    say, stage = picture.say, picture.stage
    words = say("Complete") if stage is None else stage.name
    if stage is not None and picture.position is not None:
        done, needed = stage.tally
        words = f"{''.join(wrapped(words, 260, 11, lines=1))} · {say('{done} of {needed}', done=done, needed=needed)}"
    name = say("journey")
    left, right = width(name, 11) + 12, width(words, 11) + 14
    number = len(picture.stages) if picture.position is None else picture.position
    color = palette.LIGHT.done if stage is None else palette.LIGHT.stages[number % len(palette.LIGHT.stages)][0]
    return _BADGE.render(
        left=round(left), right=round(right), name=name, words=words, color=color, title=_lines(spoken(picture))
    )


def _lines(text: str) -> str:
    return "\n".join(cleaned(line[i : i + 255]) for line in text.splitlines() for i in range(0, len(line), 255))
