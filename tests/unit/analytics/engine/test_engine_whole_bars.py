"""A whole bar of a source is kept as given, and longer intervals include it."""

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import INTERVAL_SECONDS, Interval, Record, RecordedBar, RecordedInterval
from tests.inputs.records import bars_of, folded, kept, mark, quote, recorded_bar, restored, second

OPENS, CLOSES = second("2024-01-03T14:30"), second("2024-01-03T21:00")
PROMPT = EngineSettings(grace=0.0)
END = mark(second("2024-01-04T00:01"), "A")
GIVEN = (2.0, 4.0, 1.0, 3.0)
OTHER = (9.0, 9.0, 9.0, 9.0)


def filled(
    start: int, until: int, interval: RecordedInterval, price: float, volume: float
) -> list[RecordedBar]:
    """Bars one after the other, each of another price."""
    step = INTERVAL_SECONDS[interval]
    return [
        recorded_bar(at, interval, (price + place % 7,) * 4, volume)
        for place, at in enumerate(range(start, until, step))
    ]


def interleaved(*series: list[RecordedBar]) -> list[Record]:
    """By start, longer bars first: as a provider's history is published."""
    bars = [bar for one in series for bar in one]
    return [*sorted(bars, key=_order)]


def _order(bar: RecordedBar) -> tuple[float, int]:
    return bar.start.timestamp(), -INTERVAL_SECONDS[bar.interval]


def test_days_quarters_and_minutes_of_the_same_hours_each_stay_as_given() -> None:
    day = [recorded_bar(OPENS, "1d", (50.0, 60.0, 40.0, 55.0), 1_000_000.0)]
    quarters = filled(OPENS, CLOSES, "15m", 30.0, 900.0)
    minutes = filled(OPENS, CLOSES, "1m", 10.0, 50.0)
    events = folded(Engine(PROMPT), [*interleaved(day, quarters, minutes), END])
    for interval, given in (("1d", day), ("15m", quarters), ("1m", minutes)):
        bars = bars_of(events, interval)  # type: ignore[arg-type]
        assert [(bar.start, *bar[4:9]) for bar in bars] == [
            (bar.start.timestamp(), bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in given
        ]
    assert [bar.volume for bar in bars_of(events, "5m")] == [250.0] * 78
    assert [bar.volume for bar in bars_of(events, "1h")] == [1800.0, *[3600.0] * 6]
    assert {bar.low for bar in bars_of(events, "1h")} <= {30.0 + place for place in range(7)}


def test_hours_are_made_of_minutes_where_quarters_are_missing() -> None:
    quarters = filled(OPENS, OPENS + 900, "15m", 30.0, 900.0)
    minutes = filled(OPENS, OPENS + 1800, "1m", 10.0, 50.0)
    events = folded(Engine(PROMPT), [*interleaved(quarters, minutes), END])
    assert [bar.volume for bar in bars_of(events, "15m")] == [900.0, 750.0]
    assert [bar.volume for bar in bars_of(events, "1h")] == [1650.0]
    assert [bar.volume for bar in bars_of(events, "1d")] == [1650.0]


@pytest.mark.parametrize("interval", ["1m", "5m", "15m", "1h", "1d"])
def test_second_one_of_the_same_slot_is_ignored(interval: Interval) -> None:
    start = OPENS if interval == "1d" else second("2024-01-03T15:00")
    engine = Engine(PROMPT)
    folded(engine, [recorded_bar(start, interval, GIVEN, 7.0), recorded_bar(start, interval, OTHER, 8.0)])
    events = folded(engine, [END])
    assert {event.closed.bar[4:9] for event in events} == {(*GIVEN, 7.0)}
    state = engine.symbols["A"]
    assert (state.bars, state.late, state.extreme) == (2, 0, 0)


@pytest.mark.parametrize(
    "shorter", [quote(OPENS + 5, 9.0, size=1.0), recorded_bar(OPENS + 5, "1s", OTHER, 1.0)]
)
def test_nothing_shorter_enters_a_whole_minute_but_it_is_the_last_price(shorter: Record) -> None:
    engine = Engine(PROMPT)
    folded(engine, [recorded_bar(OPENS - 60, "1m", GIVEN), recorded_bar(OPENS, "1m", GIVEN, 7.0)])
    late = quote(OPENS + 60, 9.5)
    events = folded(engine, [shorter, late, END])
    assert bars_of(events, "1m")[0][4:9] == (*GIVEN, 7.0)
    last = engine.symbols["A"].last
    assert last is not None
    assert last.price == 9.5


@pytest.mark.parametrize("interval", ["5m", "15m", "1h", "1d"])
@pytest.mark.parametrize("restart", [False, True])
def test_history_does_not_overwrite_a_longer_bar_that_live_began(interval: Interval, restart: bool) -> None:
    start = OPENS if interval == "1d" else second("2024-01-03T15:00")
    engine = Engine(PROMPT)
    folded(engine, [quote(start + 5, 9.0, size=1.0)])
    if restart:
        engine = restored(kept(engine), PROMPT)
    events = folded(
        engine, [recorded_bar(start, interval, GIVEN, 7.0), quote(start + 30, 8.0, size=1.0), END]
    )
    assert {event.closed.bar[4:9] for event in events} == {(9.0, 9.0, 8.0, 8.0, 2.0)}


def test_whole_bar_is_one_after_a_restart_too() -> None:
    engine = Engine(PROMPT)
    folded(engine, [recorded_bar(OPENS, "15m", GIVEN, 7.0)])
    engine = restored(kept(engine), PROMPT)
    events = folded(engine, [*filled(OPENS, OPENS + 900, "1m", 9.0, 1.0), END])
    assert bars_of(events, "15m")[0][4:9] == (*GIVEN, 7.0)
    assert bars_of(events, "1h")[0][4:9] == (*GIVEN, 7.0)


def test_seconds_make_no_whole_minute() -> None:
    records: list[Record] = [recorded_bar(OPENS + at, "1s", GIVEN, 1.0) for at in range(60)]
    (bar,) = bars_of(folded(Engine(PROMPT), [*records, quote(OPENS + 59.5, 9.0, size=1.0), END]), "1m")
    assert (bar.volume, bar.high) == (61.0, 9.0)
