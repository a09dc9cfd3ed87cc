"""Splits and dividends: after a split every number is as if all prices had always been in new shares."""

from collections.abc import Iterable
from math import isclose
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event
from analytics.indicators.catalog import OUTPUTS
from analytics.indicators.indicator_row import IndicatorRow
from shared.market.records import INTERVALS, CorporateAction, Record, RecordedBar
from shared.recordings.sequence import recorded
from tests.inputs.records import bars_of, folded, kept, mark, quote, recorded_bar, restored, second, split

NIGHT = second("2014-06-09T04:00")
BEFORE, AFTER = second("2014-06-06T18:00"), second("2014-06-09T13:30")
PROMPT = EngineSettings(grace=0.0)
PRICES = (14.0, 28.0, 7.0, 21.0)


def minutes(start: int, prices: Iterable[float], volume: float = 10.0) -> list[Record]:
    """A recorded minute for each price."""
    return [
        recorded_bar(start + 60 * place, "1m", (price,) * 4, volume) for place, price in enumerate(prices)
    ]


def adjusted(records: Iterable[Record], ratio: float) -> list[Record]:
    """The same records in new shares from the beginning, without the split."""
    found: list[Record] = []
    old = True
    for record in records:
        if isinstance(record, CorporateAction) and record.action == "split":
            old = False
        elif old and isinstance(record, RecordedBar):
            names = ("open", "high", "low", "close")
            four = {name: getattr(record, name) / ratio for name in names}
            found.append(msgspec.structs.replace(record, **four, volume=(record.volume or 0.0) * ratio))
        else:
            found.append(record)
    return found


def rows_after(events: list[Event], start: int) -> dict[tuple[str, int], IndicatorRow]:
    """The indicators of bars that began at `start` or later."""
    closed = (event.closed for event in events if event.closed.bar.start >= start)
    return {(each.bar.interval, each.bar.start): each.indicators for each in closed}


def alerts(events: list[Event], rule: str, start: int) -> list[tuple[str, int]]:
    closed = (event.closed for event in events if event.closed.bar.start >= start)
    return [
        (each.bar.interval, each.bar.start) for each in closed for alert in each.alerts if alert.rule == rule
    ]


def assert_alike(
    found: dict[tuple[str, int], IndicatorRow], expected: dict[tuple[str, int], IndicatorRow]
) -> None:
    """Every indicator to a relative 1e-9; a difference of averages, against the averages that it came from."""
    assert found.keys() == expected.keys()
    for key, row in found.items():
        other, price = expected[key], expected[key].ema_long or 1.0
        for (name, output), value, reference in zip(OUTPUTS.items(), row, other, strict=True):
            scale = 1e-9 * price if output.unit == "difference" else 0.0
            if value is None or reference is None:
                assert value is reference, (key, name)
            else:
                assert isclose(value, reference, rel_tol=1e-9, abs_tol=scale), (key, name)


@pytest.mark.real_data
def test_seven_for_one_of_apple_changes_no_indicator_and_fires_no_alert(real_data: Path) -> None:
    files = sorted((real_data / "market_lean/lean/Data/equity/usa/minute/aapl").glob("*_trade.zip"))
    records = list(recorded(files))
    with_split = folded(Engine(EngineSettings()), records)
    never = folded(Engine(EngineSettings()), adjusted(records, 7.0))
    assert_alike(rows_after(with_split, NIGHT), rows_after(never, NIGHT))
    assert len(rows_after(with_split, NIGHT)) > 900
    assert all(
        row.rsi and row.bollinger_upper
        for (name, _), row in rows_after(with_split, NIGHT).items()
        if name == "5m"
    )
    assert alerts(with_split, "price_change", NIGHT) == []
    without_split = folded(
        Engine(EngineSettings()), [each for each in records if not isinstance(each, CorporateAction)]
    )
    assert [interval for interval, _ in alerts(without_split, "price_change", NIGHT)] == ["5m", "1h", "1d"]


@pytest.mark.real_data
def test_daily_bars_of_apple_are_adjusted_for_both_splits(real_data: Path) -> None:
    records = list(recorded([real_data / "market_lean/lean/Data/equity/usa/daily/aapl.zip"]))
    events = folded(Engine(PROMPT), records)
    dates = {second("2014-06-09T13:30"), second("2020-08-31T13:30")}
    assert not dates & {start for _, start in alerts(events, "price_change", 0)}
    without_split = folded(
        Engine(PROMPT), [each for each in records if not isinstance(each, CorporateAction)]
    )
    assert dates <= {start for _, start in alerts(without_split, "price_change", 0)}


@given(
    st.lists(st.floats(10.0, 20.0), min_size=1, max_size=80),
    st.lists(st.floats(10.0, 20.0), min_size=1, max_size=30),
    st.sampled_from([2.0, 7.0, 1.5, 0.1, 4.0]),
)
def test_split_gives_results_as_if_all_prices_were_in_new_shares(
    before: list[float], after: list[float], ratio: float
) -> None:
    # The first price behind a split is what shows it.
    records: list[Record] = [
        *minutes(BEFORE, [price * ratio for price in before]),
        split(NIGHT, ratio),
        *minutes(AFTER, [before[-1], *after]),
        mark(AFTER + 86_400),
    ]
    with_split = folded(Engine(PROMPT), records)
    never = folded(Engine(PROMPT), adjusted(records, ratio))
    assert_alike(rows_after(with_split, NIGHT), rows_after(never, NIGHT))
    for rule in ("price_change", "volume_change"):
        assert alerts(with_split, rule, NIGHT) == alerts(never, rule, NIGHT)


def test_open_bar_goes_on_in_new_shares() -> None:
    engine = Engine(PROMPT)
    records: list[Record] = [
        quote(NIGHT - 30, 14.0, size=1.0, exchange=None),
        split(NIGHT - 20, 7.0),
        quote(NIGHT - 10, 3.0, size=7.0),
    ]
    events = folded(engine, [*records, mark(NIGHT)])
    (bar,) = bars_of(events, "1m")
    assert (*bar[4:9], bar.vwap) == (2.0, 3.0, 2.0, 3.0, 14.0, (2.0 * 7.0 + 3.0 * 7.0) / 14.0)


def test_bars_that_ended_before_a_split_keep_the_prices_that_were_paid() -> None:
    engine = Engine(EngineSettings(grace=60.0))
    folded(engine, [recorded_bar(NIGHT - 60, "1m", PRICES)])
    assert bars_of(folded(engine, [split(NIGHT, 7.0)]), "1m")[0][4:8] == PRICES


def test_repeated_split_divides_nothing() -> None:
    engine = Engine(PROMPT)
    folded(engine, [*minutes(BEFORE, [70.0] * 30), split(NIGHT, 7.0)])
    before = kept(engine)
    assert folded(engine, [split(NIGHT, 7.0), split(NIGHT - 86_400, 2.0)]) == []
    assert kept(engine) == before
    engine = restored(before, PROMPT)
    folded(engine, [split(NIGHT, 7.0)])
    assert kept(engine) == before


def test_late_split_divides_only_series_without_new_prices() -> None:
    late, timely = Engine(PROMPT), Engine(PROMPT)
    before, after = minutes(BEFORE, [70.0] * 30), [*minutes(AFTER, [10.0] * 29), quote(AFTER + 1745, 10.0)]
    folded(late, [*before, *after, split(NIGHT, 7.0)])
    folded(timely, [*before, split(NIGHT, 7.0), *after])
    found, expected = (engine.symbols["A"].open.series for engine in (late, timely))
    assert found["1d"].state() == expected["1d"].state()
    assert found["1h"].state() == expected["1h"].state()
    assert (late.symbols["A"].extreme, late.symbols["A"].prints.accepted) == (0, 10.0)
    assert alerts(folded(late, minutes(AFTER + 1860, [10.0] * 30)), "price_change", NIGHT) == []


def test_late_split_does_not_change_an_open_bar_with_prices_of_both_sides() -> None:
    quotes: list[Record] = [quote(NIGHT + 10, 14.0), quote(NIGHT + 40, 2.0)]
    events = folded(Engine(PROMPT), [*quotes, split(NIGHT + 30, 7.0), mark(NIGHT + 60)])
    (bar,) = bars_of(events, "1m")
    assert bar[4:8] == (14.0, 14.0, 2.0, 2.0)


def test_split_before_the_first_quote_is_remembered() -> None:
    engine = Engine(PROMPT)
    folded(engine, [split(NIGHT, 7.0), *minutes(AFTER, [10.0]), split(NIGHT, 7.0)])
    (bar,) = bars_of(folded(engine, [mark(AFTER + 60)]), "1m")
    assert bar.close == 10.0


def test_split_of_one_symbol_does_not_affect_another() -> None:
    engine = Engine(PROMPT)
    folded(engine, [*minutes(BEFORE, [70.0]), split(NIGHT, 7.0, "B")])
    assert bars_of(folded(engine, [mark(NIGHT)]), "1m")[0].close == 70.0


def test_dividend_changes_no_number() -> None:
    one, other = Engine(PROMPT), Engine(PROMPT)
    dividend = msgspec.structs.replace(split(NIGHT, 0.5), action="dividend")
    start: list[Record] = minutes(BEFORE, [70.0, 71.0])
    folded(one, [*start, dividend])
    folded(other, [*start, mark(NIGHT, "A")])
    assert kept(one) == kept(other)


def settled(records: list[Record]) -> list[tuple[int, int, bool]]:
    """The offsets of the actions that were settled and of the records that settled them, and whether they hold."""
    engine = Engine(PROMPT)
    folded(engine, records)
    return [(each.offset, each.settled_by, not each.rejection) for each in engine.take_actions()]


def test_each_action_names_the_record_that_settled_it() -> None:
    """Two quotes are still at the price before the split, a third one shows it."""
    start: list[Record] = [*minutes(BEFORE, [70.0]), mark(NIGHT)]
    old: list[Record] = [quote(AFTER, 70.0), quote(AFTER + 1, 70.0)]
    dividend = msgspec.structs.replace(split(NIGHT, 0.5), action="dividend")
    assert settled([*start, dividend]) == [(2, 2, True)]
    assert settled([split(NIGHT, 7.0)]) == [(0, 0, True)]
    assert settled([*start, split(NIGHT, 7.0)]) == []
    assert settled([*start, split(NIGHT, 7.0), *old, quote(AFTER + 2, 10.0), *old]) == [(2, 5, True)]
    assert settled([*start, split(NIGHT, 7.0), *old, quote(AFTER + 300, 70.0)]) == [(2, 5, False)]
    assert settled([*start, split(NIGHT, 7.0), *minutes(AFTER, [10.0, 10.0])]) == [(2, 3, True)]
    assert settled([*start, split(NIGHT, 7.0), split(NIGHT + 1, 2.0)]) == [(2, 3, True)]
    odd_lot = msgspec.structs.replace(quote(AFTER, 10.0), conditions="Z")
    assert settled([*start, split(NIGHT, 7.0), odd_lot]) == [(2, 3, True)]


def test_price_of_a_hundred_for_one_is_not_extreme() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(BEFORE, 5000.0), split(NIGHT, 100.0), quote(AFTER, 50.0)])
    assert engine.symbols["A"].extreme == 0


def test_live_view_marks_follow_the_split() -> None:
    engine = Engine(PROMPT)
    folded(engine, [quote(NIGHT - 50 + place, 14.0) for place in range(10)])
    folded(engine, [split(NIGHT - 30, 7.0)])
    state = engine.symbols["A"]
    assert {live.bar.close for live in state.live()} == {2.0}
    assert {price for _, price in state._marks.values()} == {2.0}
    assert len(state.live()) == len(INTERVALS) - 1
