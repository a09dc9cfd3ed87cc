"""ARIMA with fixed coefficients, updated one value at a time.

The model is phi(L) (1-L)^d y[t] = constant + theta(L) e[t], e normal with the standard deviation sigma; phi(L) = 1 -
ar[0] L - ..., theta(L) = 1 + ma[0] L + ...: the form of statsmodels' SARIMAX, where trend "c" is the constant.

Differencing is part of the autoregression, so the state is one vector: entry i is the part of y[t+i] that is known
before y[t] (Harvey, Forecasting, structural time series models and the Kalman filter, 1989, section 3.4). `update` is
the exact Kalman filter with exact initialisation: the first d values are taken as given, and their differences start
from the stationary distribution, which is equivalent to an exact diffuse initialisation. The state's uncertainty
shrinks with every value; once it is negligible, an update costs O(p+q).
"""

from dataclasses import asdict, dataclass
from itertools import accumulate
from math import fsum, isfinite, sqrt
from typing import Any, NamedTuple

import numpy as np

DIFFERENCING = ((1.0,), (1.0, -1.0), (1.0, -2.0, 1.0))
"""The coefficients of (1-L)^d, by d."""

MAX_DOUBLINGS = 64
"""Rounds for the stationary covariance: 2^64 steps. An autoregression that still remembers them has a unit root, as far
as floating-point numbers can tell."""

NEGLIGIBLE = 1e-12
"""A variance below this fraction of sigma squared counts as zero: a deviation of a millionth of sigma."""

Matrix = list[list[float]]


@dataclass(frozen=True)
class ArimaModel:
    """The parameters. Raises ValueError if they are not finite or the autoregression is not stationary."""

    ar: tuple[float, ...] = ()
    d: int = 0
    ma: tuple[float, ...] = ()
    constant: float = 0.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.d < len(DIFFERENCING):
            raise ValueError(f"d must be 0 to 2, not {self.d}")
        if self.sigma < 0 or not all(map(isfinite, (*self.ar, *self.ma, self.constant, self.sigma))):
            raise ValueError("the parameters of an ARIMA model must be finite, and sigma not negative")
        if not _is_stationary(list(self.ar)):
            raise ValueError("the autoregression is not stationary")

    @property
    def order(self) -> tuple[int, int, int]:
        """(p, d, q); for a seasonal model, those of the multiplied polynomials."""
        return len(self.ar), self.d, len(self.ma)


class StepForecast(NamedTuple):
    """Mean of a future value and standard deviation of its forecast error, both in units of the series."""

    mean: float
    deviation: float


class Arima:
    """The filter of one series. `state()` contains everything that `restored()` needs.

    Raises ValueError if the model is so close to a unit root that its initialisation can't be calculated.
    """

    def __init__(self, model: ArimaModel) -> None:
        self.model = model
        polynomial = np.convolve([1.0, *(-each for each in model.ar)], DIFFERENCING[model.d])
        size = max(len(polynomial) - 1, len(model.ma) + 1)
        self._ar = _padded((-polynomial[1:]).tolist(), size)
        self._shock = _padded([1.0, *model.ma], size)
        self._steady_gain = [*self._shock[1:], 0.0]
        self._level_weight = 1.0 - fsum(model.ar)
        self._spread = _stationary_covariance(_padded(list(model.ar), size), self._shock)
        if self._level_weight <= 0.0 or not np.isfinite(self._spread).all():
            raise ValueError("the autoregression is too close to a unit root")
        self._first_values: list[float] = []
        self._state: list[float] = []
        # Covariance of the state's uncertainty, in units of sigma squared; None if negligible.
        self._covariance: Matrix | None = None
        self._variances: list[float] = []
        if model.d == 0:
            self._start()

    @property
    def started(self) -> bool:
        """Whether a forecast is possible: at least d values were added."""
        return bool(self._state)

    @property
    def is_finite(self) -> bool:
        """Whether no number has overflowed."""
        return all(map(isfinite, self._state))

    @property
    def next_mean(self) -> float | None:
        """The mean of the next value; None before initialisation is complete."""
        return self._state[0] if self._state else None

    def update(self, value: float) -> None:
        """Add the next value. Raises ValueError, without any change, if it is not finite."""
        if not isfinite(value):
            raise ValueError(f"a value must be finite, not {value}")
        if self._state:
            self._learn(value)
            return
        self._first_values.append(value)
        if len(self._first_values) == self.model.d:
            self._start()

    def skip(self) -> None:
        """The next value is missing. During initialisation, missing values can't be bridged: initialisation starts
        again."""
        if not self._state:
            self._first_values.clear()
            return
        self._covariance = self._carried(self._uncertainty())
        self._state = self._next(self._state)

    def forecast(self, steps: int) -> list[StepForecast]:
        """Forecasts of the next `steps` values. Raises ValueError before initialisation is complete.

        The variance at step h is sigma squared times the sum of the first h squared psi weights (Box and Jenkins, Time
        series analysis, 1970, chapter 5), plus that of the state's uncertainty.
        """
        if not self._state:
            raise ValueError(f"a forecast needs {self.model.d} values before it")
        if len(self._variances) != steps:
            self._variances = self._shock_variances(steps)
        variances = self._variances
        if self._covariance is not None:
            variances = [
                a + b for a, b in zip(variances, self._state_variances(self._covariance, steps), strict=True)
            ]
        sigma = self.model.sigma
        means = self.means(steps)
        return [StepForecast(mean, sigma * sqrt(each)) for mean, each in zip(means, variances, strict=True)]

    def means(self, steps: int) -> list[float]:
        """The means of the next `steps` values. Raises ValueError before initialisation is complete."""
        if not self._state:
            raise ValueError(f"a forecast needs {self.model.d} values before it")
        ar, constant, state_vector = self._ar, self.model.constant, self._state
        means = [state_vector[0]]
        for _ in range(steps - 1):
            first = state_vector[0]
            state_vector = [a * first + later for a, later in zip(ar, [*state_vector[1:], 0.0], strict=True)]
            state_vector[0] += constant
            means.append(state_vector[0])
        return means

    def state(self) -> dict[str, Any]:
        """The state for a snapshot: lists and finite numbers, which JSON represents exactly."""
        return {
            "model": asdict(self.model),
            "first": self._first_values,
            "past": self._state,
            "unknown": self._covariance,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> "Arima":
        """The filter of a stored state. Raises ValueError if its parameters are invalid."""
        model = dict(state["model"])
        self = cls(ArimaModel(**model | {"ar": tuple(model["ar"]), "ma": tuple(model["ma"])}))
        self._first_values, self._state = list(state["first"]), list(state["past"])
        self._covariance = None if state["unknown"] is None else [list(row) for row in state["unknown"]]
        return self

    def _start(self) -> None:
        """Complete the initialisation: differences are stationary from here on; the first d values give the level of
        the series."""
        size = len(self._shock)
        mean = self.model.constant / self._level_weight
        drift = [mean * fsum(self.model.ar[i:]) for i in range(size)]
        drift[0] += self.model.constant
        level = np.convolve([1.0, *(-each for each in self.model.ar)], self._carried_level())
        self._state = [a + b for a, b in zip(drift, _padded(level.tolist()[:size], size), strict=True)]
        self._covariance = (self._spread - np.outer(self._shock, self._shock)).tolist()

    def _carried_level(self) -> list[float]:
        """The contribution of the first d values to the next ones, differenced d times; none if d = 0."""
        d, weights = self.model.d, DIFFERENCING[self.model.d]
        carried = [
            -fsum(weights[j] * self._first_values[d + h - j] for j in range(h + 1, d + 1)) for h in range(d)
        ]
        return carried or [0.0]

    def _learn(self, value: float) -> None:
        gain = self._steady_gain if self._covariance is None else self._gain()
        innovation = value - self._state[0]
        later = [*self._state[1:], 0.0]
        self._state = [
            a * value + part + k * innovation for a, part, k in zip(self._ar, later, gain, strict=True)
        ]
        self._state[0] += self.model.constant

    def _gain(self) -> list[float]:
        """The Kalman gain of every entry after the first. A value determines its own entry exactly, so the remaining
        uncertainty is the covariance of the other entries, shifted by one."""
        total = self._uncertainty()
        first = total[0]
        gain = [each / first[0] for each in first]
        covariance = [
            [*(each - k * own for each, own in zip(row[1:], first[1:], strict=True)), 0.0]
            for row, k in zip(total[1:], gain[1:], strict=True)
        ]
        covariance.append([0.0] * len(first))
        self._covariance = (
            covariance if any(row[i] > NEGLIGIBLE for i, row in enumerate(covariance)) else None
        )
        return [*gain[1:], 0.0]

    def _uncertainty(self) -> Matrix:
        """Covariance of the state including the next shock, in units of sigma squared."""
        shock = self._shock
        if self._covariance is None:
            return [[a * b for b in shock] for a in shock]
        return [
            [old + a * b for old, b in zip(row, shock, strict=True)]
            for row, a in zip(self._covariance, shock, strict=True)
        ]

    def _next(self, state_vector: list[float]) -> list[float]:
        """The state one step later, if the value is the expected one."""
        first = state_vector[0]
        moved = [a * first + later for a, later in zip(self._ar, [*state_vector[1:], 0.0], strict=True)]
        moved[0] += self.model.constant
        return moved

    def _carried(self, covariance: Matrix) -> Matrix:
        """A covariance one step later, if the value is missing."""
        nothing = [0.0] * len(self._ar)
        rows = [
            [a * first + later for first, later in zip(covariance[0], row, strict=True)]
            for a, row in zip(self._ar, [*covariance[1:], nothing], strict=True)
        ]
        return [
            [a * row[0] + later for a, later in zip(self._ar, [*row[1:], 0.0], strict=True)] for row in rows
        ]

    def _shock_variances(self, steps: int) -> list[float]:
        """Variance of each future value due to future shocks, in units of sigma squared."""
        shock, weights = self._shock, [1.0]
        for _ in range(steps - 1):
            shock = [a * shock[0] + later for a, later in zip(self._ar, [*shock[1:], 0.0], strict=True)]
            weights.append(shock[0])
        return list(accumulate(weight * weight for weight in weights))

    def _state_variances(self, covariance: Matrix, steps: int) -> list[float]:
        """Variance of each future value due to the state's uncertainty, in units of sigma squared."""
        variances = []
        for _ in range(steps):
            # Rounding may make a variance near zero slightly negative.
            variances.append(max(covariance[0][0], 0.0))
            covariance = self._carried(covariance)
        return variances


def _padded(numbers: list[float], size: int) -> list[float]:
    return numbers + [0.0] * (size - len(numbers))


def _is_stationary(ar: list[float]) -> bool:
    """Whether all partial autocorrelations are within (-1, 1), by the reverse Levinson-Durbin recursion.

    Source: Monahan, A note on enforcing stationarity in autoregressive-moving average models, Biometrika 71 (1984).
    """
    while ar:
        last = ar.pop()
        if abs(last) >= 1.0:
            return False
        ar = [(a + last * b) / (1.0 - last * last) for a, b in zip(ar, reversed(ar), strict=True)]
    return True


def _stationary_covariance(ar: list[float], shock: list[float]) -> np.ndarray:
    """The stationary covariance P = T P T' + shock shock', where T is the transition matrix.

    By doubling: k rounds sum the first 2^k terms of the series that solves it (Anderson and Moore, Optimal filtering,
    1979, section 6.7). Infinite if the sum does not end.
    """
    step = np.eye(len(ar), k=1)
    step[:, 0] = ar
    covariance = np.outer(shock, shock)
    with np.errstate(all="ignore"):
        for _ in range(MAX_DOUBLINGS):
            if np.abs(step).max() <= 1e-20:
                return covariance
            covariance = covariance + step @ covariance @ step.T
            step = step @ step
    return np.full_like(covariance, np.inf)
