"""Builds the header, watchlist rows, panels and status bar from rows. Pure. The page formats the numbers.

A cell is (label, value, kind). The kind tells the page how to format the value: price, range, difference,
distance, share, number, volume, words, text (progress of a warm-up) or partial (coverage of a VWAP). An unknown value
is None.
"""

from math import floor
from typing import Any

from dashboard.presenters.indicators import IndicatorFigure, figures_of
from dashboard.read.rows import ChartBar, OpenBarRow, PartRow, SymbolRow
from dashboard.read.snapshot import Condition
from shared.calendars.calendars import calendar_of
from shared.market.decimals import decimals_for
from shared.settings.analysis_settings import Indicators

Cell = tuple[str, float | int | str | tuple[float, float] | None, str]
WHOLE_SESSION = 0.99
"""The smallest fraction of the day's volume that must have a price; corrected and late trades make small
differences."""
SILENT_AFTER = 5.0
"""Seconds without a heartbeat after which a part counts as silent, unless it reported its end."""
ENDED = ("finished", "stopped", "failed")
WAITING = "waiting"
WAITING_SECONDS = 90.0
"""A part that waits for a server reports it at each of its attempts, which take longer than a heartbeat."""
PARTS = (
    ("producer", "Producer"),
    ("storage", "Storage"),
    ("analytics", "Analytics"),
    ("trainer", "Trainer"),
    ("delivery", "Delivery"),
)
OFF = {"delivery": ("off", "Alerts are shown here alone: ALERT_URLS is empty, or this is a replay")}
"""Parts that run only with a setting: the text and the title without it."""
SESSIONS = {
    "regular": ("Market open", "open"),
    "pre": ("Pre-market", "extended"),
    "post": ("After hours", "extended"),
    "closed": ("Market closed", "closed"),
}


def decimals(row: SymbolRow) -> int:
    """The number of decimals of the symbol's prices."""
    return decimals_for(row.symbol, row.price, row.decimals)


def reference_close(row: SymbolRow) -> float | None:
    """The base of the change: the source's previous close, else the close of the last closed day bar."""
    return row.previous_close if row.previous_close is not None else row.last_day_close


def change(row: SymbolRow) -> tuple[float | None, float | None]:
    """The change in units of price and in percent; None without a reference close.

    There is no percent if the price or the reference is zero or negative.
    """
    reference = reference_close(row)
    if row.price is None or reference is None:
        return None, None
    percent_change = (row.price / reference - 1) * 100 if reference > 0 and row.price > 0 else None
    return row.price - reference, percent_change


def watch_row(row: SymbolRow, state: str | None, as_of: float | None) -> dict[str, Any]:
    """A symbol's row of the watchlist without its trend; `state` is the state of its quotes, None if unknown.

    `as_of` is the time of the last quote if it is outdated: then there is no change, because the newer close is
    unknown.
    """
    difference, percent_change = change(row) if as_of is None else (None, None)
    return {
        "symbol": row.symbol,
        "last": row.price,
        "change": difference,
        "percent": percent_change,
        "decimals": decimals(row),
        "currency": row.currency,
        "name": row.name,
        "zone": calendar_of(row.exchange).zone.key,
        "reference": reference_close(row) if as_of is None else None,
        "past": as_of,
        "received": row.received_time,
        "state": state,
    }


def heading(row: SymbolRow, now: float, clock_runs: bool, as_of: float | None = None) -> dict[str, Any]:
    """The page's header for a symbol. In a replay (`clock_runs` is false) the clock is the time of its last quote.

    Before the first quote the exchange is unknown, and with it the session. `as_of` is the time of the last quote if it
    is outdated.
    """
    clock = now if clock_runs or row.event_time is None else row.event_time
    calendar = calendar_of(row.exchange)
    label, tone = SESSIONS.get(calendar.at(int(clock)).name, ("", "closed"))
    if row.price is None:
        label = ""
    return {
        "symbol": row.symbol,
        "zone": calendar.zone.key,
        "clock": clock,
        "clock_runs": clock_runs,
        "past": as_of,
        "session": label,
        "tone": tone,
        "flag": price_flag(row),
        "name": row.name,
        "market": row.market,
        "sector": row.sector,
    }


def price_flag(row: SymbolRow) -> str:
    """The label of a zero or negative price, which no bar includes; empty for other prices."""
    if row.price is None or row.price > 0:
        return ""
    return "Negative price" if row.price < 0 else "Zero price"


def session_cells(row: SymbolRow, day: OpenBarRow | None, as_of: float | None) -> list[Cell]:
    """The current trading day, from the source if it provides it, else from the open day bar.

    If the last quote is outdated (`as_of` is its time), the current day is unknown.
    """
    if as_of is not None:
        return session_cells(_unknown(row), None, None)
    bar = day.bar if day else None
    return [
        ("Open", _first(row.day_open, bar and bar.open), "price"),
        ("Prev. close", reference_close(row), "price"),
        ("High", _first(row.day_high, bar and bar.high), "price"),
        ("Low", _first(row.day_low, bar and bar.low), "price"),
        ("Volume", _first(row.day_volume, bar and bar.volume), "volume"),
        _session_vwap(row, day),
        ("Bid", row.bid, "price"),
        ("Ask", row.ask, "price"),
    ]


def blank_session() -> list[Cell]:
    """The cells of an unknown day."""
    return session_cells(SymbolRow._make([None] * len(SymbolRow._fields)), None, None)


def _unknown(row: SymbolRow) -> SymbolRow:
    row = row._replace(bid=None, ask=None, previous_close=None, last_day_close=None)
    return row._replace(day_open=None, day_high=None, day_low=None, day_volume=None)


def _session_vwap(row: SymbolRow, day: OpenBarRow | None) -> Cell:
    """The session's VWAP if prices cover the whole session's volume; else the covered fraction of the volume.

    Volume traded before the first quote was received has no prices.
    """
    if day is None or day.bar.vwap is None or day.sized is None:
        return "VWAP", None, "price"
    whole = max(row.day_volume or 0.0, day.bar.volume)
    covered = day.sized / whole if whole > 0 else 0.0
    if covered >= WHOLE_SESSION:
        return "VWAP", day.bar.vwap, "price"
    return "VWAP", f"{floor(covered * 100) or '<1'}\u00a0% covered", "partial"


def indicator_cells(bar: ChartBar | None, seen: int, periods: Indicators) -> list[Cell]:
    """The indicators of a bar, of which `seen` closed bars are part; one that is warming up shows its progress, such as
    12/34."""
    return [_indicator(bar, seen, figure) for figure in figures_of(periods)]


def _indicator(bar: ChartBar | None, seen: int, figure: IndicatorFigure) -> Cell:
    label, column, unit, needed, _ = figure
    if bar is None:
        return label, None, unit
    value: float | None = getattr(bar.indicators, column)
    if value is None:
        return label, f"{min(seen, needed)}/{needed}", "text"
    return label, value, unit


def part_items(parts: dict[str, PartRow], condition: Condition) -> list[dict[str, Any]]:
    """The state of each part for the status bar; `tone` is good, idle or bad."""
    if condition in ("starting", "no_database"):
        others = [{"label": label, "text": "unknown", "tone": "idle"} for _, label in PARTS]
        return [*others, {"label": "Dashboard", "text": "waiting", "tone": "bad"}]
    others = [_part_item(part, label, parts.get(part)) for part, label in PARTS]
    return [*others, {"label": "Dashboard", "text": "running", "tone": "good"}]


def is_alive(row: PartRow) -> bool:
    """Whether a part runs and its heartbeat is recent."""
    return row.age <= SILENT_AFTER and row.state not in (*ENDED, WAITING)


def is_waiting(row: PartRow) -> bool:
    """Whether a part waits for a server, and tries again."""
    return row.state == WAITING and row.age <= WAITING_SECONDS


def _part_item(part: str, label: str, row: PartRow | None) -> dict[str, Any]:
    if row is None and part in OFF:
        text, title = OFF[part]
        return {"label": label, "text": text, "tone": "idle", "title": title}
    if row is None:
        return {"label": label, "text": "no heartbeat yet", "tone": "idle"}
    if not is_alive(row) and not is_waiting(row) and row.state not in ENDED:
        text = f"no heartbeat for {_duration(row.age)}"
        return {"label": label, "text": text, "tone": "bad", "title": row.detail}
    tone = {"running": "good", "failed": "bad", WAITING: "bad"}.get(row.state, "idle")
    active = row.instances - row.standing_by
    text = row.state if active <= 1 or row.state == "failed" else f"{row.state} × {active}"
    if active and row.standing_by:
        text = f"{text}, {row.standing_by} standing by"
    return {"label": label, "text": text, "tone": tone, "title": row.detail}


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 129_600 else f"{seconds / 86_400:.0f} d"


def _first(given: float | None, other: float | None) -> float | None:
    return given if given is not None else other
