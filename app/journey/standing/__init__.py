"""Where a partner is, as a value that can be kept: made from one observation, told anew for any later moment."""

from app.journey.standing.foresight import foreseen
from app.journey.standing.from_observation import standing
from app.journey.standing.pictured import standing_picture
from app.journey.standing.value import (
    CapabilityStanding,
    People,
    PracticeStanding,
    StageChanged,
    StageStanding,
    Standing,
    Task,
    stuck_items,
)

__all__ = [
    "CapabilityStanding",
    "People",
    "PracticeStanding",
    "StageChanged",
    "StageStanding",
    "Standing",
    "Task",
    "foreseen",
    "standing",
    "standing_picture",
    "stuck_items",
]
