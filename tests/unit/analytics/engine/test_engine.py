"""The rules of closing one by one: watermark, grace, late quotes, time marks, recorded bars, extreme prices."""

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Interval, Record, RecordedInterval
from tests.inputs.records import bars_of, folded, kept, mark, quote, recorded_bar, restored, second

OPEN = second("2024-01-03T15:00")
PROMPT = EngineSettings(grace=0.0)
END = mark(second("2024-01-04T00:01"))
PRICES = (2.0, 4.0, 1.0, 3.0)


def prices(records: list[Record], interval: Interval = "1m") -> list[tuple[float, ...]]:
    """Open, high, low, close of the bars that have closed by then, under no grace."""
    return [bar[4:8] for bar in bars_of(folded(Engine(PROMPT), records), interval)]


def test_minute_closes_when_a_quote_passes_its_end() -> None:
    engine = Engine(PROMPT)
    events = folded(engine, [quote(OPEN, 1.0), quote(OPEN + 59.999999, 2.0), quote(OPEN + 60, 3.0)])
    (event,) = events
    assert event.offset == 2
    assert event.closed.bar[2:8] == (OPEN, OPEN + 60, 1.0, 2.0, 1.0, 2.0)
    assert event.closed.bar.quotes == 2


def test_quote_on_the_boundary_belongs_to_the_next_minute() -> None:
    events = folded(Engine(PROMPT), [quote(OPEN + 60, 1.0), END])
    assert bars_of(events, "1m")[0].start == OPEN + 60


def test_late_quote_does_not_reopen_a_closed_bar() -> None:
    engine = Engine(PROMPT)
    events = folded(engine, [quote(OPEN, 1.0), quote(OPEN + 60, 2.0), quote(OPEN + 59.9, 9.0), END])
    assert [bar.high for bar in bars_of(events, "1m")] == [1.0, 2.0]
    assert [bar.high for bar in bars_of(events, "1d")] == [2.0]
    state = engine.symbols["A"]
    assert (state.quotes, state.late, state.extreme) == (3, 1, 0)
    assert state.last is not None
    assert state.last.price == 2.0


def test_quote_at_the_very_end_of_a_closed_bar_is_not_late() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN + 90, 1.0), quote(OPEN + 60, 2.0)])
    assert engine.symbols["A"].late == 0
    folded(engine, [quote(OPEN + 59.999999, 2.0)])
    assert engine.symbols["A"].late == 1


def test_grace_waits_for_late_quotes_and_no_longer() -> None:
    engine = Engine(EngineSettings(grace=2.0))
    assert folded(engine, [quote(OPEN, 1.0), quote(OPEN + 61.999999, 2.0), quote(OPEN + 59, 3.0)]) == []
    (event,) = folded(engine, [mark(OPEN + 62)])
    assert event.closed.bar.close == 3.0


def test_quiet_partition_closes_by_time_marks() -> None:
    engine = Engine(EngineSettings(grace=2.0))
    folded(engine, [quote(OPEN, 1.0)])
    closed = [(now, bars_of(folded(engine, [mark(OPEN + now)]), "1m")) for now in range(64)]
    assert [now for now, bars in closed if bars] == [62]


def test_time_that_goes_back_changes_nothing() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), mark(OPEN + 300)])
    before = kept(engine)
    assert folded(engine, [mark(OPEN), mark(OPEN - 86_400), mark(OPEN + 300)]) == []
    assert kept(engine) == before


def test_time_marks_before_the_first_quote_open_nothing() -> None:
    engine = Engine(PROMPT)
    assert folded(engine, [mark(0), mark(30), END]) == []
    assert engine.symbols == {}


def test_minutes_without_quotes_have_no_bar() -> None:
    events = folded(Engine(PROMPT), [quote(OPEN, 1.0), quote(OPEN + 600, 2.0), END])
    assert [bar.start - OPEN for bar in bars_of(events, "1m")] == [0, 600]
    assert [bar.start - OPEN for bar in bars_of(events, "5m")] == [0, 600]


@pytest.mark.parametrize("grace", [3.0, 60.0, 3600.0])
def test_larger_grace_after_a_restart_does_not_take_back_what_is_closed(grace: float) -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), mark(OPEN + 60)])
    engine = restored(kept(engine), EngineSettings(grace=grace))
    assert folded(engine, [mark(OPEN + 61), quote(OPEN + 59, 2.0), END]) != []
    assert engine.symbols["A"].late == 1


def test_what_is_closed_stays_closed_over_two_restarts() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), mark(OPEN + 60)])
    for _ in range(2):
        engine = restored(kept(engine), EngineSettings(grace=3600.0))
        folded(engine, [mark(OPEN + 61)])
    folded(engine, [quote(OPEN + 59, 2.0)])
    assert engine.symbols["A"].late == 1


def test_seconds_and_quotes_share_the_open_minute() -> None:
    records: list[Record] = [
        quote(OPEN + 0.5, 5.0),
        recorded_bar(OPEN + 1, "1s", PRICES),
        quote(OPEN + 2.5, 6.0),
        END,
    ]
    assert prices(records) == [(5.0, 6.0, 1.0, 6.0)]
    assert prices(records, "1h") == [(5.0, 6.0, 1.0, 6.0)]


@pytest.mark.parametrize(
    ("recorded", "filled"),
    [
        ("1s", ["1m", "5m", "15m", "1h", "1d"]),
        ("1m", ["1m", "5m", "15m", "1h", "1d"]),
        ("5m", ["5m", "15m", "1h", "1d"]),
        ("15m", ["15m", "1h", "1d"]),
        ("1h", ["1h", "1d"]),
        ("1d", ["1d"]),
    ],
)
def test_recorded_bar_fills_its_own_interval_and_the_longer_ones(
    recorded: RecordedInterval, filled: list[str]
) -> None:
    start = second("2024-01-03T14:30") if recorded == "1d" else OPEN
    events = folded(Engine(PROMPT), [recorded_bar(start, recorded, PRICES, volume=7.0), END])
    assert [event.closed.bar.interval for event in events] == filled
    assert {event.closed.bar[4:11] for event in events} == {(*PRICES, 7.0, None, 1)}


def test_recorded_bars_merge_into_longer_ones() -> None:
    hours = [
        recorded_bar(OPEN, "1h", (2.0, 4.0, 1.0, 3.0), 5.0),
        recorded_bar(OPEN + 3600, "1h", (3.0, 5.0, 2.0, 4.0), 6.0),
    ]
    (day,) = bars_of(folded(Engine(PROMPT), [*hours, END]), "1d")
    assert day[4:11] == (2.0, 5.0, 1.0, 4.0, 11.0, None, 2)


@pytest.mark.parametrize("interval", ["1s", "1m", "5m", "15m", "1h", "1d"])
def test_recorded_bar_of_a_closed_slot_is_late(interval: RecordedInterval) -> None:
    start = second("2024-01-03T14:30") if interval == "1d" else OPEN
    engine = Engine(PROMPT)
    assert (
        folded(engine, [END, recorded_bar(start, interval, PRICES), mark(END.time.timestamp() + 86_400)])
        == []
    )
    assert engine.symbols["A"].late == 1


def test_hour_that_reaches_past_the_session_does_not_reopen_its_day() -> None:
    hour = second("2024-07-03T15:00")
    records: list[Record] = [
        recorded_bar(hour - 3600, "1h", PRICES, exchange="XLON"),
        mark(hour + 1900),
        recorded_bar(hour, "1h", (9.0, 9.0, 9.0, 9.0), exchange="XLON"),
        mark(hour + 7200),
    ]
    events = folded(Engine(PROMPT), records)
    assert [bar.high for bar in bars_of(events, "1d")] == [4.0]
    assert [bar.high for bar in bars_of(events, "1h")] == [4.0, 9.0]


def test_quote_after_a_recorded_day_is_the_last_one() -> None:
    engine = Engine(PROMPT)
    day = recorded_bar(second("2024-01-03T14:30"), "1d", PRICES)
    folded(engine, [day, quote(second("2024-01-03T21:30"), 3.5)])
    last = engine.symbols["A"].last
    assert last is not None
    assert last.price == 3.5


def test_close_of_a_recorded_bar_is_known_at_its_end() -> None:
    engine = Engine(PROMPT)
    folded(engine, [recorded_bar(OPEN, "1m", PRICES)])
    last = engine.symbols["A"].last
    assert last is not None
    assert (last.price, last.event_time.timestamp()) == (3.0, OPEN + 60)


def test_extreme_price_is_set_aside_until_a_second_one_confirms_it() -> None:
    spike: list[Record] = [
        quote(OPEN, 1.0),
        quote(OPEN + 1, 100.0),
        quote(OPEN + 2, 1.1),
        quote(OPEN + 3, 100.0),
        END,
    ]
    assert prices(spike) == [(1.0, 1.1, 1.0, 1.1)]
    split: list[Record] = [
        quote(OPEN, 100.0),
        quote(OPEN + 1, 1.0),
        quote(OPEN + 2, 1.1),
        quote(OPEN + 3, 1.2),
        END,
    ]
    assert prices(split) == [(100.0, 100.0, 1.1, 1.2)]


def test_new_level_confirmed_by_an_older_quote_is_the_level_from_then_on() -> None:
    engine = Engine(PROMPT)
    times = (20.0, 15.0, 16.0, 17.0, 18.0)
    folded(
        engine, [quote(OPEN + time, price) for time, price in zip(times, (1, 50, 50, 50, 50), strict=True)]
    )
    assert engine.symbols["A"].extreme == 1


def test_recorded_bars_are_counted_apart_from_quotes() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), recorded_bar(OPEN + 60, "1m", (1.0, 1.0, 1.0, 1.0))])
    assert (engine.symbols["A"].quotes, engine.symbols["A"].bars) == (1, 1)


def test_extreme_price_is_not_confirmed_by_another_extreme() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), quote(OPEN + 1, 100.0), quote(OPEN + 2, 0.001), quote(OPEN + 3, 100.0)])
    assert engine.symbols["A"].extreme == 3


def test_ten_times_is_not_yet_extreme() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), quote(OPEN + 1, 10.0), quote(OPEN + 2, 1.0)])
    assert engine.symbols["A"].extreme == 0


def test_extreme_prices_pass_if_the_settings_allow_them() -> None:
    engine = Engine(EngineSettings(grace=0.0, skip_extreme=False))
    (bar,) = bars_of(folded(engine, [quote(OPEN, 1.0), quote(OPEN + 1, 1e9), END]), "1m")
    assert (bar.high, engine.symbols["A"].extreme) == (1e9, 0)


def test_unconfirmed_price_is_kept_over_a_restart() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0), quote(OPEN + 1, 100.0)])
    engine = restored(kept(engine), PROMPT)
    (bar,) = bars_of(folded(engine, [quote(OPEN + 2, 101.0), END]), "1m")
    assert bar.high == 101.0


def test_quote_that_comes_after_a_newer_one_is_not_the_last() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN + 5, 2.0), quote(OPEN + 4, 3.0)])
    last = engine.symbols["A"].last
    assert last is not None
    assert last.price == 2.0


def test_first_quote_of_a_symbol_may_be_late() -> None:
    engine = Engine(PROMPT)
    assert folded(engine, [END, quote(OPEN, 1.0), mark(END.time.timestamp() + 600)]) == []
    assert (engine.symbols["A"].last, engine.symbols["A"].late, engine.symbols["A"].live()) == (None, 1, [])


def test_changed_names_the_symbols_that_were_touched() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(OPEN, 1.0, "A"), quote(OPEN, 1.0, "B")])
    engine.changed.clear()
    folded(engine, [quote(OPEN + 60, 1.0, "C")])
    assert engine.changed == {"C"}
    folded(engine, [mark(OPEN + 60)])
    assert engine.changed == {"A", "B", "C"}
