"""What the bot costs GitLab: the table of budgets, counted on the sandbox's own journal of requests."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from stagehand import BOT, QUIET_MINUTES, capabilities, close_required, onboard, page, requests_since, told

from app.demo.local import ACME, GLOBEX, LocalStage

READS = {
    "POST observePartner", "POST portfolio", "POST changes", "POST controlTree", "POST controlFiles", "POST moreNotes",
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """Requests of one piece of work, told apart by what they do."""

    requests: tuple[str, ...]

    @property
    def reads(self) -> int:
        return sum(r in READS or r.startswith("GET ") for r in self.requests)

    @property
    def writes(self) -> int:
        return len(self.requests) - self.reads

    def __len__(self) -> int:
        return len(self.requests)


def cost_of_run(stage: LocalStage, slug: str = "acme") -> Cost:
    """One reconcile, and nothing around it."""
    start = len(stage.world.journal)
    stage.service.loop.run(slug, "counted")
    assert stage.service.store.partner(slug).failures == 0
    return Cost(tuple(requests_since(stage, start)))


def cost_of_wakes(stage: LocalStage) -> Cost:
    """Everything that the waiting webhooks lead to, without the clockwork."""
    start = len(stage.world.journal)
    stage.deliver()
    stage.service.queue.run_all()  # type: ignore[attr-defined]
    return Cost(tuple(requests_since(stage, start)))


@pytest.fixture
def steady(onboarded: LocalStage) -> LocalStage:
    """A bot that has run for a while: it knows its numbers, and the clockwork has nothing to do."""
    onboarded.clock.advance(minutes=20)
    onboarded.settle()
    return onboarded


def test_a_look_that_finds_nothing_costs_one_read(steady: LocalStage) -> None:
    cost = cost_of_run(steady)
    assert (cost.reads, cost.writes) == (1, 0), cost


def test_one_closed_capability_costs_one_read_and_one_write(steady: LocalStage) -> None:
    steady.finish(capabilities(steady)[0], "acme.lead")
    cost = cost_of_wakes(steady)
    assert (cost.reads, cost.writes) == (1, 1), cost


def test_a_burst_of_closings_within_the_settle_time_costs_as_much_as_one(steady: LocalStage) -> None:
    close_required(steady, by="acme.lead")
    assert len(capabilities(steady, state="closed")) == 8
    cost = cost_of_wakes(steady)
    asked = [r for r in cost.requests if r.startswith("GET")]  # at the gate: who closed it, and who may confirm it
    assert len(asked) == 2
    assert (cost.reads - len(asked), cost.writes) == (1, 1), cost


def test_a_stage_change_costs_six_in_all(steady: LocalStage) -> None:
    close_required(steady)
    cost_of_wakes(steady)
    steady.clock.advance(minutes=QUIET_MINUTES)
    cost = cost_of_run(steady)
    assert told(steady, page(steady)) == ["stage/1/enabling"]
    assert len(capabilities(steady, state="opened")) == 9
    assert len(cost) <= 6, cost
    assert cost.reads == 1, cost


def test_the_bots_own_writes_cause_at_most_one_look_that_finds_nothing(steady: LocalStage) -> None:
    close_required(steady)
    cost_of_wakes(steady)
    steady.clock.advance(minutes=QUIET_MINUTES)
    cost_of_run(steady)
    cost = cost_of_wakes(steady)
    assert (len(cost), cost.writes) in ((0, 0), (1, 0)), cost


def test_onboarding_another_partner_costs_fourteen(steady: LocalStage) -> None:
    """With a running service one more is seen some seconds later: the look of the next test."""
    steady.write_partner_file("globex", GLOBEX)
    cost = cost_of_wakes(steady)
    assert len(capabilities(steady, "globex")) >= 8
    assert len(cost) <= 14, cost


def test_the_look_at_what_an_onboarding_has_opened_costs_one_read(steady: LocalStage) -> None:
    """The site learns the addresses of the new issues by it. Their comments come with it."""
    steady.write_partner_file("globex", GLOBEX)
    cost_of_wakes(steady)
    cost = cost_of_run(steady, "globex")
    assert (cost.reads, cost.writes) == (1, 0), cost


def test_a_resync_of_partners_without_changes_costs_one_request(stage: LocalStage) -> None:
    for number in range(6):
        stage.write_partner_file(f"partner-{number}", ACME.replace("Acme", f"Number {number}"))
    stage.settle()
    for _ in range(2):  # the first one still sees what the onboarding has changed
        stage.clock.advance(minutes=QUIET_MINUTES)
        stage.settle()
    start = len(stage.world.journal)
    stage.clock.advance(minutes=QUIET_MINUTES)
    stage.settle()
    assert requests_since(stage, start) == ["POST changes"]


def test_a_resync_costs_one_look_for_each_partner_that_changed(stage: LocalStage) -> None:
    for number in range(4):
        stage.write_partner_file(f"partner-{number}", ACME.replace("Acme", f"Number {number}"))
    stage.settle()
    for _ in range(2):
        stage.clock.advance(minutes=QUIET_MINUTES)
        stage.settle()
    stage.finish(capabilities(stage, "partner-2")[0], "acme.lead")
    stage.world.outgoing.clear()
    start = len(stage.world.journal)
    stage.clock.advance(minutes=QUIET_MINUTES)
    stage.settle()
    assert requests_since(stage, start) == ["POST changes", "POST observePartner", "POST apply"]


def test_a_new_partner_does_not_make_the_others_cost_anything(steady: LocalStage) -> None:
    start = len(steady.world.journal)
    onboard(steady, "globex", GLOBEX)
    looked_at_acme = [
        e for e in steady.world.journal[start:] if e.username == BOT and '"partners/acme"' in e.body and e.operation
    ]
    assert looked_at_acme == []
