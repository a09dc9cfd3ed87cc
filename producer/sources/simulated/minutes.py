"""The minutes of a simulated day: open, high, low, close, volume and number of quotes, in whole cents and shares.

A day's path is a bridge from the close before to its own close: market and own shocks minute by minute, restless
at the open and the close of the regular session, and what is missing at the end spread over the day. Minutes know
nothing of the quotes; the quotes are made to give exactly these bars.
"""

from typing import NamedTuple

import numpy as np

from producer.sources.simulated.chance import Floats, Ints, bits, normal, part, stream
from producer.sources.simulated.days import FIRST_DAY, LAST_DAY, Days, Traits
from shared.calendars.calendars import SimulatedExchange
from shared.errors import StopPart

MINUTES = 1440
OPENS, CLOSES = SimulatedExchange.opens // 60, SimulatedExchange.closes // 60
"""The regular session, in minutes of the day."""

FEWEST_QUOTES = 4
"""Enough for open, high, low and close."""


def _over_the_day(u_shape: Floats, extended: float) -> Floats:
    """A weight for each minute of the day: `u_shape` in the regular session, `extended` around it."""
    weights = np.full(MINUTES, extended)
    weights[OPENS:CLOSES] = u_shape
    return weights


_FROM_NOON = np.linspace(-1.0, 1.0, CLOSES - OPENS)
_RESTLESS = _over_the_day(0.7 + 0.9 * _FROM_NOON**2, 0.4)
_RESTLESS /= np.sqrt((_RESTLESS**2).sum())
_PASSED = (_RESTLESS**2).cumsum()
_PASSED /= _PASSED[-1]
_BUSY = _over_the_day(0.6 + 1.6 * _FROM_NOON**4, 0.06)
_BUSY /= _BUSY.sum()
_QUOTED = _over_the_day(np.ones(CLOSES - OPENS), 0.4)


class SimulatedMinutes(NamedTuple):
    """Arrays of one shape, the last axis over the minutes of a day. Prices are cents; `quotes` counts."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    quotes: Ints


class MinuteMaker:
    """The minutes of one symbol. `rate` is the mean number of quotes a second in the regular session."""

    def __init__(self, seed: int, symbol: str, traits: Traits, days: Days, rate: float) -> None:
        self._days, self._volume, self._a_minute = days, traits.volume, 60.0 * rate
        self._moves, self._bars, self._moods, self._jumps = (
            stream(seed, symbol, name) for name in ("minute", "minute's bar", "half hour", "jump's minute")
        )

    def minutes(self, first_day: int, market: Floats) -> SimulatedMinutes:
        """The days from `first_day` (since 1970) on; `market` holds the common shocks, one row a day.

        Raises StopPart outside the days that the market knows.
        """
        count = len(market)
        if first_day < FIRST_DAY or first_day + count > LAST_DAY:
            raise StopPart("The simulated market knows the years 2010 to 2039 only: set the clock right.")
        days = Days(*(values[first_day - FIRST_DAY :][:count, None] for values in self._days))
        places = minute_places(first_day, count)
        mood = self._mood(first_day, count)
        path, scale = self._path(days, market, places, mood)
        close = np.maximum(np.rint(np.exp(path)), 2.0)
        before = np.concatenate((np.maximum(np.rint(np.exp(days.before)), 2.0), close[:, :-1]), axis=1)
        return self._around(before, close, scale * close, mood, places)

    def _mood(self, first_day: int, count: int) -> Floats:
        """How lively each half hour is, around 1; the same for its 30 minutes."""
        halves = first_day * 48 + np.arange(count * 48).reshape(count, 48)
        return np.repeat(np.exp(0.35 * normal(bits(self._moods, halves))), 30, axis=1)

    def _path(self, days: Days, market: Floats, places: Ints, mood: Floats) -> tuple[Floats, Floats]:
        """Logarithm of the close of each minute, and the volatility of each minute."""
        lively = _RESTLESS * mood
        path = (days.market * market + days.own * normal(bits(self._moves, places))) * lively
        jumps_at = bits(self._jumps, places[:, :1]) % MINUTES
        path += np.where(np.arange(MINUTES) == jumps_at, days.jump, 0.0)
        np.cumsum(path, axis=1, out=path)
        path += _PASSED * (days.close - days.before - path[:, -1:])
        path += days.before
        return path, np.hypot(days.market, days.own) * lively

    def _around(
        self, before: Floats, close: Floats, move: Floats, mood: Floats, places: Ints
    ) -> SimulatedMinutes:
        """The whole bar around closes; `before` is the close of the minute before, `move` one deviation in cents."""
        chance = bits(self._bars, places)
        opened = np.maximum(before + np.rint((part(chance, 0) - 0.5) * 0.5 * move), 2.0)
        up, down = part(chance, 1), part(chance, 2)
        high = np.maximum(opened, close) + np.rint(1.2 * move * up * up)
        low = np.maximum(np.minimum(opened, close) - np.rint(1.2 * move * down * down), 2.0)
        luck = part(chance, 3)
        quotes = np.maximum(np.rint(self._a_minute * _QUOTED * (0.7 + 0.6 * luck)), FEWEST_QUOTES)
        volume = np.maximum(np.rint(self._volume * _BUSY * mood * (0.3 + 1.4 * up * luck)), quotes)
        return SimulatedMinutes(
            *(values.astype(np.int64) for values in (opened, high, low, close, volume, quotes))
        )


def minute_places(first_day: int, count: int) -> Ints:
    """Minutes since 1970 of `count` days, one row a day."""
    return first_day * MINUTES + np.arange(count * MINUTES).reshape(count, MINUTES)


def market_shocks(seed: int, first_day: int, count: int) -> Floats:
    """The common shock of each minute, one row a day."""
    return normal(bits(stream(seed, "market", "minute"), minute_places(first_day, count)))
