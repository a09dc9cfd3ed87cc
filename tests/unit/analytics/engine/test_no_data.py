"""Rules on missing quotes: they fire once a gap, at the time that it is long enough, however time goes on."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Record, RuleChange
from tests.inputs.records import kept, mark, quote, rule_change, second

PROMPT = EngineSettings(grace=0.0)
OPEN = second("2024-01-03T14:30")
"""The opening of New York on a Wednesday."""
FRIDAY_CLOSE, MONDAY_OPEN = second("2024-01-05T21:00"), second("2024-01-08T14:30")
MINUTE = 60


def fired(records: Sequence[Record], cuts: Sequence[int] = ()) -> list[tuple[str, int]]:
    """The symbols and times of the alerts; the state goes through a snapshot after the records at `cuts`."""
    engine, found = Engine(PROMPT), []
    for offset, record in enumerate(records):
        engine.fold(record, offset)
        found += [(each.no_data.symbol, each.no_data.time) for each in engine.rules.take().no_data]
        if offset in cuts:
            partition, symbols = msgspec.json.decode(kept(engine))
            engine = Engine(PROMPT)
            engine.restore(partition, symbols)
    return found


def armed(text: str, at: float = OPEN) -> RuleChange:
    return rule_change(at, 1, text)


def test_it_fires_once_a_gap_at_the_time_when_the_gap_is_long_enough() -> None:
    marks: list[Record] = [mark(OPEN + seconds) for seconds in (299, 300, 301, 900)]
    again: list[Record] = [quote(OPEN + 1000, 1.0), mark(OPEN + 1299), mark(OPEN + 5000)]
    records: list[Record] = [quote(OPEN, 1.0), armed("no data 5m"), *marks, *again]
    assert fired(records) == [("A", OPEN + 300), ("A", OPEN + 1300)]


def test_the_next_quote_moves_time_on_as_a_mark_does() -> None:
    records: list[Record] = [
        quote(OPEN, 1.0),
        armed("no data 5m"),
        quote(OPEN + 301, 1.0),
        quote(OPEN + 600, 1.0),
    ]
    assert fired(records) == [("A", OPEN + 300)]


def test_quotes_that_are_missing_when_it_is_armed_raise_no_alert() -> None:
    records: list[Record] = [
        quote(OPEN, 1.0),
        armed("no data 5m", OPEN + 400),
        mark(OPEN + 900),
        quote(OPEN + 901, 1.0),
    ]
    assert fired(records) == []
    assert fired([*records, mark(OPEN + 1201)]) == [("A", OPEN + 1201)]


def test_a_symbol_without_any_quote_raises_none_and_one_that_comes_later_does() -> None:
    records: list[Record] = [
        armed("no data 1m"),
        mark(OPEN + 100),
        quote(OPEN + 200, 1.0, symbol="B"),
        mark(OPEN + 260),
    ]
    assert fired(records) == [("B", OPEN + 260)]


@pytest.mark.parametrize(("text", "time"), [("no data 5m", 240), ("no data 5m while open", None)])
def test_a_closed_exchange_counts_only_if_the_rule_does_not_leave_it_out(text: str, time: int | None) -> None:
    last = FRIDAY_CLOSE - MINUTE
    records: list[Record] = [quote(last, 1.0), armed(text, last), mark(MONDAY_OPEN), mark(MONDAY_OPEN + 239)]
    assert fired(records) == ([] if time is None else [("A", last + 300)])
    at = MONDAY_OPEN + 240 if time is None else last + 300
    assert fired([*records, mark(MONDAY_OPEN + 240)]) == [("A", at)]


def test_once_and_every_hold_it_back() -> None:
    gaps: list[Record] = [quote(OPEN + 600 * number, 1.0) for number in range(5)]
    assert fired([gaps[0], armed("no data 5m once"), *gaps[1:]]) == [("A", OPEN + 300)]
    assert fired([gaps[0], armed("no data 5m every 20m"), *gaps[1:]]) == [
        ("A", OPEN + 300),
        ("A", OPEN + 1500),
    ]


@pytest.mark.parametrize(("text", "time", "late"), [("no data 5s", 6.0, 0.9), ("no data 1s", 2.0, 1.0)])
def test_a_late_quote_of_the_same_second_begins_no_second_gap(text: str, time: float, late: float) -> None:
    records: list[Record] = [quote(OPEN + 0.2, 1.0), armed(text), mark(OPEN + time), quote(OPEN + late, 1.0)]
    assert fired([*records, mark(OPEN + time + 1)]) == [("A", int(OPEN + time))]


def test_a_rule_that_is_removed_fires_no_more() -> None:
    records: list[Record] = [
        quote(OPEN, 1.0),
        armed("no data 5m"),
        rule_change(OPEN, 2, ""),
        mark(OPEN + 900),
    ]
    assert fired(records) == []


@settings(max_examples=100, deadline=None)
@given(some.data())
def test_alerts_are_the_ends_of_the_gaps_whatever_marks_and_snapshots_come_between(
    data: some.DataObject,
) -> None:
    steps = data.draw(some.lists(some.integers(1, 900), min_size=1, max_size=12))
    times = [OPEN + sum(steps[: number + 1]) for number in range(len(steps))]
    quotes = data.draw(some.lists(some.booleans(), min_size=len(steps), max_size=len(steps)))
    records: list[Record] = [
        quote(time, 1.0) if is_quote else mark(time) for time, is_quote in zip(times, quotes, strict=True)
    ]
    whole: list[Record] = [quote(OPEN, 1.0), armed("no data 5m"), *records]
    known = [OPEN, *(time for time, is_quote in zip(times, quotes, strict=True) if is_quote)]
    ends = [*known[1:], times[-1]]
    expected = [("A", last + 300) for last, end in zip(known, ends, strict=True) if end - last >= 300]
    cuts = data.draw(some.lists(some.integers(0, len(whole) - 1)))
    assert fired(whole, cuts) == expected
