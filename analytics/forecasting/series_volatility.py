"""The volatility of one symbol and interval: that of its bars, in the shape of the day or by the length of days."""

from collections.abc import Sequence

from analytics.forecasting.day_parts import bars_a_part, day_factors, parts_ahead
from ml.uncertainty.day_shape import DayShape
from ml.uncertainty.volatility import BarVolatility
from shared.calendars.calendars import SessionCalendar
from shared.market.records import INTERVAL_SECONDS, Interval

SHAPED: tuple[Interval, ...] = ("5m", "15m", "1h")
"""Intervals whose day has a shape. The volatility of minutes follows the day by itself within some bars, and each
return of days covers a whole day, a short one on a half day."""


class SeriesVolatility:
    """Forecasts the standard deviations of the log returns over the next 1 to `bars` bars."""

    def __init__(self, interval: Interval, bars: int, calendar: SessionCalendar) -> None:
        self._bars, self._calendar = bars, calendar
        self._seconds = INTERVAL_SECONDS[interval]
        self._volatility = BarVolatility()
        self._shape = DayShape(bars_a_part(interval)) if interval in SHAPED else None
        self._is_daily = interval == "1d"
        self._factors = [1.0] * bars

    @property
    def key(self) -> str:
        """Identifies the parameters of a stored state. Returns of days are kept in those of a usual day."""
        if self._shape is not None:
            return f"{BarVolatility.key} {self._shape.key}"
        return (
            f"{BarVolatility.key} day-{self._calendar.day_seconds}" if self._is_daily else BarVolatility.key
        )

    def update(
        self, before: float, end: int, open_: float, high: float, low: float, close: float, volume: float
    ) -> None:
        """Add a bar that ended at `end`, in epoch seconds, after a close of `before` in the same shares."""
        shape = self._shape
        if shape is not None:
            surprise = self._volatility.update(before, open_, high, low, close, volume, shape.factor)
            self._factors = shape.follow(
                surprise, parts_ahead(end, self._seconds, self._calendar, self._bars)
            )
        elif self._is_daily:
            factor, *self._factors = day_factors(end, self._calendar, self._bars)
            # The volume too is that of a shorter day.
            self._volatility.update(before, open_, high, low, close, volume / (factor * factor), factor)
        else:
            self._volatility.update(before, open_, high, low, close, volume, 1.0)

    def sigmas(self) -> list[float]:
        """The deviations over the next bars after an update, in order; empty during warm-up."""
        return self._volatility.sigmas(self._factors)

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._volatility.split(ratio)

    def state(self) -> list[list[float]]:
        """The complete state for `restore()`, as finite numbers: of the bars, then of the shape."""
        return [self._volatility.state(), *([] if self._shape is None else self._shape.state())]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError if the state is not valid for this series."""
        if not state:
            raise ValueError("the stored volatility is empty")
        self._volatility.restore(state[0])
        if self._shape is not None:
            self._shape.restore(state[1:])
