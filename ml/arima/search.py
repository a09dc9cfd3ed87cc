"""What a search for an ARIMA model is asked and answers, apart from how it is made."""

from dataclasses import dataclass
from typing import NamedTuple

from ml.arima.arima import ArimaModel
from shared.market.records import Interval

Series = tuple[float, ...]

SEASONS: dict[Interval, int] = {"15m": 26, "1h": 7, "1d": 5}
"""Bars of a regular day, of a week for day bars. Shorter bars have more than a search can bear."""


@dataclass(frozen=True)
class SearchSettings:
    """Highest orders tried; `season` is a period in bars, 1 for none."""

    max_p: int = 5
    max_d: int = 1
    max_q: int = 5
    season: int = 1


class SearchOutcome(NamedTuple):
    """What became of a search: a model and its corrected Akaike criterion, or None and the reason in words.

    `seconds` is what it took by the clock, the one entry that another search over the same series may have otherwise.
    """

    model: ArimaModel | None
    reason: str = ""
    aicc: float | None = None
    seconds: float = 0.0


def season_of(interval: Interval) -> int:
    """The season of an interval's bars; 1 where it is too long to be searched."""
    return SEASONS.get(interval, 1)
