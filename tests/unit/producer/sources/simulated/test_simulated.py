"""The simulated market: the same in every run; its bars are those of its quotes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.sources.simulated import SimulatedMarket
from shared.errors import ConfigError, StopPart
from shared.market.messages import decode, encode
from shared.market.records import Quote, Record, RecordedBar, TimeMark
from tests.inputs.simulated_market import DAY, MINUTE, NOW, SYMBOLS, end_of, quotes_of

Values = tuple[float, float, float, float, float | None]


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(SYMBOLS, 7)


@pytest.fixture(scope="module")
def past(market: SimulatedMarket) -> list[RecordedBar]:
    return list(market.history(NOW))


def bar_of(quotes: Iterable[Quote]) -> Values:
    quotes = list(quotes)
    prices = [quote.price for quote in quotes]
    return prices[0], max(prices), min(prices), prices[-1], sum(quote.size or 0.0 for quote in quotes)


def merged(bars: Iterable[RecordedBar]) -> Values:
    bars = list(bars)
    volume = sum(bar.volume or 0.0 for bar in bars)
    return bars[0].open, max(bar.high for bar in bars), min(bar.low for bar in bars), bars[-1].close, volume


def values(bar: RecordedBar) -> Values:
    return bar.open, bar.high, bar.low, bar.close, bar.volume


@pytest.mark.parametrize("hours", [0.0, 6.99, 7.5, 14.0, 22.0, 23.99])
def test_bars_left_of_a_history_are_known_from_its_first_bar(hours: float) -> None:
    market = SimulatedMarket(["XYZ", "AAPL"], 7)
    until = NOW.replace(hour=0, minute=0) + timedelta(hours=hours)
    history = market.history(until)
    assert market.bars_left == 0
    next(history)
    assert market.bars_left == len(list(history)) > 0
    assert market.bars_left == 0


@settings(max_examples=20, deadline=None)
@given(after=st.timedeltas(timedelta(0), timedelta(minutes=5)), length=st.timedeltas(timedelta(0), MINUTE))
def test_quote_is_the_same_from_whichever_start_it_is_requested(after: timedelta, length: timedelta) -> None:
    market = SimulatedMarket(SYMBOLS, 7)
    whole = list(market.quotes(NOW, NOW + timedelta(minutes=6)))
    begin, end = NOW + after, NOW + after + length
    expected = [record for record in whole if begin < record.received_time <= end]
    assert list(SimulatedMarket(SYMBOLS, 7).quotes(begin, end)) == expected


def test_symbol_is_the_same_whichever_others_there_are(market: SimulatedMarket) -> None:
    alone = quotes_of(SimulatedMarket(["XYZ"], 7).quotes(NOW, NOW + MINUTE), "XYZ")
    assert alone == quotes_of(market.quotes(NOW, NOW + MINUTE), "XYZ") != []


def test_another_seed_is_another_market(market: SimulatedMarket) -> None:
    other = SimulatedMarket(SYMBOLS, 8)
    assert list(other.quotes(NOW, NOW + MINUTE)) != list(market.quotes(NOW, NOW + MINUTE))


@pytest.mark.parametrize("hour", [0, 1, 2, 12, 21, 23])
def test_minute_of_the_history_is_what_its_quotes_give(
    market: SimulatedMarket, past: list[RecordedBar], hour: int
) -> None:
    begin = datetime(2025, 6, 2, hour, tzinfo=UTC)
    records = list(market.quotes(begin - timedelta(microseconds=1), begin + timedelta(hours=1)))
    for symbol in SYMBOLS:
        bars = [
            bar for bar in past if bar.symbol == symbol and begin <= bar.start < begin + timedelta(hours=1)
        ]
        quotes = quotes_of(records, symbol)
        by_minute = groupby(quotes, key=lambda quote: quote.event_time.replace(second=0, microsecond=0))
        assert [(bar.start, values(bar)) for bar in bars] == [
            (start, bar_of(some)) for start, some in by_minute
        ]


@pytest.mark.parametrize(
    ("later", "interval", "count"), [(4 * DAY, "15m", 96), (20 * DAY, "1h", 24), (90 * DAY, "1d", 1)]
)
def test_longer_bars_are_what_their_minutes_give(
    market: SimulatedMarket, past: list[RecordedBar], later: timedelta, interval: str, count: int
) -> None:
    """The same two days, in minutes soon after and in longer bars later."""
    begin = datetime(2025, 6, 1, tzinfo=UTC)
    longer = [bar for bar in market.history(NOW + later) if begin <= bar.start < begin + 2 * DAY]
    assert [bar.interval for bar in longer] == [interval] * (2 * count * len(SYMBOLS))
    minutes = [bar for bar in past if bar.start >= begin]
    for bar in longer:
        end = end_of(bar)
        assert values(bar) == merged(
            one for one in minutes if bar.start <= one.start < end and one.symbol == bar.symbol
        )


def test_history_is_in_order_and_overlaps_nowhere(past: list[RecordedBar]) -> None:
    assert [bar.position for bar in past] == sorted({bar.position for bar in past})
    assert [end_of(bar) for bar in past] == sorted(end_of(bar) for bar in past)
    assert all(bar.received_time == end_of(bar) for bar in past)
    for symbol in SYMBOLS:
        own = [bar for bar in past if bar.symbol == symbol]
        longer = ["1d"] * 670 + ["1h"] * 53 * 24 + ["15m"] * 5 * 96
        assert [bar.interval for bar in own] == longer + ["1m"] * (2 * 1440 + 15 * 60 + 23)
        assert all(end_of(one) <= two.start for one, two in pairwise(own))
        assert all(end_of(one) == two.start for one, two in pairwise(own[670:]))
        assert end_of(own[-1]) == NOW.replace(second=0, microsecond=0)


def test_prices_do_not_leap_from_one_bar_to_the_next(past: list[RecordedBar]) -> None:
    for symbol in SYMBOLS:
        minutes = [bar for bar in past if bar.symbol == symbol and bar.interval == "1m"]
        assert all(abs(two.open / one.close - 1) < 0.005 for one, two in pairwise(minutes))


def test_every_second_has_its_mark_before_its_quotes(market: SimulatedMarket) -> None:
    records = list(market.quotes(NOW, NOW + timedelta(minutes=2)))
    latest = NOW.replace(microsecond=0)
    marks = 0
    for record in records:
        if isinstance(record, TimeMark):
            assert record.time == latest + timedelta(seconds=1)
            latest, marks = record.time, marks + 1
        elif isinstance(record, Quote):
            assert latest <= record.event_time < latest + timedelta(seconds=1)
    assert marks == 120


def test_symbol_has_about_a_quote_a_second_and_fewer_outside_the_session(market: SimulatedMarket) -> None:
    opening = datetime(2025, 6, 2, 2, tzinfo=UTC)
    half = timedelta(minutes=30)
    assert 0.9 < len(quotes_of(market.quotes(opening, opening + half), "XYZ")) / 1800 < 1.1
    assert 0.3 < len(quotes_of(market.quotes(opening - half, opening), "XYZ")) / 1800 < 0.5


def test_rate_asks_for_more_quotes_of_the_same_minutes(market: SimulatedMarket) -> None:
    noon = datetime(2025, 6, 2, 12, tzinfo=UTC)
    few = quotes_of(market.quotes(noon, noon + MINUTE), "AAPL")
    many = quotes_of(SimulatedMarket(SYMBOLS, 7, rate=20.0).quotes(noon, noon + MINUTE), "AAPL")
    assert 15 < len(many) / len(few) < 25
    assert bar_of(many) == bar_of(few)


def test_day_so_far_ends_as_the_day_bar(market: SimulatedMarket) -> None:
    close = datetime(2025, 6, 2, 22, tzinfo=UTC)
    (day,) = [bar for bar in market.history(NOW + 90 * DAY) if bar.start == close - timedelta(hours=20)][:1]
    records = list(market.quotes(close - MINUTE, close + MINUTE))
    regular = [quote for quote in quotes_of(records, day.symbol) if quote.session == "regular"]
    post = [quote for quote in quotes_of(records, day.symbol) if quote.session == "post"]
    for quote in (regular[-1], post[0], post[-1]):
        assert (quote.day_open, quote.day_high, quote.day_low, quote.day_volume) == (
            day.open,
            day.high,
            day.low,
            day.volume,
        )
    assert regular[-1].price == day.close
    tomorrow = quotes_of(
        market.quotes(close + timedelta(hours=2), close + timedelta(hours=2) + MINUTE), day.symbol
    )
    assert {quote.previous_close for quote in tomorrow} == {day.close}
    assert {(quote.session, quote.day_open, quote.day_volume) for quote in tomorrow} == {("pre", None, None)}


def test_quotes_are_valid_messages(market: SimulatedMarket) -> None:
    for record in market.quotes(NOW, NOW + MINUTE):
        assert decode(encode(record), int(NOW.timestamp() * 1000) + 60_000) == record
        if isinstance(record, Quote):
            assert record.bid is not None and record.ask is not None
            assert record.bid <= record.price <= record.ask
            assert record.price == round(record.price, 2)


def test_market_is_busy_at_open_and_close_and_its_volatility_comes_in_clusters() -> None:
    bars = list(SimulatedMarket(["AAPL", "MSFT"], 7).history(NOW))
    hours = [bar for bar in bars if bar.interval == "1h" and bar.symbol == "AAPL"]
    volume = {hour: np.mean([bar.volume for bar in hours if bar.start.hour == hour]) for hour in range(24)}
    assert min(volume[2], volume[21]) > 1.5 * volume[12] > 6 * volume[0]
    closes = {
        symbol: np.array([bar.close for bar in bars if bar.symbol == symbol]) for symbol in ("AAPL", "MSFT")
    }
    days = {symbol: np.diff(np.log(prices[:670])) for symbol, prices in closes.items()}
    assert 0.2 < np.corrcoef(days["AAPL"], days["MSFT"])[0, 1] < 0.9
    assert 0.1 < days["AAPL"].std() * 365**0.5 < 0.6


def test_market_has_room_for_as_many_symbols_as_there_are_ranks() -> None:
    with pytest.raises(ConfigError, match="room for 1023 symbols"):
        SimulatedMarket([f"S{number}" for number in range(1024)], 7)


def test_years_that_the_market_does_not_know_stop_the_part(market: SimulatedMarket) -> None:
    def first(records: Iterator[Record]) -> Record:
        return next(records)

    for moment in (datetime(1970, 1, 2, tzinfo=UTC), datetime(2040, 1, 2, tzinfo=UTC)):
        with pytest.raises(StopPart, match="correct the clock"):
            first(market.quotes(moment, moment + MINUTE))
        with pytest.raises(StopPart, match="correct the clock"):
            list(market.history(moment))
