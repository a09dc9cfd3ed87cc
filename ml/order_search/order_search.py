"""The search for the ARIMA model of a series: what a worker process does.

The series is centred and scaled before, and the model told in the series' own units after: the optimizer meets the
same numbers whatever the price, and a start that is only nearly diffuse is far wider than any change.
"""

import warnings
from math import fsum, isfinite
from time import monotonic

import numpy as np
import pmdarima
from pmdarima.arima import StepwiseContext
from statsmodels.tsa.stattools import adfuller
from threadpoolctl import threadpool_limits

from ml.arima.arima import ArimaModel
from ml.arima.search import SearchOutcome, SearchSettings, Series

MIN_VALUES = 10
"""Values that a search needs."""

MAX_MODELS = 100
"""Models that a search tries, and the rounds of the optimizer for each: what ends it, whatever the clock says. The
stepwise search is through after some ten, seldom after thirty."""
MAX_ITERATIONS = 50

UNMOVED = 1e-12
"""A change of a logarithm that is below what rounding makes of an equal price."""

UNIT_ROOT_LEVEL = 0.01
"""How sure the test must be that differences need not be differenced again."""

MEAN_LEVEL = 0.001
"""How sure it must be that the series itself returns to a mean: nearly no price does, and a mean that isn't there pulls
every forecast towards it."""

MIN_STATIONARY_VALUES = 240
"""So many values it takes to tell: over fewer, a walk that has not come far yet looks like one that returns. Of 2,000
random walks of 240 or 500 values two to five are taken for such a series; at a level of 0.01 fifteen were."""


def search(series: Series, settings: SearchSettings) -> SearchOutcome:
    """The model of lowest BIC that pmdarima's stepwise search finds; the same series gives the same model.

    Hyndman and Khandakar, Automatic time series forecasting, Journal of Statistical Software 27 (2008), but from
    p = q = 0 on, and with differences chosen by `differences`.
    """
    began = monotonic()
    return _searched(series, settings)._replace(seconds=monotonic() - began)


def _searched(series: Series, settings: SearchSettings) -> SearchOutcome:
    values = np.asarray(series, dtype=float)
    if len(values) < MIN_VALUES:
        return SearchOutcome(None, f"{len(values)} values are too few; a search needs {MIN_VALUES}")
    if not np.isfinite(values).all():
        return SearchOutcome(None, "the series holds values that are not finite")
    changes = np.diff(values)
    scale = float(np.sqrt(np.mean(changes**2)))
    if np.abs(changes).max() < UNMOVED:
        return SearchOutcome(None, "every value is the same")
    origin = float(values[0])
    # The matrices are tiny: threads of linear algebra that wait for one another cost seven times the work.
    with threadpool_limits(1), warnings.catch_warnings():
        # Orders that don't converge are part of a search; the criterion leaves them behind.
        warnings.simplefilter("ignore")
        try:
            model, aicc = _fitted((values - origin) / scale, settings)
            # The criterion is that of the series as it was: scaling adds twice log(scale) for each value fitted.
            aicc += 2.0 * (len(values) - model.d) * float(np.log(scale))
            return SearchOutcome(_in_units_of(model, origin, scale), aicc=aicc if isfinite(aicc) else None)
        except ValueError as error:
            return SearchOutcome(None, f"no model fits: {error}")


def differences(values: np.ndarray, max_d: int) -> int:
    """How often to difference: until the augmented Dickey-Fuller test rejects a unit root, at most `max_d` times.
    That a series needs none takes more evidence than that its differences need no others.

    Lags by Schwert's rule, as trunc((n - 1)^(1/3)), like R's `adf.test`. KPSS, pmdarima's own choice, takes the
    return to a mean for granted until it is disproved, which short windows of prices seldom do.
    """
    for d in range(max_d):
        differenced = np.diff(values, d)
        if np.ptp(differenced) < UNMOVED or _is_stationary(differenced, d):
            return d
    return max_d


def _is_stationary(values: np.ndarray, d: int) -> bool:
    """Whether the test rejects a unit root of a series that was differenced `d` times."""
    if d == 0 and len(values) < MIN_STATIONARY_VALUES:
        return False
    lags = int((len(values) - 1) ** (1 / 3))
    found = adfuller(values, maxlag=lags, autolag=None, result_object=True)
    return bool(found.pvalue < (MEAN_LEVEL if d == 0 else UNIT_ROOT_LEVEL))


def _fitted(values: np.ndarray, settings: SearchSettings) -> tuple[ArimaModel, float]:
    """The model of a series that is about as wide as 1 a step, and its corrected Akaike criterion (Hurvich and Tsai,
    "Regression and time series model selection in small samples", 1989). Raises ValueError where none fits."""
    season = settings.season if len(values) > 3 * settings.season else 1
    d = differences(values, settings.max_d)
    orders = {"d": d, "max_p": settings.max_p, "max_q": settings.max_q}
    seasonal = {"seasonal": season > 1, "m": season, "D": 0, "max_P": 1, "max_Q": 1}
    starts = dict.fromkeys(("start_p", "start_q", "start_P", "start_Q"), 0)
    with StepwiseContext(max_steps=MAX_MODELS):
        found = pmdarima.auto_arima(
            values,
            **orders,
            **seasonal,
            **starts,
            maxiter=MAX_ITERATIONS,
            information_criterion="bic",
            suppress_warnings=True,
            error_action="ignore",
        ).arima_res_
    named = dict(zip(found.model.param_names, found.params, strict=True))
    ar, ma = -found.polynomial_reduced_ar[1:], found.polynomial_reduced_ma[1:]
    constant, variance = named.get("intercept", 0.0), named["sigma2"]
    model = ArimaModel(tuple(ar.tolist()), d, tuple(ma.tolist()), float(constant), float(np.sqrt(variance)))
    return model, float(found.aicc)


def _in_units_of(model: ArimaModel, origin: float, scale: float) -> ArimaModel:
    """The model of `origin + scale * values` where `model` is that of the values."""
    level = origin * (1.0 - fsum(model.ar)) if model.d == 0 else 0.0
    return ArimaModel(model.ar, model.d, model.ma, model.constant * scale + level, model.sigma * scale)
