"""Whether the page about all partners has to be written, and with what text. Pure, like every plan.

The trap: a page that is written again and again. Its text holds no time of the look, so it changes only with what it
tells; a median of days changes once a day at most.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from app.journey import markers
from app.journey.observed import Place
from app.journey.overview import funnel, row
from app.journey.prose.portfolio_page import portfolio_page
from app.journey.standing import Standing

PAGE = markers.mark("page", "portfolio")


def plan_portfolio_page(
    seen: str | None, standings: Iterable[Standing], known: Collection[str], place: Place, now: datetime
) -> str | None:
    """The page's whole new text, or None where it says all this already.

    `seen`: its present text, None where there is no page; `known`: slugs of all partners that have a file.
    """
    kept = {standing.slug: standing for standing in standings if standing.slug in known}
    steps = funnel(list(kept.values()), now)
    order = {step.stage: index for index, step in enumerate(steps)}
    lines = [(row(standing, now), standing) for standing in kept.values()]
    lines.sort(key=lambda line: (order.get(line[0].stage, len(order)), line[0].name.casefold(), line[0].slug))
    body = portfolio_page(steps, lines, sorted(set(known) - set(kept)), place)
    if seen is None:
        return f"{PAGE}\n{markers.section(body)}\n"
    return None if markers.section_body(seen) == body else markers.replace_section(seen, body)


def stages_digest(standings: Iterable[Standing]) -> str:
    """Differs when a partner came, went, got its first issues or changed its stage, and with nothing else on the page.

    The run that makes a project does not see it yet; without its links the page would have an empty row for an hour.
    """
    lines = (f"{standing.slug} {standing.stage} {standing.status_url}" for standing in standings)
    return markers.digest("\n".join(sorted(lines)))
