"""The weekly digest as values: when it is due, what belongs to whom, and a text that stays short."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from build import NOW

from app.journey.digest import Digest, by_architect, digest, digest_time, week_of
from app.journey.prose.digest import SHOWN, digest_text
from app.journey.standing import CapabilityStanding, People, StageChanged, StageStanding, Standing

UNTIL = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=7)


def capability(number: int, **values: object) -> CapabilityStanding:
    facts: dict[str, object] = {
        "capability": f"stand/c{number}", "title": f"Capability {number}", "required": True, "who": ["acme.lead"],
        "why": "its issue is open", "stage": "stand", "state": "open", "counts": False, "verify": True,
        "owner": "partner",
    }  # fmt: skip
    return CapabilityStanding.model_validate(facts | values)


def partner(slug: str, *items: CapabilityStanding, sa: str = "gl.sa1", **values: object) -> Standing:
    facts: dict[str, object] = {
        "slug": slug, "name": slug.title(), "category": "rsi", "region": "EMEA",
        "people": People(lead="acme.lead", sa=sa), "stage": "stand", "stage_title": "01 - Stand", "since": None,
        "percent": 0, "complete": False, "next": [], "stuck": [], "waived": [], "skipped": [], "started_at": NOW,
        "stages": [StageStanding(id="stand", title="01 - Stand", done=0, required=1, percent=0)],
        "capabilities": list(items),
    }  # fmt: skip
    return Standing.model_validate(facts | values)


def told(*standings: Standing, sa: str = "gl.sa1", now: datetime = UNTIL) -> Digest:
    return digest(sa, standings, SINCE, UNTIL, now)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (UNTIL, UNTIL),
        (UNTIL - timedelta(seconds=1), SINCE),
        (UNTIL + timedelta(days=6, hours=23), UNTIL),
        (datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 12, 28, 7, tzinfo=UTC)),
    ],
)
def test_the_last_moment_at_which_a_digest_was_due(now: datetime, last: datetime) -> None:
    when = digest_time("Mon 07:00")
    assert when is not None
    assert when.last(now) == last


def test_weeks_have_iso_names_also_over_new_year() -> None:
    assert [week_of(datetime(2027, 1, day, tzinfo=UTC)) for day in (3, 4)] == ["2026-W53", "2027-W01"]


@pytest.mark.parametrize("text", ["monday 07:00", "mon 7:00", "mon 24:00", "mon", "07:00"])
def test_a_time_that_is_none_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="mon 07:00"):
        digest_time(text)
    assert digest_time(" ") is None


def test_usernames_that_differ_in_case_are_one_architect() -> None:
    both = [partner("acme", sa="GL.sa1"), partner("beta", sa="gl.sa1"), partner("gamma", sa="gl.sa2")]
    found = {sa.casefold(): [each.slug for each in own] for sa, own in by_architect(both).items()}
    assert found == {"gl.sa1": ["acme", "beta"], "gl.sa2": ["gamma"]}


def test_a_long_queue_is_cut_and_counted_and_the_longest_waiting_are_kept() -> None:
    items = [
        capability(n, state="pending", waiting_since=UNTIL - timedelta(days=n), closed_at=UNTIL) for n in range(40)
    ]
    text = digest_text(told(partner("acme", *items)))
    assert text.startswith("**Your week 37:** 40 wait for you")
    assert text.count("\n- ") == SHOWN + 1
    assert f"- and {40 - SHOWN} more" in text
    assert text.index("Capability 39") < text.index("Capability 30")


def test_own_tasks_are_told_a_week_ahead_and_not_before() -> None:
    soon, later = (UNTIL + timedelta(days=7)).date(), (UNTIL + timedelta(days=8)).date()
    found = told(partner("acme", capability(1, owner="sa", due=soon), capability(2, owner="sa", due=later)))
    assert [item.title for item in found.waiting] == ["Capability 1"]
    assert not told(partner("acme", capability(2, owner="sa", due=later)))


def test_what_expires_within_thirty_days_is_told_with_the_last_day() -> None:
    def valid(days: int) -> CapabilityStanding:
        return capability(days, state="done", counts=True, valid_until=UNTIL.date() + timedelta(days=days))

    found = told(partner("acme", *(valid(days) for days in (-1, 0, 30, 31))))
    assert [expiry.until for expiry in found.expiring] == [date(2026, 9, 7), date(2026, 10, 7)]


def test_moves_belong_to_exactly_one_week() -> None:
    changes = [StageChanged(number=n, stage="complete", at=at) for n, at in ((1, SINCE), (2, UNTIL))]
    found = told(partner("acme", changes=changes))
    assert [move.at for move in found.moved] == [UNTIL]


def test_a_step_back_is_not_called_a_step_forward() -> None:
    steps = [(1, "complete", 1), (2, "stand", 2)]
    changes = [StageChanged(number=n, stage=stage, at=SINCE + timedelta(days=day)) for n, stage, day in steps]
    text = digest_text(told(partner("acme", changes=changes)))
    assert "reached the end of the journey on 1" in text
    assert "stepped back to 01 - Stand on 2" in text


def test_who_began_after_monday_is_not_met_by_mondays_digest() -> None:
    waiting = capability(1, state="pending", waiting_since=UNTIL + timedelta(hours=2), closed_at=UNTIL)
    late = partner("acme", waiting, started_at=UNTIL + timedelta(hours=1))
    assert not told(late, now=UNTIL + timedelta(days=1))
