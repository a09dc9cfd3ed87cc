"""Analysis of forecast errors, read from and written to a real PostgreSQL."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from math import exp
from typing import Any

import numpy as np
import pytest
from psycopg2.extras import execute_values

from analytics.engine.engine_settings import EngineSettings
from ml.diagnostics.diagnostics import findings
from ml.diagnostics.diagnostics_tables import read_outcomes, write_diagnostics
from shared.postgres.database import Connection, Cursor, connect, transaction
from tests.copied import database_with_tables
from tests.inputs.forecast_minutes import BRISK
from tests.integration.fold_runs import fold, log_with_a_split

NOON = datetime(2024, 1, 2, 12, 0, tzinfo=UTC)
AS_OF = 1_800_000_000.5
WIDTHS = (0.5, 1.0, 2.5)
MADE = "symbol, interval, start, model, made_at, number, version, close, levels, mean, sigma, lower, upper"
SCORED = "symbol, interval, start, model, scored_at, number, levels, error, hit, covered, winkler, loss, naive_loss"


@pytest.fixture
def connection(embedded_postgres: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """To an empty database."""
    dsn = database_with_tables(embedded_postgres, f"diagnostics_{request.node.name.encode().hex()[-24:]}")
    with closing(connect(dsn, "test")) as opened:
        yield opened


def written(cursor: Cursor) -> dict[tuple[str, str], dict[str, Any]]:
    cursor.execute("select symbol, model, findings from forecast_diagnostics order by 1, 2")
    return {(symbol, model): found for symbol, model, found in cursor.fetchall()}


def series(cursor: Cursor, model: str, horizon: int, bars: range, **options: Any) -> list[float]:
    """Write forecasts of one horizon and their scores, other entries null; return the errors of those scored."""
    levels, sigma = options.get("levels", [0.5, 0.8, 0.95]), options.get("sigma", 0.02)
    at = {bar: NOON + timedelta(minutes=options.get("shift", 0) + bar) for bar in bars}
    errors = {bar: 0.01 * (bar % 7 - 3) for bar in bars[horizon:]}
    nothing, gaps = [None] * (horizon - 1), [[None] * 3] * (horizon - 1)
    uppers = [*gaps, [100 * exp(width * sigma) for width in WIDTHS]]
    values = ([*nothing, 100.0], [*nothing, sigma], uppers, uppers)
    made = [("ACME", "1m", at[bar], model, at[bar], bar, 0, 100.0, levels, *values) for bar in bars]
    execute_values(cursor, f"insert into forecasts ({MADE}) values %s", made)
    scores = [
        (
            *("ACME", "1m", at[bar], model, at[bar], bar, levels, [*nothing, error], [None] * horizon),
            *([*gaps, covered(error, sigma)], [*gaps, [None] * 3]),
            *([*nothing, error**2], [*nothing, 1.5 * error**2]),
        )
        for bar, error in errors.items()
    ]
    execute_values(cursor, f"insert into forecast_scores ({SCORED}) values %s", scores)
    return list(errors.values())


def covered(error: float, sigma: float) -> list[bool]:
    return [abs(error) <= width * sigma for width in WIDTHS]


def record(cursor: Cursor, model: str, scores: dict[int, int]) -> None:
    for horizon, count in scores.items():
        cursor.execute(
            "insert into forecast_records (symbol, interval, model, horizon, seen, needed, levels, rolling_scores,"
            " lifetime_scores, champion) values ('ACME', '1m', %s, %s, 9, 9, '{}', 0, %s, 'naive')",
            (model, horizon, count),
        )


def test_findings_match_the_scores_that_the_fold_wrote(connection: Connection) -> None:
    log = log_with_a_split()
    fold(connection, EngineSettings(forecasts={"1m": BRISK}), log, len(log), killed=False)
    write_diagnostics(connection, "1m", AS_OF)
    with transaction(connection) as cursor:
        found = written(cursor)
        cursor.execute(
            "select model, count(*), avg(error[1]), array_agg(covered[1][3]), min(extract(epoch from scored_at))::float"
            " from forecast_scores where error[1] is not null group by model order by model"
        )
        rows = cursor.fetchall()
    assert [("ACME", model) for model, *_ in rows] == [*found] == [("ACME", "arima"), ("ACME", "naive")]
    for model, count, error, inside, since in rows:
        finding = found["ACME", model]
        assert (finding["horizon"], finding["count"], finding["since"]) == (1, count, since)
        assert finding["error"]["mean"] == pytest.approx(error)
        held = sum(each["count"] * each["covered"][2] for each in finding["coverage"])
        assert held == pytest.approx(sum(inside))
        assert finding["calibration"][-1] == {"level": 0.95, "covered": pytest.approx(np.mean(inside))}
    assert found["ACME", "naive"]["skill"][-1]["skill"] == pytest.approx(0.0)


def test_findings_are_renewed_in_place_and_by_interval(connection: Connection) -> None:
    with transaction(connection) as cursor:
        series(cursor, "naive", 1, range(1, 80))
        record(cursor, "naive", {1: 78})
    write_diagnostics(connection, "5m", AS_OF)
    with transaction(connection) as cursor:
        assert written(cursor) == {}
    write_diagnostics(connection, "1m", AS_OF)
    with transaction(connection) as cursor:
        series(cursor, "naive", 1, range(80, 100))
    write_diagnostics(connection, "1m", AS_OF + 60)
    with transaction(connection) as cursor:
        cursor.execute("select extract(epoch from as_of)::float8 from forecast_diagnostics")
        assert cursor.fetchall() == [(AS_OF + 60,)]
        assert written(cursor)["ACME", "naive"]["count"] == 78 + 19


def test_a_trained_model_is_evaluated_at_the_only_horizon_it_has(connection: Connection) -> None:
    with transaction(connection) as cursor:
        errors = series(cursor, "xgboost", 3, range(1, 131))
        record(cursor, "xgboost", {1: 0, 2: 0, 3: 127})
    write_diagnostics(connection, "1m", AS_OF)
    with transaction(connection) as cursor:
        found = written(cursor)["ACME", "xgboost"]
        outcomes = read_outcomes(cursor, "ACME", "1m", "xgboost", 3)
    assert outcomes is not None
    assert outcomes.error.tolist() == errors
    assert outcomes.widths == pytest.approx(np.tile(WIDTHS, (127, 1)))
    assert outcomes.covered.tolist() == [covered(error, 0.02) for error in errors]
    assert (found["horizon"], found["count"]) == (3, 127)
    assert found["skill"][-1]["skill"] == pytest.approx(1 / 3)
    assert json.loads(json.dumps(findings(outcomes))) == found


def test_the_newest_thousand_scores_count(connection: Connection) -> None:
    with transaction(connection) as cursor:
        errors = series(cursor, "naive", 1, range(1, 1101))
        found = read_outcomes(cursor, "ACME", "1m", "naive", 1)
    assert found is not None
    assert found.error.tolist() == errors[-1000:]
    assert (np.diff(found.scored_at) == 60).all()


def test_a_score_belongs_to_the_forecast_of_its_own_time_after_bars_are_renumbered(
    connection: Connection,
) -> None:
    with transaction(connection) as cursor:
        series(cursor, "naive", 1, range(1, 101), sigma=0.04)
        series(cursor, "naive", 1, range(31, 101), sigma=0.02, shift=200)
        found = read_outcomes(cursor, "ACME", "1m", "naive", 1)
    assert found is not None
    assert found.sigma.tolist() == [0.04] * 99 + [0.02] * 69


def test_scores_of_other_levels_than_the_newest_are_left_out(connection: Connection) -> None:
    with transaction(connection) as cursor:
        series(cursor, "naive", 1, range(1, 101))
        series(cursor, "naive", 1, range(101, 161), levels=[0.5, 0.8, 0.9])
        found = read_outcomes(cursor, "ACME", "1m", "naive", 1)
    assert found is not None
    assert found.levels == (0.5, 0.8, 0.9)
    assert len(found.error) == 59


def test_few_scores_are_counted_and_a_model_without_scores_is_left_out(connection: Connection) -> None:
    with transaction(connection) as cursor:
        series(cursor, "naive", 1, range(1, 12))
        record(cursor, "naive", {1: 10})
        record(cursor, "arima", {1: 0})
        record(cursor, "xgboost", {1: 10})  # its scores are gone
    write_diagnostics(connection, "1m", AS_OF)
    with transaction(connection) as cursor:
        found = written(cursor)
    assert [*found] == [("ACME", "naive")]
    assert (found["ACME", "naive"]["count"], found["ACME", "naive"]["error"]) == (10, None)


def test_findings_are_written_batch_by_batch(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.diagnostics.diagnostics_tables.BATCH", 1)
    with transaction(connection) as cursor:
        for model in ("arima", "naive", "xgboost"):
            series(cursor, model, 1, range(1, 12))
            record(cursor, model, {1: 10})
    write_diagnostics(connection, "1m", AS_OF)
    with transaction(connection) as cursor:
        cursor.execute("select count(distinct xmin::text), count(*) from forecast_diagnostics")
        assert cursor.fetchall() == [(3, 3)], "each in a transaction of its own"
