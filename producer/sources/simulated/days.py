"""The days of the simulated market: closes and volatilities of each symbol.

Returns are the sum of a common market return, times beta, and the symbol's own. Both have the clustered volatility of a
GARCH(1,1) (Bollerslev, 1986); occasionally the symbol jumps. The logarithm of the price reverts to its initial value,
with a half-life of about nine months, so that prices stay plausible over decades.
"""

from datetime import date
from functools import lru_cache
from math import exp, log
from typing import NamedTuple

import numpy as np

from producer.sources.simulated.chance import Floats, Ints, bits, normal, stream, uniform
from shared.errors import StopPart
from shared.market.records import EPOCH

FIRST_DAY = (date(2010, 1, 1) - EPOCH.date()).days
LAST_DAY = (date(2040, 1, 1) - EPOCH.date()).days
"""The days that the market supports, in days since 1970, the last excluded."""

MARKET_VOLATILITY = 0.009
SHOCK_WEIGHT, MEMORY = 0.08, 0.90
PULL = 0.9975
JUMPS_A_DAY, JUMP_VOLATILITIES = 0.02, 3.0
DAYS_A_BLOCK = 366
KEPT_BLOCKS = 2
"""Histories and quotes go on day by day: they need one block, or two at its end."""


class Traits(NamedTuple):
    """Initial `price` in dollars, `beta`, own daily `volatility`, and daily `volume` in shares."""

    price: float
    beta: float
    volatility: float
    volume: float


KNOWN = {
    "AAPL": Traits(230.0, 1.1, 0.011, 52e6),
    "MSFT": Traits(430.0, 1.0, 0.010, 21e6),
    "GOOGL": Traits(180.0, 1.1, 0.012, 27e6),
    "AMZN": Traits(205.0, 1.2, 0.014, 40e6),
    "TSLA": Traits(290.0, 1.8, 0.027, 95e6),
    "META": Traits(600.0, 1.2, 0.015, 14e6),
    "NVDA": Traits(140.0, 1.7, 0.021, 230e6),
    "NFLX": Traits(900.0, 1.1, 0.017, 4e6),
    "AMD": Traits(150.0, 1.7, 0.023, 45e6),
    "INTC": Traits(25.0, 1.1, 0.018, 70e6),
}


class Days(NamedTuple):
    """One value per day. `before` and `close` are logarithms of cents at the day's start and end.

    `market` and `own` are the volatilities of the two return components, `jump` the logarithm of a jump, mostly 0.
    """

    before: Floats
    close: Floats
    market: Floats
    own: Floats
    jump: Floats


class MarketDays(NamedTuple):
    """Return and volatility of the common market for each day from FIRST_DAY on."""

    returns: Floats
    volatilities: Floats


class DayState(NamedTuple):
    """What a symbol's next day depends on: its level, the logarithm of the close relative to the initial price, and the
    variance of its own return."""

    level: float
    variance: float


class DayBlock(NamedTuple):
    """DAYS_A_BLOCK days of a symbol: the levels at their starts and at the end of the last one, the volatilities of its
    own returns, its jumps, and the state after them."""

    levels: Floats
    own: Floats
    jumps: Floats
    after: DayState


def traits_of(seed: int, symbol: str) -> Traits:
    """The traits of a known symbol, or random ones from seed and name."""
    if symbol in KNOWN:
        return KNOWN[symbol]
    chance = uniform(bits(stream(seed, symbol, "traits"), np.arange(4)))
    price, beta, volatility, volume = chance.tolist()
    return Traits(10.0 * exp(4.0 * price), 0.6 + beta, 0.01 + 0.02 * volatility, 1e6 * exp(3.0 * volume))


def market_days(seed: int) -> MarketDays:
    """The days of the common market."""
    shocks = normal(bits(stream(seed, "market", "day"), np.arange(LAST_DAY - FIRST_DAY)))
    returns, volatilities, _ = _clustered(shocks, MARKET_VOLATILITY, MARKET_VOLATILITY**2)
    return MarketDays(returns, volatilities)


class SymbolDays:
    """The days of one symbol in a market, computed in blocks of which the last ones used are kept: all days of a
    thousand symbols would take 400 MB."""

    def __init__(self, seed: int, symbol: str, traits: Traits, market: MarketDays) -> None:
        self._traits, self._market = traits, market
        self._origin = log(100.0 * traits.price)
        names = ("day", "jump", "jump size")
        self._shocks, self._chances, self._sizes = (stream(seed, symbol, name) for name in names)
        self._states = [DayState(0.0, traits.volatility**2)]
        self._block = lru_cache(maxsize=KEPT_BLOCKS)(self._make_block)

    def of(self, first_day: int, count: int) -> Days:
        """`count` days from `first_day` (since 1970) on. Raises StopPart outside the days that the market supports."""
        if first_day < FIRST_DAY or first_day + count > LAST_DAY:
            raise StopPart("The simulated market supports only the years 2010 to 2039: correct the clock.")
        first = first_day - FIRST_DAY
        begun, last = first // DAYS_A_BLOCK, (first + count - 1) // DAYS_A_BLOCK
        blocks = [self._block(number) for number in range(begun, last + 1)]
        days = slice(first - begun * DAYS_A_BLOCK, first - begun * DAYS_A_BLOCK + count)
        return Days(
            before=np.concatenate([block.levels[:-1] for block in blocks])[days] + self._origin,
            close=np.concatenate([block.levels[1:] for block in blocks])[days] + self._origin,
            market=self._traits.beta * self._market.volatilities[first : first + count],
            own=np.concatenate([block.own for block in blocks])[days],
            jump=np.concatenate([block.jumps for block in blocks])[days],
        )

    def _make_block(self, number: int) -> DayBlock:
        while len(self._states) <= number:
            self._states.append(self._following(len(self._states) - 1).after)
        return self._following(number)

    def _following(self, number: int) -> DayBlock:
        """The days of a block whose state is known."""
        traits, state = self._traits, self._states[number]
        days = np.arange(number * DAYS_A_BLOCK, min((number + 1) * DAYS_A_BLOCK, LAST_DAY - FIRST_DAY))
        returns, own, variance = _clustered(
            normal(bits(self._shocks, days)), traits.volatility, state.variance
        )
        jumps = self._jumps(days)
        changes = traits.beta * self._market.returns[days] + returns + jumps
        levels = [state.level]
        for change in changes.tolist():
            levels.append(PULL * levels[-1] + change)
        return DayBlock(np.array(levels), own, jumps, DayState(levels[-1], variance))

    def _jumps(self, days: Ints) -> Floats:
        chance = uniform(bits(self._chances, days))
        size = JUMP_VOLATILITIES * self._traits.volatility * normal(bits(self._sizes, days))
        jumps: Floats = np.where(chance < JUMPS_A_DAY, size, 0.0)
        return jumps


def _clustered(shocks: Floats, volatility: float, variance: float) -> tuple[Floats, Floats, float]:
    """Returns and their volatilities by GARCH(1,1) with this long-run volatility, from the first day's variance on, and
    the variance of the day after them."""
    rest = (1.0 - SHOCK_WEIGHT - MEMORY) * volatility**2
    returns, volatilities = [], []
    for shock in shocks.tolist():
        deviation = variance**0.5
        change = deviation * shock
        returns.append(change)
        volatilities.append(deviation)
        variance = rest + SHOCK_WEIGHT * change * change + MEMORY * variance
    return np.array(returns), np.array(volatilities), variance
