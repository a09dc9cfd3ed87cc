"""Trained models in the fold: deployed, forecasting at their own horizon, scored like all others, and removed."""

from dataclasses import replace
from math import exp, log, sqrt

import pytest

from analytics.engine.engine import Engine
from analytics.engine.events import Event
from analytics.forecasting.forecast_events import ForecastStep, ModelForecasts
from analytics.store.forecasts.forecast_tables import champions
from ml.models.features import RETURNS, FeatureSettings, Observation, features
from ml.models.predictors import Served
from shared.market.records import Record, RecordedBar
from tests.inputs.forecast_minutes import MINUTES, OPEN, minutes
from tests.inputs.records import kept, recorded_bar, restored_with, split
from tests.inputs.trained_models import linear
from tests.unit.quick_search import QuickSearches

FIRST = RETURNS + 1
"""The bar with which a window is full."""
PER_BAR = 2
"""Records of one symbol's bar: it and the mark that closes it."""


def engine_with(*models: Served) -> Engine:
    engine = Engine(MINUTES, QuickSearches())
    engine.serve("1m", {served.model: served for served in models})
    return engine


def folded(engine: Engine, records: list[Record], first: int = 0) -> list[Event]:
    for offset, record in enumerate(records, start=first):
        engine.fold(record, offset)
    return engine.take_events()


def steps(events: list[Event]) -> list[ForecastStep]:
    return [event.step for event in events if event.step is not None]


def forecasts_by(step: ForecastStep, model: str = "linear_regression") -> list[ModelForecasts]:
    return [made for made in step.made if made.model == model]


def test_trained_model_forecasts_once_its_window_is_full_and_at_its_own_horizon() -> None:
    found = steps(folded(engine_with(linear(version=7, horizon=2)), minutes(80)))
    assert [bool(forecasts_by(step)) for step in found] == [number >= FIRST for number in range(1, 81)]
    (made,) = forecasts_by(found[-1])
    assert (made.order, made.version, [each.horizon for each in made.forecasts]) == (None, 7, [2])
    (naive,) = forecasts_by(found[-1], "naive")
    assert made.forecasts[0].sigma == naive.forecasts[1].sigma


def test_forecast_is_the_prediction_from_the_window_in_units_of_its_sigma() -> None:
    records = minutes(70)
    served = linear(horizon=3)
    (made,) = forecasts_by(steps(folded(engine_with(served), records))[-1])
    closes = [record.close for record in records if isinstance(record, RecordedBar)]
    window = [Observation(close, close, close, 1.0) for close in closes]
    seen = features(window, FeatureSettings(5))
    assert seen is not None
    prediction = served.predictor.predict(seen)
    assert made.forecasts[0].mean == closes[-1] * exp(prediction * seen.sigma * sqrt(3))


def test_trained_model_is_scored_and_compared_when_its_horizon_has_passed() -> None:
    records = minutes(90)
    engine = engine_with(linear(horizon=2))
    found = steps(folded(engine, records))
    closes = [record.close for record in records if isinstance(record, RecordedBar)]
    scored = {
        step.number: each.scores
        for step in found
        for each in step.scored
        if each.model == "linear_regression"
    }
    assert sorted(scored) == list(range(FIRST + 2, 91))
    for number, scores in scored.items():
        (made,) = forecasts_by(found[number - 3])
        assert scores[2].error == log(closes[number - 1] / made.forecasts[0].mean)
    (forecasts,) = engine.forecasts()
    horizon_scores = forecasts.tracks["linear_regression"].by_horizon
    lifetime = horizon_scores[2].record.lifetime()
    assert list(horizon_scores) == [2]
    assert horizon_scores[2].comparison is not None
    assert lifetime is not None
    assert lifetime.scores == len(scored)


def test_forecasts_of_a_withdrawn_model_are_still_scored() -> None:
    records = minutes(80)
    engine = engine_with(linear(horizon=3))
    folded(engine, records[: PER_BAR * 70])
    engine.serve("1m", {})
    found = steps(folded(engine, records[PER_BAR * 70 :]))
    assert not any(forecasts_by(step) for step in found)
    models = [[each.model for each in step.scored] for step in found]
    assert [("linear_regression" in each) for each in models] == [True] * 3 + [False] * 7


def test_horizon_beyond_those_of_the_settings_is_not_forecast() -> None:
    found = steps(folded(engine_with(linear(horizon=4)), minutes(70)))
    assert not any(forecasts_by(step) for step in found)


def test_model_does_not_forecast_bars_whose_future_it_was_trained_on() -> None:
    served = linear()._replace(known_until=OPEN + 75 * 60)
    found = steps(folded(engine_with(served), minutes(80)))
    assert [bool(forecasts_by(step)) for step in found] == [number >= 75 for number in range(1, 81)]


def test_withdrawn_champion_is_no_longer_champion() -> None:
    engine = engine_with(linear(horizon=2))
    records = minutes(72)
    folded(engine, records[: 71 * PER_BAR])
    (forecasts,) = engine.forecasts()
    proof = forecasts.tracks["linear_regression"].by_horizon[2].comparison
    assert proof is not None
    for number in range(60):
        proof.add(OPEN // 86_400 + 30 * number, 0.9 + number % 2 * 0.01, 1.0)
    assert champions(forecasts) == {1: "naive", 2: "linear_regression", 3: "naive"}
    engine.serve("1m", {})
    folded(engine, records[71 * PER_BAR :], first=71 * PER_BAR)
    assert champions(forecasts) == {1: "naive", 2: "naive", 3: "naive"}


def test_models_forecast_in_the_order_of_their_names() -> None:
    engine = engine_with(linear(model="xgboost"), linear(model="lstm", size=3), linear())
    models = [made.model for made in steps(folded(engine, minutes(70)))[-1].made]
    assert models == ["naive", "arima", "linear_regression", "lstm", "xgboost"]


def test_split_changes_no_trained_forecast_but_its_price() -> None:
    records = minutes(100)
    place = PER_BAR * 80
    divided: list[Record] = [
        replaced(record, 4.0) if isinstance(record, RecordedBar) else record for record in records[place:]
    ]
    plain = steps(folded(engine_with(linear()), records))
    after_split = steps(
        folded(engine_with(linear()), [*records[:place], split(OPEN + 60 * 80, 4.0), *divided])
    )
    (one,), (other,) = forecasts_by(plain[-1]), forecasts_by(after_split[-1])
    assert 4.0 * other.forecasts[0].mean == pytest.approx(one.forecasts[0].mean, rel=1e-12)


def replaced(record: RecordedBar, ratio: float) -> RecordedBar:
    price = record.close / ratio
    return recorded_bar(int(record.start.timestamp()), "1m", (price,) * 4, ratio * (record.volume or 0.0))


@pytest.mark.parametrize("cut", [1, 64, 66, 80, 99])
def test_restart_with_trained_models_changes_no_bit(cut: int) -> None:
    records, models = minutes(110), (linear(version=2, horizon=2), linear(model="xgboost"))
    whole = engine_with(*models)
    expected = steps(folded(whole, records))
    engine = engine_with(*models)
    found = steps(folded(engine, records[: PER_BAR * cut]))
    engine = restored_with(kept(engine), MINUTES, QuickSearches())
    engine.serve("1m", {served.model: served for served in models})
    found += steps(folded(engine, records[PER_BAR * cut :], PER_BAR * cut))
    assert found == expected
    assert kept(engine) == kept(whole)


def test_other_settings_keep_the_deployed_models() -> None:
    engine = engine_with(linear())
    folded(engine, minutes(70)[: PER_BAR * 69])
    engine = engine.under(replace(MINUTES, skip_extreme=False), {})
    assert forecasts_by(steps(folded(engine, minutes(70)[PER_BAR * 69 :]))[-1])
