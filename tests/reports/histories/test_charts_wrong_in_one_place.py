"""History answers with one invalid place: it is left out and reported once, and the rest is kept."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from producer.sources.registry import provider
from shared.errors import Unanswered
from shared.market.records import CorporateAction, RecordedBar
from shared.settings.provider_settings import Providers
from tests.standing_clock import standing_at
from tests.unit.local_http import Asked, Reply, answering

NOW = datetime(2024, 7, 10, 15, 0, 30, tzinfo=UTC)
DAYS = (1719927000, 1720013400, 1720186200, 1720445400, 1720531800)
"""Openings in New York from 2 July 2024 on."""

Chart = dict[str, Any]
Change = Callable[[Chart], object]


def chart() -> Chart:
    """Five days as Yahoo sends them."""
    columns = {
        "open": [10.0] * 5,
        "high": [11.0] * 5,
        "low": [9.0] * 5,
        "close": [10.5] * 5,
        "volume": [100] * 5,
    }
    meta = {
        "currency": "USD",
        "exchangeName": "NMS",
        "exchangeTimezoneName": "America/New_York",
        "priceHint": 2,
    }
    return {"meta": meta, "timestamp": list(DAYS), "indicators": {"quote": [columns]}, "events": {}}


def columns_of(chart: Chart) -> Chart:
    columns: Chart = chart["indicators"]["quote"][0]
    return columns


def with_events(chart: Chart, kind: str, *events: dict[str, object]) -> None:
    chart["events"] = {kind: {str(number): event for number, event in enumerate(events)}}


def past(name: str, url: str) -> list[RecordedBar | CorporateAction]:
    """The whole history of X from the provider at this address."""
    key = {"YAHOO_URL": url, "BINANCE_URL": url, "ALPHAVANTAGE_URL": url, "ALPHAVANTAGE_API_KEY": "key"}
    many = dict.fromkeys(
        (f"{source}_REQUESTS_PER_MINUTE" for source in ("YAHOO", "BINANCE", "ALPHAVANTAGE")), 6000
    )
    source = provider(name, Providers.model_validate(key | many), standing_at(NOW), Event())
    return [record for part in source.history("X", None, NOW) for record in part.records]


def history_of(body: Chart) -> list[RecordedBar | CorporateAction]:
    """Yahoo's history if this chart has the days and no shorter bars exist."""
    nothing = chart() | {"timestamp": [], "indicators": {"quote": [{}]}}

    def answer(asked: Asked) -> Reply:
        found = body if asked.params["interval"] == "1d" else nothing
        return Reply({"chart": {"result": [found], "error": None}})

    with answering(answer) as local:
        return past("yahoo", local.url)


def days_of(records: list[RecordedBar | CorporateAction]) -> list[int]:
    """Which of the five days are in these records."""
    starts = [int(record.start.timestamp()) for record in records if isinstance(record, RecordedBar)]
    return [DAYS.index(start) for start in starts]


WHOLE = [0, 1, 2, 3, 4]
PLACES: dict[str, tuple[Change, list[int]]] = {
    "nothing": (lambda c: None, WHOLE),
    "no column of volumes": (lambda c: columns_of(c).pop("volume"), WHOLE),
    "volumes that are null": (lambda c: columns_of(c).update(volume=None), WHOLE),
    "no column of opens": (lambda c: columns_of(c).pop("open"), []),
    "no columns": (lambda c: columns_of(c).clear(), []),
    "times that are null": (lambda c: c.update(timestamp=None, indicators={"quote": [{}]}), []),
    "a time that is null": (lambda c: c["timestamp"].__setitem__(2, None), [0, 1, 3, 4]),
    "a time that is text": (lambda c: c["timestamp"].__setitem__(2, "noon"), [0, 1, 3, 4]),
    "a close that is null": (lambda c: columns_of(c)["close"].__setitem__(1, None), [0, 2, 3, 4]),
    "a close that is text": (lambda c: columns_of(c)["close"].__setitem__(1, "n/a"), [0, 2, 3, 4]),
    "a low of an object": (lambda c: columns_of(c)["low"].__setitem__(1, {}), [0, 2, 3, 4]),
    "an open of zero": (lambda c: columns_of(c)["open"].__setitem__(3, 0.0), [0, 1, 2, 4]),
    "a low above the open": (lambda c: columns_of(c)["low"].__setitem__(3, 10.2), [0, 1, 2, 4]),
    "a volume of -2^63": (lambda c: columns_of(c)["volume"].__setitem__(3, -(2**63)), WHOLE),
    "the last row twice": (lambda c: c["timestamp"].__setitem__(4, DAYS[3]), [0, 1, 2, 3]),
    "events that are null": (lambda c: c.update(events=None), WHOLE),
    "events that are a list": (lambda c: c.update(events=[]), WHOLE),
    "dividends that are null": (lambda c: c.update(events={"dividends": None}), WHOLE),
    "a price hint that is null": (lambda c: c["meta"].update(priceHint=None), WHOLE),
    "a currency that is a number": (lambda c: c["meta"].update(currency=7), WHOLE),
    "a time of the market that is null": (lambda c: c["meta"].update(regularMarketTime=None), WHOLE),
    "no time zone": (lambda c: c["meta"].pop("exchangeTimezoneName"), WHOLE),
}


@pytest.mark.parametrize("place", PLACES)
def test_chart_that_is_wrong_in_one_place_keeps_every_other_day(place: str) -> None:
    """Reported to yfinance and others: one null where a number belongs made the whole history unreadable."""
    change, days = PLACES[place]
    body = chart()
    change(body)
    assert days_of(history_of(body)) == days


def test_volume_that_can_not_be_true_is_absent_and_the_prices_stay() -> None:
    """A volume of -2^63 beside good prices: what is not known is absent, never zero."""
    body = chart()
    columns_of(body)["volume"][3] = -(2**63)
    volumes = [record.volume for record in history_of(body) if isinstance(record, RecordedBar)]
    assert volumes == [100.0, 100.0, 100.0, None, 100.0]


DIVIDEND: dict[str, object] = {"date": DAYS[3], "amount": 0.5}
EVENTS: dict[str, tuple[str, dict[str, object]]] = {
    "a dividend without an amount": ("dividends", {"date": DAYS[2]}),
    "a dividend of null": ("dividends", {"date": DAYS[2], "amount": None}),
    "a dividend of no date": ("dividends", {"date": None, "amount": 0.1}),
    "a dividend below zero": ("dividends", {"date": DAYS[2], "amount": -0.1}),
}


@pytest.mark.parametrize("event", EVENTS)
def test_dividend_that_makes_no_sense_costs_no_other_and_no_day(
    event: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A dividend without an amount cost the history of the share."""
    kind, wrong = EVENTS[event]
    body = chart()
    with_events(body, kind, wrong, DIVIDEND, DIVIDEND | {"amount": 0.25})
    history = history_of(body)
    assert days_of(history) == WHOLE
    assert [one.value for one in history if isinstance(one, CorporateAction)] == [0.5, 0.25]
    assert caplog.text.count("skipped") == 1


SPLITS: dict[str, dict[str, object]] = {
    "0:0": {"date": DAYS[2], "numerator": 0.0, "denominator": 0.0},
    "without a numerator": {"date": DAYS[2], "splitRatio": "4:1"},
    "of null": {"date": DAYS[2], "numerator": None, "denominator": 1.0},
    "of no date": {"date": "soon", "numerator": 4.0, "denominator": 1.0},
}


@pytest.mark.parametrize("split", SPLITS)
def test_split_that_makes_no_sense_changes_no_price_and_is_named_once(
    split: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A split of 0:0, or one without a ratio: nothing can be divided by it, so nothing is."""
    body = chart()
    with_events(body, "splits", SPLITS[split])
    history = history_of(body)
    assert [record.close for record in history if isinstance(record, RecordedBar)] == [10.5] * 5
    assert len(history) == len(WHOLE)
    assert caplog.text.count("skipped") == 1


@pytest.mark.parametrize(
    "change",
    [lambda c: columns_of(c)["close"].pop(), lambda c: c["meta"].update(dataGranularity="1wk")],
    ids=["columns of different lengths", "weeks where days were asked for"],
)
def test_chart_whose_days_are_ambiguous_is_refused(change: Change) -> None:
    """It is unknown which price belongs to which day, or the bars are not days: none of them is used."""
    body = chart()
    change(body)
    with pytest.raises(Unanswered):
        history_of(body)


def kline(index: int) -> list[object]:
    opens = 1_720_310_400_000 + index * 86_400_000
    return [opens, "10.0", "11.0", "9.0", "10.5", "100.0", opens + 86_399_999, "1050.0", 7]


@pytest.mark.parametrize("field", [0, 1, 2, 3, 4, 5])
def test_bar_of_binance_with_a_null_is_left_out_alone(field: int, caplog: pytest.LogCaptureFixture) -> None:
    """The same fault at Binance: a null in one row of klines cost two years."""
    rows = [kline(0), kline(1), kline(2)]
    rows[1][field] = None
    with answering(lambda asked: Reply(rows if asked.params["interval"] == "1d" else [])) as local:
        history = past("binance", local.url)
    assert [record.start.day for record in history if isinstance(record, RecordedBar)] == [7, 9]
    assert caplog.text.count("skipped") == 1


def test_bar_of_binance_needs_no_field_that_nobody_reads() -> None:
    """A null in the turnover does not make the price wrong."""
    rows = [[*kline(0)[:6], None, None, 7]]
    with answering(lambda asked: Reply(rows if asked.params["interval"] == "1d" else [])) as local:
        assert len(past("binance", local.url)) == 1


@pytest.mark.parametrize(
    ("label", "candle"),
    [("yesterday", {}), ("2024-07-08", {"4. close": None}), ("2024-07-08", None)],
    ids=["a label that is no time", "a close that is null", "a candle that is null"],
)
def test_day_of_alpha_vantage_that_makes_no_sense_is_left_out_alone(
    label: str, candle: dict[str, object] | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The same fault at Alpha Vantage: one label that is no time cost the history."""
    caplog.set_level(logging.WARNING)
    good = {"1. open": "10", "2. high": "11", "3. low": "9", "4. close": "10.5", "5. volume": "100"}
    series = {"2024-07-09": good, label: candle and good | candle, "2024-07-05": good}
    body = {"Meta Data": {"5. Time Zone": "US/Eastern"}, "Time Series (Daily)": series}

    def answer(asked: Asked) -> Reply:
        if asked.params["function"] == "TIME_SERIES_DAILY":
            return Reply(body)
        return Reply({"Information": "This is a premium endpoint."})

    with answering(answer) as local:
        history = past("alphavantage", local.url)
    assert [record.start.day for record in history if isinstance(record, RecordedBar)] == [5, 9]
    assert caplog.text.count("skipped") == 1
