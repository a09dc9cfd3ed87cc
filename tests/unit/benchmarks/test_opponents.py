"""Other methods for intervals: each uses only returns up to its close, and is compared by days."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.forecasts import opponents
from benchmarks.forecasts.methods import FIRST_FIT, Returns, all_methods, refits
from benchmarks.forecasts.opponents import lower_by

FIRST = int(np.datetime64("2005-01-03").astype("datetime64[D]").astype(int))


def returns_of(count: int, seed: int = 5) -> Returns:
    chance = np.random.default_rng(seed)
    deviations = 0.01 * np.exp(0.3 * chance.standard_normal(count))
    return Returns(FIRST + np.arange(count), 0.01 * chance.standard_normal(count), deviations)


def first_of(returns: Returns, count: int) -> Returns:
    return Returns(returns.days[:count], returns.values[:count], returns.deviations[:count])


@pytest.mark.parametrize("name", all_methods(quick=True))
def test_no_interval_depends_on_later_bars(name: str) -> None:
    whole, method = returns_of(400), all_methods(quick=True)[name]
    expected = method(whole)[:300]
    assert method(first_of(whole, 300)) == pytest.approx(expected, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", all_methods(quick=True))
def test_intervals_of_normal_returns_reach_two_deviations(name: str) -> None:
    found = all_methods(quick=True)[name](returns_of(2_000))
    assert np.nanmean(found) == pytest.approx(0.0196, rel=0.05)


def test_har_follows_the_deviations_of_the_newest_bars() -> None:
    """The deviation of each bar is that of the next return, and deviations last."""
    chance = np.random.default_rng(3)
    logs = np.repeat(0.8 * chance.standard_normal(60), 25)
    deviations = 0.01 * np.exp(logs)
    values = np.roll(deviations, 1) * chance.standard_normal(len(logs))
    found = all_methods(quick=True)["HAR"](Returns(FIRST + np.arange(len(logs)), values, deviations))
    evaluated = found[FIRST_FIT:-1] / deviations[FIRST_FIT:-1]
    assert np.median(evaluated) == pytest.approx(1.96, rel=0.1)
    assert np.corrcoef(np.log(found[FIRST_FIT:-1]), logs[FIRST_FIT:-1])[0, 1] > 0.95


@pytest.mark.parametrize("name", ["GARCH-t", "GJR-t"])
def test_refitted_models_use_no_later_returns(name: str) -> None:
    pytest.importorskip("arch")
    whole, method = returns_of(330), all_methods(quick=False)[name]
    found = method(first_of(whole, 300))
    assert found == pytest.approx(method(whole)[:300], rel=1e-6, nan_ok=True)
    assert np.isnan(found[: FIRST_FIT - 1]).all()
    assert np.nanmean(found) == pytest.approx(0.0196, rel=0.2)


def test_models_are_refitted_at_the_end_of_each_month() -> None:
    days = np.arange("2005-01-01", "2005-12-31", dtype="datetime64[D]").astype(np.int64)
    found = list(refits(days, "M"))
    starts = [str(days[start].astype("datetime64[D]")) for start, _ in found]
    assert starts == ["2005-09-07", "2005-09-30", "2005-10-31", "2005-11-30"]
    assert [end for _, end in found] == [*(start for start, _ in found[1:]), len(days)]


def test_months_before_the_first_evaluated_year_are_not_fitted() -> None:
    days = np.arange("2003-01-01", "2005-03-01", dtype="datetime64[D]").astype(np.int64)
    starts = [str(days[start].astype("datetime64[D]")) for start, _ in refits(days, "M")]
    assert starts == ["2004-12-31", "2005-01-31"]


def test_the_symbols_of_a_day_count_once() -> None:
    chance = np.random.default_rng(6)
    days, theirs = np.arange(500), chance.uniform(0.5, 1.5, 500)
    ours = theirs - 0.1 - 0.05 * chance.standard_normal(500)
    once, low, high = lower_by(ours, theirs, days)
    fourfold = lower_by(np.repeat(ours, 4), np.repeat(theirs, 4), np.repeat(days, 4))
    assert fourfold == pytest.approx((once, low, high))
    assert low < once < high
    assert once == pytest.approx(0.1, abs=0.01)


def test_absent_data_are_named_and_skipped(tmp_path: Path) -> None:
    assert "Skipped" in opponents.opponents(tmp_path, quick=False)
