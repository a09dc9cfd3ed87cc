"""Stored rows that can't be compared, and why: they were calculated from something that is not stored."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple, get_args

from analytics.alerts.alerts import AlertSettings, Rule
from analytics.engine.engine_settings import EngineSettings
from analytics.forecasting.forecasts import levels_of
from analytics.runtime.comparison.stored_inputs import StoredModels
from analytics.store.compared_tables import (
    ALERTS,
    FORECASTS,
    SCORES,
    leave_out_alerts,
    leave_out_intervals,
    leave_out_model,
    leave_out_since,
    other_alerts_until,
    other_forecasts_until,
)
from shared.market.records import Interval
from shared.postgres.database import Cursor

RULES: tuple[Rule, ...] = get_args(Rule)
ALWAYS = float("-inf")


class OlderSettings(NamedTuple):
    """Until when stored rows were made that show older settings: forecasts by interval, alerts by rule."""

    forecasts: dict[Interval, datetime]
    alerts: dict[Rule, datetime]


class LeftOut(NamedTuple):
    """The number of stored rows that are not compared, what they are, and why."""

    rows: int
    what: str
    reason: str


def older_settings(cursor: Cursor, settings: EngineSettings) -> OlderSettings:
    """Look for rows of older settings, in all stored rows."""
    forecasts = {
        interval: until
        for interval, each in settings.forecasts.items()
        if (until := other_forecasts_until(cursor, interval, levels_of(each), each.steps)) is not None
    }
    alerts = {
        rule: until
        for rule in RULES
        if (until := other_alerts_until(cursor, rule, _threshold(settings.alerts, rule))) is not None
    }
    return OlderSettings(forecasts, alerts)


def _threshold(settings: AlertSettings, rule: Rule) -> float:
    threshold: float = getattr(settings, rule)
    return threshold


def leave_out_older(cursor: Cursor, settings: EngineSettings, older: OlderSettings) -> Iterator[LeftOut]:
    """Leave out rows of older settings."""
    for rule, until in older.alerts.items():
        rows = leave_out_alerts(cursor, rule)
        yield LeftOut(rows, f"alerts of {rule}", f"the last one with another threshold fired at {until}")
    rows = leave_out_intervals(cursor, ALERTS, settings.alerts.intervals)
    yield LeftOut(rows, "alerts of other intervals", "the settings no longer name these intervals")
    for kind in (FORECASTS, SCORES):
        rows = leave_out_intervals(cursor, kind, tuple(settings.forecasts))
        yield LeftOut(rows, f"{kind.name} of other intervals", "FORECAST_INTERVALS no longer names them")
        for interval, until in older.forecasts.items():
            rows = leave_out_since(cursor, kind, interval, ALWAYS)
            reason = (
                f"the settings of forecasts changed after {until}, and later ones began at that change, whose offset is"
                " not stored"
            )
            yield LeftOut(rows, f"{kind.name} of {interval} bars", reason)


def leave_out_unknown(
    cursor: Cursor, unknown_since: dict[Interval, float], models: StoredModels
) -> Iterator[LeftOut]:
    """Leave out the forecasts that need the outcome of a search or the file of a model that is missing."""
    for kind in (FORECASTS, SCORES):
        for interval, since in unknown_since.items():
            rows = leave_out_since(cursor, kind, interval, since)
            what = f"{kind.name} of {interval} bars from {datetime.fromtimestamp(since, UTC)} on"
            yield LeftOut(rows, what, "the outcome of a model search is not stored")
        for interval, model, version in sorted(models.missing):
            rows = leave_out_model(cursor, kind, interval, model)
            reason = f"the file of version {version} can't be used any more"
            yield LeftOut(rows, f"{kind.name} of {model} on {interval} bars", reason)
