"""The benchmark of forecasts: its data are as stated, and no test row was used for training."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.forecasts.accuracy import SearchTrial, accuracy, in_blocks, scored, years_from
from benchmarks.forecasts.search import age, market_time
from benchmarks.forecasts.speed import (
    REFILLED,
    SCORED,
    ForecastDesk,
    FoundModels,
    Timing,
    forecaster_alone,
    trained_models,
)
from benchmarks.forecasts.walks import WalkingMarket, history, walk
from ml.arima.forecaster import ForecastSettings
from ml.datasets.samples import TrainingHistory, samples
from ml.models.features import FeatureSettings, Observation
from shared.settings.config import load

DAY = 86_400
FIRST_DAY = int(datetime(2003, 11, 3, 21, tzinfo=UTC).timestamp())


def days(count: int) -> TrainingHistory:
    """A walk as days that follow one another."""
    observations = [Observation(close, close, close, 0.0) for close in walk(0, count)]
    return TrainingHistory("ACME", [FIRST_DAY + DAY * day for day in range(count)], observations, [])


def test_every_year_is_tested_on_models_trained_on_earlier_years_only() -> None:
    rows = samples([days(1_200)], FeatureSettings(), 5)
    found = list(years_from(2005)(rows))
    years = [{datetime.fromtimestamp(each, UTC).year for each in rows.made_at[fold.test]} for fold in found]
    assert years == [{2005}, {2006}, {2007}]
    assert all(rows.due_at[fold.train].max() <= rows.made_at[fold.test].min() for fold in found)


def test_first_year_of_a_history_is_trained_on_and_not_tested() -> None:
    rows = samples([days(500)], FeatureSettings(), 1)
    assert (
        rows.made_at[next(years_from(1990)(rows)).test].min() >= datetime(2004, 1, 1, tzinfo=UTC).timestamp()
    )


def test_all_models_are_scored_on_the_same_rows() -> None:
    histories = [history(symbol, walk(number, 240)) for number, symbol in enumerate(("ACME", "BETA"))]
    found = scored(SearchTrial("Minutes", "1m", (), in_blocks), histories, load(None))
    assert [each.model for each in found[:3]] == ["naive", "arima", "linear_regression"]
    assert len(found) == 7
    assert len({each.summary.scores for each in found}) == 1
    assert found[0].summary.skill == 0.0


def test_trial_without_its_recordings_is_skipped_in_a_sentence(tmp_path: Path) -> None:
    printed = accuracy(load(None), tmp_path, quick=True)
    assert f"Minutes of two coins, one day: skipped, missing below {tmp_path}: 20180405_trade.zip." in printed


def test_symbols_of_one_walk_move_alike_at_prices_of_their_own() -> None:
    market = WalkingMarket(20, 50)
    ratios = np.divide(market.closes("S00013", 0, 50), market.closes("S00003", 0, 50))
    assert ratios == pytest.approx(ratios[0])
    assert ratios[0] > 1.0


def test_updates_are_timed_with_searched_and_trained_models_in_place() -> None:
    market, searches = WalkingMarket(2, REFILLED + SCORED + 2), FoundModels()
    desk = ForecastDesk(market, searches, ForecastSettings())
    desk.follow(SCORED, {})
    for timing in (
        desk.timed("everything", 2, trained_models(200)),
        forecaster_alone(market, searches, ForecastSettings(), 2),
    ):
        assert timing.updates.shape == (2, 2)
    assert "1 x (" in searches.orders()


def test_missed_target_is_reported() -> None:
    slow, quick = (Timing("all", [60.0], np.full((3, 500), each)) for each in (101.0, 99.0))
    missed = "500 symbols in 50 ms: 50.5 MISSED | 99 of 100 updates in 100 us: 101.0 MISSED"
    assert slow.targets() == f"Targets, all: {missed}"
    assert "MISSED" not in quick.targets()


def test_age_of_an_order_is_given_in_bars_and_in_days_of_trading() -> None:
    assert market_time("1m", 390) == "1.0 days"
    assert market_time("1d", 504) == "2.0 years"
    row = age("1m", ForecastSettings(search_every=500, search_lag=5), 0.6)
    assert row == ("1m", "500 bars", "5 bars", "505 bars", "1.3 days", "1.00", "0.60", "1.00%")
