"""Random markets: bars equal a plain oracle's, and no cut, restart or order of arrival changes a bit."""

import math
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.alerts import AlertSettings
from analytics.engine import Engine, Event
from analytics.indicator_set import IndicatorSettings
from analytics.symbol_state import EngineSettings, LiveEvery
from shared.market import (
    INTERVAL_SECONDS,
    INTERVALS,
    Bar,
    Interval,
    Quote,
    Record,
    RecordedInterval,
    TimeMark,
)
from tests.unit.records import folded, kept, mark, quote, recorded_bar, restored, second, split

OPENS, CLOSES = second("2024-01-03T14:30"), second("2024-01-03T21:00")
MIDNIGHT = second("2024-01-03T00:00")
END = mark(second("2024-01-06T00:00"))
EXCHANGES = {"A": "XNYS", "B": "24/7", "C": "XNYS"}
NERVOUS = EngineSettings(
    indicators=IndicatorSettings(2, 2, 3, 2, 3, 3, 1, 2, 2, 2),
    alerts=AlertSettings(55.0, 45.0, 0.0001, 0.01, 1.2, INTERVALS),
    live_every=LiveEvery(1, 3, 1, 2, 1, 5),
)

RECORDED: tuple[RecordedInterval, ...] = ("1s", *INTERVALS)

symbols = st.sampled_from("ABC")
cents = st.integers(5_000, 20_000)
sizes = st.none() | st.integers(0, 500)
graces = st.sampled_from([0.0, 0.5, 2.0, 60.0, 90.0])
steps = st.tuples(st.integers(-90_000, 200_000), symbols, cents, sizes, st.integers(0, 9))


@st.composite
def walks(draw: st.DrawFn) -> list[Record]:
    """Quotes and marks whose times walk forth and back around the opening or the close, to the millisecond."""
    now = draw(st.sampled_from([OPENS, CLOSES])) * 1000 - draw(st.integers(0, 900_000))
    records: list[Record] = []
    for step, symbol, price, size, kind in draw(st.lists(steps, max_size=60)):
        now += step
        if kind <= 1:
            records.append(mark(now / 1000, symbol if kind else None))
        else:
            amount = None if size is None else float(size)
            records.append(quote(now / 1000, price / 100, symbol, amount, EXCHANGES[symbol]))
    return records


@st.composite
def markets(draw: st.DrawFn) -> list[Record]:
    """Walks with recorded bars, splits and extreme prices among them."""
    records = draw(walks())
    for _ in range(draw(st.integers(0, 8))):
        interval = draw(st.sampled_from(RECORDED))
        start = OPENS + draw(st.integers(-900, 900))
        start = OPENS if interval == "1d" else start - start % INTERVAL_SECONDS[interval]
        four = sorted(price / 100 for price in draw(st.lists(cents, min_size=4, max_size=4)))
        bar = recorded_bar(start, interval, (four[1], four[3], four[0], four[2]), 5.0, symbol=draw(symbols))
        records.insert(draw(st.integers(0, len(records))), bar)
    for _ in range(draw(st.integers(0, 4))):
        at = OPENS + draw(st.integers(-60, 600))
        extreme = quote(at, draw(cents) * 1e6, draw(symbols), 1.0)
        records.insert(draw(st.integers(0, len(records))), extreme)
    for _ in range(draw(st.integers(0, 2))):
        at = OPENS + draw(st.integers(-900, 900))
        told = split(at, draw(st.sampled_from([7.0, 0.1, 1.5])), draw(symbols))
        records.insert(draw(st.integers(0, len(records))), told)
    return records


def not_late(records: Iterable[Record], grace: float) -> list[Quote]:
    """By the rule as it is written, in whole milliseconds: each symbol has its time, and None stands for all."""
    times: dict[str | None, int] = {None: 0}
    taken = []
    for record in records:
        assert isinstance(record, Quote | TimeMark)
        said = record.event_time if isinstance(record, Quote) else record.time
        now = round(said.timestamp() * 1000)
        if isinstance(record, Quote) or record.symbol in times:
            times[record.symbol] = max(times.get(record.symbol, 0), now)
        watermark = max(times[None], times.get(record.symbol, 0))
        if isinstance(record, Quote) and now // 60_000 >= (watermark - int(grace * 1000)) // 60_000:
            taken.append(record)
    return taken


def place(symbol: str, interval: Interval, time: float) -> tuple[int, int] | None:
    if interval != "1d":
        length = INTERVAL_SECONDS[interval]
        start = math.floor(time / length) * length
        return start, start + length
    if EXCHANGES[symbol] == "24/7":
        return MIDNIGHT, MIDNIGHT + 86_400
    return (OPENS, CLOSES) if OPENS <= time < CLOSES else None


def oracle(quotes: list[Quote]) -> dict[tuple[str, str, int], tuple[object, ...]]:
    """Bars by symbol, interval and start: all quotes of a slot in a list, and the words of the definition."""
    slots: dict[tuple[str, str, int, int], list[Quote]] = {}
    for said in quotes:
        for interval in INTERVALS:
            slot = place(said.symbol, interval, said.event_time.timestamp())
            if slot is not None:
                slots.setdefault((said.symbol, interval, *slot), []).append(said)
    return {key[:3]: (key[3], *summary(inside)) for key, inside in slots.items()}


def summary(quotes: list[Quote]) -> tuple[object, ...]:
    in_time = sorted(quotes, key=lambda said: said.event_time)
    prices = [said.price for said in in_time]
    sized = [(said.price, said.size) for said in quotes if said.size]
    volume = sum(size for _, size in sized)
    vwap = math.fsum(price * size for price, size in sized) / volume if sized else None
    return prices[0], max(prices), min(prices), prices[-1], volume, vwap, len(quotes)


def told(bar: Bar) -> tuple[object, ...]:
    return bar[3:9], bar.quotes


@settings(max_examples=150, deadline=None)
@given(walks(), graces)
def test_bars_of_every_interval_equal_the_oracle(records: list[Record], grace: float) -> None:
    events = folded(Engine(EngineSettings(grace=grace)), [*records, END])
    bars = {event.closed.bar[:3]: event.closed.bar for event in events}
    expected = oracle(not_late(records, grace))
    assert len(bars) == len(events)
    assert bars.keys() == expected.keys()
    for key, bar in bars.items():
        end, *four, volume, vwap, count = expected[key]
        assert bar[3:9] == (end, *four, volume)
        assert bar.quotes == count
        assert (bar.vwap is None) == (vwap is None)
        assert bar.vwap is None or math.isclose(bar.vwap, vwap, rel_tol=1e-12)  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(walks(), graces)
def test_late_and_taken_quotes_are_all_there_are(records: list[Record], grace: float) -> None:
    engine = Engine(EngineSettings(grace=grace))
    folded(engine, records)
    states = engine.symbols.values()
    said = sum(isinstance(record, Quote) for record in records)
    assert sum(state.quotes for state in states) == said
    assert sum(state.late for state in states) == said - len(not_late(records, grace))


@settings(max_examples=100, deadline=None)
@given(markets(), graces)
def test_bars_close_in_one_order_and_each_once(records: list[Record], grace: float) -> None:
    events = folded(Engine(EngineSettings(grace=grace)), [*records, END])
    order = [
        (event.offset, bar.end, INTERVAL_SECONDS[bar.interval], bar.symbol)
        for event, bar in ((event, event.closed.bar) for event in events)
    ]
    assert order == sorted(order)
    assert len({event.closed.bar[:3] for event in events}) == len(events)
    for symbol in EXCHANGES:
        own = [said[1:] for said in order if said[3] == symbol]
        assert own == sorted(own)


@settings(max_examples=100, deadline=None)
@given(walks(), graces)
def test_five_minutes_are_exactly_their_minutes(records: list[Record], grace: float) -> None:
    events = folded(Engine(EngineSettings(grace=grace)), [*records, END])
    bars = [event.closed.bar for event in events]
    for longer in (bar for bar in bars if bar.interval != "1m"):
        inside = [
            bar
            for bar in bars
            if bar.interval == "1m" and bar.symbol == longer.symbol and longer.start <= bar.start < longer.end
        ]
        assert longer.open == inside[0].open
        assert longer.close == inside[-1].close
        assert longer.high == max(bar.high for bar in inside)
        assert longer.low == min(bar.low for bar in inside)
        assert longer.volume == sum(bar.volume for bar in inside)
        assert longer.quotes == sum(bar.quotes for bar in inside)


@settings(max_examples=150, deadline=None)
@given(markets(), st.sets(st.integers(0, 80), max_size=6), graces)
def test_no_cut_and_no_restart_changes_a_bit(records: list[Record], cuts: set[int], grace: float) -> None:
    some = replace(NERVOUS, grace=grace)
    whole, parts = Engine(some), Engine(some)
    expected, found = folded(whole, records), list[Event]()
    for offset, record in enumerate(records):
        if offset in cuts:
            parts = restored(kept(parts), some)
        parts.fold(record, offset)
        found += parts.take_events()
    assert msgspec.json.encode(found) == msgspec.json.encode(expected)
    assert by_symbol(parts) == by_symbol(whole)
    assert [live(parts), live(restored(kept(whole), some))] == [live(whole)] * 2
    assert folded(parts, [END]) == folded(whole, [END])


def by_symbol(engine: Engine) -> dict[str, bytes]:
    """The state's bytes; a restart reads the symbols in another order than they came in."""
    states = {symbol: msgspec.json.encode(state.state()) for symbol, state in engine.symbols.items()}
    return {"": msgspec.json.encode(engine.state()), **states}


def live(engine: Engine) -> dict[str, bytes]:
    return {symbol: msgspec.json.encode(state.live()) for symbol, state in engine.symbols.items()}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 600_000), cents, sizes), unique_by=lambda said: said[0]), st.randoms()
)
def test_order_of_arrival_does_not_matter_while_bars_are_open(
    said: list[tuple[int, int, int | None]], chance: Random
) -> None:
    patient = EngineSettings(grace=86_400.0)
    quotes: list[Record] = [
        quote(OPENS + at / 1000, price / 100, size=None if size is None else float(size))
        for at, price, size in said
    ]
    shuffled = list(quotes)
    chance.shuffle(shuffled)
    one, other = folded(Engine(patient), [*quotes, END]), folded(Engine(patient), [*shuffled, END])
    assert [told(event.closed.bar) for event in one] == [told(event.closed.bar) for event in other]
    assert [event.closed.indicators for event in one] == [event.closed.indicators for event in other]
