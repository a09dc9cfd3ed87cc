"""Conditions that must hold on the page after any action."""

from contextlib import closing
from typing import Any

from playwright.sync_api import Page

from dashboard.presenters.indicators import PRICE
from dashboard.presenters.panels import decimals
from dashboard.read.sql import queries
from shared.postgres.database import connect, transaction
from tests.walk.actions import MOVED, STUDIES, Walker
from tests.walk.seeing import SeenChart, candle_columns, chart_of

TEXTS = """() => {
    const text = (selector) => document.querySelector(selector)?.textContent ?? '';
    const all = (selector) => [...document.querySelectorAll(selector)];
    const lit = (id) => all(`#${id} [aria-pressed="true"]`).map((button) => button.textContent);
    return {
        last: text('#last'), forecast: text('#forecast'), words: text('#words-note'),
        notes: ['session', 'indicators', 'forecast'].map((name) => text(`#${name}-note`)),
        legend: all('.legend')[0]?.textContent ?? '', legends: all('.legend').length,
        prices: all('.legend:first-child .value').slice(0, 4).map((one) => one.textContent),
        rsi: text('#indicators dd'), interval: lit('interval'), ranges: lit('ranges'),
        overflow: document.documentElement.scrollWidth - innerWidth,
        rows: Object.fromEntries(all('#watch-rows .watch-row')
            .map((row) => [row.dataset.symbol, row.querySelector('.watch-last').textContent])),
        studies: all('#studies [aria-pressed="true"]').length,
    };
}"""
LEAST_SHARE = 0.1
"""The share of the visible bars, or of the picture's columns, that show pixels of candles: lines lie over many."""


def number(text: str) -> float:
    """The number in a text of the page, without what it is paid in; not a number where there is none."""
    plain = text.replace("\u2212", "-").replace(",", "").lstrip("$")
    try:
        return float(plain)
    except ValueError:
        return float("nan")


def is_near(text: str, value: float, places: int) -> bool:
    """Whether a text writes a value with so many decimals; powers of ten have five digits."""
    return abs(number(text) - value) <= (abs(value) * 1e-4 if "e" in text else 0.5001 * 10.0**-places)


def faults(walker: Walker, reader: Page) -> list[str]:
    """What is wrong with the page now, each in a sentence; it may only be late."""
    chart = chart_of(walker.page)
    if chart is None:
        return ["the chart is empty, or between two pictures"]
    shown: dict[str, Any] = walker.page.evaluate(TEXTS)
    found = [
        *_wrong_chart(walker, chart),
        *_wrong_texts(walker, chart, shown),
        *_wrong_numbers(walker, chart, shown),
    ]
    if not found and chart.follows:
        columns = candle_columns(walker.page, reader, chart)
        if columns < max(1, LEAST_SHARE * min(chart.visible, chart.x)):
            found.append(f"only {columns} columns of the picture show candles: {chart}")
    return found


def _wrong_chart(walker: Walker, chart: SeenChart) -> list[str]:
    statements = {
        f"shows {chart.symbol} {chart.interval}": (chart.symbol, chart.interval)
        == (walker.symbol, walker.interval),
        f"draws {chart.drawn} of {chart.loaded} bars": chart.drawn == chart.loaded,
        f"has {chart.visible} visible bars": chart.visible >= 1,
        "does not hold the last price": not chart.follows or not chart.shows_newest or chart.holds_last,
        f"tags {chart.tag}, the last price is {chart.last}": chart.tag == chart.last,
    }
    return [f"the chart {text}: {chart}" for text, is_true in statements.items() if not is_true]


def _wrong_texts(walker: Walker, chart: SeenChart, shown: dict[str, Any]) -> list[str]:
    panes = len({PRICE} | {STUDIES[label].pane for label in walker.studies})
    ranges = [] if walker.range is None else [walker.range]
    statements = {
        f"legend {shown['legend']!r}": shown["legend"].startswith(f"{chart.symbol}{chart.interval}"),
        f"{shown['legends']} legends, {panes} panes": shown["legends"] == panes,
        f"notes {shown['notes']}": all(note.startswith(walker.symbol) for note in shown["notes"]),
        f"interval {shown['interval']} is highlighted": shown["interval"] == [walker.interval],
        f"range {shown['ranges']} is highlighted, not {ranges}": walker.range == MOVED
        or shown["ranges"] == ranges,
        f"{shown['studies']} studies are chosen": shown["studies"] >= len(walker.studies),
        f"the page is {shown['overflow']} pixels too wide": shown["overflow"] <= 0,
    }
    return [text for text, is_true in statements.items() if not is_true]


def _wrong_numbers(walker: Walker, chart: SeenChart, shown: dict[str, Any]) -> list[str]:
    """What header, watchlist, legend and cards write against what the tables hold."""
    with closing(connect(walker.market.dsn, "test")) as connection, transaction(connection) as cursor:
        symbols = queries.read_symbols(cursor)
        bar = queries.read_open_bars(cursor)[walker.symbol, walker.interval].bar
    row = symbols[walker.symbol]
    places, price = decimals(row), row.price or 0.0
    prices = (bar.open, bar.high, bar.low, bar.close)
    rows = {symbol: is_near(text, symbols[symbol].price or 0.0, 2) for symbol, text in shown["rows"].items()}
    statements = {
        f"header {shown['last']}, the last price is {price}": is_near(shown["last"], price, places),
        f"the last bar closes at {chart.last}, not {bar.close}": chart.last == bar.close,
        f"legend {shown['prices']}, the open bar is {prices}": len(shown["prices"]) == 4
        and all(is_near(text, value, places) for text, value in zip(shown["prices"], prices, strict=True)),
        f"RSI {shown['rsi']}, not {bar.indicators.rsi}": is_near(shown["rsi"], bar.indicators.rsi or 0.0, 1),
        f"watchlist {shown['rows']}": all(rows.values()) and walker.symbol in rows,
    }
    return [text for text, is_true in statements.items() if not is_true]
