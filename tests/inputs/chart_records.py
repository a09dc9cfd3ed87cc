"""A chart of Yahoo as records, at the levels of its own prices."""

from collections.abc import Iterator
from datetime import datetime

from producer.sources.yahoo.charts import records
from producer.sources.yahoo.charts.chart_types import Chart
from producer.sources.yahoo.charts.records import levels_in
from shared.market.records import CorporateAction, RecordedBar, RecordedInterval


def bars(chart: Chart, name: str, interval: RecordedInterval, now: datetime) -> Iterator[RecordedBar]:
    """Its finished bars."""
    return records.bars(chart, levels_in(chart), name, interval, now)


def actions(chart: Chart, name: str, after: datetime | None, now: datetime) -> Iterator[CorporateAction]:
    """Its splits and dividends."""
    return records.actions(chart, levels_in(chart), name, after, now)


def doubts(chart: Chart) -> tuple[str, ...]:
    """Why bars of it are set aside."""
    return levels_in(chart).doubts.reasons


def doubtful_bars(chart: Chart) -> int:
    """How many bars of it are set aside."""
    return levels_in(chart).doubts.bars
