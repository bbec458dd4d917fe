"""The journey as a picture: an SVG map of all stages and capabilities, and its small sibling, the badge.

Pure: a value goes in, a text comes out. The same value gives the same bytes, so a picture in a repository changes only
when what it shows has changed.
"""

from app.journey.picture.render import render_badge, render_picture
from app.journey.picture.value import (
    Picture,
    PictureCapability,
    PictureStage,
    blank_picture,
    headline,
    picture_of,
    practice_step,
    spoken,
)

PICTURE_FILE = "journey.svg"
BADGE_FILE = "badge.svg"

__all__ = [
    "BADGE_FILE",
    "PICTURE_FILE",
    "Picture",
    "PictureCapability",
    "PictureStage",
    "blank_picture",
    "headline",
    "picture_of",
    "practice_step",
    "render_badge",
    "render_picture",
    "spoken",
]
