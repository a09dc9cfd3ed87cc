"""The start of bars, and how quotes and shorter bars change an open bar."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.bars import OpenBar, Slot, slot_of
from shared.calendars.calendars import calendar_of
from shared.market.records import INTERVAL_SECONDS, INTERVALS, Interval
from tests.inputs.records import recorded_bar, second

MINUTE = Slot(second("2024-01-03T15:00"), second("2024-01-03T15:01"), "regular")
moments = st.integers(second("2000-01-01T00:00"), second("2026-01-01T00:00"))
prices = st.floats(1e-12, 1e14)
sizes = st.none() | st.floats(0, 1e18)
minute_times = st.floats(MINUTE.start, MINUTE.end, exclude_max=True)
quotes_of_the_minute = st.tuples(prices, sizes, minute_times)
offers = st.sampled_from([99.0, 100.0, 100.5, 0.0, -1.0, 1e-16, 1e15, math.inf, math.nan]) | st.floats()


def folded(quotes: list[tuple[float, float | None, float]]) -> OpenBar:
    bar = OpenBar(MINUTE, "test", quotes[0][0], quotes[0][2])
    for price, size, time in quotes:
        bar.add(price, size, time)
    return bar


@given(moments, st.sampled_from(INTERVALS), st.sampled_from(["XNYS", "XLON", "SIMULATED", None]))
def test_slot_holds_its_second_and_any_second_of_it_has_the_same_slot(
    moment: int, interval: Interval, exchange: str | None
) -> None:
    calendar = calendar_of(exchange)
    slot = slot_of(interval, moment, calendar)
    if slot is None:
        assert interval == "1d"
        assert calendar.at(moment).name != "regular"
        return
    assert slot.start <= moment < slot.end
    assert slot_of(interval, slot.start, calendar) == slot_of(interval, slot.end - 1, calendar) == slot
    assert slot.session == calendar.at(slot.start).name


@given(moments)
def test_intraday_slots_lie_in_one_another(moment: int) -> None:
    slots = [slot_of(interval, moment, calendar_of("XNYS")) for interval in INTERVALS[:4]]
    for inner, outer in pairwise(slots):
        assert inner is not None
        assert outer is not None
        assert outer.start <= inner.start < inner.end <= outer.end
        assert outer.start % (outer.end - outer.start) == 0


def test_hour_that_begins_before_the_opening_is_one_of_pre() -> None:
    slot = slot_of("1h", second("2024-01-03T14:45"), calendar_of("XNYS"))
    assert slot == (second("2024-01-03T14:00"), second("2024-01-03T15:00"), "pre")


@given(st.lists(quotes_of_the_minute, min_size=1, max_size=30))
def test_bar_has_the_values_of_its_quotes(quotes: list[tuple[float, float | None, float]]) -> None:
    bar = folded(quotes).bar("A", "1m")
    in_time = sorted(quotes, key=lambda quote: quote[2])
    latest = in_time[-1][2]
    assert bar.open == in_time[0][0]
    assert bar.close == [price for price, _, time in quotes if time == latest][-1]
    assert bar.high == max(price for price, _, _ in quotes)
    assert bar.low == min(price for price, _, _ in quotes)
    assert bar.quotes == len(quotes)
    assert math.isclose(
        bar.volume, math.fsum(size for _, size, _ in quotes if size is not None), rel_tol=1e-12
    )


@given(st.lists(quotes_of_the_minute, min_size=1, max_size=30))
def test_mean_price_lies_between_low_and_high(quotes: list[tuple[float, float | None, float]]) -> None:
    bar = folded(quotes).bar("A", "1m")
    sized = [(price, size) for price, size, _ in quotes if size]
    if not sized:
        assert bar.vwap is None
        return
    assert bar.vwap is not None
    assert bar.low <= bar.vwap <= bar.high
    volume = math.fsum(size for _, size in sized)
    if volume > 1e-200:
        assert math.isclose(bar.vwap, math.fsum(p * (s / volume) for p, s in sized), rel_tol=1e-9)


@given(st.lists(st.tuples(offers, offers, minute_times), min_size=1, max_size=20))
def test_spread_is_that_of_the_last_quote_with_possible_prices_in_order(
    quoted: list[tuple[float, float | None, float]],
) -> None:
    bar = folded([(1.0, None, MINUTE.start)])
    for bid, ask, time in quoted:
        bar.add_offers(bid, ask, time)
    valid = [
        (time, place, 2.0 * (ask - bid) / (ask + bid))
        for place, (bid, ask, time) in enumerate(quoted)
        if ask is not None and 1e-15 < bid < 1e15 and 1e-15 < ask < 1e15 and bid <= ask
    ]
    assert bar.bar("A", "1m").spread == max(valid, default=(0.0, 0, None))[2]


def test_spread_of_a_longer_bar_is_the_latest_one_whatever_is_merged_first() -> None:
    one, other, without = (folded([(1.0, None, MINUTE.start + at)]) for at in (5, 40, 50))
    one.add_offers(99.0, 101.0, MINUTE.start + 5)
    other.add_offers(99.5, 100.5, MINUTE.start + 40)
    for pieces in ((one, other, without), (other, without, one)):
        bar = OpenBar.without_price(MINUTE, "test")
        for piece in pieces:
            bar.merge(piece)
        assert bar.bar("A", "5m").spread == 0.01


def test_split_leaves_the_spread() -> None:
    bar = folded([(100.0, None, MINUTE.start)])
    bar.add_offers(99.0, 101.0, MINUTE.start)
    bar.split(4.0)
    assert bar.bar("A", "1m").spread == 0.02


def test_size_too_small_for_a_product_makes_no_price_of_zero() -> None:
    assert folded([(0.3, 5e-324, MINUTE.start)]).bar("A", "1m").vwap == 0.3


def test_quotes_without_a_size_make_no_volume_and_no_mean_price() -> None:
    bar = folded([(1.0, None, MINUTE.start), (2.0, None, MINUTE.start + 1)]).bar("A", "1m")
    assert (bar.volume, bar.vwap, bar.quotes) == (0.0, None, 2)


@given(st.lists(quotes_of_the_minute, min_size=2, max_size=20), st.data())
def test_bar_merged_from_two_is_that_of_all_quotes(
    quotes: list[tuple[float, float | None, float]], data: st.DataObject
) -> None:
    quotes = sorted(quotes, key=lambda quote: quote[2])
    cut = data.draw(st.integers(1, len(quotes) - 1))
    merged = folded(quotes[:cut])
    merged.merge(folded(quotes[cut:]))
    whole, parts = folded(quotes).bar("A", "1m"), merged.bar("A", "1m")
    assert parts[:8] == whole[:8]
    assert math.isclose(parts.volume, whole.volume, rel_tol=1e-12)
    assert parts.quotes == whole.quotes


def test_piece_of_an_earlier_time_that_is_merged_later_opens_the_bar_and_does_not_close_it() -> None:
    bar = folded([(3.0, None, MINUTE.start + 30)])
    bar.merge(folded([(1.0, None, MINUTE.start + 5)]))
    assert bar.bar("A", "1m")[4:8] == (1.0, 3.0, 1.0, 3.0)


@given(st.lists(quotes_of_the_minute, min_size=1, max_size=20), quotes_of_the_minute)
def test_restored_bar_goes_on_bit_for_bit(
    quotes: list[tuple[float, float | None, float]], more: tuple[float, float | None, float]
) -> None:
    bar = folded(quotes)
    twin = OpenBar.restored(bar.state())
    bar.add(*more)
    twin.add(*more)
    assert twin.state() == bar.state()


@pytest.mark.parametrize(("interval", "seconds"), [("1s", 1), ("1m", 60)])
def test_recorded_piece_covers_its_own_time(interval: str, seconds: int) -> None:
    record = recorded_bar(MINUTE.start, interval, (2.0, 4.0, 1.0, 3.0), volume=9.0)  # type: ignore[arg-type]
    piece = OpenBar.from_record(record, MINUTE)
    assert (piece.start, piece.end, piece.close_time) == (
        MINUTE.start,
        MINUTE.start + seconds,
        MINUTE.start + seconds,
    )
    assert piece.bar("A", "1m")[4:10] == (2.0, 4.0, 1.0, 3.0, 9.0, None)


def test_recorded_day_ends_with_its_session() -> None:
    start = second("2024-01-03T14:30")
    slot = slot_of("1d", start, calendar_of("XNYS"))
    assert slot is not None
    piece = OpenBar.from_record(recorded_bar(start, "1d", (2.0, 4.0, 1.0, 3.0)), slot)
    assert (piece.end, piece.close_time) == (second("2024-01-03T21:00"), second("2024-01-03T21:00"))


def test_every_interval_is_a_multiple_of_the_one_before() -> None:
    lengths = [INTERVAL_SECONDS[interval] for interval in INTERVALS]
    assert all(longer % shorter == 0 for shorter, longer in pairwise(lengths))
