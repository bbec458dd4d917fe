"""What a reader wants to see of the portfolio, from the address: the same for the page and for its tables."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from app.journey.overview import Filter


def _filter(
    category: str = "", region: str = "", sa: str = "", stage: str = "", show: str = "", text: str = ""
) -> Filter:
    return Filter(category, region, sa, stage, show, text)


Wanted = Annotated[Filter, Depends(_filter)]
