"""Trained models that come and go while the log is folded: whatever is killed, they changed at the same records."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from analytics.analysis import Analysis
from analytics.shelf import RegistryShelf
from analytics.tables import delete_snapshot
from db.migrate import migrate
from ml.features import FeatureSettings, names
from ml.registry import Registry
from ml.served import Linear
from ml.signing import key_of
from shared.database import Connection, connect, make_database, transaction
from shared.sections import Models
from tests.integration.test_forecast_tables import MINUTES, rows
from tests.integration.test_settings_change import READING, live, log_of
from tests.unit.model_files import estimator, manifest

WHOLE_LOG = log_of(200)
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
def databases(embedded_postgres: str, request: pytest.FixtureRequest) -> Iterator[list[Connection]]:
    """Two empty databases: one to be disturbed, one to compare with."""
    names = [f"servings_{request.node.name.encode().hex()[-24:]}_{which}" for which in "ab"]
    dsns = [make_database(embedded_postgres, name) for name in names]
    for dsn in dsns:
        migrate(dsn)
    with closing(connect(dsns[0], "test")) as one, closing(connect(dsns[1], "test")) as other:
        yield [one, other]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path, key_of(tmp_path))


def promoted(registry: Registry, horizon: int = 1) -> int:
    """A new version goes live; each trusts the newest return otherwise."""
    weight = 0.1 * (1 + len(registry.versions("1m", "linear_regression")))
    numbers = Linear(0.0, (weight, *[0.0] * (len(FEATURES) - 1)))
    said = manifest(interval="1m", features=FEATURES, horizon=horizon)
    version = registry.add(said, numbers, estimator())
    registry.promote("1m", "linear_regression", version)
    return version


def fold(connection: Connection, registry: Registry, until: int, killed: bool = False) -> None:
    shelf = RegistryShelf(registry, MODELS)
    with closing(Analysis(READING, MINUTES, Event(), shelf)) as analysis:
        live(analysis, connection, WHOLE_LOG, until, killed)


def left(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the forecasts' tables, but for what the clock said."""
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


def test_kills_around_changes_of_model_leave_the_same_rows(
    databases: list[Connection], registry: Registry
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
    scored = rows(calm, "select count(*) from forecast_scores where model = 'linear_regression'")
    assert scored[0][0] > 50


def test_whole_log_folded_again_changes_models_at_the_same_records(
    databases: list[Connection], registry: Registry
) -> None:
    connection = databases[0]
    for until in (450, 800):
        promoted(registry)
        fold(connection, registry, until)
    before = left(connection)
    with transaction(connection) as cursor:
        delete_snapshot(cursor, READING, 0)
    fold(connection, registry, 800)
    assert left(connection) == before
    fold(connection, registry, len(WHOLE_LOG))
    fold(databases[1], registry, 0)
    assert switched(connection) == [(0, 1), (450, 2)]


def test_arrays_are_empty_where_a_model_says_nothing(databases: list[Connection], registry: Registry) -> None:
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


def test_damaged_version_is_told_of_once_and_the_one_before_goes_on(
    databases: list[Connection], registry: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
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
    databases: list[Connection], registry: Registry
) -> None:
    connection = databases[0]
    promoted(registry)
    fold(connection, registry, 500)
    none = RegistryShelf(registry, Models(forecast_intervals=("1m",), trained_models=()))
    with closing(Analysis(READING, MINUTES, Event(), none)) as analysis:
        live(analysis, connection, WHOLE_LOG, 700, killed=False)
    fold(connection, registry, len(WHOLE_LOG))
    assert switched(connection) == [(0, 1), (500, None), (700, 1)]
