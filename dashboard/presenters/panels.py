"""Rows -> what the panels beside the chart say. Pure: numbers and words leave here, the page formats the numbers.

A cell is (label, value, kind): kind tells the page how to write the value (price, range, difference, share,
number, volume, text, words); None stands for what is not known. A text is how far something is that is warming up.
"""

from math import floor
from typing import Any

from dashboard.read.rows import AlertRow, OpenBarRow, PartRow, SymbolRow
from dashboard.read.snapshot import Condition
from shared.calendars.calendars import calendar_of
from shared.market.decimals import decimals_for
from shared.settings.analysis_settings import Indicators

Cell = tuple[str, float | int | str | tuple[float, float] | None, str]
WHOLE_SESSION = 0.99
"""Trades that a source corrects or reports late keep the sum of sizes a little from the day's volume."""
SILENT_AFTER = 5.0
"""A part without a sign for so many seconds does not answer, unless it said that it ends."""
ENDED = ("finished", "stopped", "failed")
PARTS = (
    ("producer", "Producer"),
    ("storage", "Storage"),
    ("analytics", "Analytics"),
    ("trainer", "Trainer"),
)
SESSIONS = {
    "regular": ("Market open", "open"),
    "pre": ("Pre-market", "extended"),
    "post": ("After hours", "extended"),
    "closed": ("Market closed", "closed"),
}


def decimals(row: SymbolRow) -> int:
    """How many decimals the symbol's prices are written with."""
    return decimals_for(row.symbol, row.price, row.decimals)


def reference_close(row: SymbolRow) -> float | None:
    """What the change is counted from: the source's previous close, else the last closed day bar's close."""
    return row.previous_close if row.previous_close is not None else row.last_day_close


def change(row: SymbolRow) -> tuple[float | None, float | None]:
    """The change in units of price and in percent; None where there is nothing to compare with.

    A share of a price at or below zero, or of a rise to one, means nothing: then there is no percent.
    """
    reference = reference_close(row)
    if row.price is None or reference is None:
        return None, None
    percent = (row.price / reference - 1) * 100 if reference > 0 and row.price > 0 else None
    return row.price - reference, percent


def watch_row(row: SymbolRow, state: str | None, past: float | None) -> dict[str, Any]:
    """A symbol's row of the watchlist, without its trend; `state` says how its quotes fare, where that is known.

    `past` is when the last quote was if it is not of now: there is no change since a close that nobody knows yet.
    """
    difference, percent = change(row) if past is None else (None, None)
    return {
        "symbol": row.symbol,
        "last": row.price,
        "change": difference,
        "percent": percent,
        "decimals": decimals(row),
        "currency": row.currency,
        "name": row.name,
        "zone": calendar_of(row.exchange).zone.key,
        "reference": reference_close(row) if past is None else None,
        "past": past,
        "state": state,
    }


def heading(row: SymbolRow, now: float, is_of_now: bool, past: float | None = None) -> dict[str, Any]:
    """What the top of the page says of a symbol. A recorded market, not being of now, has the time of its last quote.

    Before the first quote nobody knows the exchange, nor whether it is open. `past` is when the last quote was if it
    is not of now.
    """
    clock = now if is_of_now or row.event_time is None else row.event_time
    calendar = calendar_of(row.exchange)
    label, tone = SESSIONS.get(calendar.at(int(clock)).name, ("", "closed"))
    if row.price is None:
        label = ""
    return {
        "symbol": row.symbol,
        "zone": calendar.zone.key,
        "clock": clock,
        "clock_runs": is_of_now,
        "past": past,
        "session": label,
        "tone": tone,
        "flag": price_flag(row),
        "name": row.name,
        "market": row.market,
        "sector": row.sector,
    }


def price_flag(row: SymbolRow) -> str:
    """What is to be known of a price that no bar takes; empty for every other."""
    if row.price is None or row.price > 0:
        return ""
    return "Price below zero" if row.price < 0 else "Price of zero"


def session_cells(row: SymbolRow, day: OpenBarRow | None, past: float | None) -> list[Cell]:
    """The trading day so far: as the source gives it, else from the open day bar.

    Of a day nothing is known whose quotes have not come yet: the last quote was in the `past`.
    """
    if past is not None:
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
    """The cells of a day of which nothing is known."""
    return session_cells(SymbolRow._make([None] * len(SymbolRow._fields)), None, None)


def _unknown(row: SymbolRow) -> SymbolRow:
    row = row._replace(bid=None, ask=None, previous_close=None, last_day_close=None)
    return row._replace(day_open=None, day_high=None, day_low=None, day_volume=None)


def _session_vwap(row: SymbolRow, day: OpenBarRow | None) -> Cell:
    """The session's average price, where it is that of the whole session's volume; else how much of that has been seen.

    What was traded before the first quote came has a volume, but no prices to average.
    """
    if day is None or day.bar.vwap is None or day.sized is None:
        return "VWAP", None, "price"
    whole = max(row.day_volume or 0.0, day.bar.volume)
    seen = day.sized / whole if whole > 0 else 0.0
    if seen >= WHOLE_SESSION:
        return "VWAP", day.bar.vwap, "price"
    return "VWAP", f"{floor(seen * 100)}\u00a0% seen", "partial"


def indicator_cells(open_bar: OpenBarRow | None, periods: Indicators) -> list[Cell]:
    """The indicators of the open bar; one that is warming up says how far it is, such as 12/34."""
    macd = periods.macd_slow + periods.macd_signal - 1
    wanted = [
        (f"RSI {periods.rsi_period}", "rsi", "number", periods.rsi_period + 1),
        ("Volatility p.a.", "volatility", "share", periods.volatility_period + 1),
        (f"SMA {periods.sma_short_period}", "sma_short", "price", periods.sma_short_period),
        (f"SMA {periods.sma_long_period}", "sma_long", "price", periods.sma_long_period),
        (f"EMA {periods.ema_short_period}", "ema_short", "price", periods.ema_short_period),
        (f"EMA {periods.ema_long_period}", "ema_long", "price", periods.ema_long_period),
        ("MACD", "macd", "difference", periods.macd_slow),
        ("Signal", "macd_signal", "difference", macd),
        ("Band low", "bollinger_lower", "price", periods.bollinger_period),
        ("Band high", "bollinger_upper", "price", periods.bollinger_period),
    ]
    return [_indicator(open_bar, *cell) for cell in wanted]


def _indicator(open_bar: OpenBarRow | None, label: str, name: str, kind: str, needed: int) -> Cell:
    if open_bar is None:
        return label, None, kind
    value: float | None = getattr(open_bar.bar, name)
    if value is None:
        return label, f"{min(open_bar.seen, needed)}/{needed}", "text"
    return label, value, kind


def alert_item(alert: AlertRow, zone: str) -> dict[str, Any]:
    """An alert of the list; `tone` is up, down or warn."""
    text, tone = alert_sentence(alert)
    return {
        "symbol": alert.symbol,
        "text": text,
        "tone": tone,
        "interval": alert.interval,
        "price": alert.price,
        "time": alert.event_time,
        "zone": zone,
        "key": f"{alert.symbol} {alert.interval} {alert.rule} {alert.start}",
    }


def alert_sentence(alert: AlertRow) -> tuple[str, str]:
    """What an alert says, and its tone."""
    value, limit = alert.value, alert.threshold
    match alert.rule:
        case "rsi_overbought":
            return f"RSI {value:.1f} is at or above {limit:g}: overbought", "warn"
        case "rsi_oversold":
            return f"RSI {value:.1f} is at or below {limit:g}: oversold", "warn"
        case "price_change":
            way, tone = ("rose", "up") if value > 0 else ("fell", "down")
            return f"Price {way} {abs(value):.1%} in one bar", tone
        case "volume_change":
            return f"Volume {value:.1f} times its average", "warn"
        case "volatility":
            return f"Volatility of one bar {value:.1%}, not annualised", "warn"
    return f"{alert.rule.replace('_', ' ')}: {value:g}", "warn"


def part_items(parts: dict[str, PartRow], condition: Condition) -> list[dict[str, Any]]:
    """The state of each part for the strip at the foot; `tone` is good, idle or bad."""
    if condition in ("starting", "no_database"):
        others = [{"label": label, "text": "unknown", "tone": "idle"} for _, label in PARTS]
        return [*others, {"label": "Screen", "text": "waiting", "tone": "bad"}]
    others = [_part_item(label, parts.get(part)) for part, label in PARTS]
    return [*others, {"label": "Screen", "text": "running", "tone": "good"}]


def is_alive(row: PartRow) -> bool:
    """Whether a part's numbers are of now."""
    return row.age <= SILENT_AFTER and row.state not in ENDED


def _part_item(label: str, row: PartRow | None) -> dict[str, Any]:
    if row is None:
        return {"label": label, "text": "not seen yet", "tone": "idle"}
    if not is_alive(row) and row.state not in ENDED:
        text = f"no answer for {_duration(row.age)}"
        return {"label": label, "text": text, "tone": "bad", "title": row.detail}
    tone = {"running": "good", "failed": "bad"}.get(row.state, "idle")
    at_work = row.instances - row.standing_by
    text = row.state if at_work <= 1 or row.state == "failed" else f"{row.state} × {at_work}"
    if at_work and row.standing_by:
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
