"""Intervals by realized variance: does a filter of bars become better if it knows the returns within each bar?

    python -m benchmarks.forecasts --only realized            takes some minutes: GARCH is fitted each month
    python -m benchmarks.forecasts --only realized --quick    takes some seconds: without GARCH-t and GJR-t

The realized variance of a bar is the sum of the squared returns of shorter bars in it. With the gap before the bar it
takes the place of the range in two methods: "realized" is our filter with it in place of the bar's path, and HAR is the
autoregression that was made for it. `benchmarks.forecasts.methods` describes the others, which use closes only.

No years of real minutes are at hand. So the days with returns of five minutes are simulated, and labelled so: those of
the simulated market, whose volatility is fixed at the start of a day, and days of stochastic volatility, which changes
at each minute, with a fast and a slow component. For the second kind realized variance is the right measure by
construction. Real are bars of 5 and 15 minutes with the returns of single minutes; for models that are fitted they are
too few.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from math import exp, hypot, log, pi, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analytics.forecasting.series_volatility import SeriesVolatility
from benchmarks.forecasts.accuracy import COIN_MINUTES, STOCK_MINUTES
from benchmarks.forecasts.intraday import (
    DAY,
    FIRST_DAY,
    HOUR,
    MINUTE,
    QUOTES_A_SECOND,
    SEED,
    SYMBOLS,
    EndedBar,
    Market,
    evaluated_by,
    longer,
    reaches_of,
    real_minutes,
    returns_of,
    rows_of,
    series_of,
)
from benchmarks.forecasts.methods import FIRST_FIT, SIMPLE, Floats, Returns, all_methods
from benchmarks.forecasts.opponents import compared
from benchmarks.staging.progress import with_progress
from ml.uncertainty.volatility import DEVIATION, WARM_AFTER, BarVolatility
from producer.sources.simulated.days import SymbolDays, market_days, traits_of
from producer.sources.simulated.minutes import MinuteMaker, market_shocks
from shared.calendars.calendars import SimulatedExchange
from shared.market.records import INTERVAL_SECONDS, Interval

PATH = 3.0 * sqrt(2.0 / pi)
"""The mean path of a random walk's bar in deviations: twice its mean range, less its mean body."""
STEP = 5
"""Minutes of a return that realized variance is made of: shorter ones contain more of the bid-ask spread."""
DAYS, SESSION = 1_500, 390
VOLATILITY, NIGHT, NOISE = 0.012, 0.2, 1e-4
"""Of stochastic days: usual deviation of a day, the night's fraction of its variance, and the noise of each price."""
SLOW, FAST = (60.0, 0.40), (1.0, 0.30)
"""Of both components of the logarithm of volatility: half-life in days, and deviation."""
LEVERAGE = -0.4
"""Correlation of returns with the changes of either component."""


class FinerMarket(NamedTuple):
    """A market, and the realized variance of each bar of a symbol."""

    market: Market
    realized: dict[str, list[float]]


class RealizedVolatility(BarVolatility):
    """Our filter, for which the realized variance of each bar takes the place of its path."""

    def __init__(self, realized: Iterable[float]) -> None:
        super().__init__()
        self._realized = iter(realized)

    def update(
        self,
        before: float,
        open_: float,
        high: float,  # noqa: ARG002 (the base class uses it)
        low: float,  # noqa: ARG002
        close: float,
        volume: float,
        factor: float,
    ) -> float:
        """Add a bar with the next realized variance; see the base class."""
        log_return, expected = log(close / before) / factor, self._sigma
        length = hypot(PATH * sqrt(next(self._realized)), log(open_ / before)) / factor
        self._add(log_return, length, self._busy(volume))
        return DEVIATION * abs(log_return) / expected if self.seen > WARM_AFTER and expected else 1.0


class RealizedSeries(SeriesVolatility):
    """The volatility of a symbol by the realized variances of its bars from the second one on."""

    def __init__(self, market: Market, realized: list[float]) -> None:
        super().__init__(market.interval, 1, market.calendar)
        self._volatility = RealizedVolatility(realized[1:])


def real(title: str, data: Path, files: tuple[str, ...], exchange: str | None, to: Interval) -> FinerMarket:
    """Bars of real minutes."""
    minutes, seconds = real_minutes(title, data, files, exchange, 1), INTERVAL_SECONDS[to]
    candles = {symbol: list(longer(bars, seconds)) for symbol, bars in minutes.candles.items()}
    realized = {symbol: list(realized_of(bars, seconds)) for symbol, bars in minutes.candles.items()}
    return FinerMarket(Market(f"{title} {to}", to, minutes.calendar, "D", candles), realized)


def realized_of(minutes: list[EndedBar], seconds: int) -> Iterator[float]:
    """The realized variance of each bar of `seconds` that `longer` makes of these minutes."""
    variance, before, end = 0.0, 0.0, 0
    for minute in minutes:
        ends = -(-minute.end // seconds) * seconds
        if ends != end:
            if end:
                yield variance
            variance, before, end = 0.0, minute.open, ends
        variance += log(minute.close / before) ** 2
        before = minute.close
    if end:
        yield variance


def days_of(title: str, paths: dict[str, Floats]) -> FinerMarket:
    """Days of these paths: one row for each day, with its opening price and the price after each minute."""
    candles, realized = {}, {}
    for symbol, path in paths.items():
        ends = (FIRST_DAY + np.arange(len(path))) * DAY + SimulatedExchange.closes
        columns = path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1], np.zeros(len(path))
        candles[symbol] = list(map(EndedBar, ends.tolist(), *(column.tolist() for column in columns)))
        realized[symbol] = (np.diff(np.log(path[:, ::STEP]), axis=1) ** 2).sum(axis=1).tolist()
    return FinerMarket(Market(title, "1d", SimulatedExchange(), "M", candles), realized)


def simulated_market(days: int) -> Iterator[tuple[str, Floats]]:
    """The path of each symbol of the simulated market in its regular sessions."""
    shocks, market = market_shocks(SEED, FIRST_DAY, days), market_days(SEED)
    session = slice(SimulatedExchange.opens // MINUTE, SimulatedExchange.closes // MINUTE)
    for symbol in SYMBOLS:
        traits = traits_of(SEED, symbol)
        maker = MinuteMaker(SEED, symbol, traits, SymbolDays(SEED, symbol, traits, market), QUOTES_A_SECOND)
        found = maker.minutes(FIRST_DAY, shocks)
        opened, closes = found.open[:, session.start, None], found.close[:, session]
        yield symbol, np.concatenate([opened, closes], axis=1).astype(float)


def stochastic_days(seed: int, days: int) -> Floats:
    """Paths whose volatility is stochastic: its logarithm is the sum of a slow and a fast component, each an
    Ornstein-Uhlenbeck process, as in the two-factor models of Chernov, Gallant, Ghysels and Tauchen (Journal of
    Econometrics 116, 2003). The night is one step of its own."""
    chance, steps = np.random.default_rng(seed), SESSION + 1
    slow, fast, own = chance.standard_normal((3, days * steps))
    exponent = _component(slow, steps, *SLOW) + _component(fast, steps, *FAST)
    of_step = np.full(steps, sqrt((1.0 - NIGHT) / SESSION))
    of_step[0] = sqrt(NIGHT)
    # Each step has the volatility known before it.
    sigmas = VOLATILITY * np.exp(np.concatenate([[0.0], exponent[:-1]])) * np.tile(of_step, days)
    shocks = LEVERAGE * (slow + fast) + sqrt(1.0 - 2.0 * LEVERAGE**2) * own
    noise = NOISE * chance.standard_normal(days * steps)
    paths: Floats = np.exp(log(100.0) + np.cumsum(sigmas * shocks) + noise).reshape(days, steps)
    return paths


def _component(shocks: Floats, steps: int, half_life: float, deviation: float) -> Floats:
    """An Ornstein-Uhlenbeck process with this half-life in days of so many steps."""
    keep = exp(-log(2.0) / (half_life * steps))
    scaled = deviation * sqrt(1.0 - keep * keep) * shocks
    return np.array(list(accumulate(scaled.tolist(), lambda value, shock: keep * value + shock)))


def markets(data: Path) -> Iterator[FinerMarket]:
    """Real markets whose files are in the folder, then simulated ones."""
    for title, files, exchange in (
        ("real, shares", STOCK_MINUTES, "XNYS"),
        ("real, coins", COIN_MINUTES, None),
    ):
        if all((data / file).is_file() for file in files):
            yield real(title, data, files, exchange, "5m")
            yield real(title, data, files, exchange, "15m")
    yield days_of("SIMULATED market 1d", dict(simulated_market(DAYS)))
    seeds = enumerate(SYMBOLS, start=SEED)
    yield days_of("SIMULATED stochastic 1d", {symbol: stochastic_days(seed, DAYS) for seed, symbol in seeds})


def returns_by_realized(candles: list[EndedBar], realized: list[float]) -> Returns:
    """The returns of a symbol with the deviations by realized variance and gap."""
    gaps = np.log([bar.open / before.close for before, bar in pairwise(candles)])
    return returns_of(candles)._replace(deviations=np.sqrt(np.array(realized[1:]) + gaps**2))


def against(finer: FinerMarket, quick: bool) -> str:
    """A table of all methods; of those that need no fit where bars are few."""
    market, variances = finer
    fits = market.interval == "1d"
    first = FIRST_FIT if fits else WARM_AFTER
    evaluated = evaluated_by(series_of(market), market, first)
    by_realized = {symbol: RealizedSeries(market, variances[symbol]) for symbol in market.candles}
    found = evaluated_by(by_realized, market, first)
    reaches = {"realized": np.array([each.reach for each in found])}
    returns = {
        symbol: returns_by_realized(bars, variances[symbol]) for symbol, bars in market.candles.items()
    }
    methods = all_methods(quick, market.period) if fits else SIMPLE
    reaches |= {name: reaches_of(opponent, returns, evaluated) for name, opponent in methods.items()}
    return compared(market.title, rows_of(evaluated, DAY if fits else HOUR), reaches)


def realized_variance(data: Path, quick: bool) -> str:
    """Compare all methods on each market; returns one table for each."""
    return "\n\n".join(against(finer, quick) for finer in with_progress(markets(data), "realized", 6))
