"""Correlation and beta against pandas and a least-squares line, with gaps, other sessions, splits and still prices."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cross_section.closes import Close, in_new_shares, side_by_side
from analytics.cross_section.correlation import LEAST_RETURNS, betas, correlations
from shared.market.splits import SplitAt

DAYS = 90
Columns = dict[str, dict[int, float]]


def walks(symbols: int, missing: float, seed: int) -> Columns:
    """Random walks with a common part; some share of the closes of each is missing."""
    chance = np.random.default_rng(seed)
    common = chance.normal(0, 0.01, DAYS)
    found: Columns = {}
    for number in range(symbols):
        path = 100 * np.exp(np.cumsum(common * number + chance.normal(0, 0.01, DAYS)))
        present = chance.random(DAYS) >= missing if number % 2 else np.full(DAYS, True)
        found[f"S{number}"] = {day: float(path[day]) for day in range(DAYS) if present[day]}
    return found


def pair(columns: Columns, one: str, other: str, returns: int) -> pd.DataFrame:
    """The last common returns of two symbols, by pandas."""
    both = pd.DataFrame({name: pd.Series(columns[name]) for name in {one, other}}).sort_index().dropna()
    return np.log(both).diff().dropna().tail(returns)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.4]), st.sampled_from([20, 45, 200]))
def test_each_pair_is_that_of_pandas_over_its_common_days(seed: int, missing: float, returns: int) -> None:
    columns = walks(5, missing, seed)
    found = correlations(side_by_side(columns), returns)
    for row, one in enumerate(found.symbols):
        for column, other in enumerate(found.symbols):
            expected = pair(columns, one, other, returns)
            assert found.counts[row, column] == len(expected)
            if len(expected) < LEAST_RETURNS:
                assert np.isnan(found.values[row, column])
            else:
                assert found.values[row, column] == pytest.approx(
                    expected[one].corr(expected[other]), abs=1e-12
                )


@pytest.mark.parametrize("benchmark", ["S0", "S1", "S3"])
def test_beta_is_the_slope_of_the_least_squares_line(benchmark: str) -> None:
    columns = walks(4, 0.2, seed=3)
    for beta in betas(side_by_side(columns), benchmark, 40):
        expected = pair(columns, beta.symbol, benchmark, 40)
        slope, _ = np.polyfit(expected[benchmark], expected[beta.symbol], 1)
        assert beta.beta == pytest.approx(slope, abs=1e-12)
        assert beta.returns == len(expected)


def test_a_symbol_against_itself_has_beta_and_correlation_one() -> None:
    own = betas(side_by_side(walks(3, 0.0, seed=1)), "S2", 40)[2]
    assert own.beta == pytest.approx(1.0, abs=1e-12)
    assert own.correlation == pytest.approx(1.0, abs=1e-12)


def test_over_a_holiday_of_one_exchange_both_returns_span_the_same_days() -> None:
    """The other one moves by the same factor each day, so over the holiday by its square: the prices agree always."""
    days = list(range(40))
    steady = {day: float(100 * 1.01**day * (1.1 if day % 3 else 1.0)) for day in days}
    with_holiday = {day: 2 * close for day, close in steady.items() if day not in (10, 11, 25)}
    found = correlations(side_by_side({"A": steady, "B": with_holiday}), 30)
    assert found.values[0, 1] == pytest.approx(1.0, abs=1e-12)


def test_price_that_stands_still_has_no_correlation_and_gives_no_beta() -> None:
    columns = walks(2, 0.0, seed=1) | {"STILL": dict.fromkeys(range(DAYS), 5.0)}
    table = side_by_side(columns)
    assert np.isnan(correlations(table, 40).values[2]).all()
    assert all(np.isnan(beta.beta) for beta in betas(table, "STILL", 40))


def test_few_returns_give_no_correlation() -> None:
    columns = {name: dict(list(closes.items())[:LEAST_RETURNS]) for name, closes in walks(2, 0.0, 1).items()}
    found = correlations(side_by_side(columns), 60)
    assert (found.counts == LEAST_RETURNS - 1).all()
    assert np.isnan(found.values).all()


def test_no_symbols_and_no_common_day_are_no_error() -> None:
    assert correlations(side_by_side({}), 20).values.shape == (0, 0)
    apart = {"A": {1: 1.0, 2: 2.0}, "B": {3: 1.0, 4: 2.0}}
    assert np.isnan(correlations(side_by_side(apart), 20).values).all()


def test_unknown_benchmark_is_refused() -> None:
    with pytest.raises(ValueError, match="no closes of SPY"):
        betas(side_by_side(walks(2, 0.0, 1)), "SPY", 20)


def test_return_over_a_split_is_that_of_the_holder() -> None:
    closes = [Close(100, 70.0), Close(200, 10.5), Close(300, 5.5)]
    found = in_new_shares(closes, [SplitAt(150, 7.0), SplitAt(250, 2.0)])
    assert [close for _, close in found] == [5.0, 5.25, 5.5]
