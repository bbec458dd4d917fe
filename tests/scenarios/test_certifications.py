"""Categories change the journey, and certifications have a progress and an end of their own."""

from __future__ import annotations

from stagehand import (
    capabilities,
    capability,
    close_required,
    issue_of,
    labels,
    nothing_to_do,
    onboard,
    page,
    pass_quiet_time,
)

from app.demo.local import ACME, LocalStage


def in_enabling(stage: LocalStage, text: str) -> None:
    onboard(stage, "acme", text)
    close_required(stage)
    pass_quiet_time(stage)


def test_a_reseller_need_not_deliver_services_and_a_federal_one_shows_that_it_is_ready(stage: LocalStage) -> None:
    in_enabling(stage, ACME.replace("rsi", "dmr"))
    assert "optional" in labels(stage, issue_of(stage, "enabling/deliver-services"))
    stage.write_partner_file("acme", ACME.replace("rsi", "fsi"))
    stage.settle()
    assert "optional" not in labels(stage, issue_of(stage, "fsi/public-sector-readiness"))
    assert nothing_to_do(stage)


def test_a_certification_is_chosen_confirmed_renewed_and_lost_and_the_stage_stays(stage: LocalStage) -> None:
    in_enabling(stage, ACME + "tracks: [psp, msp]\n")
    psp, msp = issue_of(stage, "tracks/psp"), issue_of(stage, "tracks/msp")
    assert labels(stage, psp) >= {"optional", "stage::enabling"}
    assert "**Needs:** 3 pse" in psp.description
    assert "blocked" in labels(stage, msp)
    stage.finish(psp, "acme.lead")
    stage.settle()
    assert "verify::pending" in labels(stage, psp)
    stage.comment(psp, "gl.sa1", "/journey verify")
    stage.settle()
    assert "| Professional Services Partner (PSP) | done | 0 of" in page(stage).description
    assert "1 Sep 2027" in page(stage).description.replace("\u00a0", " ")
    assert "blocked" not in labels(stage, msp)
    stage.clock.advance(days=340)
    stage.settle()
    assert (psp.state, "renewal" in labels(stage, psp)) == ("opened", True)
    assert "| Professional Services Partner (PSP) | renewing |" in page(stage).description
    stage.clock.advance(days=60)
    stage.settle()
    assert "| Professional Services Partner (PSP) | expired |" in page(stage).description
    stages = {label for label in labels(stage, page(stage)) if label.startswith("stage::")}
    assert stages == {"stage::enabling"}
    assert capability(psp) in {capability(i) for i in capabilities(stage, state="opened")}
