"""What is usual for a bar: its volume at that time of day, and its volatility. Pure."""

from math import sqrt
from typing import Any, NamedTuple

from analytics.indicators.series.sessions import SessionOf, day_of
from analytics.indicators.volatility.realized_volatility import Volatility
from shared.market.records import INTERVAL_SECONDS, Bar

DAY = 86_400
VOLUME_DAYS = 20
"""The mean is that of so many days; older days have decreasing weight."""
MIN_VOLUME_DAYS = 5
"""Below this number of days at a time of day, the usual volume is unknown."""


class _Mean(NamedTuple):
    """The mean `volume` at one time of day, over `days`."""

    days: int
    volume: float

    def with_day(self, volume: float) -> "_Mean":
        """Add a day: the mean of the first 20 days is plain; after that each new day has a weight of one twentieth."""
        days = min(self.days + 1, VOLUME_DAYS)
        return _Mean(days, self.volume + (volume - self.volume) / days)


NO_DAY_YET = _Mean(0, 0.0)


class TypicalVolume:
    """The mean volume of earlier bars at the same time of day, measured from the opening of the regular session.

    Volume is high at the opening of every day: a bar is compared with those at the same distance from it. Unknown
    below five such bars, and where none of them had a volume.
    """

    def __init__(self, session_of: SessionOf) -> None:
        self._session_of = session_of
        self._means: dict[int, _Mean] = {}

    def update(self, bar: Bar) -> float | None:
        """The mean before this bar, which is added to it."""
        since_opening = bar.start - int(day_of(self._session_of(bar)))
        place = since_opening % DAY // INTERVAL_SECONDS[bar.interval]
        mean = self._means.get(place, NO_DAY_YET)
        self._means[place] = mean.with_day(bar.volume)
        return mean.volume if mean.days >= MIN_VOLUME_DAYS and mean.volume > 0 else None

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._means = {place: _Mean(days, volume * ratio) for place, (days, volume) in self._means.items()}

    def state(self) -> list[list[Any]]:
        """All that `restore` needs."""
        return [[place, *mean] for place, mean in sorted(self._means.items())]

    def restore(self, state: list[list[Any]]) -> None:
        """Continue from `state`."""
        self._means = {place: _Mean(days, volume) for place, days, volume in state}


class OneBarVolatility(Volatility):
    """Realized volatility, not annualised: 0.01 means that one bar moves by 1 % (one standard deviation).

    It is the annual one divided by the root of the number of bars in a year of trading.
    """

    def __init__(self, period: int, periods_per_year: float) -> None:
        super().__init__(period, periods_per_year)
        self._of_one_bar = 1 / sqrt(periods_per_year)

    def update(self, bar: Bar) -> float | None:
        annual = super().update(bar)
        return None if annual is None else annual * self._of_one_bar
