"""Forecasts for the page: the texts of the card and the bounds of the fan."""

import pytest

from dashboard.presenters.delta import DeltaRequest, delta
from dashboard.presenters.figures import fan_series, studies
from dashboard.presenters.forecasts.card import forecast_card
from dashboard.presenters.forecasts.fan import fan
from dashboard.read.reading import series_moved
from dashboard.read.rows import ActionRow, ModelAccuracy
from dashboard.read.snapshot import Reading, advance, first_snapshot
from shared.settings.analysis_settings import Indicators
from tests.inputs.forecast_rows import (
    ACCURACY,
    ARIMA,
    FORECAST,
    KEY,
    MODELS,
    NAIVE,
    TRAINED,
    UNDECIDED,
    accuracy_with,
    reading,
)
from tests.inputs.page_rows import CONTEXT, MONDAY_NOON, READING

OTHERS = ("lstm", "random_forest", "xgboost", "smoothing")
SPLIT = ActionRow(MONDAY_NOON + 60, "split", 2.0, None)


def cells(found: Reading) -> dict[str, object]:
    """The values of the card by their labels."""
    return {label: value for label, value, _ in forecast_card(found, *KEY)["cells"]}


def test_card_states_that_no_change_is_expected() -> None:
    assert cells(reading()) == {
        "Next close": 100.0,
        "After bar": "06:59",
        "95\u00a0% interval": (97.0, 103.0),
        "Model": "No change",
    }
    assert forecast_card(reading(), *KEY)["text"] == (
        "3,753 forecasts evaluated. Its 95\u00a0% interval covered 95.3\u00a0% of closes. "
        "The only other model compared so far, ARIMA, has not proven better."
    )


def test_card_of_an_arima_champion_names_its_model_and_its_accuracy() -> None:
    found = reading(
        accuracy_with("arima", ModelAccuracy(1204, 0.0123, "better than no change", 0.948), "arima")
    )
    assert cells(found)["Model"] == "ARIMA(0,1,1), order search at bar 1,200"
    assert cells(found)["Next close"] == 100.4
    assert forecast_card(found, *KEY)["text"] == (
        "Better than no change (skill 1.2\u00a0%, 1,204 forecasts). "
        "Its 95\u00a0% interval covered 94.8\u00a0% of closes."
    )


def test_card_of_a_trained_champion_names_its_version_and_of_how_many_it_was_chosen() -> None:
    won = accuracy_with(
        "linear_regression", ModelAccuracy(900, 0.0123, "better than no change", 0.95), "linear_regression"
    )
    won.models.update(dict.fromkeys(OTHERS, MODELS["arima"]))
    found = reading(won)
    assert cells(found)["Model"] == "Linear regression, version 3"
    assert cells(found)["95\u00a0% interval"] == (97.25, 103.25)
    assert forecast_card(found, *KEY)["text"].startswith(
        "Better than no change (selected from 6 models, skill 1.2\u00a0%, 900 forecasts)."
    )


def test_number_of_the_models_not_proven_better_is_shown() -> None:
    many = ACCURACY._replace(models=MODELS | dict.fromkeys(OTHERS, MODELS["arima"]))
    assert forecast_card(reading(many), *KEY)["text"].endswith(
        " None of the 5 other models has proven better."
    )
    alone = ACCURACY._replace(models={"naive": MODELS["naive"]})
    assert forecast_card(reading(alone), *KEY)["text"].endswith(" No other model has been compared yet.")


def test_each_close_has_the_forecast_of_its_own_champion() -> None:
    found = fan(FORECAST, ACCURACY._replace(champions=("linear_regression", "arima")), ())
    assert found is not None
    assert found["mean"] == [100.25, 100.5]
    assert found["low"] == [[97.25, 98.25, 99.25], [96.5, 97.5, 98.5]]


def test_close_without_a_forecast_of_its_champion_is_left_to_no_change() -> None:
    found = fan(FORECAST, ACCURACY._replace(champions=("lstm", "linear_regression")), ())
    assert found is not None and found["mean"] == [100.0, 100.0]
    card = reading(ACCURACY._replace(champions=("lstm", "lstm")))
    assert cells(card)["Model"] == "No change"
    assert forecast_card(card, *KEY)["text"].endswith(
        " of closes. LSTM, the selected model, has no forecast for this close."
    )


def test_fan_ends_before_the_first_close_without_a_forecast() -> None:
    alone = FORECAST._replace(models={"linear_regression": TRAINED})
    found = fan(alone, ACCURACY._replace(champions=("linear_regression", "linear_regression")), ())
    assert found is not None and found["mean"] == [100.25]
    assert fan(alone, ACCURACY._replace(champions=("arima", "arima")), ()) is None


def test_model_without_a_search_is_described_as_such() -> None:
    models = {"naive": NAIVE, "arima": ARIMA._replace(order=(0, 1, 0), version=0)}
    found = reading(ACCURACY._replace(champions=("arima", "naive")), FORECAST._replace(models=models))
    assert cells(found)["Model"] == "ARIMA(0,1,0), no order search yet"


def test_skill_that_rounds_to_nothing_has_no_sign_and_unknown_skill_is_left_out() -> None:
    texts = [
        forecast_card(
            reading(accuracy_with("arima", ModelAccuracy(1204, skill, UNDECIDED, 0.948), "arima")), *KEY
        )["text"]
        for skill in (-0.0001, None)
    ]
    assert "(skill 0.0\u00a0%, 1,204 forecasts)" in texts[0]
    assert "no change (1,204 forecasts)" in texts[1]


def test_forecast_before_any_has_come_due_has_no_record() -> None:
    found = reading(accuracy_with("naive", ModelAccuracy(0, None, None, None)))
    assert forecast_card(found, *KEY)["text"] == "No forecast has been evaluated yet."


def test_warming_forecast_shows_its_progress() -> None:
    card = forecast_card(reading(ACCURACY._replace(seen=12), None), *KEY)
    assert card["cells"] == [("Next close", "12/50", "text")]
    assert card["text"] == "Warming up: the first forecast needs 50 closed bars."


def test_price_that_never_moved_has_no_forecast() -> None:
    card = forecast_card(reading(ACCURACY._replace(seen=80), None), *KEY)
    assert card == {
        "cells": [("Next close", None, "price")],
        "text": "No forecast yet: the price has not changed.",
    }


def test_interval_that_is_not_forecast_names_those_that_are() -> None:
    found = reading()._replace(series_accuracy={KEY: ACCURACY, ("AAA", "1d"): ACCURACY})
    assert forecast_card(found, "AAA", "5m")["text"] == ("5m bars are not forecast; 1m and 1d bars are.")
    assert forecast_card(reading(None, None), *KEY) == {"cells": [], "text": "No forecast yet."}


def test_interval_whose_history_is_still_to_come_is_not_said_to_have_no_forecasts() -> None:
    found = reading()._replace(
        series_accuracy={("AAA", "1d"): ACCURACY}, outdated={"AAA": 1.0}, folded=10, known=20
    )
    assert forecast_card(found, *KEY)["text"] == "No forecast yet."
    assert forecast_card(found._replace(folded=20), *KEY)["text"] == "1m bars are not forecast; 1d bars are."


def test_bar_of_another_day_is_named_with_its_day() -> None:
    older = reading(forecast=FORECAST._replace(start=MONDAY_NOON - 3 * 86_400))
    assert cells(older)["After bar"] == "21 Nov 07:00"
    daily = READING._replace(series_accuracy={("AAA", "1d"): ACCURACY}, forecasts={("AAA", "1d"): FORECAST})
    assert forecast_card(daily, "AAA", "1d")["cells"][1][1] == "24 Nov"


def test_fan_has_the_widest_interval_first() -> None:
    found = fan(FORECAST, ACCURACY, ())
    assert found is not None
    assert (found["start"], found["mean"]) == (FORECAST.start, [100.0, 100.0])
    assert found["low"][0] == [97.0, 98.0, 99.0]
    assert found["high"][1] == [103.5, 102.5, 101.5]
    assert fan(None, ACCURACY, ()) is fan(FORECAST, None, ()) is None


def test_split_since_the_forecast_converts_it_to_todays_shares() -> None:
    found = fan(FORECAST, ACCURACY, (SPLIT,))
    assert found is not None and found["high"][0] == [51.5, 51.0, 50.5]
    halved = reading()._replace(actions={"AAA": (SPLIT,)})
    assert cells(halved)["95\u00a0% interval"] == (48.5, 51.5)


@pytest.mark.parametrize(
    "action",
    [SPLIT._replace(time=MONDAY_NOON - 60), SPLIT._replace(action="dividend")],
    ids=["before", "dividend"],
)
def test_split_before_the_forecast_and_dividends_leave_it_as_it_is(action: ActionRow) -> None:
    assert fan(FORECAST, ACCURACY, (action,)) == fan(FORECAST, ACCURACY, ())


def test_delta_carries_the_forecast_of_the_requested_interval() -> None:
    snapshot = advance(first_snapshot(100), reading())
    found = delta(CONTEXT, snapshot, DeltaRequest("AAA", "1m", 0, 0, 0), [])
    other = delta(CONTEXT, snapshot, DeltaRequest("AAA", "5m", 0, 0, 0), [])
    assert found["fan"] == fan(FORECAST, ACCURACY, ())
    assert found["forecast"] == forecast_card(reading(), *KEY)
    assert (other["fan"], other["forecast"]["cells"]) == (None, [])


def test_forecast_is_read_again_where_its_accuracy_changed() -> None:
    assert series_moved(reading(None), {KEY: ACCURACY}) == [KEY]
    assert series_moved(reading(), {KEY: ACCURACY}) == []
    assert series_moved(reading(), {KEY: ACCURACY._replace(seen=1255)}) == [KEY]


def test_fan_hangs_on_a_switch_of_its_own() -> None:
    study = next(study for study in studies(Indicators()) if study.key == "forecast")
    assert {one["study"] for one in fan_series()} == {"forecast"}
    assert (study.label, study.pane, study.shown) == ("Forecast", "price", True)
    assert [one["level"] for one in fan_series()] == [0, 1, 2, None]
