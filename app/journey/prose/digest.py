"""The weekly digest: one comment for one solution architect, and the issue that carries the comments.

Lists and not tables, for it is read in a mail or on a phone. The trap: partners' names. They and all titles go through
`plain`, and the only person who is called is the architect himself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.journey import markers
from app.journey.digest import Digest, Expiry, Move, Stall
from app.journey.overview import QueueItem
from app.journey.standing import CapabilityStanding, Standing
from app.journey.text import code, plain, written

DIGEST_WORD = "Digest"
"""In the title of every digest issue: by it they are searched for."""

SHOWN = 25
"""Lines of one section at most; the rest is counted."""


def digest_title(sa: str) -> str:
    """Of the issue that carries one architect's digests."""
    return f"{DIGEST_WORD}: {sa}"


def digest_description(sa: str) -> str:
    """Of the same issue; found again by its mark."""
    return (
        f"{markers.mark('digest', sa)}\n"
        f"Once a week the bot comments here on the partners of {code(sa)}: what waits, what is at risk, who is "
        "stalled, what expires and what has moved. A week with nothing to say has no comment.\n\n"
        "**What to do next:** read the newest comment. Close this issue if you want no digest; open it again to have "
        "it back.\n"
    )


def digest_mark(week: str) -> str:
    """By which a week's comment is found again."""
    return f"digest/{week}"


def digest_comment(told: Digest) -> str:
    """The whole comment of one week."""
    return f"{markers.mark('comment', digest_mark(told.week))}\n\n@{told.sa} {digest_text(told)}\n"


def digest_text(told: Digest) -> str:
    """What the comment says, without calling anybody."""
    counted = [
        f"{len(told.waiting)} {'waits' if len(told.waiting) == 1 else 'wait'} for you" if told.waiting else "",
        f"{len(told.risks)} at risk" if told.risks else "",
        f"{len(told.stalled)} stalled" if told.stalled else "",
        f"{len(told.expiring)} {'expires' if len(told.expiring) == 1 else 'expire'} soon" if told.expiring else "",
        f"{len(told.moved)} moved" if told.moved else "",
    ]
    week = int(told.week.rpartition("W")[2])
    parts = [
        f"**Your week {week}:** {' · '.join(filter(None, counted)) or 'nothing to say'}",
        _section("Waits for you, longest first", map(_waiting, told.waiting)),
        _section("At risk", map(_risk, told.risks)),
        _section("Stalled", map(_stall, told.stalled)),
        _section("Expires within 30 days", map(_expiry, told.expiring)),
        _section(f"Moved since {written(told.since.date())}", map(_move, told.moved)),
        f"**What to do next:** {_next(told)}",
    ]
    return "\n\n".join(part for part in parts if part)


def _section(heading: str, lines: Iterable[str]) -> str:
    rows = [f"- {line}" for line in lines]
    if not rows:
        return ""
    more = [f"- and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    return "\n".join([f"### {heading}", "", *rows[:SHOWN], *more])


def _link(text: str, url: str | None) -> str:
    return f"[{plain(text)}]({url})" if url else plain(text)


def _partner(standing: Standing) -> str:
    return _link(standing.name or standing.slug, standing.portfolio_url or standing.status_url)


def _capability(item: CapabilityStanding, standing: Standing) -> str:
    return f"{_link(item.title, item.url)} of {_partner(standing)}"


def _waiting(item: QueueItem) -> str:
    what = f"{_link(item.title, item.url)} of {plain(item.partner)}"
    if item.since is not None:
        return f"{what}, since {written(item.since.date())}"
    return f"{what}, your own task" + (f", due {written(item.due)}" if item.due else "")


def _risk(item: QueueItem) -> str:
    when = f" after {written(item.due)}" if item.due else ""
    return f"{_link(item.partner, item.url)} steps back{when}, for something of an earlier stage is open again"


def _stall(stall: Stall) -> str:
    standing = stall.standing
    since = f"nothing since {written(stall.since)}" if stall.since else "nothing yet"
    return f"{_partner(standing)}, {plain(standing.stage_title)}: {since}. Ask {code(standing.people.lead)}"


def _expiry(expiry: Expiry) -> str:
    what = _capability(expiry.item, expiry.standing)
    if expiry.item.state == "waived":
        return f"{what}: its waiver ends on {written(expiry.until)}"
    who = ", ".join(map(code, expiry.item.who))
    return f"{what} on {written(expiry.until)}, {who} renews it"


def _move(move: Move) -> str:
    day = written(move.at.date())
    if move.item is not None:
        by = f" by {code(move.item.confirmed_by)}" if move.item.confirmed_by else ""
        return f"{_capability(move.item, move.standing)} was confirmed{by} on {day}"
    verb = "stepped back to" if move.back else "reached"
    return f"{_partner(move.standing)} {verb} {plain(move.stage_title)} on {day}"


def _next(told: Digest) -> str:
    """One thing, the most urgent one."""
    steps: Sequence[tuple[object, str]] = (
        (told.waiting, "open what waits for you, the longest waiting first. Look at the evidence, then comment "
         "`/journey verify`, or `/journey reject` and the reason."),
        (told.risks, "ask the lead to close what is open again, or waive it with a reason: `/journey waive until`."),
        (told.stalled, "call the lead and ask what is in the way."),
        (told.expiring, "ask who renews it whether the day is known."),
    )  # fmt: skip
    return next((step for there, step in steps if there), "nothing waits for you. Congratulate whoever moved.")
