"""Deployments of trained models during a fold: after any kill they change at the same records."""

import logging
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analytics.runtime.model_source import RegistryModelSource
from analytics.runtime.processor import Analysis
from analytics.store.snapshot_tables import delete_snapshot
from ml.models.features import FeatureSettings, names
from ml.models.predictors import Linear
from ml.registry.registry import Registry
from ml.registry.signing import key_of
from shared.postgres.database import Connection, transaction
from shared.settings.model_settings import Models
from tests.inputs.model_files import estimator, manifest
from tests.integration.brisk_forecasts import rows, under
from tests.integration.fold_runs import READING, LoggedMessage, log_of, run
from tests.unit.quick_search import pooled

WHOLE_LOG = log_of(200)
MINUTES = under("1m", search_every=1000)
FEATURES = names(FeatureSettings(5))
MODELS = Models(forecast_intervals=("1m",), trained_models=("linear_regression",))
TABLES = {
    "forecasts": "*",
    "forecast_scores": "*",
    "forecast_records": "*",
    "forecast_fits": "symbol, interval, number, asked_at, p, d, q, aicc, reason",
    "model_servings": "*",
}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path, key_of(tmp_path))


def promoted(registry: Registry, horizon: int = 1) -> int:
    """A new version goes live; each trusts the newest return otherwise."""
    weight = 0.1 * (1 + len(registry.versions("1m", "linear_regression")))
    numbers = Linear(0.0, (weight, *[0.0] * (len(FEATURES) - 1)))
    description = manifest(interval="1m", features=FEATURES, horizon=horizon)
    version = registry.add(description, numbers, estimator())
    registry.promote("1m", "linear_regression", version)
    return version


def fold(
    connection: Connection,
    registry: Registry,
    until: int,
    killed: bool = False,
    models: Models = MODELS,
    log: list[LoggedMessage] = WHOLE_LOG,
) -> None:
    model_source = RegistryModelSource(registry, models)
    with closing(Analysis(READING, MINUTES, pooled(), model_source)) as analysis:
        run(analysis, connection, log, until, killed)


def left(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the forecasts' tables, without the columns that hold the time of the clock."""
    return {
        table: rows(connection, f"select {columns} from {table} order by 1, 2, 3, 4")
        for table, columns in TABLES.items()
    }


def switched(connection: Connection) -> list[tuple[Any, ...]]:
    return rows(connection, "select from_offset, version from model_servings order by 1")


def versions(connection: Connection) -> list[tuple[Any, ...]]:
    return rows(
        connection,
        "select version, count(*) from forecasts where model = 'linear_regression' group by 1 order by 1",
    )


def made(connection: Connection) -> int:
    return int(rows(connection, "select count(*) from forecasts where model = 'linear_regression'")[0][0])


def scored(connection: Connection) -> int:
    return int(
        rows(connection, "select count(*) from forecast_scores where model = 'linear_regression'")[0][0]
    )


def test_kills_around_changes_of_model_leave_the_same_rows(
    databases: tuple[Connection, Connection], registry: Registry
) -> None:
    disturbed, calm = databases
    both = (disturbed, calm)
    for connection in both:
        fold(connection, registry, 450, killed=connection is disturbed)
    promoted(registry)
    for connection in both:
        fold(connection, registry, 700, killed=connection is disturbed)
    promoted(registry, horizon=1)
    for connection in both:
        fold(connection, registry, 900, killed=connection is disturbed)
    # Killed each time, it has no snapshot behind the first switch, and folds over both again.
    for connection in both:
        fold(connection, registry, len(WHOLE_LOG))
    assert left(disturbed) == left(calm)
    assert switched(calm) == [(450, 1), (700, 2)]
    assert [version for version, _ in versions(calm)] == [1, 2]
    assert scored(calm) > 50


def test_whole_log_folded_again_changes_models_at_the_same_records(
    databases: tuple[Connection, Connection], registry: Registry
) -> None:
    again, calm = databases
    for until in (450, 800):
        promoted(registry)
        for connection in databases:
            fold(connection, registry, until)
    before = left(again)
    with transaction(again) as cursor:
        delete_snapshot(cursor, READING, 0)
        cursor.execute("delete from forecast_records")
    fold(again, registry, 800)
    assert left(again) == before
    for connection in databases:
        fold(connection, registry, len(WHOLE_LOG))
    assert left(again) == left(calm)
    assert switched(again) == [(0, 1), (450, 2)]


@pytest.mark.parametrize(
    "changes", [{"trained_models": ()}, {"ml_window_size": 7}, {"prediction_horizon": 2}]
)
def test_forecasts_of_a_model_are_scored_after_the_settings_exclude_it(
    databases: tuple[Connection, Connection], registry: Registry, changes: dict[str, Any]
) -> None:
    promoted(registry)
    other = MODELS.model_copy(update=changes)
    for connection in databases:
        fold(connection, registry, 450)
        fold(connection, registry, 700, killed=connection is databases[0])
        fold(connection, registry, 900, models=other)
        # Killed or not, what was withdrawn stays so where the log is folded again under the settings of before.
        with transaction(connection) as cursor:
            delete_snapshot(cursor, READING, 0)
        fold(connection, registry, len(WHOLE_LOG))
    disturbed, calm = map(left, databases)
    assert disturbed == calm
    assert switched(databases[0]) == [(0, 1), (700, None), (900, 1)]
    assert [scored(connection) for connection in databases] == [
        made(connection) - 1 for connection in databases
    ]


def test_switch_at_a_dead_letter_holds_after_a_kill(
    databases: tuple[Connection, Connection], registry: Registry
) -> None:
    """The last record before the kill is one that can't be read, and the switch was made at it."""
    log = [message._replace(value=b"?") if message.offset == 500 else message for message in WHOLE_LOG]
    for connection in databases:
        killed = connection is databases[0]
        fold(connection, registry, 500, killed, log=log)
    promoted(registry)
    for connection in databases:
        fold(connection, registry, 501, killed=connection is databases[0], log=log)
    promoted(registry)
    for connection in databases:
        fold(connection, registry, len(log), log=log)
    assert switched(databases[0]) == [(500, 1), (501, 2)]
    assert left(databases[0]) == left(databases[1])


def test_arrays_are_empty_where_a_model_makes_no_forecast(
    databases: tuple[Connection, Connection], registry: Registry
) -> None:
    connection = databases[0]
    promoted(registry)
    fold(connection, registry, 600)
    found = rows(
        connection,
        "select p, d, q, mean[1] > 0, mean[2], mean[3], lower[2][1], cardinality(upper) from forecasts"
        " where model = 'linear_regression'",
    )
    assert set(found) == {(None, None, None, True, None, None, None, 9)}
    records = rows(
        connection, "select horizon, champion from forecast_records where model = 'linear_regression'"
    )
    assert records == [(1, "naive")]


def test_damaged_version_is_reported_once_and_the_previous_one_stays_live(
    databases: tuple[Connection, Connection],
    registry: Registry,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    connection = databases[0]
    promoted(registry)
    fold(connection, registry, 500)
    version = promoted(registry)
    path = tmp_path / "1m" / "linear_regression" / f"{version}.joblib"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with caplog.at_level(logging.WARNING):
        fold(connection, registry, 700)
    assert [record.message for record in caplog.records if "is not served" in record.message] == [
        next(record.message for record in caplog.records)
    ]
    assert switched(connection) == [(0, 1)]
    assert [each for each, _ in versions(connection)] == [1]


def test_models_taken_from_the_settings_are_withdrawn_and_come_back(
    databases: tuple[Connection, Connection], registry: Registry
) -> None:
    connection = databases[0]
    promoted(registry)
    fold(connection, registry, 500)
    none = RegistryModelSource(registry, Models(forecast_intervals=("1m",), trained_models=()))
    with closing(Analysis(READING, MINUTES, pooled(), none)) as analysis:
        run(analysis, connection, WHOLE_LOG, 700, killed=False)
    fold(connection, registry, len(WHOLE_LOG))
    assert switched(connection) == [(0, 1), (500, None), (700, 1)]
