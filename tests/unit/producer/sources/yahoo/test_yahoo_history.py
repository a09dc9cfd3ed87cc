"""Yahoo's history from the stand-in: raw, finished, in order, without unnecessary requests."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from producer.sources.yahoo import Yahoo
from shared.errors import UnknownSymbol
from shared.market.records import INTERVAL_SECONDS, CorporateAction, RecordedBar
from tests.standin import Fault, Instrument, Market, StandIn
from tests.unit.yahoo_standin import NOW, records, yahoo_at

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def bars(yahoo: Yahoo, name: str, interval: str, after: datetime | None = None) -> list[RecordedBar]:
    found = records(yahoo, name, after)
    return [record for record in found if isinstance(record, RecordedBar) and record.interval == interval]


def asked_intervals(standin: StandIn) -> list[str]:
    return [request.params["interval"] for request in standin.requests]


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
def test_bars_have_the_prices_paid_despite_later_splits(
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
    actions_found = [(action.action, action.time, action.value) for action in found]
    assert actions_found == [
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
