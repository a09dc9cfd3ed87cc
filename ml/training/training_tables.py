"""Database access for training: numbers of bars, exchanges, and results of trainings."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ml.models.features import RETURNS
from ml.training.schedule import Progress
from shared.market.records import Interval
from shared.postgres.database import Cursor
from shared.postgres.upsert import upsert

if TYPE_CHECKING:  # the part that waits for bars imports this module, and needs no numerical library
    from ml.training.training_run import Training

TRAINING_COLUMNS = (
    *("interval", "model", "version", "parent", "trained_at", "rows", "first_at", "last_at", "test_rows"),
    *("loss", "parent_loss", "naive_loss", "is_live", "reason", "importances", "seconds"),
)
HIGHEST = """
    select model, max(version) from (
        select model, version from model_servings where interval = %s and version is not null
        union all select model, version from model_trainings where interval = %s
    ) known group by model
"""


# Only of "naive", which forecasts every bar; records of a model removed from the settings are no longer updated.
CLOSED = """
    select interval, sum(seen)::bigint, sum(greatest(0, seen - %s))::bigint from forecast_records
    where model = 'naive' and horizon = 1 group by interval
"""
BEHIND = """
    select case when bool_or(part = 'analytics') then sum(lag)::bigint end from parts
    where part in ('analytics', 'producer') and state = 'running' and abs(extract(epoch from now() - seen_at)) < %s
"""
SILENCE_SECONDS = 30.0
"""Without a heartbeat for this long, a part counts as not running; it sends one per second."""


def closed_bars(cursor: Cursor, horizon: int) -> dict[Interval, Progress]:
    """The number of forecast bars of all symbols, and the number of rows that they give for a horizon of `horizon`
    bars: the first bars only fill the window, and the newest have no target yet or overlap with the holdout. The cost
    does not depend on the number of bars."""
    cursor.execute(CLOSED, (RETURNS + 2 * horizon,))
    return {interval: Progress(bars, rows) for interval, bars, rows in cursor.fetchall()}


def messages_to_come(cursor: Cursor) -> int | None:
    """The number of messages that the analytics part has yet to read, those included that the producer has yet to
    publish; None without a recent heartbeat of the analytics part."""
    cursor.execute(BEHIND, (SILENCE_SECONDS,))
    (lag,) = cursor.fetchall()[0]
    return None if lag is None else int(lag)


def last_trainings(cursor: Cursor) -> dict[Interval, float]:
    """The time of the last training of each interval, epoch seconds."""
    cursor.execute(
        "select interval, extract(epoch from max(trained_at))::float8 from model_trainings group by interval"
    )
    return dict(cursor.fetchall())


def highest_versions(cursor: Cursor, interval: Interval) -> dict[str, int]:
    """The highest version of each model of an interval that was trained from these tables or has forecast into them."""
    cursor.execute(HIGHEST, (interval, interval))
    return dict(cursor.fetchall())


def exchanges(cursor: Cursor) -> list[str | None]:
    """The exchanges of the symbols that have quotes; None is an unknown exchange."""
    cursor.execute("select distinct exchange from symbols")
    return [exchange for (exchange,) in cursor.fetchall()]


def symbols_count(cursor: Cursor) -> int:
    """The number of symbols that have quotes."""
    cursor.execute("select count(*) from symbols")
    return int(cursor.fetchall()[0][0])


def write_training(cursor: Cursor, training: "Training", now: float) -> None:
    """Write the result of a training at `now`, epoch seconds."""
    values = training._asdict() | {
        "trained_at": _time(now),
        "first_at": _time(training.first_at),
        "last_at": _time(training.last_at),
        "importances": msgspec.json.encode(training.importances).decode(),
    }
    row = [values[column] for column in TRAINING_COLUMNS]
    upsert(cursor, "model_trainings", TRAINING_COLUMNS, [row], keys=3)


def _time(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
