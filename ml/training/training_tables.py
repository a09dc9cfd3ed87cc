"""What training reads and writes: how many bars there are, which markets there are, what became of a training."""

from datetime import UTC, datetime

import msgspec

from ml.models.features import RETURNS
from ml.training.schedule import Progress
from ml.training.training_run import Training
from shared.market.records import Interval
from shared.postgres.database import Cursor

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


# Of "no change" alone: it forecasts every bar, while a model that was taken out of the settings stays behind.
CLOSED = """
    select interval, sum(seen)::bigint, sum(greatest(0, seen - %s))::bigint from forecast_records
    where model = 'naive' and horizon = 1 group by interval
"""
BEHIND = """
    select sum(lag)::bigint from parts
    where part = 'analytics' and state = 'running' and abs(extract(epoch from now() - seen_at)) < %s
"""
SILENCE_SECONDS = 30.0
"""After which the analytics part, which gives a sign of life once a second, counts as away."""


def closed_bars(cursor: Cursor, horizon: int) -> dict[Interval, Progress]:
    """How many bars were forecast, all symbols together, and how many rows they make for forecasts of the close
    `horizon` bars ahead: the first bars are looked back on, and the newest still wait for what comes of them or lie too
    close to those that are tested on. It costs the same however many bars there are."""
    cursor.execute(CLOSED, (RETURNS + 2 * horizon,))
    return {interval: Progress(bars, rows) for interval, bars, rows in cursor.fetchall()}


def analytics_lag(cursor: Cursor) -> int | None:
    """How many messages the analytics part has still to read; None where it gives no sign of life."""
    cursor.execute(BEHIND, (SILENCE_SECONDS,))
    (lag,) = cursor.fetchall()[0]
    return None if lag is None else int(lag)


def last_trainings(cursor: Cursor) -> dict[Interval, float]:
    """When a model of each interval was trained last, epoch seconds."""
    cursor.execute(
        "select interval, extract(epoch from max(trained_at))::float8 from model_trainings group by interval"
    )
    return dict(cursor.fetchall())


def highest_versions(cursor: Cursor, interval: Interval) -> dict[str, int]:
    """The highest version of each model of an interval that was trained from these tables or forecast into them."""
    cursor.execute(HIGHEST, (interval, interval))
    return dict(cursor.fetchall())


def exchanges(cursor: Cursor) -> list[str | None]:
    """The exchanges of the symbols that have quotes; None is one that nobody knows."""
    cursor.execute("select distinct exchange from symbols")
    return [exchange for (exchange,) in cursor.fetchall()]


def symbols_count(cursor: Cursor) -> int:
    """How many symbols have quotes."""
    cursor.execute("select count(*) from symbols")
    return int(cursor.fetchall()[0][0])


def write_training(cursor: Cursor, training: Training, now: float) -> None:
    """Write what became of a training at `now`, epoch seconds."""
    values = training._asdict() | {
        "trained_at": _time(now),
        "first_at": _time(training.first_at),
        "last_at": _time(training.last_at),
        "importances": msgspec.json.encode(training.importances).decode(),
    }
    places = ", ".join(["%s"] * len(TRAINING_COLUMNS))
    new = ", ".join(f"{column} = excluded.{column}" for column in TRAINING_COLUMNS[3:])
    cursor.execute(
        f"insert into model_trainings ({', '.join(TRAINING_COLUMNS)}) values ({places})"  # noqa: S608
        f" on conflict (interval, model, version) do update set {new}",
        [values[column] for column in TRAINING_COLUMNS],
    )


def _time(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
