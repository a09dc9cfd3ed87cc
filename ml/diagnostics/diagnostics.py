"""Diagnostics of a model's forecast errors, for one symbol, interval and horizon.

A good model's errors are not predictable from earlier ones, its intervals have their nominal coverage in calm and in
volatile markets, and its skill does not decrease. Pure: scores in, JSON-compatible findings out. `findings` returns the
following; with fewer than MIN_SCORES scores, only the first three are set, the others are None or empty lists:

    horizon            horizon of the forecasts, in bars
    count              number of scores
    levels             nominal coverages of the intervals
    since, until       when the first and the last score was made, epoch seconds
    error              "mean" (a log return; positive: the closes were higher) and its "standard_error"
    autocorrelation    of "errors" and of "squared_errors" over LAGS lags: "statistic" and "p", the test of Ljung and
                       Box, "On a measure of lack of fit in time series models" (1978). A small p of errors: they are
                       partly predictable; of squared errors: sigma follows the market too slowly. None if all are
                       equal, and for horizons above 1, where forecasts overlap and errors are always correlated
    coverage           by fifth of the forecasts' sigmas, smallest first: "sigma" (mean, of the log return over the
                       horizon), "count", "covered" (fraction inside the interval, by level)
    calibration        by level from 0.1 to 0.95: "level", and "covered", the fraction inside an interval of that level
    skill              over time: "time" (epoch seconds of the newest score), "count" (scores up to it that were
                       used), "skill" (1 - mean squared error / that of "no change"; None if the price never moved)
"""

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.diagnostic import acorr_ljungbox

MIN_SCORES = 50
"""With fewer scores, shares and tests are not meaningful."""
LAGS = 10
GROUPS = 5
NOMINAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
WINDOW = 100
"""Scores per point of the skill curve, all while there are fewer."""
POINTS = 50
ROUNDING = 1.0 + 1e-9
"""A close on the bound counts as inside, regardless of rounding."""

Numbers = NDArray[np.float64]


class Outcomes(NamedTuple):
    """Forecasts of one symbol, model and horizon with their scores, in order of time; n rows, k levels.

    `scored_at` is in epoch seconds, `error` is log(close / mean), `naive_loss` the squared error of "no change",
    `sigma` the expected deviation of the log return, `widths` the half-width of each interval in sigmas, `covered`
    whether the close was inside. `levels` are rising.
    """

    horizon: int
    levels: tuple[float, ...]
    scored_at: Numbers
    error: Numbers
    naive_loss: Numbers
    sigma: Numbers
    widths: Numbers
    covered: NDArray[np.bool_]


def findings(outcomes: Outcomes) -> dict[str, Any]:
    """The diagnostics of these outcomes, in the form described above."""
    count = len(outcomes.error)
    found: dict[str, Any] = {
        "horizon": outcomes.horizon,
        "count": count,
        "levels": list(outcomes.levels),
    }
    if count < MIN_SCORES:
        nothing = dict.fromkeys(("since", "until", "error", "autocorrelation"))
        return found | nothing | {"coverage": [], "calibration": [], "skill": []}
    return found | {
        "since": float(outcomes.scored_at[0]),
        "until": float(outcomes.scored_at[-1]),
        "error": _mean_error(outcomes.error, outcomes.horizon),
        "autocorrelation": _autocorrelation(outcomes.error, outcomes.horizon),
        "coverage": _coverage(outcomes),
        "calibration": _calibration(outcomes),
        "skill": _skill(outcomes),
    }


def _mean_error(errors: Numbers, horizon: int) -> dict[str, float]:
    """The standard error is that of Newey and West (1987) over the horizon - 1 lags at which forecasts overlap."""
    count, deviations = len(errors), errors - errors.mean()
    variance = deviations @ deviations
    for lag in range(1, min(horizon, count)):
        variance += 2.0 * (1.0 - lag / horizon) * (deviations[lag:] @ deviations[:-lag])
    standard_error = float(np.sqrt(max(variance, 0.0))) / count
    return {"mean": float(errors.mean()), "standard_error": standard_error}


def _autocorrelation(errors: Numbers, horizon: int) -> dict[str, Any]:
    tested = {"errors": errors, "squared_errors": errors * errors}
    return {name: _ljung_box(values) if horizon == 1 else None for name, values in tested.items()}


def _ljung_box(values: Numbers) -> dict[str, float] | None:
    scale = np.abs(values).max()
    # Squared returns are tiny: scale them to 1, so that products do not underflow.
    if np.ptp(values) <= 1e-12 * scale:
        return None
    found = acorr_ljungbox(values / scale, lags=[LAGS])
    return {"statistic": float(found["lb_stat"].iloc[0]), "p": float(found["lb_pvalue"].iloc[0])}


def _coverage(outcomes: Outcomes) -> list[dict[str, Any]]:
    """Equal sigmas are ordered by time, so that the groups have the same size."""
    groups = np.array_split(np.argsort(outcomes.sigma, kind="stable"), GROUPS)
    return [
        {
            "sigma": float(outcomes.sigma[group].mean()),
            "count": len(group),
            "covered": outcomes.covered[group].mean(axis=0).tolist(),
        }
        for group in groups
    ]


def _calibration(outcomes: Outcomes) -> list[dict[str, float]]:
    """The coverage that intervals of other levels than the stored ones would have had.

    The ratio of a stored width to the normal quantile of its level measures how much wider than the normal interval it
    was. This ratio is interpolated linearly in the normal quantile between the stored levels, and constant beyond them;
    at a stored level the interval is the stored one.
    """
    stored, wanted = _quantiles(outcomes.levels), _quantiles(NOMINAL)
    shares = np.array([np.interp(wanted, stored, unit) for unit in np.eye(len(stored))])
    widths = (outcomes.widths / stored) @ shares * wanted
    inside = (np.abs(outcomes.error) / outcomes.sigma)[:, None] <= widths * ROUNDING
    return [
        {"level": level, "covered": float(share)}
        for level, share in zip(NOMINAL, inside.mean(axis=0), strict=True)
    ]


def _quantiles(levels: tuple[float, ...]) -> Numbers:
    return np.array([NormalDist().inv_cdf((1.0 + level) / 2.0) for level in levels])


def _skill(outcomes: Outcomes) -> list[dict[str, Any]]:
    size = min(WINDOW, len(outcomes.error))
    ends = np.unique(np.linspace(size, len(outcomes.error), POINTS).astype(int))
    return [
        {
            "time": float(outcomes.scored_at[end - 1]),
            "count": size,
            "skill": _skill_of(outcomes.error[end - size : end], outcomes.naive_loss[end - size : end]),
        }
        for end in ends
    ]


def _skill_of(errors: Numbers, naive_losses: Numbers) -> float | None:
    naive = float(naive_losses.sum())
    return 1.0 - float(errors @ errors) / naive if naive > 0.0 else None
