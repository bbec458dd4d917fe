"""The text of a stage's review: one issue for the solution architect, once all that the stage requires counts."""

from __future__ import annotations

from app.journey.catalogue import Catalogue
from app.journey.model import CapabilityText, Stage


def review_text(stage: Stage, say: Catalogue) -> CapabilityText:
    """Title and text. They name the stage, so that each review is told from the others."""
    return CapabilityText(
        title=say("Stage review: {stage}", stage=stage.title)[:255],
        who=say("Solution architect"), verifier=say("Solution architect"),
        question=say("What did this partner do in this stage that others should copy?"), body=_body(say),
    )  # fmt: skip


def _body(say: Catalogue) -> str:
    return "\n\n".join(
        [
            f"## {say('Objective')}",
            say("A solution architect has looked at the stage as a whole, and the partner goes on to the next one."),
            f"## {say('Steps')}",
            "\n".join(
                [
                    "- [ ] " + say("Go through the closed issues of this stage and their evidence"),
                    "- [ ] " + say("Talk with the partner's lead about what worked and what is missing"),
                    "- [ ] " + say("Note here what the next stage should begin with"),
                ]
            ),
            f"## {say('Evidence')}",
            say("None. The closing of this issue by a solution architect is the decision."),
            f"## {say('Good to know')}",
            "- "
            + say(
                "Not enough? Open the capability again that is missing something, and say what. "
                "This review waits until it counts."
            )
            + "\n- "
            + say("For the partner there is nothing to do here."),
            f"## {say('Resources')}",
            "- " + say("The status page of this project and the issues named above."),
        ]
    )
