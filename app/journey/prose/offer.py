"""What this GitLab's licence lacks, what stands in for it, and what to do: for operators and solution architects."""

from __future__ import annotations

from app.journey.observed import Place

STAND_IN = (
    "This GitLab has no epics (Free, Community Edition, or a licence that has ended), so this tracker issue stands in "
    "for the partner's epic. With Premium the bot goes on in an epic by itself and closes this issue."
)


def degraded(place: Place) -> list[str]:
    """One sentence for each thing that works less well here than on Premium, with its reason; none on Premium."""
    if place.epics:
        return []
    reason = "this GitLab has no epics: it is Free or Community Edition, or its licence has ended"
    return [
        f"Each partner has a tracker issue in {place.control} instead of an epic, because {reason}. "
        "Nothing is to be done; with Premium the bot goes on in epics by itself.",
        "The portfolio is an issue board over the tracker issues, not an epic board.",
        "Issues are not made confidential, because there are no epics that would show one partner to another.",
        "Scoped labels do not exclude each other here: the bot swaps stage labels itself at its next look.",
        'Closing an issue as "Won\'t do" is not told apart from done, because statuses need Premium: '
        "waive the capability in the partner file instead.",
    ]
