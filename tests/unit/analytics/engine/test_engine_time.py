"""Time is separate for each symbol: a lagging symbol delays no other, a new symbol gets its history, and a time mark
without a symbol applies to all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.open_bars import BarDeadlines
from shared.market.records import Record
from tests.inputs.records import bars_of, folded, mark, quote, recorded_bar, second

OPEN = second("2024-01-03T15:00")
PROMPT = EngineSettings(grace=0.0)
PRICES = (2.0, 4.0, 1.0, 3.0)


@pytest.mark.parametrize(
    "later",
    [
        quote(OPEN + 86_400, 1.0, "B"),
        recorded_bar(OPEN + 86_400, "1m", PRICES, symbol="B"),
        mark(OPEN + 86_400, "B"),
    ],
)
def test_records_of_one_symbol_close_no_bar_of_another(later: Record) -> None:
    engine = Engine(PROMPT)
    events = folded(engine, [quote(OPEN, 1.0, "A"), quote(OPEN, 1.0, "B"), later, quote(OPEN + 30, 2.0, "A")])
    assert {event.closed.bar.symbol for event in events} == {"B"}
    assert engine.symbols["A"].late == 0


def test_mark_without_a_symbol_closes_the_bars_of_all_in_order_of_time() -> None:
    records: list[Record] = [quote(OPEN, 1.0, "B"), quote(OPEN + 60, 1.0, "C"), quote(OPEN, 1.0, "A")]
    bars = [event.closed.bar for event in folded(Engine(PROMPT), [*records, mark(OPEN + 300)])]
    assert [(bar.symbol, bar.interval) for bar in bars] == [
        *(("A", "1m"), ("B", "1m"), ("C", "1m")),
        *(("A", "5m"), ("B", "5m"), ("C", "5m")),
    ]


def test_mark_of_an_unknown_symbol_does_nothing() -> None:
    engine = Engine(PROMPT)
    assert folded(engine, [mark(OPEN, "A")]) == []
    assert (engine.symbols, engine.changed) == ({}, set())


def test_symbol_that_is_added_later_is_backfilled() -> None:
    past: list[Record] = [recorded_bar(OPEN + 60 * minute, "1m", PRICES, symbol="B") for minute in range(30)]
    alone, among = Engine(PROMPT), Engine(PROMPT)
    folded(among, [quote(OPEN + 86_400 + number, 1.0, "A") for number in range(200)])
    assert bars_of(folded(among, past), "1m", "B") == bars_of(folded(alone, past), "1m", "B") != []
    assert among.symbols["B"].state() == alone.symbols["B"].state()


def test_symbol_seen_first_after_a_mark_for_all_starts_from_it() -> None:
    engine = Engine(PROMPT)
    folded(engine, [mark(OPEN + 60), quote(OPEN + 59, 1.0), quote(OPEN + 60, 1.0)])
    assert (engine.symbols["A"].quotes, engine.symbols["A"].late) == (2, 1)


def test_symbol_with_quotes_before_a_mark_for_all_is_late() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), mark(OPEN + 600), mark(OPEN + 120, "A"), quote(OPEN + 599, 1.0)])
    assert engine.symbols["A"].late == 1


def test_symbols_that_close_by_their_own_time_keep_no_old_deadlines() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN + 60 * minute, 1.0, symbol) for minute in range(2000) for symbol in "AB"])
    endings = engine._deadlines
    assert len(endings._ends) == 2
    assert sum(len(symbols) for symbols in endings._symbols.values()) == 2
    assert len(endings._symbols) <= 2
    assert all(len(state.open._due) <= 6 for state in engine.symbols.values())


def test_two_symbols_that_lag_apart_close_the_bars_that_each_would_alone() -> None:
    """B arrives two hours behind A, record by record."""
    a: list[Record] = [quote(OPEN + 20 * place, 1.0 + place % 7, "A") for place in range(400)]
    b: list[Record] = [quote(OPEN - 7200 + 20 * place, 2.0 + place % 5, "B") for place in range(400)]
    mixed = folded(Engine(EngineSettings()), [each for pair in zip(a, b, strict=True) for each in pair])
    for symbol, records in (("A", a), ("B", b)):
        alone = [event.closed for event in folded(Engine(EngineSettings()), records)]
        assert [event.closed for event in mixed if event.closed.bar.symbol == symbol] == alone != []


def test_history_and_live_quotes_leave_what_one_long_run_leaves() -> None:
    """Minutes as recorded bars, and the same minutes as quotes of one price."""
    prices = [10.0 + place * 37 % 11 for place in range(120)]
    past: list[Record] = [
        recorded_bar(OPEN + 60 * place, "1m", (price,) * 4) for place, price in enumerate(prices)
    ]
    live: list[Record] = [quote(OPEN + 60 * place + 5, price, size=0.0) for place, price in enumerate(prices)]
    one, other = Engine(PROMPT), Engine(PROMPT)
    folded(one, [*past[:70], *live[70:], mark(OPEN + 86_400, "A")])
    folded(other, [*live, mark(OPEN + 86_400, "A")])
    for interval, series in one.symbols["A"].open.series.items():
        assert series.indicators.state() == other.symbols["A"].open.series[interval].indicators.state()


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 20), st.booleans()), max_size=60))
def test_deadlines_return_every_symbol_whose_bar_may_have_ended(
    taken_marks: list[tuple[str, int, bool]],
) -> None:
    endings, ends = BarDeadlines(), dict[str, int]()
    for symbol, end, taken in taken_marks:
        if taken:
            found = endings.take(end)
            assert found == sorted(name for name, noted in ends.items() if noted <= end)
            for name in found:
                del ends[name]
        else:
            endings.note(symbol, end)
            ends[symbol] = min(end, ends.get(symbol, end))
