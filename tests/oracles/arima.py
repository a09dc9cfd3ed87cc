"""The result of statsmodels for a series and an ARIMA model with given parameters."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from statsmodels.tsa.statespace.sarimax import SARIMAX

from ml.arima.arima import Arima, ArimaModel


def polynomial(partials: Sequence[float]) -> tuple[float, ...]:
    """Coefficients of a stationary autoregression from its partial autocorrelations (Levinson and Durbin)."""
    coefficients: list[float] = []
    for last in partials:
        coefficients = [a - last * b for a, b in zip(coefficients, reversed(coefficients), strict=True)] + [
            last
        ]
    return tuple(coefficients)


def filtered(model: ArimaModel, series: Sequence[float]) -> Any:
    """statsmodels' filter over the series, exact from its start; NaN is a missing value."""
    p, d, q = model.order
    with warnings.catch_warnings():
        # It warns of starting values, which are for fits.
        warnings.simplefilter("ignore")
        oracle = SARIMAX(np.array(series), order=(p, d, q), trend="c", use_exact_diffuse=True)
        return oracle.filter([model.constant, *model.ar, *model.ma, model.sigma**2])


def apart(model: ArimaModel, series: Sequence[float], steps: int) -> float:
    """The largest difference between ours and statsmodels' one-step forecasts at every value, and `steps` after the
    last, means and deviations; relative to the level of the series, and to the deviation."""
    oracle = filtered(model, series)
    ours, worst = Arima(model), 0.0
    level = float(np.nanmax(np.abs(series)))
    for t, value in enumerate(series):
        if ours.started:
            mean, deviation = ours.forecast(1)[0]
            variance = oracle.forecasts_error_cov[0, 0, t]
            worst = max(worst, abs(mean - oracle.forecasts[0, t]) / level, abs(deviation / variance**0.5 - 1))
        if np.isnan(value):
            ours.skip()
        else:
            ours.update(value)
    expected = oracle.get_forecast(steps)
    pairs = zip(ours.forecast(steps), expected.predicted_mean, expected.se_mean, strict=True)
    return float(max(worst, *(max(abs(o.mean - m) / level, abs(o.deviation / s - 1)) for o, m, s in pairs)))
