"""Yahoo's chart: split-adjusted bars in float32, nulls, a live point off the grid, and the range of each interval."""

from bisect import bisect_right
from datetime import date, datetime
from itertools import pairwise

import numpy as np

from tests.standin.answers import Answer, json_answer
from tests.standin.instrument import Instrument
from tests.standin.market import DAY, Day, Market
from tests.standin.walk import Bars, Floats, made

SECONDS = {"1m": 60, "2m": 120, "5m": 300, "15m": 900, "30m": 1800, "60m": 3600, "1h": 3600, "1d": DAY}
DAYS_BACK = {"1m": 30, "2m": 60, "5m": 60, "15m": 60, "30m": 60, "60m": 730, "1h": 730}
RANGES = {"1d": 1, "5d": 7, "1mo": 31, "3mo": 92, "6mo": 183, "1y": 366, "2y": 731, "5y": 1827}
FIRST_TRADE = 345_479_400
_DAYS_OF_MINUTES = 8


def chart(market: Market, name: str, params: dict[str, str]) -> Answer:
    """The answer to /v8/finance/chart/<name>."""
    instrument = market.find("yahoo", name)
    if instrument is None:
        return chart_error(404, "Not Found", "No data found, symbol may be delisted")
    interval = params.get("interval", "1d")
    if interval not in SECONDS:
        return chart_error(400, "Bad Request", f"Invalid input - interval={interval} is not supported.")
    start, end = _window(market, instrument, params)
    reason = _too_much(interval, start, end, market.clock())
    if reason is not None:
        return chart_error(422, "Unprocessable Entity", reason)
    result = _result(market, instrument, interval, start, end, params)
    return json_answer({"chart": {"result": [result], "error": None}})


def chart_error(status: int, code: str, description: str) -> Answer:
    """An error as the chart words it."""
    return json_answer(
        {"chart": {"result": None, "error": {"code": code, "description": description}}}, status
    )


def widened(prices: Floats) -> list[float | None]:
    """float32 prices written as doubles, which makes 336.19 336.19000244140625; null where nothing traded."""
    return [None if np.isnan(price) else price for price in prices.astype(np.float32).astype(float).tolist()]


def _window(market: Market, instrument: Instrument, params: dict[str, str]) -> tuple[int, int]:
    """The requested start and end; a range ends with the latest session and begins with one."""
    now = int(market.clock())
    if "period1" in params:
        return int(params["period1"]), int(params.get("period2", now))
    day = market.day(instrument.name)
    if params.get("range") == "max":
        return FIRST_TRADE, now
    days = RANGES.get(params.get("range", "1d"), 1)
    return day.opens - (days - 1) * DAY, max(now, day.closes) + 1


def _too_much(interval: str, start: int, end: int, now: float) -> str | None:
    """Why Yahoo refuses so long or so old a window; None where it does not."""
    if interval not in DAYS_BACK:
        return None
    asked = f"{interval} data not available for startTime={start} and endTime={end}."
    if start < now - DAYS_BACK[interval] * DAY:
        return f"{asked} The requested range must be within the last {DAYS_BACK[interval]} days."
    if interval == "1m" and end - start > _DAYS_OF_MINUTES * DAY:
        return f"{asked} Only 8 days worth of 1m granularity data are allowed to be fetched per request."
    return None


def _result(
    market: Market, instrument: Instrument, interval: str, start: int, end: int, params: dict[str, str]
) -> dict[str, object]:
    """The body's one result. Without bars there is no `timestamp`, and the quote is empty."""
    bars = adjusted(market, instrument, market.bars(instrument.name, SECONDS[interval], start, end))
    bars = _with_live_point(market, instrument, interval, bars, end)
    meta = _meta(market, instrument, interval, params)
    result: dict[str, object] = {"meta": meta}
    events = _events(market, instrument, start, end, params.get("events", ""))
    indicators: dict[str, object] = {"quote": [{}]}
    if len(bars.start):
        result["timestamp"] = bars.start.tolist()
        indicators["quote"] = [_columns(bars)]
    if len(bars.start) and interval != "1d":
        days = market.sessions(instrument, start, min(end, int(bars.start[-1]) + 1))
        meta["tradingPeriods"] = [[_period(instrument, *day)] for day in days]
    elif len(bars.start):
        indicators["adjclose"] = [{"adjclose": widened(_after_dividends(market, instrument, bars))}]
    if events:
        result["events"] = events
    return result | {"indicators": indicators}


def adjusted(market: Market, instrument: Instrument, bars: Bars) -> Bars:
    """The bars in the shares of today, as Yahoo gives them: prices divided, volumes multiplied."""
    today = instrument.trading_date(int(market.clock()))
    dates = _dates(instrument, bars)
    factors = {day: instrument.split_factor(day, today) for day in set(dates)}
    factor = np.array([factors[day] for day in dates], dtype=float)
    start, *prices, volume = bars
    return made([start, *(column / factor for column in prices), volume * factor])


def _dates(instrument: Instrument, bars: Bars) -> list[date]:
    """The trading day of each bar."""
    return [instrument.trading_date(start) for start in bars.start.tolist()]


def _with_live_point(market: Market, instrument: Instrument, interval: str, bars: Bars, end: int) -> Bars:
    """During a session, and after it until the next, the last point is the price now: off the grid, volume 0.

    The running day's own bar takes that time instead of its session's opening.
    """
    day = market.day(instrument.name)
    moment = int(min(day.time, day.closes))
    if not len(bars.start) or bars.start[-1] < day.opens or moment >= end:
        return bars
    if interval == "1d":
        if market.clock() < day.closes:
            bars.start[-1] = moment
        return bars
    if moment <= bars.start[-1]:
        return bars
    point = (moment, *[day.close] * 4, 0.0)
    return made([np.append(column, value) for column, value in zip(bars, point, strict=True)])


def _columns(bars: Bars) -> dict[str, list[float | None] | list[int | None]]:
    """The five arrays of a quote."""
    volumes = [None if np.isnan(volume) else int(volume) for volume in bars.volume.tolist()]
    return {
        "open": widened(bars.open),
        "volume": volumes,
        "low": widened(bars.low),
        "close": widened(bars.close),
        "high": widened(bars.high),
    }


def _after_dividends(market: Market, instrument: Instrument, bars: Bars) -> Floats:
    """Closes as if every later dividend had been taken out of them: each takes its share of the close before it."""
    today = instrument.trading_date(int(market.clock()))
    dates, factor = _dates(instrument, bars), np.ones(len(bars.start))
    for row, (before, day) in enumerate(pairwise(dates)):
        paid = sum(amount for ex, amount in instrument.dividends.items() if before < ex <= day)
        share = paid / instrument.split_factor(before, today) / bars.close[row]
        factor[: row + 1] *= 1 - share
    return np.asarray(bars.close * factor)


def _events(market: Market, instrument: Instrument, start: int, end: int, wanted: str) -> dict[str, object]:
    """Splits and dividends in the window that are in effect now, by the opening of their day."""
    today = instrument.trading_date(int(market.clock()))
    events: dict[str, object] = {}
    days = [opens for opens, _ in market.sessions(instrument, start, min(end, int(market.clock()) + 1))]
    dates = [instrument.trading_date(opens) for opens in days]
    opening = {day: days[bisect_right(dates, day) - 1] for day in dates}
    splits = {opening[day]: ratio for day, ratio in instrument.splits.items() if day in opening}
    paid = {opening[day]: (day, amount) for day, amount in instrument.dividends.items() if day in opening}
    if splits and "split" in wanted:
        events["splits"] = {
            str(at): {"date": at, "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
            for at, (new, old) in splits.items()
        }
    if paid and "div" in wanted:
        events["dividends"] = {
            str(at): {"amount": amount / instrument.split_factor(day, today), "date": at}
            for at, (day, amount) in paid.items()
        }
    return events


def _meta(market: Market, instrument: Instrument, interval: str, params: dict[str, str]) -> dict[str, object]:
    """The meta data of the chart beside its bars."""
    day, decimals = market.day(instrument.name), instrument.decimals
    return {
        "currency": instrument.currency,
        "symbol": instrument.name_at("yahoo"),
        "exchangeName": instrument.exchange,
        "fullExchangeName": instrument.exchange_name,
        "instrumentType": instrument.quote_type,
        "firstTradeDate": FIRST_TRADE,
        "regularMarketTime": int(min(day.time, day.closes)),
        "hasPrePostMarketData": instrument.has_extended_hours,
        "exchangeTimezoneName": str(instrument.sessions.zone),
        "regularMarketPrice": round(day.close, decimals),
        "regularMarketDayHigh": round(day.high, decimals),
        "regularMarketDayLow": round(day.low, decimals),
        "regularMarketVolume": int(day.volume),
        "longName": instrument.long_name,
        "shortName": instrument.long_name,
        "chartPreviousClose": round(day.previous_close, decimals),
        "previousClose": round(day.previous_close, decimals),
        "scale": 3,
        "priceHint": 2,
        "dataGranularity": interval,
        "range": params.get("range", ""),
        "validRanges": list(RANGES),
        **_place(instrument, day.opens),
        "currentTradingPeriod": _current_period(instrument, day),
    }


def _place(instrument: Instrument, second: int) -> dict[str, object]:
    """The exchange's time zone by its short name, and how far it is from UTC at that moment."""
    moment = datetime.fromtimestamp(second, instrument.sessions.zone)
    offset = moment.utcoffset()
    assert offset is not None
    return {"timezone": moment.tzname(), "gmtoffset": int(offset.total_seconds())}


def _period(instrument: Instrument, start: float, end: float) -> dict[str, object]:
    """One span of trading."""
    return {**_place(instrument, int(start)), "start": int(start), "end": int(end)}


def _current_period(instrument: Instrument, day: Day) -> dict[str, object]:
    """The latest session with what comes before and after it."""
    before, after = (5.5 * 3600, 4 * 3600) if instrument.has_extended_hours else (0, 0)
    return {
        "pre": _period(instrument, day.opens - before, day.opens),
        "regular": _period(instrument, day.opens, day.closes),
        "post": _period(instrument, day.closes, day.closes + after),
    }
