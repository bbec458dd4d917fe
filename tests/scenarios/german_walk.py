"""A German partner walks the first stage and does what makes the bot write: each text that it has for a partner.

Other people here write nothing but commands, so every word of English in the project would be the bot's.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagehand import BOT, capabilities, comments, issue_of, page, pass_quiet_time

from app.demo.local import ACME, LocalStage
from app.sandbox import operations

PARTNER, ARCHITECT = "acme.dev", "gl.sa1"
GATE, WAIVED = "onboarding/get-certified", "onboarding/licensing-pricing"


def walk(stage: LocalStage, language: str = "de") -> None:
    """From the first day to the second stage, a step back and a reminder."""
    file = f"{ACME}language: {language}\n"
    stage.write_partner_file("acme", file)
    stage.settle()
    _ask(stage)
    _stumble(stage)
    _give_up_on_one(stage, file)
    for item in capabilities(stage, state="opened"):
        if item == issue_of(stage, WAIVED):
            continue
        stage.comment(item, PARTNER, f"https://example.com/nachweis/{item.iid}")
        stage.close(item, PARTNER)
    stage.settle()
    stage.comment(issue_of(stage, GATE), ARCHITECT, "/journey verify")
    pass_quiet_time(stage)
    _lose_one(stage)
    stage.clock.advance(days=22)
    stage.settle()


def _ask(stage: LocalStage) -> None:
    """Every question and every slip, on the status page and on an issue."""
    for line in ("/journey status", "/journey help", "/journey verify", "/journey dance"):
        stage.comment(page(stage), PARTNER, line)
        stage.comment(issue_of(stage, GATE), PARTNER, line)
    for line in (
        "/journey", "/journey reject", "/journey verify", "/journey waive", "/journey waive until morgen ja",
        "/journey waive until 2020-01-01 ja", "/journey waive until 2036-01-01 ja", "/journey unwaive", "/journey undo",
    ):  # fmt: skip
        stage.comment(issue_of(stage, GATE), ARCHITECT, line)
    stage.settle()


def _stumble(stage: LocalStage) -> None:
    """Closed without evidence, as "won't do" and as a duplicate; a label that is not the partner's to set."""
    world, architect = stage.world, stage.user(ARCHITECT)
    first, other, gate = (
        issue_of(stage, name) for name in ("onboarding/partner-portal", "onboarding/channel-team", GATE)
    )
    stage.close(issue_of(stage, "onboarding/gitlab-101-pitch"), PARTNER)
    (ok,) = [label.id for label in world.labels.values() if label.title == "verify::ok"]
    operations.update_work_item(world, stage.user("acme.lead"), gate, add_label_ids=[ok])
    operations.update_work_item(world, architect, first, status="Won't do")
    operations.mark_duplicate(world, architect, other, gate)
    pass_quiet_time(stage)
    for item in (first, other):
        stage.comment(item, PARTNER, "/journey status")
        stage.settle()
        stage.reopen(item, PARTNER)
    stage.settle()


def _give_up_on_one(stage: LocalStage, file: str) -> None:
    """Waived by a command; another one is skipped in the partner file after its issue was made."""
    item = issue_of(stage, WAIVED)
    stage.comment(item, ARCHITECT, "/journey waive until 2027-03-31 kein Bedarf")
    stage.comment(item, PARTNER, "/journey status")
    stage.settle()
    skip = "skip:\n  - {capability: onboarding/nfr-license, reason: eigene Lizenz}\n"
    stage.write_partner_file("acme", file + skip)
    stage.settle()


def _lose_one(stage: LocalStage) -> None:
    """A capability of the reached stage is open again, for longer than the grace period."""
    item = issue_of(stage, "onboarding/deal-registration")
    stage.reopen(item, PARTNER)
    stage.settle()
    stage.clock.advance(days=31)
    stage.settle()


def written_by_the_bot(stage: LocalStage, slug: str = "acme") -> Iterator[str]:
    """All that stands in the partner's project from the bot: issues, comments, files, milestones, descriptions."""
    project, bot = stage.project(slug), stage.user(BOT).id
    yield project.description or ""
    for item in stage.issues(slug):
        yield item.title
        yield item.description
        yield from (note.body for note in comments(item) if note.author_id == bot)
    yield from project.files.values()
    yield from (m.description or "" for m in stage.world.milestones.values() if m.project_id == project.id)
