"""The minutes of a simulated day: open, high, low, close, volume and number of quotes, in whole cents and shares.

A day's path is a bridge from the previous close to its own close: market and own shocks per minute, with higher
volatility at the open and close of the regular session, and the remaining difference spread over the day. Minutes do
not depend on quotes; the quotes are generated to match these bars exactly.
"""

from typing import NamedTuple

import numpy as np

from producer.sources.simulated.chance import Floats, Ints, bits, normal, part, stream
from producer.sources.simulated.days import Days, SymbolDays, Traits
from shared.calendars.calendars import SimulatedExchange

MINUTES = 1440
OPENS, CLOSES = SimulatedExchange.opens // 60, SimulatedExchange.closes // 60
"""The regular session, in minutes of the day."""

MIN_QUOTES = 4
"""Enough for open, high, low and close."""


def _over_the_day(u_shape: Floats, extended: float) -> Floats:
    """A weight for each minute of the day: `u_shape` in the regular session, `extended` outside."""
    weights = np.full(MINUTES, extended)
    weights[OPENS:CLOSES] = u_shape
    return weights


_FROM_NOON = np.linspace(-1.0, 1.0, CLOSES - OPENS)
_VOLATILITY_SHAPE = _over_the_day(0.7 + 0.9 * _FROM_NOON**2, 0.4)
_VOLATILITY_SHAPE /= np.sqrt((_VOLATILITY_SHAPE**2).sum())
_PASSED = (_VOLATILITY_SHAPE**2).cumsum()
_PASSED /= _PASSED[-1]
_VOLUME_SHAPE = _over_the_day(0.6 + 1.6 * _FROM_NOON**4, 0.06)
_VOLUME_SHAPE /= _VOLUME_SHAPE.sum()
_QUOTE_SHAPE = _over_the_day(np.ones(CLOSES - OPENS), 0.4)


class SimulatedMinutes(NamedTuple):
    """Arrays of equal shape; the last axis is the minutes of a day. Prices are in cents; `quotes` is a count."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    quotes: Ints


class MinuteMaker:
    """The minutes of one symbol. `rate` is the mean number of quotes per second in the regular session."""

    def __init__(self, seed: int, symbol: str, traits: Traits, days: SymbolDays, rate: float) -> None:
        self._days, self._volume, self._a_minute = days, traits.volume, 60.0 * rate
        self._moves, self._bars, self._activities, self._jumps = (
            stream(seed, symbol, name) for name in ("minute", "minute's bar", "half hour", "jump's minute")
        )

    def minutes(self, first_day: int, market: Floats) -> SimulatedMinutes:
        """The days from `first_day` (since 1970) on; `market` holds the common shocks, one row per day.

        Raises StopPart outside the days that the market supports.
        """
        count = len(market)
        days = Days(*(values[:, None] for values in self._days.of(first_day, count)))
        places = minute_places(first_day, count)
        activity = self._activity(first_day, count)
        path, scale = self._path(days, market, places, activity)
        close = np.maximum(np.rint(np.exp(path)), 2.0)
        before = np.concatenate((np.maximum(np.rint(np.exp(days.before)), 2.0), close[:, :-1]), axis=1)
        return self._around(before, close, scale * close, activity, places)

    def _activity(self, first_day: int, count: int) -> Floats:
        """An activity factor around 1 for each half hour, repeated for its 30 minutes."""
        halves = first_day * 48 + np.arange(count * 48).reshape(count, 48)
        return np.repeat(np.exp(0.35 * normal(bits(self._activities, halves))), 30, axis=1)

    def _path(self, days: Days, market: Floats, places: Ints, activity: Floats) -> tuple[Floats, Floats]:
        """The logarithm of the close, and the volatility, of each minute."""
        lively = _VOLATILITY_SHAPE * activity
        path = (days.market * market + days.own * normal(bits(self._moves, places))) * lively
        jumps_at = bits(self._jumps, places[:, :1]) % MINUTES
        path += np.where(np.arange(MINUTES) == jumps_at, days.jump, 0.0)
        np.cumsum(path, axis=1, out=path)
        path += _PASSED * (days.close - days.before - path[:, -1:])
        path += days.before
        return path, np.hypot(days.market, days.own) * lively

    def _around(
        self, before: Floats, close: Floats, move: Floats, activity: Floats, places: Ints
    ) -> SimulatedMinutes:
        """Bars from closes; `before` is the previous minute's close, `move` one standard deviation in cents."""
        chance = bits(self._bars, places)
        opened = np.maximum(before + np.rint((part(chance, 0) - 0.5) * 0.5 * move), 2.0)
        up, down = part(chance, 1), part(chance, 2)
        high = np.maximum(opened, close) + np.rint(1.2 * move * up * up)
        low = np.maximum(np.minimum(opened, close) - np.rint(1.2 * move * down * down), 2.0)
        luck = part(chance, 3)
        quotes = np.maximum(np.rint(self._a_minute * _QUOTE_SHAPE * (0.7 + 0.6 * luck)), MIN_QUOTES)
        volume = np.maximum(
            np.rint(self._volume * _VOLUME_SHAPE * activity * (0.3 + 1.4 * up * luck)), quotes
        )
        return SimulatedMinutes(
            *(values.astype(np.int64) for values in (opened, high, low, close, volume, quotes))
        )


def minute_places(first_day: int, count: int) -> Ints:
    """Minutes since 1970 of `count` days, one row per day."""
    return first_day * MINUTES + np.arange(count * MINUTES).reshape(count, MINUTES)


def market_shocks(seed: int, first_day: int, count: int) -> Floats:
    """The common shock of each minute, one row per day."""
    return normal(bits(stream(seed, "market", "minute"), minute_places(first_day, count)))
