"""A snapshot -> what one viewer has not seen yet, as JSON-ready values. Pure."""

from dataclasses import dataclass
from typing import Any

from dashboard.presenters.adjustment import adjusted
from dashboard.presenters.figures import columns
from dashboard.presenters.forecasts import fan, forecast_card
from dashboard.presenters.notices import banner, notice, switch, warning
from dashboard.presenters.panels import (
    alert_item,
    heading,
    indicator_cells,
    is_alive,
    part_items,
    session_cells,
    watch_row,
)
from dashboard.presenters.sources import (
    data_alert_item,
    failed_over,
    fold_progress,
    history_progress,
    sources_in_use,
    standing,
)
from dashboard.read.rows import AlertRow, ChartBar, DataAlertRow
from dashboard.read.snapshot import NOTHING, Reading, Snapshot, all_alerts
from shared.calendars.calendars import calendar_of
from shared.settings.analysis_settings import Alerts, Indicators

MOST_NEWER = 200
"""More bars than these, as while a history comes in, are loaded as a whole: a browser takes that better."""
LAGGING = {"storage", "analytics"}
"""The parts that read the log; the others never lag behind it."""


@dataclass(frozen=True)
class Ask:
    """What a viewer has: the last sequence and generation it saw, and the last closed bar of its chart.

    `adjusted` is whether its prices are to be adjusted for splits and dividends.
    """

    symbol: str | None
    interval: str
    sequence: int
    generation: int
    last_start: int
    adjusted: bool = False


@dataclass(frozen=True)
class Scene:
    """What stays the same while the server runs: feed, place of the database in words, settings of the numbers."""

    feed: str
    place: str
    periods: Indicators
    alerts: Alerts


def delta(scene: Scene, snapshot: Snapshot, ask: Ask, newer: list[ChartBar] | None) -> dict[str, Any]:
    """What is newer than `ask`. `newer` are the closed bars after its last; None: the chart must load anew."""
    since = ask.sequence if ask.generation == snapshot.generation else 0
    message = {
        "sequence": snapshot.sequence,
        "generation": snapshot.generation,
        "rows": _watchlist(scene, snapshot, since),
        "alerts": _alerts(snapshot, since),
        **_notes(scene, snapshot),
        **_sources(scene, snapshot, ask.symbol),
        **_strip(snapshot),
    }
    if ask.symbol in snapshot.reading.symbols:
        message |= _shown_symbol(scene, snapshot, ask.symbol, ask.interval)
        message |= _bars(snapshot.reading, ask, newer)
    return message


def _bars(reading: Reading, ask: Ask, newer: list[ChartBar] | None) -> dict[str, Any]:
    """The bars that closed, and for which chart they were asked; `actions` tells when the chart must load anew."""
    actions = reading.actions.get(ask.symbol or "", ())
    if newer and len(newer) > MOST_NEWER:
        newer = None
    shown = adjusted(newer, actions) if newer and ask.adjusted else newer
    return {
        "bars": None if shown is None else columns(shown) if shown else {},
        "after": ask.last_start,
        "adjusted": ask.adjusted,
        "actions": len(actions),
    }


def _watchlist(scene: Scene, snapshot: Snapshot, since: int) -> list[dict[str, Any]]:
    """The rows that changed; a trend only where it changed."""
    rows = []
    for symbol, row in snapshot.reading.symbols.items():
        has_trend = snapshot.trend_changes[symbol] > since
        if has_trend or snapshot.symbol_changes[symbol] > since:
            trend = {"trend": snapshot.reading.trends[symbol]} if has_trend else {}
            quality = snapshot.reading.qualities.get(symbol)
            past = _past(scene, snapshot.reading, symbol)
            rows.append(watch_row(row, quality and quality.state, past) | trend)
    return rows


def _alerts(snapshot: Snapshot, since: int) -> list[dict[str, Any]]:
    """The alerts that came, and those that were cleared since."""
    reading = snapshot.reading
    return [
        _alert(reading, alert)
        for alert in all_alerts(reading)
        if snapshot.alert_changes[alert] > since and alert.symbol in reading.symbols
    ]


def _alert(reading: Reading, alert: AlertRow | DataAlertRow) -> dict[str, Any]:
    zone = calendar_of(reading.symbols[alert.symbol].exchange).zone.key
    return alert_item(alert, zone) if isinstance(alert, AlertRow) else data_alert_item(alert, zone)


def _notes(scene: Scene, snapshot: Snapshot) -> dict[str, Any]:
    """Banner, warning and notice."""
    has_numbers = bool(snapshot.reading.symbols)
    missing = None if has_numbers else notice(snapshot.condition, scene.place, snapshot.reason)
    return {
        "banner": banner(scene.feed, snapshot.reading),
        "switch": switch(snapshot.reading),
        "warning": warning(snapshot.condition, snapshot.reading),
        "notice": missing and missing._asdict(),
    }


def _sources(scene: Scene, snapshot: Snapshot, symbol: str | None) -> dict[str, Any]:
    """Where the symbol's numbers come from and how fresh they are. The page starts anew where `feed` is another.

    `is_current` is false where the tables can't be read: everything is as it was at `now` then.
    """
    reading = snapshot.reading
    requests = history_progress(reading.qualities.values())
    return {
        "feed": scene.feed,
        "now": reading.now,
        "is_current": snapshot.condition != "no_database",
        "age": _age(scene, reading, symbol),
        "is_recorded": scene.feed == "replay",
        "sources": _source(scene, reading, symbol),
        "history": requests if requests or scene.feed == "replay" else fold_progress(reading),
    }


def _source(scene: Scene, reading: Reading, symbol: str | None) -> dict[str, Any]:
    """The source of a symbol, in `title` all there are, and whether its market is closed: then nothing is too old."""
    quality = reading.qualities.get(symbol or "")
    is_closed = quality is not None and quality.state == "closed"
    if scene.feed != "live":
        return {"label": "Data", "title": "", "is_closed": is_closed}
    label, _ = sources_in_use([] if quality is None else [quality])
    _, title = sources_in_use(reading.qualities.values())
    return {"label": label, "title": title, "is_closed": is_closed}


def _age(scene: Scene, reading: Reading, symbol: str | None) -> float | None:
    """Seconds since the symbol's last quote was received; None without one, and where it is a recording's."""
    row = reading.symbols.get(symbol or "")
    if scene.feed == "replay" or row is None or row.received_time is None:
        return None
    return max(0.0, reading.now - row.received_time)


def _past(scene: Scene, reading: Reading, symbol: str) -> float | None:
    """When the symbol's last quote was, if it is not of now; a recording never is."""
    return None if scene.feed == "replay" else reading.past.get(symbol)


def _strip(snapshot: Snapshot) -> dict[str, Any]:
    """The strip at the foot. What is not known is None: no number is shown before it was read."""
    reading = snapshot.reading
    alive = {part: row for part, row in reading.parts.items() if is_alive(row)}
    is_known = reading is not NOTHING
    return {
        "parts": part_items(reading.parts, snapshot.condition),
        "lag": sum(row.lag for row in alive.values()) if alive.keys() & LAGGING else None,
        "per_second": alive["storage"].per_second if "storage" in alive else None,
        "late": sum(row.late for row in reading.symbols.values()) if is_known else None,
        "dead_letters": reading.dead_letters if is_known else None,
    }


def _shown_symbol(scene: Scene, snapshot: Snapshot, symbol: str, interval: str) -> dict[str, Any]:
    """Heading, panels and open bar of the symbol on the chart."""
    reading = snapshot.reading
    row, open_bar = reading.symbols[symbol], reading.open_bars.get((symbol, interval))
    return {
        "symbol": symbol,
        "interval": interval,
        "heading": heading(row, reading.now, scene.feed != "replay", _past(scene, reading, symbol)),
        "standing": _standing(reading, symbol),
        "session": session_cells(row, reading.open_bars.get((symbol, "1d")), _past(scene, reading, symbol)),
        "indicators": indicator_cells(open_bar, scene.periods),
        "open": columns([open_bar.bar]) if open_bar else {},
        **_forecast(reading, symbol, interval),
    }


def _forecast(reading: Reading, symbol: str, interval: str) -> dict[str, Any]:
    """The card of the forecast and the fan of the chart."""
    key, actions = (symbol, interval), reading.actions.get(symbol, ())
    return {
        "forecast": forecast_card(reading, symbol, interval),
        "fan": fan(reading.forecasts.get(key), reading.records.get(key), actions),
    }


def _standing(reading: Reading, symbol: str) -> dict[str, Any] | None:
    """How the symbol's quotes fare and how far its past is; None where nobody says."""
    quality = reading.qualities.get(symbol)
    if quality is None:
        return None
    sentence = standing(quality, symbol in failed_over(reading.data_alerts))
    return {"state": quality.state, **sentence._asdict(), "history": history_progress([quality])}
