"""Alpha Vantage: notes instead of data, labels in New York's time, and days that count only when they have ended."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from producer.sources.alpha_vantage.candles import day_bars, exchange_of, minute_bars
from producer.sources.alpha_vantage.notes import raise_note
from producer.sources.answers import Received
from shared.errors import ConfigError, Refused, SourceDown, SourceError, Throttled, UnknownSymbol
from tests.unit.local_http import Asked, Reply
from tests.unit.producer.sources.alpha_vantage_answers import (
    BAD_CALL,
    KEY,
    NOW,
    PREMIUM,
    Body,
    alpha_vantage,
    always,
    by_function,
    days_body,
    minutes_body,
    provider_answering,
)

PER_MINUTE = "Our standard API call frequency is 5 calls per minute and 500 calls per day."
SPARINGLY = (
    "Please consider spreading out your free API requests more sparingly (1 request per second). You may subscribe "
    "to a premium plan to lift the free key rate limit (25 requests per day)."
)
PER_DAY = f"We have detected your API key as {KEY}: its rate limit is 25 requests per day. Go premium."
DEMO = "The **demo** API key is for demo purposes only. Please claim your free API key."
BAD_KEY = f"the parameter apikey is invalid or missing: {KEY}. Please claim your free API key."


@pytest.fixture
def recorded(real_data: Path) -> Callable[[str], Body]:
    folder = real_data / "providers" / "alpha_vantage" / "test_alpha_vantage" / "test_data"
    return lambda name: msgspec.json.decode((folder / name).read_bytes(), type=Body)


def test_missing_key_is_reported_before_any_request() -> None:
    with pytest.raises(ConfigError, match="ALPHAVANTAGE_API_KEY is empty: alphavantage needs a key"):
        alpha_vantage("http://127.0.0.1:1", key="")


@pytest.mark.real_data
def test_recorded_minutes_are_one_hundred_bars_in_order(recorded: Callable[[str], Body]) -> None:
    bars = minute_bars("MSFT", recorded("mock_time_series"), NOW, NOW).bars
    assert len(bars) == 100
    assert bars == sorted(bars, key=lambda bar: bar.start)
    first, last = bars[0], bars[-1]
    assert first.start == datetime(2017, 12, 18, 18, 17, tzinfo=UTC)
    assert (first.open, first.high, first.low, first.close) == (86.8101, 86.82, 86.79, 86.80)
    assert first.volume == 31172
    assert last.start == datetime(2017, 12, 18, 19, 56, tzinfo=UTC)
    assert (last.source, last.exchange, last.interval) == ("alphavantage-history", "XNYS", "1m")


def test_unfinished_minute_is_left_out() -> None:
    body = minutes_body("2024-07-10 11:00:00", "2024-07-10 10:59:00", "2024-07-10 10:58:00")
    bars = minute_bars("IBM", body, NOW, NOW).bars
    assert [f"{bar.start:%d %H:%M}" for bar in bars] == ["10 14:58", "10 14:59"]


def test_labels_follow_new_york_through_the_change_of_clocks() -> None:
    body = minutes_body("2024-03-11 09:30:00", "2024-03-08 09:30:00")
    assert [bar.start.hour for bar in minute_bars("IBM", body, NOW, NOW).bars] == [14, 13]


def test_quote_is_the_last_finished_close_at_the_last_moment_of_its_minute() -> None:
    body = minutes_body("2024-07-10 11:00:00", "2024-07-10 10:59:00", "2024-07-10 10:58:00")
    with provider_answering(always(body)) as (provider, _):
        [quote] = provider.poll(["IBM"]).quotes
    assert (quote.symbol, quote.price, quote.source) == ("IBM", 99.99, "alphavantage")
    assert quote.event_time == datetime(2024, 7, 10, 14, 59, 59, 999_000, tzinfo=UTC)
    assert (quote.size, quote.day_volume, quote.exchange) == (None, None, "XNYS")


def test_minutes_are_requested_unadjusted() -> None:
    with provider_answering(always(minutes_body("2024-07-10 10:59:00"))) as (provider, local):
        provider.poll(["IBM", "MSFT"])
    assert [asked.params["symbol"] for asked in local.asked] == ["IBM", "MSFT"]
    [first, _] = local.asked
    assert first.path == "/query"
    assert first.params["function"] == "TIME_SERIES_INTRADAY"
    assert (first.params["interval"], first.params["adjusted"]) == ("1min", "false")


def test_unknown_symbol_is_left_out_of_a_poll() -> None:
    def answer(asked: Asked) -> Reply:
        known = asked.params["symbol"] == "IBM"
        return Reply(minutes_body("2024-07-10 10:59:00") if known else {"Error Message": BAD_CALL})

    with provider_answering(answer) as (provider, _):
        received = provider.poll(["NONE", "IBM"])
    assert [quote.symbol for quote in received.quotes] == ["IBM"]
    assert received.refused == 0


def test_answer_without_a_finished_minute_is_refused() -> None:
    with provider_answering(always(minutes_body())) as (provider, _):
        assert provider.poll(["IBM"]) == Received([], refused=1, named=frozenset({"IBM"}))


@pytest.mark.parametrize(
    ("body", "error", "retry_after"),
    [
        ({"Note": PER_MINUTE}, Throttled, 60),
        ({"Information": SPARINGLY}, Throttled, 60),
        ({"Information": PER_DAY}, Throttled, 3600),
        ({"Note": "Something new."}, Throttled, 60),
        ({"Information": PREMIUM}, Refused, None),
        ({"Information": DEMO}, Refused, None),
        ({"Error Message": BAD_KEY}, Refused, None),
        ({"Error Message": BAD_CALL}, UnknownSymbol, None),
        ({"Error Message": "Something new."}, UnknownSymbol, None),
        ({}, UnknownSymbol, None),
    ],
)
def test_note_names_what_to_do_next_and_never_the_key(
    body: Body, error: type[SourceError], retry_after: float | None
) -> None:
    with pytest.raises(error) as raised:
        raise_note(body, "IBM")
    assert raised.value.retry_after == retry_after
    assert KEY not in repr(raised.value)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"Information": PER_DAY}, 200, Throttled),
        ({"Error Message": BAD_KEY}, 200, Refused),
        ("slow down", 429, Throttled),
        ("who are you", 401, Refused),
        ("<html>hello</html>", 200, SourceDown),
        ("", 200, SourceDown),
        ([1], 200, SourceDown),
        ({"else": 1}, 200, SourceDown),
        ({"Meta Data": {}, "Time Series (1min)": {}}, 200, SourceDown),
        (minutes_body(zone="Nowhere/Here"), 200, SourceDown),
        (minutes_body("yesterday"), 200, SourceDown),
        ({"Meta Data": {"6. Time Zone": "US/Eastern"}, "Time Series (1min)": None}, 200, SourceDown),
        (f"no {KEY}", 400, SourceDown),
        ("busy", 503, SourceDown),
    ],
)
def test_fault_names_what_to_do_next_and_never_the_key(
    body: object, status: int, error: type[SourceError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with provider_answering(always(body, status)) as (provider, _), pytest.raises(error) as raised:
        provider.poll(["IBM"])
    assert KEY not in f"{raised.value!r} {raised.value} {caplog.text}"


def test_bars_that_cannot_be_true_are_left_out_with_one_line_for_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = minutes_body("2024-07-10 10:59:00", "2024-07-10 10:58:00", "2024-07-10 10:57:00")
    series = body["Time Series (1min)"]
    series["2024-07-10 10:58:00"]["2. high"] = "0.0000"
    series["2024-07-10 10:57:00"]["5. volume"] = "n/a"
    assert [bar.start.minute for bar in minute_bars("IBM", body, NOW, NOW).bars] == [59]
    assert caplog.text.count("2 skipped, the first one because: the bar at 2024-07-10 10:5") == 1


def test_day_starts_as_the_exchange_opens_and_counts_once_its_date_is_past() -> None:
    bars = day_bars("IBM", days_body("2024-07-10", "2024-07-09", "2024-03-08"), NOW, NOW).bars
    assert [f"{bar.start:%m-%d %H:%M}" for bar in bars] == ["03-08 14:30", "07-09 13:30"]


def test_day_without_a_session_starts_at_its_midnight() -> None:
    """It was left out: but a finished day of a source is real, and Mumbai opens on some Saturdays."""
    bars = day_bars("RELIANCE.BSE", days_body("2024-03-04", "2024-03-02"), NOW, NOW).bars
    assert [f"{bar.start:%m-%d %H:%M}" for bar in bars] == ["03-01 18:30", "03-04 03:45"]


def test_day_abroad_starts_as_its_own_exchange_opens() -> None:
    [bar] = day_bars("TSCO.LON", days_body("2024-07-09"), NOW, NOW).bars
    assert (bar.start, bar.exchange) == (datetime(2024, 7, 9, 7, 0, tzinfo=UTC), "XLON")


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        ("IBM", "XNYS"),
        ("BRK.B", "XNYS"),
        ("TSCO.LON", "XLON"),
        ("000001.SHZ", "XSHG"),
        ("PETR4.SAO", "BVMF"),
        ("X.ELSEWHERE", "ELSEWHERE@America/New_York"),
        ("X.CCC", "CCC@America/New_York"),
    ],
)
def test_exchange_is_read_from_the_suffix_and_never_trades_around_the_clock(name: str, exchange: str) -> None:
    assert exchange_of(name) == exchange


@pytest.mark.real_data
def test_company_has_the_fields_of_the_overview(recorded: Callable[[str], Body]) -> None:
    with provider_answering(always(recorded("mock_company_overview"))) as (provider, _):
        company = provider.company("IBM")
    assert company.name == "International Business Machines Corporation"
    assert (company.sector, company.industry) == ("Technology", "Information Technology Services")
    assert (company.exchange, company.time_zone, company.currency) == ("XNYS", "America/New_York", "USD")


@pytest.mark.real_data
def test_fund_without_an_overview_is_found_by_searching(recorded: Callable[[str], Body]) -> None:
    answer = by_function(OVERVIEW={}, SYMBOL_SEARCH=recorded("symbol_search"))
    with provider_answering(answer) as (provider, _):
        company = provider.company("BA")
        with pytest.raises(UnknownSymbol):
            provider.company("BAX")
    assert (company.name, company.currency, company.sector) == ("The Boeing Company", "USD", None)


def test_there_is_no_stream_and_no_numbered_trade() -> None:
    provider = alpha_vantage("http://127.0.0.1:1")
    assert not provider.streams
    assert list(provider.trades_after("IBM", 1)) == []
    with pytest.raises(Refused):
        provider.connect(["IBM"])
    assert KEY not in repr(provider)
