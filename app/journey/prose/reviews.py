"""The text of a stage's review: one issue for the solution architect, once all that the stage requires counts."""

from __future__ import annotations

from app.journey.model import CapabilityText, Stage

_BODY = """\
## Objective

A solution architect has looked at the stage as a whole, and the partner goes on to the next one.

## Steps

- [ ] Go through the closed issues of this stage and their evidence
- [ ] Talk with the partner's lead about what worked and what is missing
- [ ] Note here what the next stage should begin with

## Evidence

None. The closing of this issue by a solution architect is the decision.

## Good to know

- Not enough? Open the capability again that is missing something, and say what. This review waits until it counts.
- For the partner there is nothing to do here.

## Resources

- The status page of this project and the issues named above."""


def review_text(stage: Stage) -> tuple[str, CapabilityText]:
    """Title and text. They name the stage, so that each review is told from the others."""
    title = f"Stage review: {stage.title}"[:255]
    return title, CapabilityText(
        title=title, who="Solution architect", verifier="Solution architect",
        question="What did this partner do in this stage that others should copy?", body=_BODY,
    )  # fmt: skip
