"""The days of the simulated market: closes and volatilities of each symbol.

Returns are the sum of a common market return, times beta, and the symbol's own. Both have the clustered volatility of a
GARCH(1,1) (Bollerslev, 1986); occasionally the symbol jumps. The logarithm of the price reverts to its initial value,
with a half-life of about nine months, so that prices stay plausible over decades.
"""

from datetime import date
from math import exp, log
from typing import NamedTuple

import numpy as np

from producer.sources.simulated.chance import Floats, bits, normal, stream, uniform
from shared.market.records import EPOCH

FIRST_DAY = (date(2010, 1, 1) - EPOCH.date()).days
LAST_DAY = (date(2040, 1, 1) - EPOCH.date()).days
"""The days that the market supports, in days since 1970, the last excluded."""

MARKET_VOLATILITY = 0.009
SHOCK_WEIGHT, MEMORY = 0.08, 0.90
PULL = 0.9975
JUMPS_A_DAY, JUMP_VOLATILITIES = 0.02, 3.0


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
    """One value per day from FIRST_DAY on. `before` and `close` are logarithms of cents at the day's start and end.

    `market` and `own` are the volatilities of the two return components, `jump` the logarithm of a jump, mostly 0.
    """

    before: Floats
    close: Floats
    market: Floats
    own: Floats
    jump: Floats


def traits_of(seed: int, symbol: str) -> Traits:
    """The traits of a known symbol, or random ones from seed and name."""
    if symbol in KNOWN:
        return KNOWN[symbol]
    chance = uniform(bits(stream(seed, symbol, "traits"), np.arange(4)))
    price, beta, volatility, volume = chance.tolist()
    return Traits(10.0 * exp(4.0 * price), 0.6 + beta, 0.01 + 0.02 * volatility, 1e6 * exp(3.0 * volume))


def market_days(seed: int) -> tuple[Floats, Floats]:
    """Daily return and volatility of the common market."""
    return _clustered(_daily_normals(seed, "market", "day"), MARKET_VOLATILITY)


def symbol_days(seed: int, symbol: str, traits: Traits, market: tuple[Floats, Floats]) -> Days:
    """The days of one symbol in this market."""
    own_returns, own = _clustered(_daily_normals(seed, symbol, "day"), traits.volatility)
    chance = uniform(bits(stream(seed, symbol, "jump"), np.arange(LAST_DAY - FIRST_DAY)))
    size = JUMP_VOLATILITIES * traits.volatility * _daily_normals(seed, symbol, "jump size")
    jump = np.where(chance < JUMPS_A_DAY, size, 0.0)
    returns = traits.beta * market[0] + own_returns + jump
    closes, at = [], 0.0
    for change in returns.tolist():
        at = PULL * at + change
        closes.append(at)
    close = np.array(closes) + log(100.0 * traits.price)
    before = np.concatenate(([log(100.0 * traits.price)], close[:-1]))
    return Days(before, close, traits.beta * market[1], own, jump)


def _daily_normals(seed: int, *names: str) -> Floats:
    return normal(bits(stream(seed, *names), np.arange(LAST_DAY - FIRST_DAY)))


def _clustered(shocks: Floats, volatility: float) -> tuple[Floats, Floats]:
    """Returns and their volatilities by GARCH(1,1) with this long-run volatility."""
    rest = (1.0 - SHOCK_WEIGHT - MEMORY) * volatility**2
    variance, returns, volatilities = volatility**2, [], []
    for shock in shocks.tolist():
        deviation = variance**0.5
        change = deviation * shock
        returns.append(change)
        volatilities.append(deviation)
        variance = rest + SHOCK_WEIGHT * change * change + MEMORY * variance
    return np.array(returns), np.array(volatilities)
