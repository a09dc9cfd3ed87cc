"""Fits of an ARMA model to a stationary series by maximum likelihood."""

from math import log, pi, sqrt
from typing import NamedTuple

import numpy as np
from statsmodels.tsa.statespace.sarimax import SARIMAX

from ml.order_search.candidates import Candidate, penalty

MAX_ITERATIONS = 50
"""Of the optimiser: they end a fit independently of time."""

NO_VARIANCE = 1e-20
"""A variance below this is rounding: the values have a typical size of 1."""


class OrderFit(NamedTuple):
    """The coefficients; `criterion` is the extended Bayesian information criterion, by which orders are chosen, `aicc`
    the corrected Akaike information criterion. Smaller is better."""

    criterion: float
    aicc: float
    ar: tuple[float, ...]
    ma: tuple[float, ...]
    constant: float
    sigma: float


def fit(values: np.ndarray, order: Candidate) -> OrderFit:
    """The order's fit. Raises ValueError or numpy's LinAlgError if there is none."""
    return _fit_by_likelihood(values, order) if order.p + order.q else _fit_noise(values, order)


def _fit_noise(values: np.ndarray, order: Candidate) -> OrderFit:
    """White noise: its estimates are the mean and the standard deviation. The likelihood of equal values has no
    maximum."""
    constant = float(values.mean()) if order.has_constant else 0.0
    variance = float(np.mean((values - constant) ** 2))
    if variance < NO_VARIANCE:
        raise ValueError("all values are the same")
    likelihood = -len(values) / 2 * (log(2 * pi * variance) + 1)
    return OrderFit(*_criteria(likelihood, order, len(values)), (), (), constant, sqrt(variance))


def _fit_by_likelihood(values: np.ndarray, order: Candidate) -> OrderFit:
    model = SARIMAX(values, order=(order.p, 0, order.q), trend="c" if order.has_constant else "n")
    # Without the results object, which would smooth the series too.
    found = model.fit(disp=False, maxiter=MAX_ITERATIONS, return_params=True)
    named = dict(zip(model.param_names, found.tolist(), strict=True))
    return OrderFit(
        *_criteria(float(model.loglike(found)), order, len(values)),
        tuple(named[f"ar.L{lag}"] for lag in range(1, order.p + 1)),
        tuple(named[f"ma.L{lag}"] for lag in range(1, order.q + 1)),
        named.get("intercept", 0.0),
        sqrt(named["sigma2"]),
    )


def _criteria(likelihood: float, order: Candidate, count: int) -> tuple[float, float]:
    """The criterion by which orders are chosen, and Hurvich and Tsai's "Regression and time series model selection in
    small samples" (1989), of a log-likelihood of so many values. Raises ValueError if they are too few."""
    parameters = order.p + order.q + order.has_constant + 1
    if count <= parameters + 1:
        raise ValueError(f"{count} values are too few for {parameters} parameters")
    bic = parameters * log(count) - 2.0 * likelihood
    aic = 2.0 * (parameters - likelihood)
    return bic + penalty(order.p, order.q), aic + 2.0 * parameters * (parameters + 1) / (
        count - parameters - 1
    )
