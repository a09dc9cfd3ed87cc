"""Forecasts in their tables: exactly those of the fold, once, whatever is killed or changed in the settings."""

from math import log
from typing import Any

import pytest

from analytics.engine.engine_settings import EngineSettings
from shared.postgres.database import Connection
from tests.integration.brisk_forecasts import MINUTES, rows, under
from tests.integration.fold_runs import fold, log_of, log_with_a_split

TABLES = ("forecasts", "forecast_scores", "forecast_records")


def left(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the forecasts' tables."""
    return {table: rows(connection, f"select * from {table} order by 1, 2, 3, 4") for table in TABLES}


@pytest.mark.parametrize("whole_log", [log_of(180), log_with_a_split()], ids=["plain", "split"])
def test_kills_during_forecasts_and_searches_leave_the_same_rows(
    databases: tuple[Connection, Connection], whole_log: list[Any]
) -> None:
    disturbed, calm = databases
    for until, killed in [(130, False), (160, True), (170, True), (365, False), (700, True), (900, True)]:
        fold(disturbed, MINUTES, whole_log, until, killed)
    fold(disturbed, MINUTES, whole_log, len(whole_log), killed=False)
    fold(calm, MINUTES, whole_log, len(whole_log), killed=False)
    expected = left(calm)
    assert left(disturbed) == expected
    assert len(expected["forecasts"]) == 2 * (179 - 24)
    assert len({row[9] for row in expected["forecasts"]}) > 3, "versions: several searches took effect"


def test_too_few_closes_are_known_to_the_screen(databases: tuple[Connection, Connection]) -> None:
    fold(databases[0], MINUTES, log_of(12), 12 * 6, killed=False)
    found = rows(databases[0], "select distinct interval, seen, needed, rolling_scores from forecast_records")
    assert found == [("1m", 11, 25, 0)]
    assert rows(databases[0], "select count(*) from forecasts") == [(0,)]


def test_tables_hold_intervals_and_their_scores(databases: tuple[Connection, Connection]) -> None:
    connection = databases[0]
    fold(connection, MINUTES, log_of(100), 600, killed=False)
    for close, mean, sigma, lower, upper in rows(
        connection,
        "select close, mean, sigma, lower, upper from forecasts where model = 'naive' and number > 30",
    ):
        assert mean == [close] * 3
        for each, lows, highs in zip(sigma, lower, upper, strict=True):
            assert lows == sorted(lows, reverse=True)
            assert highs == sorted(highs)
            assert lows[0] < close < highs[0]
            assert all(
                low * high == pytest.approx(close * close) for low, high in zip(lows, highs, strict=True)
            )
            assert 0 < each < 1
    scored = rows(
        connection,
        """select s.error[h], f.mean[h], b.close, s.covered[h][2], f.lower[h][2], f.upper[h][2], s.loss[h]
        from forecast_scores s cross join generate_series(1, 3) h
        join bars b using (symbol, interval, start)
        join forecasts f on (f.symbol, f.interval, f.model, f.number) = (s.symbol, s.interval, s.model, s.number - h)
        where s.error[h] is not null""",
    )
    assert len(scored) == 2 * (73 + 72 + 74)
    for error, mean, close, covered, low, high, loss in scored:
        assert error == log(close / mean)
        assert covered == (low * (1 - 1e-12) <= close <= high * (1 + 1e-12))
        assert loss == error * error


def test_records_match_the_sums_of_the_scores(databases: tuple[Connection, Connection]) -> None:
    connection = databases[0]
    fold(connection, MINUTES, log_of(100), 600, killed=False)
    found = rows(
        connection,
        """select r.model, r.horizon, r.lifetime_scores, count(s.error[r.horizon]), r.lifetime_bias,
               avg(s.error[r.horizon]), r.lifetime_covered[3], avg(s.covered[r.horizon][3]::int)::float,
               r.verdict, r.champion
        from forecast_records r join forecast_scores s using (symbol, interval, model)
        group by 1, 2, 3, 5, 7, 9, 10 order by 1, 2""",
    )
    assert [row[:2] for row in found] == [(model, h) for model in ("arima", "naive") for h in (1, 2, 3)]
    for model, _, scores, count, bias, error, covered, share, verdict, champion in found:
        assert scores == count
        assert (bias, covered) == (pytest.approx(error), pytest.approx(share))
        assert verdict == (None if model == "naive" else "not distinguishable from no change")
        assert champion == "naive"


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_other_settings_apply_from_the_end_of_the_rows(
    databases: tuple[Connection, Connection], killed: bool
) -> None:
    changed, calm = databases
    whole_log, other = log_of(180), under("1m", steps=2, window=30)
    fold(calm, MINUTES, whole_log, 700, killed=False)
    fold(changed, MINUTES, whole_log, 400, killed=False)
    fold(changed, MINUTES, whole_log, 700, killed)
    before = left(changed)
    assert before["forecasts"] == left(calm)["forecasts"]
    for connection in databases:
        fold(connection, other, whole_log, 800, killed=connection is changed and killed)
        fold(connection, other, whole_log, len(whole_log), killed=False)
    assert left(changed) == left(calm)
    after = left(changed)
    assert [row for row in after["forecasts"] if row in before["forecasts"]] == before["forecasts"]
    assert len(after["forecasts"]) == 2 * (179 - 24)
    assert rows(changed, "select distinct array_length(mean, 1), number > 116 from forecasts order by 1") == [
        (2, True),
        (3, False),
    ]
    assert rows(changed, "select distinct horizon, seen from forecast_records order by 1") == [
        (1, 179),
        (2, 179),
    ]


def test_interval_added_later_begins_after_the_existing_bars(
    databases: tuple[Connection, Connection],
) -> None:
    connection = databases[0]
    whole_log = log_with_a_split()
    fold(connection, MINUTES, whole_log, 900, killed=False)
    fold(connection, under("1m", "5m"), whole_log, len(whole_log), killed=False)
    (first, low, high), *_ = rows(
        connection,
        "select number, lower[1][3], upper[1][3] from forecasts where interval = '5m' and model = 'naive' order by 1",
    )
    bars = rows(connection, "select close from bars where interval = '5m' order by start")
    assert first == 30
    assert 0.5 < high / low < 2.0, "a split among the bars is no volatility"
    assert low < bars[29][0] < high
    fold(connection, under("5m"), whole_log, len(whole_log), killed=False)


def test_without_intervals_there_are_no_rows(databases: tuple[Connection, Connection]) -> None:
    fold(databases[0], EngineSettings(), log_of(60), 360, killed=False)
    assert left(databases[0]) == {table: [] for table in TABLES}
