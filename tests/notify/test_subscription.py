"""What a channel wants to hear and when it is quiet, over midnight and over the change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from app.notify.channels import Event
from app.notify.subscription import QuietHours, Subscription

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ACME = Event(
    key="acme/stage/1/walk", kind="stage-change", partner="acme", title="t", text="x", url="", at=NOON,
    category="gsi", region="EMEA",
)  # fmt: skip
TOKEN = Event(key="trouble/token", kind="token-trouble", partner="", title="t", text="x", url="", at=NOON)


@pytest.mark.parametrize(
    ("wish", "acme", "token"),
    [
        ({}, True, True),
        ({"events": ["stage-change", "complete"]}, True, False),
        ({"events": ["token-trouble"]}, False, True),
        ({"partners": ["acme"]}, True, False),
        ({"partners": ["globex"]}, False, False),
        ({"categories": ["gsi"], "regions": ["emea", "APAC"]}, True, False),
        ({"categories": ["dmr"], "regions": ["EMEA"]}, False, False),
    ],
)
def test_a_channel_hears_what_it_asks_for(wish: dict[str, list[str]], acme: bool, token: bool) -> None:
    subscription = Subscription.model_validate(wish)
    assert (subscription.wants(ACME), subscription.wants(TOKEN)) == (acme, token)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-11-24T16:59:59+00:00", False),  # 17:59:59 in Berlin
        ("2026-11-24T17:00:00+00:00", True),
        ("2026-11-24T23:30:00+00:00", True),
        ("2026-11-25T06:59:59+00:00", True),
        ("2026-11-25T07:00:00+00:00", False),
        ("2026-07-01T16:00:00+00:00", True),  # summer: 18:00 comes an hour sooner
        ("2026-07-02T06:00:00+00:00", False),
    ],
)
def test_quiet_hours_follow_the_clocks_of_their_zone(moment: str, quiet: bool) -> None:
    hours = QuietHours.model_validate({"begin": "18:00", "end": "08:00", "zone": "Europe/Berlin"})
    assert (datetime.fromisoformat(moment) in hours) is quiet


def test_quiet_hours_within_one_day() -> None:
    hours = QuietHours.model_validate({"begin": "12:00", "end": "13:30", "zone": "Asia/Kolkata"})
    assert [datetime(2026, 11, 24, h, 45, tzinfo=UTC) in hours for h in (5, 6, 7, 8)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"begin": "18:00", "end": "08:00", "zone": "Middle-earth/Shire"}, "no such time zone"),
        ({"begin": "18:00", "end": "08:00", "zone": "../../etc/passwd"}, "no such time zone"),
        ({"begin": "18:00", "end": "18:00", "zone": "UTC"}, "begin and end are the same"),
        ({"begin": "18:00+01:00", "end": "08:00", "zone": "UTC"}, "without a zone"),
        ({"begin": "18:00", "end": "08:00", "zone": "UTC", "days": []}, "Extra inputs"),
    ],
)
def test_quiet_hours_that_make_no_sense_are_refused(hours: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        QuietHours.model_validate(hours)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="stage-change"):
        Subscription.model_validate({"events": ["stagechange"]})
