"""The search for the ARIMA model of a series, as run by a worker process.

The series is centred and scaled before the search, and the model is converted back to the series' own units after it.
The optimiser therefore sees values of the same size for any price, and its approximately diffuse initialisation is far
wider than any change.
"""

import warnings
from contextlib import suppress
from functools import cache
from math import fsum, isfinite
from time import monotonic

import numpy as np
from numpy.linalg import LinAlgError
from statsmodels.tsa.stattools import adfuller
from threadpoolctl import ThreadpoolController

from ml.arima.arima import Arima, ArimaModel
from ml.arima.search import SearchOutcome, SearchSettings, Series
from ml.order_search.candidates import NOISE, candidates
from ml.order_search.fits import MAX_ITERATIONS, fit

MIN_VALUES = 10
"""Values that a search needs."""

MAX_MODELS = 100
"""The models that a seasonal search tries: they end it independently of time. It usually ends after about ten models,
seldom after more than thirty."""

UNMOVED = 1e-12
"""Changes of a logarithm below this size count as rounding."""

UNIT_ROOT_LEVEL = 0.01
"""Significance level of the unit root test of differences."""

MEAN_LEVEL = 0.001
"""Significance level of the unit root test of the series itself: almost no price is mean-reverting, and a false mean
would bias every forecast towards it."""

MIN_STATIONARY_VALUES = 240
"""With fewer values, a series counts as not stationary, because a short random walk looks mean-reverting. Of 2,000
random walks of 240 or 500 values, two to five are misclassified; at a level of 0.01, fifteen were."""

CHECKED_STEPS = 60
"""Bars ahead for which a model's forecasts are checked, however many are shown: one that explodes does so by then."""

FAR = 10.0
"""A forecast farther from zero than this many times the series itself is one of a model that explodes."""


def search(series: Series, settings: SearchSettings) -> SearchOutcome:
    """The model with the lowest extended Bayesian information criterion among white noise and the fits of `candidates`;
    the order of differencing is chosen by `differences`. The same series gives the same model.
    """
    began = monotonic()
    return _searched(series, settings)._replace(seconds=monotonic() - began)


@cache
def _libraries() -> ThreadpoolController:
    """The libraries with threads that numpy and scipy use. To find them takes a tenth of a search."""
    return ThreadpoolController()


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
    # The matrices are tiny: with several threads, synchronisation costs seven times the work.
    with _libraries().limit(limits=1), warnings.catch_warnings():
        # Some orders do not converge; the criterion excludes them.
        warnings.simplefilter("ignore")
        try:
            model, aicc = _fitted((values - origin) / scale, settings)
            # Convert the criterion to the original scale: add 2 * log(scale) for each fitted value.
            aicc += 2.0 * (len(values) - model.d) * float(np.log(scale))
            return SearchOutcome(_in_units_of(model, origin, scale), aicc=aicc if isfinite(aicc) else None)
        except ValueError as error:
            return SearchOutcome(None, f"no model fits: {error}")


def differences(values: np.ndarray, max_d: int) -> int:
    """The order of differencing: until the augmented Dickey-Fuller test rejects a unit root, at most `max_d`. That the
    series itself is stationary requires a stricter significance level than that its differences are.

    Lags by Schwert's rule, as trunc((n - 1)^(1/3)), like R's `adf.test`. KPSS, pmdarima's default, assumes stationarity
    until it is rejected, which short windows of prices seldom allow.
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
    """The model of a series whose typical step is about 1, and its corrected Akaike information criterion. Raises
    ValueError if no model fits."""
    d = differences(values, settings.max_d)
    if len(values) > 3 * settings.season > 3:
        return _seasonal(values, d, settings)
    changes = np.diff(values, d)
    fits = []
    for order in (*NOISE, *candidates(changes, settings.max_p, settings.max_q)):
        with suppress(ValueError, LinAlgError):  # some orders have no fit
            fits.append(fit(changes, order))
    for found in sorted(each for each in fits if isfinite(each.criterion)):
        with suppress(ValueError):  # an optimum at the limit of stationarity
            model = ArimaModel(found.ar, d, found.ma, found.constant, found.sigma)
            if _can_follow(model, values):
                return model, found.aicc
    raise ValueError("no order has a fit that can forecast the series")


def _can_follow(model: ArimaModel, values: np.ndarray) -> bool:
    """Whether the model's forecasts of the series and of the bars after it stay near it. Raises ValueError as `Arima`
    does."""
    filtered, nearby = Arima(model), FAR * float(np.abs(values).max() + 1.0)
    for value in values.tolist():
        filtered.update(value)
    means = filtered.means(CHECKED_STEPS)
    return filtered.is_finite and all(abs(mean) < nearby for mean in means)


def _seasonal(values: np.ndarray, d: int, settings: SearchSettings) -> tuple[ArimaModel, float]:
    """The same for a seasonal model, by pmdarima's stepwise search: Hyndman and Khandakar, Automatic time series
    forecasting, Journal of Statistical Software 27 (2008), starting from p = q = 0."""
    # Imported here, because few searches are seasonal and pmdarima is slow to import.
    import pmdarima
    from pmdarima.arima import StepwiseContext

    orders = {"d": d, "max_p": settings.max_p, "max_q": settings.max_q}
    seasonal = {"seasonal": True, "m": settings.season, "D": 0, "max_P": 1, "max_Q": 1}
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
    """The model of `origin + scale * values`, given the `model` of the values."""
    level = origin * (1.0 - fsum(model.ar)) if model.d == 0 else 0.0
    return ArimaModel(model.ar, model.d, model.ma, model.constant * scale + level, model.sigma * scale)
