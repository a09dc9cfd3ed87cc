"""The analytics part's tables: closed bars, indicators, alerts; splits and dividends; the live view; snapshots."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from psycopg2.extras import execute_values

from analytics.engine.events import Event
from analytics.engine.split_check import SettledAction
from analytics.engine.symbol_state import LiveBar, SymbolState
from analytics.indicators.catalog import COLUMNS
from analytics.indicators.indicator_row import COLUMN_PLACES, IndicatorRow
from analytics.store.alerts.alert_tables import alerts_of, withdraw, write_alerts
from analytics.store.bar_fields import bar_fields, indicator_fields
from analytics.store.own_tables import write_own
from analytics.store.times import utc
from shared.market.records import INTERVALS, Bar, Interval
from shared.postgres.announcements import LAST_QUOTES, OPEN_BARS, announce
from shared.postgres.binary_copy import copy_fields
from shared.postgres.database import Cursor, allow_hours
from shared.postgres.upsert import upsert
from shared.progress.provenance import PROVENANCE_COLUMNS, FoldedRecords

BAR_COLUMNS = (
    *("symbol", "interval", "start", "end", "open", "high", "low", "close", "volume", "vwap", "quotes"),
    *("session", "source", "spread"),
)
CLOSED_BAR_COLUMNS = (*BAR_COLUMNS, *PROVENANCE_COLUMNS)
INDICATOR_COLUMNS = ("symbol", "interval", "start", *COLUMNS)
OPEN_BAR_COLUMNS = (*BAR_COLUMNS, *COLUMNS, "seen", "warm_after", "sized")
SYMBOL_COLUMNS = (
    *(
        "symbol",
        "price",
        "event_time",
        "received_time",
        "bid",
        "ask",
        "previous_close",
        "day_open",
        "day_high",
    ),
    *("day_low", "day_volume", "currency", "exchange", "session", "source", "quotes", "late", "extreme"),
)


def bar_row(bar: Bar) -> tuple[object, ...]:
    """A bar in the order of BAR_COLUMNS."""
    return (bar.symbol, bar.interval, utc(bar.start), utc(bar.end), *bar[4:])


def _indicator_row(bar: Bar, row: IndicatorRow) -> tuple[object, ...]:
    return (bar.symbol, bar.interval, utc(bar.start), *row)


def write_closed(cursor: Cursor, records: FoldedRecords, events: list[Event]) -> None:
    """Write closed bars, their indicators, those of the user too, and their alerts; `records` closed them."""
    if not events:
        return
    closed = [event.closed for event in events]
    copy_fields(cursor, "bars", CLOSED_BAR_COLUMNS, bar_fields(records, events))
    copy_fields(cursor, "indicators", INDICATOR_COLUMNS, indicator_fields(closed))
    write_own(cursor, [(each.bar, each.own) for each in closed if each.own is not None])
    withdraw(cursor, events)
    write_alerts(cursor, [alert for event in events for alert in alerts_of(records, event)])


def write_actions(cursor: Cursor, records: FoldedRecords, actions: list[SettledAction]) -> None:
    """Write splits and dividends with their offsets; one that is stored already stays as it was first reported.
    `records` settled them."""
    if actions:
        execute_values(
            cursor,
            "insert into corporate_actions (symbol, time, action, value, currency, source, partition,"
            ' "offset", known_at, settled_offset) values %s on conflict do nothing',
            [
                (
                    action.symbol,
                    action.time,
                    action.action,
                    action.value,
                    action.currency,
                    action.source,
                    records.partition,
                    offset,
                    records.known_at(settled_by),
                    settled_by,
                )
                for offset, action, settled_by, _ in actions
            ],
        )


def write_split_alerts(cursor: Cursor, actions: list[SettledAction]) -> None:
    """Write a data alert for each rejected split, at its ex-date."""
    if actions:
        execute_values(
            cursor,
            "insert into data_alerts (symbol, kind, raised_at, value, detail) values %s on conflict do nothing",
            [
                (action.symbol, "split", action.time, action.value, rejection)
                for _, action, _, rejection in actions
            ],
        )


def splits_until(cursor: Cursor, symbol: str, next_offset: int) -> list[tuple[float, float]]:
    """The splits of a symbol with an offset below `next_offset`, in order: time in epoch seconds, and ratio.

    A split reported after a later one is left out, because it changed no price.
    """
    cursor.execute(
        "select extract(epoch from time)::double precision, value from corporate_actions"
        """ where symbol = %s and action = 'split' and "offset" < %s order by "offset" """,
        (symbol, next_offset),
    )
    splits: list[tuple[float, float]] = []
    for time, ratio in cursor.fetchall():
        if not splits or time > splits[-1][0]:
            splits.append((time, ratio))
    return splits


def replace_indicators(
    cursor: Cursor, rows: list[tuple[Bar, IndicatorRow]], columns: tuple[str, ...] = COLUMNS
) -> None:
    """Write the recalculated indicators of closed bars, these columns only."""
    places = [COLUMN_PLACES[column] for column in columns]
    values = [(*_indicator_row(bar, row)[:3], *(row[place] for place in places)) for bar, row in rows]
    upsert(cursor, "indicators", (*INDICATOR_COLUMNS[:3], *columns), values, keys=3)


def bars_until(cursor: Cursor, symbol: str, interval: Interval, until: int) -> list[Bar]:
    """The closed bars of a series that ended by `until`, epoch seconds, in order."""
    cursor.execute(
        'select symbol, interval, extract(epoch from start)::bigint, extract(epoch from "end")::bigint, open, high,'
        " low, close, volume, vwap, quotes, session, source, spread from bars"
        ' where symbol = %s and interval = %s and "end" <= to_timestamp(%s) order by start',
        (symbol, interval, until),
    )
    return [Bar(*row) for row in cursor.fetchall()]


def write_live(cursor: Cursor, states: list[SymbolState]) -> None:
    """Update the live view of these symbols: last quote, counters, open bars."""
    lives = {state.symbol: state.live() for state in states}
    upsert(cursor, "symbols", SYMBOL_COLUMNS, [row for state in states for row in _symbol_row(state)])
    symbols = list(lives)
    intervals = {symbol: [live.bar.interval for live in found] for symbol, found in lives.items()}
    gone = [(symbol, kept) for symbol, kept in intervals.items() if len(kept) < len(INTERVALS)]
    for symbol, kept in gone:
        cursor.execute("delete from open_bars where symbol = %s and not interval = any(%s)", (symbol, kept))
    rows = [_open_bar_row(live) for symbol in symbols for live in lives[symbol]]
    upsert(cursor, "open_bars", OPEN_BAR_COLUMNS, rows, keys=2)
    announce(cursor, OPEN_BARS, symbols)


def write_last_quotes(cursor: Cursor, states: list[SymbolState]) -> None:
    """Update the last quotes and counters of these symbols alone, without their open bars and the previews of those."""
    upsert(cursor, "symbols", SYMBOL_COLUMNS, [row for state in states for row in _symbol_row(state)])
    announce(cursor, LAST_QUOTES, [state.symbol for state in states])


def _symbol_row(state: SymbolState) -> Iterable[tuple[object, ...]]:
    last = state.last
    if last is None:
        return
    session = last.session or state.session_at_last()
    day = (last.previous_close, last.day_open, last.day_high, last.day_low, last.day_volume)
    counts = (state.quotes, state.late, state.extreme)
    head = (last.symbol, last.price, last.event_time, last.received_time, last.bid, last.ask)
    yield (*head, *day, last.currency, last.exchange, session, last.source, *counts)


def _open_bar_row(live: LiveBar) -> tuple[object, ...]:
    bar = live.bar
    times = (datetime.fromtimestamp(bar.start, UTC), datetime.fromtimestamp(bar.end, UTC))
    return (bar.symbol, bar.interval, *times, *bar[4:], *live.indicators, *live[2:])


EXPORT = """
    copy (
        select symbol, event_time, price, size, bid, ask, day_open, day_high, day_low, previous_close, day_volume,
               currency, exchange, session, conditions
        from quotes order by event_time, partition, "offset"
    ) to stdout with (format csv, header)
"""


def export_quotes(cursor: Cursor, out: TextIO) -> None:
    """Write every quote as CSV, by event time."""
    allow_hours(cursor)
    cursor.copy_expert(EXPORT, out)
