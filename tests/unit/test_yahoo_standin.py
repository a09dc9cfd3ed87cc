"""Yahoo over HTTP against the stand-in: quotes, two years of raw history, companies, and every way to fail."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from threading import Event, Thread

import numpy as np
import pytest

from producer.sources.yahoo import Yahoo
from shared.errors import Refused, SourceDown, SourceError, Throttled, UnknownSymbol
from shared.market import INTERVAL_SECONDS, CorporateAction, RecordedBar
from shared.provider_settings import Providers
from tests.standin import SAMPLE, Fault, Instrument, Market, StandIn

NOW = datetime(2024, 7, 10, 15, 0, 30, tzinfo=UTC)
"""A Wednesday, half an hour after New York's opening."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LONDON = Instrument(
    name="TSCO.L",
    price=308.8,
    currency="GBp",
    exchange="LSE",
    exchange_name="LSE",
    calendar="XLON",
    decimals=1,
    delay=15,
    long_name="Tesco PLC",
)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(Market(NOW.timestamp, (*SAMPLE, LONDON))) as standin:
        yield standin


def yahoo_at(standin: StandIn, timeout: float = 5.0) -> Yahoo:
    settings = {key: value for key, value in standin.settings.items() if key.startswith("YAHOO")}
    providers = Providers.model_validate(
        {**settings, "YAHOO_REQUESTS_PER_MINUTE": 6000, "HTTP_TIMEOUT": timeout}
    )
    return Yahoo(providers, lambda: NOW, Event())


@pytest.fixture
def yahoo(standin: StandIn) -> Yahoo:
    return yahoo_at(standin)


def records(yahoo: Yahoo, name: str, after: datetime | None = None) -> list[RecordedBar | CorporateAction]:
    return [record for part in yahoo.history(name, after, NOW) for record in part.records]


def bars(yahoo: Yahoo, name: str, interval: str, after: datetime | None = None) -> list[RecordedBar]:
    found = records(yahoo, name, after)
    return [record for record in found if isinstance(record, RecordedBar) and record.interval == interval]


def paths(standin: StandIn) -> list[str]:
    return [request.path for request in standin.requests]


def asked_intervals(standin: StandIn) -> list[str]:
    return [request.params["interval"] for request in standin.requests]


def test_a_poll_asks_for_all_names_at_once_with_cookie_and_crumb(standin: StandIn, yahoo: Yahoo) -> None:
    trade = standin.quote("AAPL", 229.87, time=NOW - timedelta(seconds=3))
    received = yahoo.poll(["AAPL", "NVDA", "7203.T", "BTC-USD", "AAPL"])
    assert [quote.symbol for quote in received.quotes] == ["AAPL", "NVDA", "7203.T", "BTC-USD"]
    assert (received.refused, received.alive) == (0, True)
    assert [path for path in paths(standin) if path.startswith("/v")] == [
        "/v1/test/getcrumb",
        "/v7/finance/quote",
    ]
    apple = received.quotes[0]
    assert (apple.price, apple.event_time) == (229.87, NOW.replace(second=27))
    assert (apple.source, apple.position, apple.received_time) == ("yahoo", 0, NOW)
    assert (apple.currency, apple.exchange, apple.session) == ("USD", "NMS", "regular")
    assert apple.previous_close == pytest.approx(standin.market.day("AAPL").previous_close)
    assert apple.day_volume == int(standin.market.day("AAPL").volume)
    assert trade.price == 229.87


def test_a_hundred_names_are_the_most_for_one_request(standin: StandIn, yahoo: Yahoo) -> None:
    received = yahoo.poll([f"X{number}" for number in range(250)] + ["AAPL"])
    asked = [r.params["symbols"].count(",") + 1 for r in standin.requests if "symbols" in r.params]
    assert asked == [100, 100, 51]
    assert [quote.symbol for quote in received.quotes] == ["AAPL"]


def test_a_price_in_pence_keeps_its_currency(yahoo: Yahoo) -> None:
    assert yahoo.poll(["TSCO.L"]).quotes[0].currency == "GBp"


def test_an_expired_crumb_is_renewed_once_and_the_question_asked_again(
    standin: StandIn, yahoo: Yahoo
) -> None:
    yahoo.poll(["AAPL"])
    standin.yahoo.expire()
    assert len(yahoo.poll(["AAPL"]).quotes) == 1
    assert paths(standin).count("/v1/test/getcrumb") == 2
    standin.answer_with(Fault.status(401), times=None, path="yahoo/v7")
    with pytest.raises(Refused):
        yahoo.poll(["AAPL"])
    assert paths(standin).count("/v1/test/getcrumb") == 3


def test_threads_share_one_crumb(standin: StandIn, yahoo: Yahoo) -> None:
    found: list[int] = []
    threads = [Thread(target=lambda: found.append(len(yahoo.poll(["AAPL"]).quotes))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 5
    assert paths(standin).count("/v1/test/getcrumb") == 1


@pytest.mark.parametrize("fault", [Fault.html(), Fault.empty()])
def test_what_is_no_crumb_is_not_taken_for_one(standin: StandIn, yahoo: Yahoo, fault: Fault) -> None:
    standin.answer_with(fault, path="getcrumb")
    with pytest.raises(SourceDown, match="gave no crumb"):
        yahoo.poll(["AAPL"])
    assert len(yahoo.poll(["AAPL"]).quotes) == 1


@pytest.mark.parametrize("path", ["yahoo/v7", "yahoo/v8", "yahoo/v10"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.status(401), Refused),
        (Fault.status(403), Refused),
        (Fault.status(404), SourceError),
        (Fault.status(422), SourceError),
        (Fault.status(429, retry_after=40), Throttled),
        (Fault.status(500), SourceDown),
        (Fault.html(502), SourceDown),
        (Fault.status(503), SourceDown),
        (Fault.html(), SourceDown),
        (Fault.empty(), SourceDown),
        (Fault.malformed(), SourceDown),
        (Fault.reset(), SourceDown),
        (Fault.body({"finance": {"result": None, "error": None}}), SourceDown),
        (Fault.body(["surprise"]), SourceDown),
    ],
)
def test_a_fault_is_told_as_the_error_of_a_source(
    standin: StandIn, yahoo: Yahoo, path: str, fault: Fault, kind: type[SourceError]
) -> None:
    standin.answer_with(fault, times=None, path=path)
    with pytest.raises(kind) as told:
        if path == "yahoo/v7":
            yahoo.poll(["AAPL"])
        elif path == "yahoo/v8":
            list(yahoo.history("AAPL", None, NOW))
        else:
            yahoo.company("AAPL")
    assert not isinstance(told.value, UnknownSymbol)
    assert "crumb." not in str(told.value)


def test_a_slow_answer_and_a_refused_connection_are_a_source_that_is_down(standin: StandIn) -> None:
    yahoo = yahoo_at(standin, timeout=0.3)
    standin.answer_with(Fault.slow(1.0), path="yahoo/v8")
    with pytest.raises(SourceDown, match=r"within 0\.3 s"):
        records(yahoo, "AAPL", NOW - 10 * MINUTE)
    standin.down()
    with pytest.raises(SourceDown, match="can't be reached"):
        yahoo.poll(["AAPL"])
    standin.up()
    assert len(yahoo.poll(["AAPL"]).quotes) == 1


def test_no_provider_hears_of_us_before_its_retry_after_is_over(standin: StandIn, yahoo: Yahoo) -> None:
    standin.answer_with(Fault.status(429, retry_after=40), path="yahoo/v8")
    with pytest.raises(Throttled):
        records(yahoo, "AAPL")
    with pytest.raises(Throttled):
        yahoo.poll(["AAPL"])
    assert len(standin.requests) == 1


def test_all_history_takes_three_requests_and_comes_in_order(standin: StandIn, yahoo: Yahoo) -> None:
    parts = list(yahoo.history("NVDA", None, NOW))
    assert [(part.done, part.total) for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert asked_intervals(standin) == ["1d", "15m", "1m"]
    order = [
        (record.start, -INTERVAL_SECONDS[record.interval])
        if isinstance(record, RecordedBar)
        else (record.time, -2 * 86_400)
        for part in parts
        for record in part.records
    ]
    assert all(sooner < later for sooner, later in pairwise(order))
    assert all(part.records for part in parts)


@pytest.mark.parametrize(
    ("name", "interval", "days"),
    [
        ("NVDA", "1d", 731),
        ("NVDA", "15m", 60),
        ("AAPL", "1m", 8),
        ("BTC-USD", "15m", 60),
        ("7203.T", "1m", 8),
    ],
)
def test_bars_are_what_was_paid_whatever_was_split_since(
    standin: StandIn, yahoo: Yahoo, name: str, interval: str, days: int
) -> None:
    found = bars(yahoo, name, interval)
    seconds, now = INTERVAL_SECONDS[interval], NOW.timestamp()
    truth = standin.market.bars(name, seconds, found[0].start.timestamp(), now)
    today = standin.market.instruments[name].trading_date(int(now))
    traded = ~np.isnan(truth.open)
    rows = list(zip(*(column[traded].tolist() for column in truth), strict=True))
    finished = [
        row
        for row in rows
        if (
            standin.market.instruments[name].trading_date(row[0]) < today
            if interval == "1d"
            else row[0] + seconds <= now
        )
    ]
    assert len(found) == len(finished)
    assert found[0].start > NOW - days * DAY
    for bar, (start, opened, high, low, close, volume) in zip(found, finished, strict=True):
        assert bar.start.timestamp() == start
        assert (bar.open, bar.high, bar.low, bar.close) == (opened, high, low, close)
        assert bar.volume == pytest.approx(volume, abs=1)
        assert (bar.source, bar.position, bar.received_time) == ("yahoo-history", 0, NOW)


def test_splits_and_dividends_come_with_the_midnight_of_their_day_and_as_paid(yahoo: Yahoo) -> None:
    found = [record for record in records(yahoo, "NVDA") if isinstance(record, CorporateAction)]
    told = [(action.action, action.time, action.value) for action in found]
    assert told == [
        ("dividend", datetime(2024, 3, 5, 5, tzinfo=UTC), 0.04),
        ("split", datetime(2024, 6, 10, 4, tzinfo=UTC), 10.0),
        ("dividend", datetime(2024, 6, 11, 4, tzinfo=UTC), 0.01),
    ]
    assert found[0].currency == "USD"


def test_a_gap_of_ten_minutes_is_one_request(standin: StandIn, yahoo: Yahoo) -> None:
    after = NOW.replace(second=0) - 10 * MINUTE
    starts = [bar.start for bar in bars(yahoo, "AAPL", "1m", after)]
    assert starts == [after + number * MINUTE for number in range(1, 10)]
    assert asked_intervals(standin) == ["1m"]


@pytest.mark.parametrize(
    ("gap", "intervals"),
    [
        (timedelta(hours=20), ["1m"]),
        (timedelta(days=3), ["1d", "1m"]),
        (timedelta(days=30), ["1d", "15m", "1m"]),
    ],
)
def test_a_gap_takes_only_the_requests_it_needs(
    standin: StandIn, yahoo: Yahoo, gap: timedelta, intervals: list[str]
) -> None:
    found = records(yahoo, "AAPL", NOW - gap)
    assert asked_intervals(standin) == intervals
    assert all(record.start > NOW - gap for record in found if isinstance(record, RecordedBar))


def test_a_split_of_the_day_of_the_gap_is_found_by_a_short_gap_too() -> None:
    today = Instrument(name="AAPL", price=230.0, splits={date(2024, 7, 10): (4, 1)})
    with StandIn(Market(NOW.timestamp, [today])) as standin:
        found = records(yahoo_at(standin), "AAPL", NOW - 10 * MINUTE)
    first = found[0]
    assert isinstance(first, CorporateAction)
    assert (first.action, first.value, first.time) == ("split", 4.0, datetime(2024, 7, 10, 4, tzinfo=UTC))


def test_days_of_the_currency_market_lie_within_its_sessions() -> None:
    euro = Instrument(name="EURUSD=X", price=1.08, exchange="CCY", calendar="CCY", decimals=4)
    with StandIn(Market(NOW.timestamp, [euro])) as standin:
        days = [bar.start for bar in bars(yahoo_at(standin), "EURUSD=X", "1d")]
    assert days[-1] == datetime(2024, 7, 8, 23, tzinfo=UTC)
    assert len(days) == len(set(days)) > 500


def test_a_symbol_that_yahoo_does_not_know_is_named_with_yahoos_reason(yahoo: Yahoo) -> None:
    with pytest.raises(UnknownSymbol, match="NOPE: No data found, symbol may be delisted"):
        records(yahoo, "NOPE")
    with pytest.raises(UnknownSymbol, match="NOPE: Quote not found for symbol: NOPE"):
        yahoo.company("NOPE")
    assert yahoo.poll(["NOPE"]).quotes == []


def test_an_interval_that_yahoo_does_not_have_leaves_the_others(standin: StandIn, yahoo: Yahoo) -> None:
    error = {"chart": {"result": None, "error": {"code": "Bad Request", "description": "Data doesn't exist"}}}
    standin.answer_with(Fault.body(error, 400), path="interval=15m")
    intervals = {bar.interval for bar in records(yahoo, "AAPL") if isinstance(bar, RecordedBar)}
    assert intervals == {"1d", "1m"}


def test_a_company_is_known_by_its_summary(yahoo: Yahoo) -> None:
    company = yahoo.company("7203.T")
    assert (company.symbol, company.name) == ("7203.T", "Toyota Motor Corporation")
    assert (company.sector, company.industry) == ("Consumer Cyclical", "Auto Manufacturers")
    assert (company.exchange, company.time_zone, company.currency) == ("JPX", "Asia/Tokyo", "JPY")
    assert (company.quote_type, company.decimals, company.delay) == ("EQUITY", 2, 900.0)
    assert yahoo.company("BTC-USD").sector is None


def test_a_company_without_a_summary_is_known_by_its_quote(standin: StandIn, yahoo: Yahoo) -> None:
    error = {
        "quoteSummary": {"result": None, "error": {"code": "Not Found", "description": "No fundamentals"}}
    }
    standin.answer_with(Fault.body(error, 404), path="yahoo/v10")
    company = yahoo.company("7203.T")
    assert (company.name, company.sector, company.delay) == ("Toyota Motor Corporation", None, 900.0)
    assert (company.exchange, company.time_zone) == ("JPX", "Asia/Tokyo")


def test_yahoo_numbers_no_trades(yahoo: Yahoo) -> None:
    assert list(yahoo.trades_after("AAPL", 7)) == []
