"""Builds the update (delta) for one viewer from a snapshot, as JSON-ready values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.presenters.adjustment import adjusted
from dashboard.presenters.alerts import alert_item, data_alert_item
from dashboard.presenters.figures import columns
from dashboard.presenters.forecasts.card import forecast_card
from dashboard.presenters.forecasts.fan import fan
from dashboard.presenters.notices import banner, notice, switch, warning
from dashboard.presenters.panels import (
    heading,
    indicator_cells,
    is_alive,
    part_items,
    session_cells,
    watch_row,
)
from dashboard.presenters.sources import (
    failed_over,
    history_progress,
    log_progress,
    log_progress_text,
    quote_status,
    sources_in_use,
)
from dashboard.read.rows import AlertRow, ChartBar, DataAlertRow, SeriesKey
from dashboard.read.snapshot import NOTHING, Reading, Snapshot, all_alerts, zone_of
from shared.settings.analysis_settings import Alerts, Indicators

MAX_NEWER = 200
"""If more bars are new, as during a backfill, the chart reloads all of its bars, which is faster in a browser."""
LAGGING = {"storage", "analytics"}
"""The parts that read the log and can therefore lag behind it."""
LAST_CLOSED = "last closed bar"
"""The note of the panel of indicators while no bar is open."""


@dataclass(frozen=True)
class DeltaRequest:
    """What a viewer shows and already has: last sequence and generation, and the start of its chart's last closed bar.

    `adjusted`: whether its prices are adjusted for splits and dividends.
    """

    symbol: str | None
    interval: str
    sequence: int
    generation: int
    last_start: int
    adjusted: bool = False


@dataclass(frozen=True)
class PageContext:
    """Constants of a server run: feed, description of the database, settings of indicators and alerts; the hours in
    which the weight of a headline halves."""

    feed: str
    place: str
    periods: Indicators
    alerts: Alerts
    half_life: int = 12


def delta(
    context: PageContext,
    snapshot: Snapshot,
    request: DeltaRequest,
    newer: list[ChartBar] | None,
    closed: Sequence[ChartBar] = (),
) -> dict[str, Any]:
    """The changes since `request`. `newer`: the closed bars after its last one; None: the chart must reload. `closed`:
    the newest closed bars, oldest first, for the time in which no bar is open."""
    message = {
        **_changed_rows(context, snapshot, request),
        **_notes(context, snapshot),
        **_sources(context, snapshot, request.symbol),
        **_status_bar(snapshot),
    }
    if request.symbol in snapshot.reading.symbols:
        message |= _shown_symbol(context, snapshot, request.symbol, request.interval)
        message |= _indicators(context, snapshot.reading, (request.symbol, request.interval), closed)
        message |= _bars(snapshot.reading, request, newer)
    return message


def tick(
    context: PageContext,
    snapshot: Snapshot,
    request: DeltaRequest,
    newer: list[ChartBar] | None,
    closed: Sequence[ChartBar] = (),
) -> dict[str, Any]:
    """The part of `delta` that quotes and closed bars change: it is pushed, and the rest follows at an interval."""
    reading, symbol = snapshot.reading, request.symbol
    message = {
        **_changed_rows(context, snapshot, request),
        "now": reading.now,
        "is_current": snapshot.condition != "no_database",
        "age": _age(context, reading, symbol),
    }
    if symbol in reading.symbols:
        message |= _moving(context, reading, symbol, request.interval)
        message |= _indicators(context, reading, (symbol, request.interval), closed)
        message |= _bars(reading, request, newer)
    return message


def _changed_rows(context: PageContext, snapshot: Snapshot, request: DeltaRequest) -> dict[str, Any]:
    """The rows of the watchlist and the alerts that the viewer lacks, and where it is afterwards."""
    since = changes_since(snapshot, request)
    return {
        "sequence": snapshot.sequence,
        "generation": snapshot.generation,
        "rows": _watchlist(context, snapshot, since),
        "alerts": _alerts(snapshot, since),
    }


def changes_since(snapshot: Snapshot, request: DeltaRequest) -> int:
    """The sequence up to which a viewer has all changes: 0 if it is of another generation."""
    return request.sequence if request.generation == snapshot.generation else 0


def _bars(reading: Reading, request: DeltaRequest, newer: list[ChartBar] | None) -> dict[str, Any]:
    """The new closed bars, and the chart they are for; the chart reloads when the number of `actions` changes."""
    actions = reading.actions.get(request.symbol or "", ())
    if newer and len(newer) > MAX_NEWER:
        newer = None
    shown = adjusted(newer, actions) if newer and request.adjusted else newer
    return {
        "bars": None if shown is None else columns(shown) if shown else {},
        "after": request.last_start,
        "adjusted": request.adjusted,
        "actions": len(actions),
    }


def _watchlist(context: PageContext, snapshot: Snapshot, since: int) -> list[dict[str, Any]]:
    """The changed rows; each includes its trend only if that changed."""
    rows = []
    for symbol, row in snapshot.reading.symbols.items():
        has_trend = snapshot.trend_changes[symbol] > since
        if has_trend or snapshot.symbol_changes[symbol] > since:
            trend = {"trend": snapshot.reading.trends[symbol]} if has_trend else {}
            quality = snapshot.reading.qualities.get(symbol)
            as_of = _as_of(context, snapshot.reading, symbol)
            rsi = _daily_rsi(snapshot.reading, symbol)
            rows.append(watch_row(row, quality and quality.state, as_of) | {"rsi": rsi} | trend)
    return rows


def _daily_rsi(reading: Reading, symbol: str) -> float | None:
    """The RSI of the open day bar; None while it is warming up or no day is open."""
    day = reading.open_bars.get((symbol, "1d"))
    return None if day is None else day.bar.indicators.rsi


def _alerts(snapshot: Snapshot, since: int) -> list[dict[str, Any]]:
    """The alerts raised or cleared after sequence `since`."""
    reading = snapshot.reading
    return [
        _alert(reading, alert)
        for alert in all_alerts(reading)
        if snapshot.alert_changes[alert] > since and alert.symbol in reading.symbols
    ]


def _alert(reading: Reading, alert: AlertRow | DataAlertRow) -> dict[str, Any]:
    zone = zone_of(reading, alert.symbol)
    return alert_item(alert, zone) if isinstance(alert, AlertRow) else data_alert_item(alert, zone)


def _notes(context: PageContext, snapshot: Snapshot) -> dict[str, Any]:
    """Banner, warning and notice."""
    has_numbers = bool(snapshot.reading.symbols)
    missing = None if has_numbers else notice(snapshot.condition, context.place, snapshot.reason)
    return {
        "banner": banner(context.feed, snapshot.reading),
        "switch": switch(snapshot.reading),
        "warning": warning(snapshot.condition, snapshot.reading),
        "notice": missing and missing._asdict(),
    }


def _sources(context: PageContext, snapshot: Snapshot, symbol: str | None) -> dict[str, Any]:
    """The sources of the symbol's values and their age. The page reloads when `feed` changes.

    `is_current` is false while the tables can't be read: all values are then those of the time `now`.
    """
    reading = snapshot.reading
    requests = history_progress(reading.qualities.values())
    messages = None if requests or context.feed == "replay" else log_progress(reading)
    return {
        "feed": context.feed,
        "now": reading.now,
        "is_current": snapshot.condition != "no_database",
        "age": _age(context, reading, symbol),
        "is_recorded": context.feed == "replay",
        "sources": _source(context, reading, symbol),
        "history": requests or messages,
        "history_text": None if messages is None else log_progress_text(reading),
    }


def _source(context: PageContext, reading: Reading, symbol: str | None) -> dict[str, Any]:
    """The source of a symbol, all sources in `title`, and whether its market is closed: no quote is then too old."""
    quality = reading.qualities.get(symbol or "")
    is_closed = quality is not None and quality.state == "closed"
    if context.feed != "live":
        return {"label": "Data age", "title": "", "is_closed": is_closed}
    label, _ = sources_in_use([] if quality is None else [quality])
    _, title = sources_in_use(reading.qualities.values())
    return {"label": label, "title": title, "is_closed": is_closed}


def _age(context: PageContext, reading: Reading, symbol: str | None) -> float | None:
    """Seconds since the symbol's last quote was received; None without a quote and in a replay."""
    row = reading.symbols.get(symbol or "")
    if context.feed == "replay" or row is None or row.received_time is None:
        return None
    return max(0.0, reading.now - row.received_time)


def _as_of(context: PageContext, reading: Reading, symbol: str) -> float | None:
    """The time of the symbol's last quote if that is outdated, else None; always None in a replay."""
    return None if context.feed == "replay" else reading.outdated.get(symbol)


def _status_bar(snapshot: Snapshot) -> dict[str, Any]:
    """The status bar. Unknown values are None: no number is shown before it was read."""
    reading = snapshot.reading
    alive = {part: row for part, row in reading.parts.items() if is_alive(row)}
    lags = [row.lag for part, row in alive.items() if part in LAGGING]
    is_known = reading is not NOTHING
    return {
        "parts": part_items(reading.parts, snapshot.condition),
        "lag": sum(lags) if lags else None,
        "per_second": alive["storage"].per_second if "storage" in alive else None,
        "late": sum(row.late for row in reading.symbols.values()) if is_known else None,
        "set_aside": sum(row.extreme for row in reading.symbols.values()) if is_known else None,
        "dead_letters": reading.dead_letters if is_known else None,
    }


def _shown_symbol(context: PageContext, snapshot: Snapshot, symbol: str, interval: str) -> dict[str, Any]:
    """Heading, panels and open bar of the charted symbol."""
    reading = snapshot.reading
    return {
        **_moving(context, reading, symbol, interval),
        "standing": _quote_status(reading, symbol),
        **_forecast(reading, symbol, interval),
    }


def _moving(context: PageContext, reading: Reading, symbol: str, interval: str) -> dict[str, Any]:
    """What a quote changes: heading, session and open bar."""
    row, open_bar = reading.symbols[symbol], reading.open_bars.get((symbol, interval))
    as_of = _as_of(context, reading, symbol)
    return {
        "symbol": symbol,
        "interval": interval,
        "heading": heading(row, reading.now, context.feed != "replay", as_of),
        "session": session_cells(row, reading.open_bars.get((symbol, "1d")), as_of),
        "open": columns([open_bar.bar]) if open_bar else {},
    }


def _indicators(
    context: PageContext, reading: Reading, key: SeriesKey, closed: Sequence[ChartBar]
) -> dict[str, Any]:
    """The indicators of the open bar; while none is open, as over a night, of the newest closed bar in new shares."""
    open_bar = reading.open_bars.get(key)
    if open_bar is not None or not closed:
        bar, seen = (open_bar.bar, open_bar.seen) if open_bar else (None, 0)
        return {"indicators": indicator_cells(bar, seen, context.periods), "indicators_of": ""}
    splits = [each for each in reading.actions.get(key[0], ()) if each.action == "split"]
    (bar,) = adjusted(closed[-1:], splits)
    return {"indicators": indicator_cells(bar, len(closed), context.periods), "indicators_of": LAST_CLOSED}


def _forecast(reading: Reading, symbol: str, interval: str) -> dict[str, Any]:
    """The forecast card and the chart's forecast fan."""
    key, actions = (symbol, interval), reading.actions.get(symbol, ())
    return {
        "forecast": forecast_card(reading, symbol, interval),
        "fan": fan(reading.forecasts.get(key), reading.series_accuracy.get(key), actions),
    }


def _quote_status(reading: Reading, symbol: str) -> dict[str, Any] | None:
    """The status of the symbol's quotes and the progress of its history; None if the producer has not reported it."""
    quality = reading.qualities.get(symbol)
    if quality is None:
        return None
    text = quote_status(quality, symbol in failed_over(reading.data_alerts))
    return {"state": quality.state, **text._asdict(), "history": history_progress([quality])}
