"""Fetches and parses Yahoo's chart: bars, splits and dividends of one symbol."""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import quote as url_quoted

import msgspec

from producer.sources.answers import Skipped
from producer.sources.piecewise import Item, log_skipped, parsed_fields, parsed_items
from producer.sources.yahoo.charts.chart_types import (
    Chart,
    ChartBody,
    ChartIndicators,
    ChartRow,
    Columns,
    Dividend,
    Events,
    Meta,
    RawBody,
    Split,
    points,
)
from producer.sources.yahoo.charts.midnights import corrected_days
from producer.sources.yahoo.session import YahooSession, parsed, reason_of
from producer.transport.http import Rejected
from shared.calendars.calendars import AlwaysOpen, calendar_of
from shared.errors import Unanswered, UnknownSymbol
from shared.market.records import RecordedInterval

NOT_FOUND = 404

log = logging.getLogger("tickstream.producer")


def fetch(
    session: YahooSession, name: str, interval: RecordedInterval, start: datetime, end: datetime
) -> Chart | None:
    """Fetch the bars of [start, end), including extended hours for intraday bars.

    None if Yahoo has no bars of that interval or time. Raises UnknownSymbol.
    """
    params = {
        "interval": interval,
        "period1": int(start.timestamp()),
        "period2": int(end.timestamp()),
        "events": "div|split",
        "includePrePost": "false" if interval == "1d" else "true",
    }
    try:
        body = session.get(f"/v8/finance/chart/{url_quoted(name, safe='')}", params)
    except Rejected as rejected:
        reason = reason_of(rejected)
        if rejected.status == NOT_FOUND:
            raise UnknownSymbol(f"Yahoo does not know {name}: {reason}") from rejected
        log.warning("Yahoo has no %s bars of %s: %s", interval, name, reason)
        return None
    return _read(body, name, interval)


def _read(body: Any, name: str, interval: RecordedInterval) -> Chart:
    """Parse the chart of a response, skipping invalid pieces."""
    try:
        charts = msgspec.convert(body, ChartBody).chart.result
    except msgspec.ValidationError:
        raw = parsed(body, RawBody).chart.result or []
        charts = [repaired(one, f"Yahoo's {interval} chart of {name}") for one in raw[:1]]
    if not charts:
        raise Unanswered(f"Yahoo's response contains no chart of {name}.")
    chart = charts[0]
    if chart.timestamp and chart.meta.data_granularity not in (None, "", interval):
        given = f"{chart.meta.data_granularity} bars of {name} instead of {interval} bars"
        raise Unanswered(f"Yahoo sent {given}.")
    if interval == "1d":
        _correct_days(chart)
    if chart.timestamp and not any(True for _ in points(chart)):
        log.warning("Yahoo's %s chart of %s has times without prices.", interval, name)
    return chart


def _correct_days(chart: Chart) -> None:
    """Correct the times of days and events that are before their midnight."""
    chart.timestamp = corrected_days(chart.timestamp, chart.zone)
    events: list[Split | Dividend] = [*chart.events.splits.values(), *chart.events.dividends.values()]
    for event in events:
        (event.date,) = corrected_days([event.date], chart.zone)


def repaired(raw: dict[str, Any], answer: str) -> Chart:
    """Parse an invalid chart without its invalid pieces, and log one line with the `answer` and the first reason.

    Raises Unanswered if its time zone is unknown.
    """
    skipped = Skipped()
    try:
        meta = parsed_fields(_with_zone(raw.get("meta")), Meta, skipped)
    except msgspec.ValidationError as error:
        raise Unanswered(f"{answer} has an unexpected format: {error}.") from error
    times, columns = _rows(raw, skipped)
    chart = Chart(meta, ChartIndicators([columns]), times, _events(raw.get("events"), skipped), skipped)
    log_skipped(skipped, log, answer)
    return chart


def _with_zone(meta: object) -> dict[str, Any]:
    """The meta data, with the time zone of the exchange if none is given."""
    given = dict(meta) if isinstance(meta, dict) else {}
    exchange = given.get("exchangeName")
    if given.get("exchangeTimezoneName") is None and isinstance(exchange, str):
        calendar = calendar_of(exchange)
        if not isinstance(calendar, AlwaysOpen):
            given["exchangeTimezoneName"] = str(calendar.zone)
    return given


def _rows(raw: dict[str, Any], skipped: Skipped) -> tuple[list[int], Columns]:
    """The valid rows. Raises Unanswered if columns differ in length."""
    given = _columns(raw)
    times = raw.get("timestamp") or []
    if any(len(column) != len(times) for column in given.values()):
        raise Unanswered("Yahoo's chart has columns of different lengths.")
    rows = [
        dict(zip(given, row, strict=True)) | {"time": time}
        for time, *row in zip(times, *given.values(), strict=True)
    ]
    read = parsed_items(rows, ChartRow, skipped)
    columns = {name: [getattr(row, name) for row in read] for name in given}
    return [row.time for row in read], Columns(**columns)


def _columns(raw: dict[str, Any]) -> dict[str, list[Any]]:
    """The existing columns, not yet decoded."""
    try:
        quote = raw["indicators"]["quote"][0]
        return {name: quote[name] for name in Columns.__struct_fields__ if isinstance(quote.get(name), list)}
    except (LookupError, TypeError, AttributeError):
        return {}


def _events(raw: object, skipped: Skipped) -> Events:
    """The valid splits and dividends."""
    kinds = raw if isinstance(raw, dict) else {}
    splits, dividends = kinds.get("splits"), kinds.get("dividends")
    return Events(
        _numbered(parsed_items(_values(splits), Split, skipped)),
        _numbered(parsed_items(_values(dividends), Dividend, skipped)),
    )


def _numbered(events: list[Item]) -> dict[str, Item]:
    """Events by unique keys, as a share may pay two dividends on one day."""
    return {str(number): event for number, event in enumerate(events)}


def _values(events: object) -> list[object]:
    """Events are given by date, which their values repeat; a list is accepted too."""
    if isinstance(events, dict):
        return list(events.values())
    return events if isinstance(events, list) else []
