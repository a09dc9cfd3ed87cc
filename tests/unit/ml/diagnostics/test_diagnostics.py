"""Analysis of forecast errors, with markets of known properties and with calculations by hand."""

import json
import warnings
from math import erf, exp, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.diagnostics.diagnostics import LAGS, MIN_SCORES, NOMINAL, POINTS, WINDOW, Outcomes, findings

LEVELS = (0.5, 0.8, 0.95)
NORMAL = [NormalDist().inv_cdf((1 + level) / 2) for level in LEVELS]


def outcomes(error: NDArray[np.float64], **options: Any) -> Outcomes:
    """Forecasts a day apart whose intervals are the normal distribution's, with a sigma of one percent."""
    count = len(error)
    sigma = np.asarray(options.get("sigma", np.full(count, 0.01)), dtype=np.float64)
    widths = np.asarray(options.get("widths", np.tile(NORMAL, (count, 1))), dtype=np.float64)
    return Outcomes(
        options.get("horizon", 1),
        LEVELS,
        np.arange(1, count + 1, dtype=np.float64) * 86_400.0,
        error,
        np.asarray(options.get("naive_loss", error * error), dtype=np.float64),
        sigma,
        widths,
        np.abs(error / sigma)[:, None] <= widths,
    )


def noise(count: int, seed: int = 1) -> NDArray[np.float64]:
    return 0.01 * np.random.default_rng(seed).standard_normal(count)


def ljung_box(values: list[float]) -> tuple[float, float]:
    """By hand, from the paper's formula; the tail of chi-square with 10 degrees of freedom in closed form."""
    n, mean = len(values), sum(values) / len(values)
    squares = sum((value - mean) ** 2 for value in values)
    statistic = 0.0
    for lag in range(1, LAGS + 1):
        products = sum((values[i] - mean) * (values[i - lag] - mean) for i in range(lag, n))
        statistic += n * (n + 2) * (products / squares) ** 2 / (n - lag)
    half, term, tail = statistic / 2, 1.0, 0.0
    for i in range(LAGS // 2):
        tail += term
        term *= half / (i + 1)
    return statistic, exp(-half) * tail


@pytest.mark.parametrize(("count", "seed"), [(50, 1), (51, 2), (300, 3), (1000, 4)])
def test_autocorrelation_is_the_test_of_ljung_and_box(count: int, seed: int) -> None:
    errors = noise(count, seed)
    errors[1:] += 0.2 * errors[:-1]
    found = findings(outcomes(errors))["autocorrelation"]
    for name, values in [("errors", errors), ("squared_errors", errors**2)]:
        statistic, p = ljung_box(values.tolist())
        assert found[name]["statistic"] == pytest.approx(statistic, rel=1e-9)
        assert found[name]["p"] == pytest.approx(p, rel=1e-7)


def test_predictable_errors_are_detected_and_noise_is_not() -> None:
    pure = noise(1000)
    found = findings(outcomes(pure))["autocorrelation"]
    assert found["errors"]["p"] > 0.05 < found["squared_errors"]["p"]
    leaning = pure.copy()
    leaning[1:] += 0.3 * pure[:-1]
    assert findings(outcomes(leaning))["autocorrelation"]["errors"]["p"] < 1e-9
    waves = pure * np.where(np.arange(1000) // 100 % 2, 3.0, 1.0)
    found = findings(outcomes(waves))["autocorrelation"]
    assert found["squared_errors"]["p"] < 1e-9 < found["errors"]["p"]


def test_errors_that_are_all_equal_or_tiny_are_no_trouble() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for equal in (np.zeros(60), np.full(60, 0.01), np.full(60, -1e-200)):
            found = findings(outcomes(equal))
            assert found["autocorrelation"] == {"errors": None, "squared_errors": None}
            json.dumps(found, allow_nan=False)
        tiny = findings(outcomes(1e-160 * noise(100)))
        assert tiny["autocorrelation"]["errors"]["p"] == pytest.approx(
            findings(outcomes(noise(100)))["autocorrelation"]["errors"]["p"]
        )


def test_forecasts_that_overlap_are_not_tested_for_it() -> None:
    found = findings(outcomes(noise(100), horizon=3))
    assert found["autocorrelation"] == {"errors": None, "squared_errors": None}
    assert found["horizon"] == 3


def test_calibration_of_normal_errors_is_the_normal_distributions() -> None:
    for scale in (0.5, 1.0, 2.0):
        found = findings(outcomes(scale * noise(20_000)))["calibration"]
        assert tuple(each["level"] for each in found) == NOMINAL
        for each in found:
            z = NormalDist().inv_cdf((1 + each["level"]) / 2)
            assert each["covered"] == pytest.approx(erf(z / scale / sqrt(2)), abs=0.012)


def test_calibration_goes_through_the_stored_intervals_and_between_them() -> None:
    errors, widths = noise(400), np.tile([1.0, 1.1, 3.0], (400, 1))
    found = {
        each["level"]: each["covered"] for each in findings(outcomes(errors, widths=widths))["calibration"]
    }
    shares = (np.abs(errors / 0.01)[:, None] <= widths).mean(axis=0)
    assert [found[level] for level in LEVELS] == shares.tolist()
    z = NormalDist().inv_cdf(0.85)
    slope = (1.1 / NORMAL[1] - 1.0 / NORMAL[0]) / (NORMAL[1] - NORMAL[0])
    reach = z * (1.0 / NORMAL[0] + slope * (z - NORMAL[0]))
    assert found[0.7] == (np.abs(errors / 0.01) <= reach).mean()
    below = NormalDist().inv_cdf(0.6) * 1.0 / NORMAL[0]
    assert found[0.2] == (np.abs(errors / 0.01) <= below).mean()


def test_coverage_distinguishes_calm_markets_from_volatile_ones() -> None:
    spread = np.random.default_rng(2).permutation(np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 200))
    true = np.where(spread == 5.0, 3.0, 1.0) * spread
    found = findings(outcomes(noise(1000) * true, sigma=0.01 * spread))["coverage"]
    assert [each["count"] for each in found] == [200] * 5
    assert [each["sigma"] for each in found] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    for each in found[:4]:
        assert each["covered"] == pytest.approx(LEVELS, abs=0.08)
    narrow = [erf(z / 3 / sqrt(2)) for z in NORMAL]
    assert found[4]["covered"] == pytest.approx(narrow, abs=0.08)


def test_skill_follows_the_model_through_time() -> None:
    moves = noise(1000)
    better = np.where(np.arange(1000) < 500, 0.5, 2.0)
    found = findings(outcomes(better * moves, naive_loss=moves**2))["skill"]
    assert len(found) == POINTS
    assert {each["count"] for each in found} == {WINDOW}
    assert found[0]["skill"] == pytest.approx(0.75)
    assert found[-1]["skill"] == pytest.approx(-3.0)
    assert (found[0]["time"], found[-1]["time"]) == (86_400.0 * WINDOW, 86_400.0 * 1000)
    times = [each["time"] for each in found]
    assert times == sorted(set(times))


def test_skill_of_few_scores_is_one_point_and_none_where_nothing_moved() -> None:
    found = findings(outcomes(noise(60), naive_loss=np.zeros(60)))["skill"]
    assert found == [{"time": 86_400.0 * 60, "count": 60, "skill": None}]
    assert len(findings(outcomes(noise(110)))["skill"]) == 11


def test_mean_error_comes_with_its_standard_error() -> None:
    errors = noise(400) + 0.001
    found = findings(outcomes(errors))["error"]
    assert found["mean"] == pytest.approx(errors.mean())
    assert found["standard_error"] == pytest.approx(errors.std() / 20)


def test_standard_error_of_overlapping_forecasts_is_what_repeated_markets_show() -> None:
    def overlapping(seed: int) -> NDArray[np.float64]:
        return np.convolve(noise(504, seed), np.ones(5), "valid")

    estimated = [
        findings(outcomes(overlapping(seed), horizon=5))["error"]["standard_error"] for seed in range(50)
    ]
    seen = np.std([overlapping(seed).mean() for seed in range(1000)])
    # Its weights fall linearly, so it is known to lie somewhat low.
    assert 0.75 * seen < np.mean(estimated) < 1.05 * seen


def test_too_few_scores_give_only_their_count() -> None:
    for count in (1, MIN_SCORES - 1):
        found = findings(outcomes(noise(count)))
        assert found["count"] == count
        assert found["levels"] == list(LEVELS)
        assert found.keys() == findings(outcomes(noise(MIN_SCORES))).keys()
        assert not any(found[name] for name in found.keys() - {"horizon", "count", "levels"})


def test_findings_are_json() -> None:
    found = findings(outcomes(noise(1000)))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert len(json.dumps(found)) < 8_000
