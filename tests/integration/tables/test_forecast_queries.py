"""The page's queries of forecasts, with a real PostgreSQL."""

import pytest

from dashboard.read.read_model import ReadModel
from dashboard.read.rows import ForecastPath, ModelAccuracy, PastForecastRow, SeriesAccuracy
from dashboard.read.sql import forecast_queries as queries
from dashboard.read.sql.diagnostics import read_diagnostics
from shared.postgres.database import Connection, Cursor, transaction
from tests.screen_rows import MINUTE, ScreenMinute, fill, forecast, model_record, record, trained_forecast
from tests.waiting import wait_for

NOON = 1_763_985_600
AAA, BBB = ("AAA", "1m"), ("BBB", "1m")
UNDECIDED = "not distinguishable from no change"


def test_record_has_the_figures_of_each_model_of_the_series_alone(cursor: Cursor) -> None:
    record(cursor, "AAA")
    cursor.execute("update forecast_records set lifetime_covered = '{0.4,0.7,0.9}' where model = 'arima'")
    record(cursor, "BBB", seen=12, lifetime_scores=0, lifetime_skill=None, lifetime_covered=None)
    naive = ("naive",) * 5
    assert queries.read_series_accuracy(cursor) == {
        AAA: SeriesAccuracy(
            1254,
            50,
            naive,
            0.95,
            {
                "arima": ModelAccuracy(1204, -0.002, UNDECIDED, 0.9),
                "naive": ModelAccuracy(1204, None, None, 0.948),
            },
        ),
        BBB: SeriesAccuracy(
            12,
            50,
            naive,
            0.95,
            {"arima": ModelAccuracy(0, None, UNDECIDED, None), "naive": ModelAccuracy(0, None, None, None)},
        ),
    }


def test_champion_of_each_horizon_is_read(cursor: Cursor) -> None:
    record(cursor, "AAA")
    model_record(cursor, "AAA", "1m", "xgboost", lifetime_skill=0.01, lifetime_covered=[0.4, 0.7, 0.9])
    cursor.execute("update forecast_records set champion = 'arima' where horizon = 1")
    cursor.execute("update forecast_records set champion = 'xgboost' where horizon = 3")
    found = queries.read_series_accuracy(cursor)[AAA]
    assert found.champions == ("arima", "naive", "xgboost", "naive", "naive")
    assert found.models["xgboost"] == ModelAccuracy(1204, 0.01, UNDECIDED, 0.9)


def test_forecasts_of_every_model_at_the_newest_bar_are_read(cursor: Cursor) -> None:
    for index in range(3):
        minute = ScreenMinute("AAA", NOON + index * MINUTE, 100.0 + index)
        forecast(cursor, minute)
        forecast(cursor, minute, "arima", p=1, q=2, version=1200, mean=[minute.close + 0.5] * 5)
    found = queries.read_forecasts(cursor, [AAA])[AAA]
    assert (found.start, found.made_at, found.levels) == (NOON + 120, NOON + 180, [0.5, 0.8, 0.95])
    naive, arima = found.models["naive"], found.models["arima"]
    assert (arima.order, arima.version) == ((1, 1, 2), 1200)
    assert (naive.mean, arima.mean) == ([102.0] * 5, [102.5] * 5)
    assert (naive.lower[0], naive.upper[0]) == ([101.0, 100.0, 99.0], [103.0, 104.0, 105.0])
    assert queries.read_forecasts(cursor, [BBB]) == {}


def test_trained_model_has_no_order_and_nothing_beyond_its_horizon(cursor: Cursor) -> None:
    trained_forecast(cursor, ScreenMinute("AAA", NOON, 100.0), "linear_regression", 3, 101.0)
    nothing: list[float | None] = [None] * 3
    assert queries.read_forecasts(cursor, [AAA])[AAA].models["linear_regression"] == ForecastPath(
        None,
        3,
        [101.0, None, None, None, None],
        [[100.0, 99.0, 98.0], *[nothing] * 4],
        [[102.0, 103.0, 104.0], *[nothing] * 4],
    )


def test_model_without_a_forecast_at_the_newest_bar_is_left_out(cursor: Cursor) -> None:
    forecast(cursor, ScreenMinute("AAA", NOON, 100.0), "arima")
    forecast(cursor, ScreenMinute("AAA", NOON + MINUTE, 100.0))
    assert list(queries.read_forecasts(cursor, [AAA])[AAA].models) == ["naive"]


def test_no_more_than_the_next_bars_are_read(cursor: Cursor) -> None:
    bounds = [[1.0, 2.0, 3.0]] * 40
    forecast(cursor, ScreenMinute("AAA", NOON, 100.0), mean=[1.0] * 40, lower=bounds, upper=bounds)
    found = queries.read_forecasts(cursor, [AAA])[AAA].models["naive"]
    assert [len(values) for values in (found.mean, found.lower, found.upper)] == [queries.STEPS_SHOWN] * 3
    assert found.lower[4] == [1.0, 2.0, 3.0]


def test_read_model_follows_forecasts_and_drops_those_that_are_rebuilt(
    dsn: str, connection: Connection
) -> None:
    with transaction(connection) as cursor:
        fill(cursor, {"AAA": 10.0}, NOON, bars=2)
        forecast(cursor, ScreenMinute("AAA", NOON - MINUTE, 10.0))
        record(cursor, "AAA")
    model = ReadModel(lambda: dsn, "live", 10, 1, "test", "test")
    model.start()
    wait_for(lambda: model.snapshot.reading.forecasts.get(AAA) is not None)
    assert model.snapshot.reading.forecasts[AAA].models["naive"].mean == [10.0] * 5
    with transaction(connection) as cursor:
        forecast(cursor, ScreenMinute("AAA", NOON, 11.0))
        record(cursor, "AAA", seen=1255)
    wait_for(lambda: model.snapshot.reading.forecasts[AAA].start == NOON)
    with transaction(connection) as cursor:
        cursor.execute("delete from forecast_records")
    wait_for(lambda: model.snapshot.reading.forecasts == {})
    model.stop()


def test_past_forecasts_of_a_model_are_its_own_and_empty_where_it_made_none(cursor: Cursor) -> None:
    for index in range(3):
        minute = ScreenMinute("AAA", NOON + index * MINUTE, 100.0 + index)
        forecast(cursor, minute, number=index + 1)
        if index != 1:
            trained_forecast(cursor, minute, "xgboost", 3, minute.close + 0.5)
    assert queries.read_past_forecasts(cursor, AAA, "xgboost", 0.95, 2) == [
        PastForecastRow(NOON + 60, NOON + 120, 2, 101.0, None, None, None),
        PastForecastRow(NOON + 120, NOON + 180, 3, 102.0, 102.5, 99.5, 105.5),
    ]


def test_past_forecasts_of_another_level_have_no_bounds(cursor: Cursor) -> None:
    forecast(cursor, ScreenMinute("AAA", NOON, 100.0))
    (found,) = queries.read_past_forecasts(cursor, AAA, "naive", 0.9, 5)
    assert (found.mean, found.low, found.high) == (100.0, None, None)


def test_diagnostics_are_read_again_after_a_training_a_bar_and_in_another_generation(
    dsn: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.read.read_model.DIAGNOSTICS_SECONDS", 1e12)
    with transaction(connection) as cursor:
        fill(cursor, {"AAA": 10.0, "BBB": 10.0}, NOON, bars=2)
        record(cursor, "AAA")
    model = ReadModel(lambda: dsn, "live", 10, 1, "test", "test")
    model.start()
    wait_for(lambda: AAA in model.snapshot.reading.series_accuracy)
    assert model.diagnostics(AAA)["trainings"] == []
    with transaction(connection) as cursor:
        train(cursor)
    wait_for(lambda: "1m" in model.snapshot.reading.trained)
    assert [each["version"] for each in model.diagnostics(AAA)["trainings"]] == [3]
    with transaction(connection) as cursor:
        record(cursor, "AAA", seen=1255)
    wait_for(lambda: model.snapshot.reading.series_accuracy[AAA].seen == 1255)
    assert {each["seen"] for each in model.diagnostics(AAA)["records"]} == {1255}
    generation = model.snapshot.generation
    with transaction(connection) as cursor:
        cursor.execute("delete from model_trainings")
        cursor.execute("delete from symbols where symbol = 'BBB'")
        cursor.execute("delete from data_quality where symbol = 'BBB'")
    wait_for(lambda: model.snapshot.generation > generation)
    assert model.diagnostics(AAA)["trainings"] == []
    model.stop()


def train(cursor: Cursor) -> None:
    """A training of XGBoost for the minutes of all symbols."""
    cursor.execute(
        """insert into model_trainings values ('1m', 'xgboost', 3, 2, to_timestamp(90), 5000, to_timestamp(0),
            to_timestamp(60), 1000, 0.99, 1.0, 1.01, false, 'not better than what serves', '{"return_1": 0.4}', 2.5)"""
    )


def test_diagnostics_contain_one_series_completely_and_no_other(cursor: Cursor) -> None:
    for symbol in ("AAA", "BBB"):
        cursor.execute(
            """insert into forecast_diagnostics values (%s, '1m', 'arima', to_timestamp(60), '{"lag_1": 0.02}')""",
            (symbol,),
        )
        for number in range(25):
            cursor.execute(
                "insert into forecast_fits values (%s, '1m', %s, to_timestamp(60), 0, 1, 1, 'NaN', '', 0.4)",
                (symbol, number),
            )
    train(cursor)
    record(cursor, "AAA")
    found = read_diagnostics(cursor, AAA)
    assert found["findings"] == {"arima": {"as_of": 60, "findings": {"lag_1": 0.02}}}
    assert [fit["number"] for fit in found["fits"]] == list(range(24, 4, -1))
    assert (found["fits"][0]["q"], found["fits"][0]["aicc"], found["fits"][0]["seconds"]) == (1, "NaN", 0.4)
    (training,) = found["trainings"]
    assert (training["is_live"], training["importances"]) == (False, {"return_1": 0.4})
    assert (training["trained_at"], training["reason"]) == (90, "not better than what serves")
    assert [(row["model"], row["horizon"]) for row in found["records"]][:2] == [("arima", 1), ("arima", 2)]
    assert len(found["records"]) == 10
    assert read_diagnostics(cursor, ("CCC", "1d")) == {
        "findings": {},
        "fits": [],
        "trainings": [],
        "records": [],
    }
