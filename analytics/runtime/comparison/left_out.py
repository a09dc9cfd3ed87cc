"""Stored rows that can't be compared, and why: what they were calculated from is not stored any more."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from analytics.alerts.threshold_rules import ThresholdName
from analytics.runtime.comparison.refold import Refold
from analytics.runtime.comparison.stored_inputs import StoredModels
from analytics.runtime.comparison.stored_state import StoredState
from analytics.store.comparison.compared_tables import (
    ALERTS,
    BARS,
    FORECASTS,
    SCORES,
    leave_out_alerts,
    leave_out_model,
    leave_out_own,
    leave_out_since,
    leave_out_unknown_records,
    leave_out_until,
)
from shared.market.records import Interval
from shared.postgres.database import Cursor

ON_INDICATORS: tuple[ThresholdName, ...] = ("rsi_overbought", "rsi_oversold", "volatility")
"""Rules whose alerts depend on the periods of indicators."""


class LeftOut(NamedTuple):
    """The number of stored rows that are not compared or not as a whole, what is left out, and why."""

    rows: int
    what: str
    reason: str


def leave_out(cursor: Cursor, stored: StoredState, refold: Refold, models: StoredModels) -> Iterator[LeftOut]:
    """Leave these rows out of the comparison."""
    yield from _kept(cursor, refold.kept_until)
    if any(plan.has_other_periods for plan in stored.plans.values()):
        yield from _on_indicators(cursor)
    yield from _own_without_file(cursor, stored)
    yield from _unknown(cursor, refold.unknown_since)
    yield from _without_model(cursor, models)
    for kind in (BARS, ALERTS, FORECASTS):
        rows = leave_out_unknown_records(cursor, kind)
        yield LeftOut(rows, f"the records that made {kind.name}", "an earlier version did not store them")


def _kept(cursor: Cursor, kept_until: Mapping[str, float]) -> Iterator[LeftOut]:
    if kept_until:
        for kind in (ALERTS, FORECASTS, SCORES):
            rows = leave_out_until(cursor, kind, kept_until)
            reason = "an earlier version calculated them; they were kept when the log was read again"
            yield LeftOut(rows, kind.name, reason)


def _on_indicators(cursor: Cursor) -> Iterator[LeftOut]:
    for rule in ON_INDICATORS:
        rows = leave_out_alerts(cursor, rule)
        yield LeftOut(
            rows, f"alerts of {rule}", "the periods of indicators have changed; old alerts are kept"
        )


def _own_without_file(cursor: Cursor, stored: StoredState) -> Iterator[LeftOut]:
    settings = [plan.stretches[-1].settings for plan in stored.plans.values()]
    names = {name for each in settings for own in each.own for name in own.outputs}
    rows = leave_out_own(cursor, sorted(names))
    yield LeftOut(rows, "values of indicators of your own", "INDICATORS_PATH no longer has their files")


def _unknown(cursor: Cursor, unknown_since: Mapping[Interval, float]) -> Iterator[LeftOut]:
    for kind in (FORECASTS, SCORES):
        for interval, since in unknown_since.items():
            rows = leave_out_since(cursor, kind, interval, since)
            what = f"{kind.name} of {interval} bars from {datetime.fromtimestamp(since, UTC)} on"
            yield LeftOut(rows, what, "the outcome of a model search is not stored")


def _without_model(cursor: Cursor, models: StoredModels) -> Iterator[LeftOut]:
    for kind in (FORECASTS, SCORES):
        for interval, model, version in sorted(models.missing):
            rows = leave_out_model(cursor, kind, interval, model)
            reason = f"the file of version {version} can't be used any more"
            yield LeftOut(rows, f"{kind.name} of {model} on {interval} bars", reason)
