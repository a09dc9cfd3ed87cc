"""A symbol's history at Yahoo: days of two years, quarter-hours of 60 days, minutes of a week, in time order."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from producer.sources.answers import NO_DOUBTS, HistorySlice, Skipped
from producer.sources.finished_days import is_wanted
from producer.sources.yahoo.charts.chart import fetch
from producer.sources.yahoo.charts.records import actions, bars, levels_in
from producer.sources.yahoo.session import YahooSession
from shared.market.records import EPOCH, INTERVAL_SECONDS, CorporateAction, RecordedBar, RecordedInterval

ONE_DAY = timedelta(days=1)
DAYS_OF_DAYS = 730
DAYS_OF_QUARTERS = 59
"""Whole UTC days before the current one; Yahoo has 60 times 24 hours."""
DAYS_OF_MINUTES = 7
"""Together with the current day less than the 8 days that one request allows."""

HistoryRecord = RecordedBar | CorporateAction


class HistorySpan(NamedTuple):
    """One request: bars of `interval` since `start`."""

    interval: RecordedInterval
    start: datetime


def spans(after: datetime | None, now: datetime) -> list[HistorySpan]:
    """The requests for the history since `after`; for a short gap it is one.

    They start a day earlier, for the splits and dividends of the day of `after`.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    minutes_from = midnight - timedelta(days=DAYS_OF_MINUTES)
    since = EPOCH if after is None else after - ONE_DAY
    wanted = []
    if now - since > 2 * ONE_DAY:
        wanted.append(HistorySpan("1d", max(midnight - timedelta(days=DAYS_OF_DAYS), since)))
    if since + ONE_DAY < minutes_from:
        wanted.append(HistorySpan("15m", max(midnight - timedelta(days=DAYS_OF_QUARTERS), since)))
    return [*wanted, HistorySpan("1m", max(minutes_from, since))]


def history(
    session: YahooSession, name: str, after: datetime | None, now: datetime
) -> Iterator[HistorySlice]:
    """See Provider.history. Splits and dividends of the whole day of `after` are included, possibly again."""
    wanted = spans(after, now)
    starts = [*(span.start for span in wanted[1:]), None]
    waiting: list[HistoryRecord] = []
    has_actions = False
    for number, (span, next_start) in enumerate(zip(wanted, starts, strict=True), start=1):
        chart, skipped = fetch(session, name, span.interval, span.start, now), Skipped()
        doubts = NO_DOUBTS
        if chart is not None:
            skipped.add(chart.skipped)
            levels = levels_in(chart)
            doubts = levels.doubts
            # Each later response repeats the actions of its shorter window.
            waiting += [] if has_actions else actions(chart, levels, name, after, now, skipped)
            has_actions = True
            found = bars(chart, levels, name, span.interval, now, skipped)
            waiting += (bar for bar in found if bar.start >= span.start and is_wanted(bar, after))
        waiting.sort(key=_order)
        ready = [record for record in waiting if next_start is None or _time(record) < next_start]
        waiting = waiting[len(ready) :]
        yield HistorySlice(ready, number, len(wanted), doubts, skipped)


def _time(record: HistoryRecord) -> datetime:
    return record.start if isinstance(record, RecordedBar) else record.time


def _order(record: HistoryRecord) -> tuple[datetime, int]:
    """By time; actions first, then longer bars before shorter ones."""
    if isinstance(record, RecordedBar):
        return record.start, -INTERVAL_SECONDS[record.interval]
    return record.time, -2 * INTERVAL_SECONDS["1d"]
