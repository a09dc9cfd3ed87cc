"""Other methods for intervals: each uses only returns up to its close, and is compared by days."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.forecasts import opponents
from benchmarks.forecasts.opponents import REFITTED, SIMPLE, Returns, lower_by, refits

FIRST = int(np.datetime64("2005-01-03").astype("datetime64[D]").astype(int))


def returns_of(count: int, seed: int = 5) -> Returns:
    values = 0.01 * np.random.default_rng(seed).standard_normal(count)
    return Returns(FIRST + np.arange(count), values)


@pytest.mark.parametrize("name", SIMPLE)
def test_no_interval_depends_on_later_returns(name: str) -> None:
    whole = returns_of(400)
    cut = Returns(whole.days[:300], whole.values[:300])
    expected = SIMPLE[name](whole)[:300]
    assert SIMPLE[name](cut) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", SIMPLE)
def test_intervals_of_normal_returns_reach_two_deviations(name: str) -> None:
    assert np.nanmean(SIMPLE[name](returns_of(2_000))) == pytest.approx(0.0196, rel=0.05)


@pytest.mark.parametrize("name", REFITTED)
def test_refitted_models_use_no_later_returns(name: str) -> None:
    pytest.importorskip("arch")
    whole = returns_of(330)
    cut = Returns(whole.days[:300], whole.values[:300])
    found = REFITTED[name](cut)
    assert found == pytest.approx(REFITTED[name](whole)[:300], rel=1e-6, nan_ok=True)
    assert np.isnan(found[: opponents.FIRST_FIT - 1]).all()
    assert np.nanmean(found) == pytest.approx(0.0196, rel=0.2)


def test_models_are_refitted_at_the_end_of_each_month() -> None:
    days = np.arange("2005-01-01", "2005-12-31", dtype="datetime64[D]").astype(np.int64)
    found = list(refits(days, "M"))
    starts = [str(days[start].astype("datetime64[D]")) for start, _ in found]
    assert starts == ["2005-09-07", "2005-09-30", "2005-10-31", "2005-11-30"]
    assert [end for _, end in found] == [*(start for start, _ in found[1:]), len(days)]


def test_months_before_the_first_judged_year_are_not_fitted() -> None:
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
