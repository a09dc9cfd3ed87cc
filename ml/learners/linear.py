"""Linear models: a regression on the features, and exponential smoothing of the returns."""

import warnings
from math import sqrt
from statistics import median_low
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.datasets.samples import Samples
from ml.learners.trained import Trained, TrainingSettings, fitted_targets, shares
from ml.models.features import names
from ml.models.predictors import Linear, Smoothing

PENALTY = 10_000.0
NEWEST_RETURNS, MAX_SYMBOLS = 1_000, 20


def linear_regression(samples: Samples, settings: TrainingSettings) -> Trained:
    """Ridge regression on standardised features; Hoerl and Kennard, "Ridge regression" (Technometrics 12, 1970).

    Minimises the squared error plus PENALTY * the sum of squared weights. Momenta are sums of returns, so that plain
    least squares would give them large weights of opposite sign. On standardised features the penalty treats all
    weights alike. Its size is the ratio of the variances of noise and weights if 14 features together explain about a
    thousandth of the variance; ten thousand rows then shrink the weights by about half, and a hundred rows almost to
    zero.
    """
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), Ridge(alpha=PENALTY))
    pipeline.fit(samples.values, fitted_targets(samples))
    scaler, ridge = pipeline[0], pipeline[1]
    weights = ridge.coef_ / scaler.scale_
    intercept = float(ridge.intercept_ - weights @ scaler.mean_)
    importances = shares(names(settings.features), np.abs(ridge.coef_).tolist())
    return Trained(Linear(intercept, tuple(weights.tolist())), pipeline, importances)


def exponential_smoothing(samples: Samples, settings: TrainingSettings) -> Trained:
    """The median of the best alphas for the newest returns of the symbols with most rows.

    The estimator is the fit of the symbol with that alpha.
    """
    fits = [_smoothed(each) for each in _series(samples)]
    alphas = [float(fit.params["smoothing_level"]) for fit in fits]
    alpha = median_low(alphas)
    return Trained(Smoothing(alpha, sqrt(settings.horizon)), fits[alphas.index(alpha)], {})


def _series(samples: Samples) -> list[NDArray[np.float64]]:
    """The newest returns of the symbols with most rows, in units of sigma: the window of the first row, and the newest
    return of every later row."""
    symbols, rows = np.unique(samples.symbol, return_counts=True)
    most = symbols[np.argsort(-rows, kind="stable")][:MAX_SYMBOLS]
    windows = [samples.returns[samples.symbol == symbol] for symbol in most]
    return [np.concatenate([each[0], each[1:, -1]])[-NEWEST_RETURNS:] for each in windows]


def _smoothed(returns: NDArray[np.float64]) -> Any:
    """The fit with the smallest squared one-bar errors, even if the optimiser has not converged."""
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return SimpleExpSmoothing(returns, initialization_method="known", initial_level=0.0).fit()
