"""What the errors of a model's forecasts tell of the model, for one symbol, interval and horizon.

A good model's errors can't be foretold from one another, its intervals hold the share of closes that they promise, in
calm markets and in wild ones, and its skill does not fade. Pure: the scores go in, findings come out, which JSON can
carry as they are. They are those of `findings`; below FEWEST scores only the first three are there, the others are
None, or empty lists:

    horizon            bars that the forecasts looked ahead
    count              scores
    levels             shares of closes that the intervals shall hold
    since, until       when the first and the last score was made, epoch seconds
    error              "mean" (a log return; positive: the closes came higher) and its "standard_error"
    autocorrelation    of "errors" and of "squared_errors" over LAGS lags: "statistic" and "p", the test of Ljung and
                       Box, "On a measure of lack of fit in time series models" (1978). A small p of errors: something
                       was left to foretell; of squared errors: sigma follows the market too slowly. None where all are
                       equal, and over several bars, for such forecasts overlap and err alike whatever the model is
    coverage           by fifth of the forecasts' sigmas, smallest first: "sigma" (mean, of the log return over the
                       horizon), "count", "covered" (share inside the interval, by level)
    calibration        by level from 0.1 to 0.95: "level", and "covered", the share inside an interval of that level
    skill              over time: "time" (epoch seconds of the newest score), "count" (scores up to it that were looked
                       at), "skill" (1 - mean squared error over that of "no change"; None where nothing moved)
"""

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.diagnostic import acorr_ljungbox

MIN_SCORES = 50
"""Scores below which shares and tests say nothing."""
LAGS = 10
GROUPS = 5
NOMINAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
WINDOW = 100
"""Scores that one point of skill stands for, all where there are fewer."""
POINTS = 50
ROUNDING = 1.0 + 1e-9
"""A close on the bound is inside, whatever the last bit of a logarithm says."""

Numbers = NDArray[np.float64]


class Outcomes(NamedTuple):
    """Forecasts of one symbol, model and horizon and what became of them, in the order of time; n rows, k levels.

    `scored_at` in epoch seconds, `error` as log(close / mean), `naive_loss` the squared error of "no change", `sigma`
    the deviation of the log return that was expected, `widths` the reach of each interval in sigmas, `covered`
    whether the close lay inside. `levels` rise.
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
    """What these outcomes tell; the shape is told above."""
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
    # Returns are small and their squares smaller: scaled to 1, so that no product of them vanishes.
    if np.ptp(values) <= 1e-12 * scale:
        return None
    found = acorr_ljungbox(values / scale, lags=[LAGS])
    return {"statistic": float(found["lb_stat"].iloc[0]), "p": float(found["lb_pvalue"].iloc[0])}


def _coverage(outcomes: Outcomes) -> list[dict[str, Any]]:
    """Equal sigmas are told apart by time, so that the groups are of one size."""
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
    """What intervals of other levels than the stored ones would have held.

    A stored width over the normal quantile of its level tells how much wider than the normal distribution's the
    interval was. That ratio is taken as linear in the normal quantile between the stored levels, and as constant
    beyond them; at a stored level the interval is the stored one.
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
