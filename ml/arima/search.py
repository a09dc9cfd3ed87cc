"""Input and output of an ARIMA model search, independent of its implementation."""

from dataclasses import dataclass
from typing import NamedTuple

from ml.arima.arima import ArimaModel
from shared.market.records import Interval

Series = tuple[float, ...]

SEASONS: dict[Interval, int] = {"15m": 26, "1h": 7, "1d": 5}
"""Bars per regular day, or per week for daily bars. Seasons of shorter intervals are too long to search."""


@dataclass(frozen=True)
class SearchSettings:
    """The highest orders to try; `season` is a period in bars, 1 for none."""

    max_p: int = 5
    max_d: int = 1
    max_q: int = 5
    season: int = 1


class SearchOutcome(NamedTuple):
    """The result of a search: a model and its corrected Akaike information criterion, or None and the reason as text.

    `seconds` is its duration, the only field that may differ between searches of the same series.
    """

    model: ArimaModel | None
    reason: str = ""
    aicc: float | None = None
    seconds: float = 0.0


def season_of(interval: Interval) -> int:
    """The season of an interval's bars; 1 if it is too long to search."""
    return SEASONS.get(interval, 1)
