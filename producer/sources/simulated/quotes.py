"""The quotes of a simulated symbol, minute by minute, with the day's values so far.

Before the regular session, open, high, low and volume are unknown; the previous close is that of the previous day's
regular session.
"""

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

import numpy as np

from producer.sources.simulated.chance import Ints
from producer.sources.simulated.history import CURRENCY, SOURCE, Listed
from producer.sources.simulated.minutes import CLOSES, MINUTES, OPENS, SimulatedMinutes, market_shocks
from producer.sources.simulated.places import SECOND, at
from producer.sources.simulated.ticks import Ticks, ticks
from shared.calendars.calendars import SimulatedExchange
from shared.market.exchanges import SIMULATED
from shared.market.records import EPOCH, Quote

DayValues = tuple[float | None, float | None, float | None, float | None]
"""Open, high, low and volume of the regular session so far."""
QuoteValues = tuple[int, float, float, float, float, DayValues]
"""Microseconds since the minute's start, price, bid, ask, size and the day's values."""
UNKNOWN: DayValues = (None, None, None, None)


class SimulatedDay(NamedTuple):
    """The minutes of a day, and the regular session's high, low and volume after each of its minutes.

    Prices are in cents, except `previous_close`, which is in dollars.
    """

    minutes: SimulatedMinutes
    highs: Ints
    lows: Ints
    volumes: Ints
    previous_close: float


class QuoteMaker:
    """The quotes of one symbol."""

    def __init__(self, seed: int, listed: Listed) -> None:
        self._seed, self._listed = seed, listed
        self._day = lru_cache(maxsize=2)(self._make_day)

    def quotes(self, minute: int) -> list[Quote]:
        """The quotes of a minute (since 1970) in time order; the received time is the event time."""
        number, minute_of_day = divmod(minute, MINUTES)
        day = self._day(number)
        bar = SimulatedMinutes(*(values[minute_of_day : minute_of_day + 1] for values in day.minutes))
        made = Ticks(*(rows[0] for rows in ticks(self._seed, self._listed.symbol, minute, bar)))
        session = SimulatedExchange().at(minute * 60).name
        prices = ((values / 100).tolist() for values in (made.price, made.bid, made.ask))
        sizes = made.size.astype(float).tolist()
        rows = zip(made.after.tolist(), *prices, sizes, _day_so_far(day, minute_of_day, made), strict=False)
        return [self._quote(minute * 60 * SECOND + row[0], row, session, day.previous_close) for row in rows]

    def _make_day(self, number: int) -> SimulatedDay:
        shocks = market_shocks(self._seed, number - 1, 2)
        both = self._listed.maker.minutes(number - 1, shocks)
        # Copies: a view would keep both days in memory.
        minutes = SimulatedMinutes(*(values[1].copy() for values in both))
        return SimulatedDay(
            minutes=minutes,
            highs=np.maximum.accumulate(minutes.high[OPENS:CLOSES]),
            lows=np.minimum.accumulate(minutes.low[OPENS:CLOSES]),
            volumes=minutes.volume[OPENS:CLOSES].cumsum(),
            previous_close=int(both.close[0, CLOSES - 1]) / 100,
        )

    def _quote(self, microsecond: int, row: QuoteValues, session: str, previous_close: float) -> Quote:
        _, price, bid, ask, size, (day_open, day_high, day_low, day_volume) = row
        event_time = EPOCH + timedelta(microseconds=microsecond)
        return Quote(
            symbol=self._listed.symbol,
            event_time=event_time,
            price=price,
            source=SOURCE,
            position=at(microsecond, self._listed.rank),
            received_time=event_time,
            size=size,
            bid=bid,
            ask=ask,
            day_open=day_open,
            day_high=day_high,
            day_low=day_low,
            previous_close=previous_close,
            day_volume=day_volume,
            currency=CURRENCY,
            exchange=SIMULATED,
            session=session,
        )


def _day_so_far(day: SimulatedDay, minute_of_day: int, made: Ticks) -> Iterable[DayValues]:
    """Open, high, low in dollars and volume of the regular session, up to and including each quote."""
    passed = minute_of_day - OPENS
    if passed < 0:
        return repeat(UNKNOWN)
    opened = int(day.minutes.open[OPENS]) / 100
    if passed >= len(day.highs):
        high, low, volume = int(day.highs[-1]) / 100, int(day.lows[-1]) / 100, float(day.volumes[-1])
        return repeat((opened, high, low, volume))
    highs, lows, volumes = np.maximum.accumulate(made.price), np.minimum.accumulate(made.price), made.volume
    if passed > 0:
        highs = np.maximum(highs, day.highs[passed - 1])
        lows = np.minimum(lows, day.lows[passed - 1])
        volumes = volumes + day.volumes[passed - 1]
    return zip(
        repeat(opened),
        (highs / 100).tolist(),
        (lows / 100).tolist(),
        volumes.astype(float).tolist(),
        strict=False,
    )
