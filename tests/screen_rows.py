"""A small market written directly into the tables, for the tests of the page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from psycopg2.extras import execute_values

from analytics.indicators.catalog import COLUMNS
from shared.postgres.database import Cursor

MINUTE = 60


class ScreenMinute(NamedTuple):
    """A minute of a made-up market: it opens at `close` - 0.5 and moves within 1 of it."""

    symbol: str
    start: int
    close: float
    interval: str = "1m"

    def values(self) -> dict[str, object]:
        """The columns that `bars` and `open_bars` share."""
        return {
            "symbol": self.symbol,
            "interval": self.interval,
            "start": at(self.start),
            "end": at(self.start + MINUTE),
            "open": self.close - 0.5,
            "high": self.close + 1,
            "low": self.close - 1,
            "close": self.close,
            "volume": 1000.0,
            "vwap": self.close,
            "quotes": 6,
            "session": "regular",
            "source": "test",
        }

    def indicators(self) -> dict[str, object]:
        """Indicators that can be distinguished: the RSI is 55, every other lies near the close."""
        near = {name: self.close + index / 10 for index, name in enumerate(COLUMNS)}
        return {
            **near,
            "rsi": 55.0,
            "macd": 0.25,
            "macd_signal": 0.2,
            "macd_histogram": 0.05,
            "volatility": 0.3,
        }


def at(second: float) -> datetime:
    """A moment in epoch seconds as PostgreSQL takes it."""
    return datetime.fromtimestamp(second, UTC)


def close_bar(cursor: Cursor, minute: ScreenMinute) -> None:
    """Write a closed bar and its indicators."""
    close_bars(cursor, [minute])


def close_bars(cursor: Cursor, minutes: Sequence[ScreenMinute]) -> None:
    """Write closed bars and their indicators."""
    keys = [{"symbol": one.symbol, "interval": one.interval, "start": at(one.start)} for one in minutes]
    _insert(cursor, "bars", *(one.values() for one in minutes))
    _insert(cursor, "indicators", *(key | one.indicators() for key, one in zip(keys, minutes, strict=True)))


def open_bar(cursor: Cursor, minute: ScreenMinute, seen: int = 100) -> None:
    """Write the open bar; with fewer than 50 closed bars seen its long SMA is still warming up."""
    cursor.execute(
        "delete from open_bars where symbol = %s and interval = %s", (minute.symbol, minute.interval)
    )
    warm = minute.indicators() if seen >= 50 else minute.indicators() | {"sma_long": None}
    _insert(cursor, "open_bars", minute.values() | warm | {"seen": seen, "warm_after": 50})


def quote(
    cursor: Cursor, symbol: str, price: float, second: float, previous_close: float | None = None
) -> None:
    """Write the last quote of a symbol."""
    cursor.execute("delete from symbols where symbol = %s", (symbol,))
    values = {"symbol": symbol, "price": price, "event_time": at(second), "received_time": at(second)}
    known = {"session": "regular", "source": "test", "exchange": "SIMULATED", "currency": "USD"}
    counts = {"previous_close": previous_close, "quotes": 7, "late": 1, "extreme": 0}
    _insert(cursor, "symbols", values | known | counts)


def alert(cursor: Cursor, symbol: str, start: int, value: float) -> None:
    """Write an alert: the RSI of a minute's bar is above 70."""
    values: dict[str, object] = {
        "symbol": symbol,
        "interval": "1m",
        "rule": "rsi_overbought",
        "start": at(start),
    }
    values |= {
        "event_time": at(start + MINUTE),
        "value": value,
        "threshold": 70,
        "price": 100,
        "partition": 0,
    }
    _insert(cursor, "alerts", values | {"offset": start})


def quality(cursor: Cursor, symbol: str, state: str = "live", **columns: object) -> None:
    """Write the quality of a symbol's quotes: live from Yahoo, with all its history, unless `columns` differ.

    It holds for the whole test, as if it were written again and again.
    """
    cursor.execute("delete from data_quality where symbol = %s", (symbol,))
    counts = ("quotes", "gaps", "duplicates", "out_of_order", "refused", "reconnects", "quotes_per_minute")
    values: dict[str, object] = {
        "symbol": symbol,
        "source": "yahoo",
        "state": state,
        "cause": "",
        "detail": "",
    }
    values |= {
        "session": "regular",
        "history_done": 3,
        "history_total": 3,
        "updated_at": at(2**33),
        **dict.fromkeys(counts, 0),
    }
    _insert(cursor, "data_quality", values | columns)


def company(cursor: Cursor, symbol: str, **known: object) -> None:
    """Write what is known of a symbol's company."""
    values = {"symbol": symbol, "source": "yahoo", "fetched_at": at(0)}
    _insert(cursor, "companies", values | known)


def action(cursor: Cursor, symbol: str, kind: str, second: int, value: float) -> None:
    """Write a split or a dividend, in the currency of the prices."""
    values: dict[str, object] = {"symbol": symbol, "time": at(second), "action": kind, "value": value}
    _insert(cursor, "corporate_actions", values | {"source": "test", "partition": 0, "offset": second})


def data_alert(cursor: Cursor, symbol: str, kind: str, second: float, **columns: object) -> None:
    """Write an alert about a symbol's data in place of one that was raised at the same moment."""
    key = (symbol, kind, at(second))
    cursor.execute("delete from data_alerts where symbol = %s and kind = %s and raised_at = %s", key)
    values = {"symbol": symbol, "kind": kind, "raised_at": at(second), "detail": ""}
    _insert(cursor, "data_alerts", values | columns)


def offer(cursor: Cursor, reason: str, reachable_since: float | None = None) -> None:
    """Write that Yahoo was wanted and could not be reached, or can be since then."""
    cursor.execute("delete from live_offers")
    since = None if reachable_since is None else at(reachable_since)
    _insert(cursor, "live_offers", {"source": "yahoo", "reason": reason, "reachable_since": since})


def forecast(cursor: Cursor, minute: ScreenMinute, model: str = "naive", **columns: object) -> None:
    """Write a model's forecast at the close of a bar: no change for five bars, within 1, 2 and 3 of the close, a tenth
    more with every bar."""
    widths = [[(1 + level) * (1 + step / 10) for level in range(3)] for step in range(5)]
    values: dict[str, object] = {
        "symbol": minute.symbol,
        "interval": minute.interval,
        "start": at(minute.start),
        "model": model,
        "made_at": at(minute.start + MINUTE),
        "number": 1,
        "p": 0,
        "d": 1,
        "q": 0,
        "version": 0,
        "close": minute.close,
        "levels": [0.5, 0.8, 0.95],
        "mean": [minute.close] * 5,
        "sigma": [0.01] * 5,
        "lower": [[minute.close - width for width in levels] for levels in widths],
        "upper": [[minute.close + width for width in levels] for levels in widths],
    }
    _insert(cursor, "forecasts", values | columns)


def trained_forecast(cursor: Cursor, minute: ScreenMinute, model: str, version: int, mean: float) -> None:
    """Write a trained model's forecast of the next close alone: `mean`, within 1, 2 and 3 of it."""
    nothing: list[object] = [None] * 4
    columns: dict[str, object] = {
        **dict.fromkeys("pdq"),
        "version": version,
        "mean": [mean, *nothing],
        "sigma": [0.01, *nothing],
        "lower": [[mean - 1, mean - 2, mean - 3], *[[None] * 3] * 4],
        "upper": [[mean + 1, mean + 2, mean + 3], *[[None] * 3] * 4],
    }
    forecast(cursor, minute, model, **columns)


def record(cursor: Cursor, symbol: str, interval: str = "1m", **columns: object) -> None:
    """Write how good two models are at each of the next five closes: 1,204 forecasts not distinguishable from no
    change."""
    cursor.execute("delete from forecast_records where symbol = %s and interval = %s", (symbol, interval))
    model_record(cursor, symbol, interval, "naive", **{"lifetime_skill": None, "verdict": None, **columns})
    model_record(cursor, symbol, interval, "arima", **columns)


def model_record(cursor: Cursor, symbol: str, interval: str, model: str, **columns: object) -> None:
    """Write how good one more model is at each of the next five closes."""
    counts = {"seen": 1254, "needed": 50, "rolling_scores": 200, "lifetime_scores": 1204}
    held = {"levels": [0.5, 0.8, 0.95], "lifetime_covered": [0.51, 0.79, 0.948], "champion": "naive"}
    compared = {"lifetime_skill": -0.002, "verdict": "not distinguishable from no change"}
    for horizon in range(1, 6):
        key = {"symbol": symbol, "interval": interval, "model": model, "horizon": horizon}
        _insert(cursor, "forecast_records", key | counts | held | compared | columns)


def fill(cursor: Cursor, closes: dict[str, float], now: int, bars: int) -> None:
    """A market of symbols at these prices: `bars` closed minutes before the one that is open at `now`."""
    minute = now - now % MINUTE
    for symbol, close in closes.items():
        starts = range(minute - bars * MINUTE, minute, MINUTE)
        waves = [(index % 7 - 3) / 10 for index in range(bars)]
        pairs = zip(starts, waves, strict=True)
        close_bars(cursor, [ScreenMinute(symbol, start, close + wave) for start, wave in pairs])
        open_bar(cursor, ScreenMinute(symbol, minute, close))
        quote(cursor, symbol, close, now, previous_close=close / 1.01)


def _insert(cursor: Cursor, table: str, *rows: dict[str, object]) -> None:
    """Rows of the same columns."""
    if rows:
        columns = ", ".join(f'"{name}"' for name in rows[0])
        values = [tuple(row.values()) for row in rows]
        execute_values(cursor, f"insert into {table} ({columns}) values %s", values, page_size=500)
