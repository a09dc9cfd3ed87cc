"""Evaluation of forecasts, compared with formulas over whole columns and on markets with a known answer."""

import numpy as np
import pytest

from ml.scoring.evaluation import (
    BASELINE,
    DAY_SECONDS,
    Evaluated,
    KnownCloses,
    Numbers,
    conclusion,
    days_a_cluster,
    evaluated,
)
from ml.scoring.scores import ScoreSummary
from ml.scoring.significance import BETTER, UNDECIDED, WORSE, t_quantile

DAYS, SYMBOLS = 300, 4


def known(horizon: int = 1, seed: int = 1) -> KnownCloses:
    """Four symbols' daily returns of about one percent."""
    made_at = np.repeat(np.arange(DAYS, dtype=np.int64), SYMBOLS) * DAY_SECONDS
    returns = np.random.default_rng(seed).normal(0.0, 0.01, DAYS * SYMBOLS)
    return KnownCloses(horizon, made_at, made_at + horizon * DAY_SECONDS, returns)


def sliced(known: KnownCloses, rows: slice) -> KnownCloses:
    return KnownCloses(known.horizon, known.made_at[rows], known.due_at[rows], known.returns[rows])


def result_of(forecasts: Numbers, known: KnownCloses, model: str = "a") -> Evaluated:
    found = evaluated(model, forecasts, known)
    assert found is not None
    return found


def noise(scale: float, seed: int = 2) -> Numbers:
    return np.random.default_rng(seed).normal(0.0, scale, DAYS * SYMBOLS)


def test_measures_are_those_of_the_formulas() -> None:
    rows, forecasts = known(), noise(0.005)
    errors = rows.returns - forecasts
    found = result_of(forecasts, rows).summary
    assert found.scores == found.moves == DAYS * SYMBOLS
    assert found.scaled == pytest.approx(np.abs(errors).mean() / np.abs(rows.returns).mean())
    assert found.root_mean_square == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert found.skill == pytest.approx(1.0 - np.mean(errors**2) / np.mean(rows.returns**2))
    assert found.hit_rate == pytest.approx(np.mean(np.sign(forecasts) == np.sign(rows.returns)))


def test_interval_counts_days_and_the_last_one_too() -> None:
    rows, forecasts = known(), noise(0.005)
    found = result_of(forecasts, rows)
    by_day = ((rows.returns - forecasts) ** 2 - rows.returns**2).reshape(DAYS, SYMBOLS).mean(axis=1)
    reach = t_quantile(0.975, DAYS - 1) * by_day.std(ddof=1) / np.sqrt(DAYS)
    naive_loss = np.mean(rows.returns**2)
    assert found.low == pytest.approx(-(by_day.mean() + reach) / naive_loss)
    assert found.high == pytest.approx(-(by_day.mean() - reach) / naive_loss)


def test_verdicts_are_those_of_the_truth() -> None:
    rows = known()
    assert result_of(rows.returns / 2, rows).verdict == BETTER
    assert result_of(noise(0.01), rows).verdict == WORSE
    assert result_of(noise(0.0002), rows).verdict == UNDECIDED
    assert result_of(np.zeros(DAYS * SYMBOLS), rows, "naive").verdict == BASELINE


def test_no_change_is_exactly_as_good_as_itself() -> None:
    found = result_of(np.zeros(DAYS * SYMBOLS), known(), "naive")
    assert (found.summary.scaled, found.summary.skill, found.low, found.high) == (1.0, 0.0, None, None)
    assert (found.summary.moves, found.summary.hit_rate) == (0, None)


def test_order_of_rows_changes_no_verdict() -> None:
    rows, forecasts = known(), noise(0.005)
    turned = sliced(rows, slice(None, None, -1))
    there, back = result_of(forecasts, rows), result_of(forecasts[::-1], turned)
    assert (there.low, there.high) == pytest.approx((back.low, back.high))
    assert there.verdict == back.verdict


def test_bars_without_a_forecast_do_not_count() -> None:
    rows, forecasts = known(), noise(0.005)
    half = np.where(np.arange(len(forecasts)) % 2 == 0, forecasts, np.nan)
    even = sliced(rows, slice(None, None, 2))
    assert result_of(half, rows).summary == result_of(forecasts[::2], even).summary
    assert evaluated("a", np.full(len(forecasts), np.nan), rows) is None


def test_forecasts_that_overlap_count_in_longer_clusters() -> None:
    assert days_a_cluster(known(horizon=1)) == 1
    assert days_a_cluster(known(horizon=5)) == 16
    assert days_a_cluster(sliced(known(), slice(0))) == 1


def test_few_days_decide_nothing() -> None:
    few = sliced(known(), slice(10 * SYMBOLS))
    found = result_of(few.returns.copy(), few)
    assert (found.verdict, found.low, found.high) == (UNDECIDED, None, None)
    assert conclusion([found]).startswith("There are too few days for a conclusion: 20 are needed")


def test_perfect_model_has_a_skill_of_one() -> None:
    found = result_of(known().returns, known())
    assert (found.summary.skill, found.verdict) == (1.0, BETTER)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.0 < found.high


def test_model_that_forecasts_no_change_has_exactly_zero_skill() -> None:
    found = result_of(np.zeros(DAYS * SYMBOLS), known(), "arima")
    assert (found.low, found.high, found.verdict) == (0.0, 0.0, UNDECIDED)


def test_conclusion_names_the_best_model_if_it_is_proven() -> None:
    assert conclusion([named("naive", BASELINE), named("a", BETTER, 0.01), named("b", BETTER, 0.02)]) == (
        "Significantly better than no change: a, b. b reduced the squared error by 2.00%; "
        "trading costs are not included."
    )


def test_conclusion_states_that_no_model_is_better_if_none_is() -> None:
    sentences = conclusion([named("naive", BASELINE), named("a", UNDECIDED), named("b", WORSE)])
    assert sentences.startswith("No model was significantly better than the forecast of no change")
    assert sentences.endswith("Significantly worse: b.")


def named(model: str, verdict: str, skill: float = 0.0) -> Evaluated:
    return Evaluated(
        model, ScoreSummary(1, 0.0, 0.0, 0.0, 1.0, skill, 0, None, (), ()), skill, skill, verdict
    )
