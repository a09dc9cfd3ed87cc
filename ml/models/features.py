"""The features of trained models: numbers without a unit, calculated from a symbol's newest bars.

All are ratios or in units of the symbol's own sigma, the deviation of one bar's log return, so that prices of any size
are treated alike and one model serves every symbol. Below, r is a log return and c the logarithm of a close. Every
feature is limited, so that one wrong price can't dominate a linear model. In the order of `names`:

    return_1 … return_n          r / sigma of the newest bar, the one before it, …        -5 to 5
    momentum_10, _20, _60        (c - c k bars before) / (sigma sqrt k)                   -5 to 5
    restlessness                 root mean square of the 5 newest r / sigma               0 to 5
    volume                       log(volume / its mean over 20 bars), 0 where unknown     -4 to 4
    range                        log(high / low) / sigma                                  0 to 10
    place                        (close - low) / (high - low) - 1/2, 0 where they equal   -1/2 to 1/2
    distance                     (c - its mean over 20 bars) / sigma                      -10 to 10
    gain_share                   gains / (gains + losses) - 1/2 over 14 r                 -1/2 to 1/2

gain_share is the relative strength index of Wilder, "New Concepts in Technical Trading Systems" (1978), with plain
sums, divided by 100 and centred.

Training and live analysis call the same pure function on the same window, so the results are identical bit for bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, hypot, inf, isfinite, log, sqrt
from operator import itemgetter, sub
from typing import NamedTuple

RETURNS = 64
"""Log returns in a window, which has one observation more."""
SPANS = (10, 20, 60)
"""Bars of the momenta."""
SHORT, MEAN, GAIN = 5, 20, 14
"""Bars of restlessness, the means and gain_share."""
WINSORISED = 3
"""Number of largest returns in a window that are replaced by the next largest one."""
MIN_SIGMA = 1e-9
"""A smaller sigma is only rounding noise of a constant price."""
RETURN_LIMIT, VOLUME_LIMIT, RANGE_LIMIT, DISTANCE_LIMIT = 5.0, 4.0, 10.0, 10.0
"""Limits of the features."""

_close = itemgetter(0)


class Observation(NamedTuple):
    """A closed bar: prices in one currency and in the same shares, volume in these shares, 0.0 if unknown."""

    close: float
    high: float
    low: float
    volume: float


@dataclass(frozen=True)
class FeatureSettings:
    """The newest `window_size` returns are features of their own. Raises ValueError outside 1 to RETURNS."""

    window_size: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.window_size <= RETURNS:
            raise ValueError(f"window_size must be 1 to {RETURNS}, not {self.window_size}")


class Features(NamedTuple):
    """`values` in the order of `names`; `returns` are the RETURNS log returns in units of sigma, oldest first, -5 to 5;
    `sigma` is the deviation of one bar's log return over the window."""

    values: tuple[float, ...]
    returns: tuple[float, ...]
    sigma: float


def names(settings: FeatureSettings) -> tuple[str, ...]:
    """The names of the features, in order."""
    returns = (f"return_{back}" for back in range(1, settings.window_size + 1))
    momenta = (f"momentum_{span}" for span in SPANS)
    return (*returns, *momenta, "restlessness", "volume", "range", "place", "distance", "gain_share")


def split(observation: Observation, ratio: float) -> Observation:
    """The observation after one share became `ratio` shares."""
    close, high, low, volume = observation
    return Observation(close / ratio, high / ratio, low / ratio, volume * ratio)


def features(window: Sequence[Observation], settings: FeatureSettings) -> Features | None:
    """The features at the close of the last observation; only the last RETURNS + 1 observations are used.

    None if there are fewer, if the price is practically constant, or if a price is not positive and finite.
    """
    newest = list(window)[-RETURNS - 1 :]
    closes = list(map(_close, newest))
    if len(newest) <= RETURNS or not _are_prices(closes, newest[-1]):
        return None
    logs = list(map(log, closes))
    returns = list(map(sub, logs[1:], logs))
    magnitudes = sorted(map(abs, returns))
    sigma = _sigma(magnitudes)
    if sigma < MIN_SIGMA:
        return None
    scaled = [each / sigma for each in returns]
    if magnitudes[-1] > RETURN_LIMIT * sigma:
        scaled = [_bounded(each, RETURN_LIMIT) for each in scaled]
    values = (
        *scaled[: -settings.window_size - 1 : -1],
        *(_bounded((logs[-1] - logs[-1 - span]) / (sigma * sqrt(span)), RETURN_LIMIT) for span in SPANS),
        hypot(*scaled[-SHORT:]) / sqrt(SHORT),
        _volume([each.volume for each in newest[-MEAN:]]),
        *_shape(newest[-1], sigma),
        _bounded((logs[-1] - fsum(logs[-MEAN:]) / MEAN) / sigma, DISTANCE_LIMIT),
        _gain_share(logs[-1] - logs[-1 - GAIN], returns[-GAIN:]),
    )
    return Features(values, tuple(scaled), sigma)


def target(close: float, later_close: float, sigma: float, horizon: int) -> float:
    """The target: the log return over `horizon` bars in units of its typical size, sigma * sqrt(horizon).

    Both closes are positive and in the same shares. A prediction y corresponds to a price of close * exp(y * sigma *
    sqrt(horizon)).
    """
    return log(later_close / close) / (sigma * sqrt(horizon))


def _are_prices(closes: list[float], last: Observation) -> bool:
    """Whether all closes are positive and finite, and low and high are valid; sums and ratios of actual prices are then
    finite."""
    return all(map(isfinite, closes)) and min(closes) > 0.0 and 0.0 < last.low <= last.high < inf


def _sigma(magnitudes: list[float]) -> float:
    """The root mean square of the returns, given their magnitudes in rising order; the mean is taken to be 0.

    Winsorised, as in Dixon, "Simplified estimation from censored normal samples" (Annals of Mathematical Statistics 31,
    1960): each of the largest WINSORISED is replaced by the next one. A jump then neither makes other returns look
    small while it is in the window, nor causes an abrupt change when it leaves.
    """
    largest = magnitudes[-1 - WINSORISED]
    return hypot(*magnitudes[:-WINSORISED], *[largest] * WINSORISED) / sqrt(len(magnitudes))


def _bounded(value: float, limit: float) -> float:
    return -limit if value < -limit else limit if value > limit else value


def _volume(volumes: list[float]) -> float:
    """0 also if the mean is not positive and finite, which an extreme split could cause."""
    newest, mean = volumes[-1], fsum(each / MEAN for each in volumes)
    if not (newest > 0.0 and 0.0 < mean < inf):
        return 0.0
    return _bounded(log(newest) - log(mean), VOLUME_LIMIT)


def _shape(bar: Observation, sigma: float) -> tuple[float, float]:
    """The features range and place."""
    height = bar.high - bar.low
    if not height > 0.0:
        return 0.0, 0.0
    stretch = (log(bar.high) - log(bar.low)) / sigma
    return min(stretch, RANGE_LIMIT), _bounded((bar.close - bar.low) / height - 0.5, 0.5)


def _gain_share(net: float, returns: list[float]) -> float:
    """With moved = gains + losses and net = gains - losses: gains / moved - 1/2 = net / (2 moved)."""
    moved = fsum(map(abs, returns))
    return _bounded(net / (2.0 * moved), 0.5) if moved > 0.0 else 0.0
