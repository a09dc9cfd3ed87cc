"""Which trades enter open, high, low, close and volume of a bar, by their sale conditions."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Bar, Interval, Quote, Record
from tests.inputs.records import bars_of, folded, kept, mark, quote, recorded_bar, restored, second, split

OPEN = second("2024-01-03T15:00")
EVENING = second("2024-01-03T21:30")
NIGHT = second("2024-01-04T05:00")
TAPE = EngineSettings(grace=0.0)
END = mark(second("2024-01-04T02:00"))


def trade(seconds: float, price: float, conditions: str | None, size: float = 100.0) -> Quote:
    return msgspec.structs.replace(quote(seconds, price, size=size), conditions=conditions)


def bars(
    records: Sequence[Record], interval: Interval = "1m", settings: EngineSettings = TAPE
) -> list[tuple[float, ...]]:
    """Open, high, low, close and volume of the bars that close."""
    return [bar[4:9] for bar in bars_of(folded(Engine(settings), [*records, END]), interval)]


def test_odd_lot_adds_volume_alone() -> None:
    records = [trade(OPEN, 10.0, None), trade(OPEN + 1, 12.0, "I", 7.0), trade(OPEN + 2, 11.0, None)]
    assert bars(records) == [(10.0, 11.0, 10.0, 11.0, 207.0)]


def test_trade_out_of_sequence_is_high_or_low_but_never_open_or_close() -> None:
    records = [trade(OPEN, 12.0, "Z"), trade(OPEN + 1, 10.0, None), trade(OPEN + 2, 9.0, "P")]
    assert bars(records) == [(10.0, 12.0, 9.0, 10.0, 300.0)]


def test_official_close_of_a_market_adds_nothing() -> None:
    engine = Engine(TAPE)
    events = folded(engine, [trade(OPEN, 10.0, None), trade(OPEN + 1, 12.0, "M"), END])
    (bar,) = bars_of(events, "1m")
    assert (bar.high, bar.volume, bar.quotes) == (10.0, 100.0, 2)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_order_of_arrival_does_not_matter(position: int) -> None:
    records: list[Record] = [trade(OPEN + 1, 10.0, None), trade(OPEN + 2, 11.0, None)]
    records.insert(position, trade(OPEN + 1.5, 99.0, "I", 50.0))
    assert bars(records) == [(10.0, 11.0, 10.0, 11.0, 250.0)]


def test_minute_without_a_price_is_no_bar_but_its_volume_is_in_the_longer_bars() -> None:
    records = [
        trade(OPEN, 10.0, None),
        trade(OPEN + 60, 12.0, "I", 7.0),
        trade(OPEN + 120, 11.0, "Z", 5.0),
        trade(OPEN + 180, 10.5, None),
    ]
    assert bars(records) == [(10.0, 10.0, 10.0, 10.0, 100.0), (10.5, 10.5, 10.5, 10.5, 100.0)]
    for interval in ("5m", "15m", "1h", "1d"):
        assert bars(records, interval) == [(10.0, 11.0, 10.0, 10.5, 212.0)]


def test_volume_before_the_first_price_of_a_longer_bar_is_in_it() -> None:
    records = [trade(OPEN, 12.0, "I", 7.0), trade(OPEN + 60, 10.0, None), trade(OPEN + 61, 9.0, None)]
    assert bars(records, "5m") == [(10.0, 10.0, 9.0, 9.0, 207.0)]


def test_hour_without_a_price_is_no_bar() -> None:
    engine = Engine(TAPE)
    events = folded(engine, [trade(OPEN, 12.0, "I"), trade(OPEN + 90, 12.0, "W"), END])
    assert events == []
    assert (engine.symbols["A"].quotes, engine.symbols["A"].last) == (2, None)


def test_trade_that_updates_no_last_price_is_not_shown_as_the_last() -> None:
    engine = Engine(TAPE)
    folded(engine, [trade(OPEN, 10.0, None), trade(OPEN + 1, 12.0, "I"), trade(OPEN + 2, 12.0, "Z")])
    last = engine.symbols["A"].last
    assert last is not None
    assert last.price == 10.0


def test_open_bar_without_a_price_is_not_shown() -> None:
    engine = Engine(TAPE)
    folded(engine, [trade(OPEN, 12.0, "I", 7.0)])
    assert engine.symbols["A"].live() == []
    folded(engine, [trade(OPEN + 1, 10.0, None)])
    assert {live.bar[4:9] for live in engine.symbols["A"].live()} == {(10.0, 10.0, 10.0, 10.0, 107.0)}


def test_minute_that_waits_for_late_quotes_is_shown_until_the_next_one_has_a_price() -> None:
    engine = Engine(replace(TAPE, grace=5.0))
    folded(engine, [trade(OPEN + 59, 10.0, None), trade(OPEN + 61, 12.0, "I")])
    assert {live.bar.start for live in engine.symbols["A"].live() if live.bar.interval == "1m"} == {OPEN}
    folded(engine, [trade(OPEN + 62, 11.0, None)])
    assert {live.bar.start for live in engine.symbols["A"].live() if live.bar.interval == "1m"} == {OPEN + 60}


def test_form_t_counts_in_the_extended_hours_and_adds_volume_in_the_session() -> None:
    session = [trade(OPEN, 10.0, None), trade(OPEN + 1, 12.0, "T")]
    evening = [trade(EVENING, 10.0, "T"), trade(EVENING + 1, 12.0, "FT")]
    assert bars([*session, *evening]) == [(10.0, 10.0, 10.0, 10.0, 200.0), (10.0, 12.0, 10.0, 12.0, 200.0)]


def test_settings_choose_the_reading() -> None:
    records: list[Record] = [
        trade(OPEN, 10.0, None),
        trade(OPEN + 1, 12.0, "F"),
        trade(OPEN + 2, 13.0, "I"),
    ]
    found = {
        reading: bars(records, settings=replace(TAPE, trade_conditions=reading))
        for reading in ("tape", "without-sweeps", "all", "tape,I:all")
    }
    assert found == {
        "tape": [(10.0, 12.0, 10.0, 12.0, 300.0)],
        "without-sweeps": [(10.0, 10.0, 10.0, 10.0, 300.0)],
        "all": [(10.0, 13.0, 10.0, 13.0, 300.0)],
        "tape,I:all": [(10.0, 13.0, 10.0, 13.0, 300.0)],
    }


def test_extreme_price_out_of_sequence_is_set_aside() -> None:
    engine = Engine(TAPE)
    events = folded(engine, [trade(OPEN, 10.0, None), trade(OPEN + 1, 1_000.0, "Z"), END])
    assert [bar.high for bar in bars_of(events, "1m")] == [10.0]
    assert engine.symbols["A"].extreme == 1


def test_finished_minute_of_a_source_replaces_one_without_a_price() -> None:
    whole = recorded_bar(OPEN, "1m", (1.0, 4.0, 1.0, 3.0), 9.0)
    assert bars([trade(OPEN + 1, 12.0, "I"), whole, trade(OPEN + 2, 12.0, "I")]) == [
        (1.0, 4.0, 1.0, 3.0, 9.0)
    ]


@pytest.mark.parametrize("cut", range(1, 6))
def test_restart_changes_no_bit(cut: int) -> None:
    records: list[Record] = [
        trade(OPEN, 12.0, "I"),
        trade(OPEN + 1, 11.0, "Z"),
        trade(OPEN + 2, 10.0, None),
        trade(OPEN + 61, 10.0, "W"),
        trade(OPEN + 125, 10.0, "4"),
        trade(OPEN + 130, 10.5, "F"),
        END,
    ]
    whole, before = Engine(TAPE), Engine(TAPE)
    expected = folded(whole, records)
    found = folded(before, records[:cut])
    after = restored(kept(before), TAPE)
    found += folded(after, records[cut:])
    assert [event.closed for event in found] == [event.closed for event in expected]
    assert kept(after) == kept(whole)


@pytest.mark.parametrize("ratio", [2.0, 0.1])
def test_bar_without_a_price_stays_one_over_a_split(ratio: float) -> None:
    records: list[Record] = [
        quote(NIGHT - 86_400, 70.0),
        trade(NIGHT - 30, 70.0, "I", 10.0),
        split(NIGHT, ratio),
        quote(NIGHT + 3_600, 70.0 / ratio),
    ]
    events = folded(Engine(replace(TAPE, grace=60.0)), [*records, mark(NIGHT + 86_400)])
    found: list[Bar] = bars_of(events, "1m")
    assert [bar.close for bar in found] == [70.0, 70.0 / ratio]


def test_odd_lots_before_a_split_is_confirmed_are_already_in_new_shares() -> None:
    """Found by reading: the first price behind the split multiplied the volume of odd lots before it once more."""
    morning = NIGHT + 9 * 3_600
    records: list[Record] = [
        quote(OPEN, 100.0, size=10.0),
        mark(OPEN + 3_600),
        split(NIGHT, 4.0),
        *(trade(morning + 60 * minute, 25.0, "I", 50.0) for minute in range(20)),
        trade(morning + 31 * 60, 25.0, None, 100.0),
    ]
    events = folded(Engine(TAPE), [*records, mark(morning + 7_200)])
    assert [bar.volume for bar in bars_of(events, "1h")][-1] == 20 * 50.0 + 100.0


@pytest.mark.parametrize("conditions", ["I", "M"])
@pytest.mark.parametrize("interval", ["5m", "1h"])
def test_bar_of_a_source_is_used_though_trades_without_a_price_came_before(
    conditions: str, interval: Interval
) -> None:
    """Found by reading: one odd lot made the bar of the source be ignored, and no bar closed."""
    whole = recorded_bar(OPEN, interval, (10.0, 12.0, 9.0, 11.0), volume=1_000.0)
    records: list[Record] = [trade(OPEN + 10, 10.0, conditions, 5.0), mark(OPEN + 120), whole]
    assert bars(records, interval) == [(10.0, 12.0, 9.0, 11.0, 1_000.0)]
