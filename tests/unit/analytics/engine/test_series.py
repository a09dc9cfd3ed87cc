"""One series: bars open and close; indicators and alerts are updated at closed bars."""

import msgspec
import pytest

from analytics.alerts.threshold_rules import AlertSettings
from analytics.engine.bars import OpenBar, Slot
from analytics.engine.series import BarSeries, ClosedBar
from analytics.indicators.catalog import STORED
from analytics.indicators.indicator_set import SettingsChanged
from analytics.indicators.spec import Parameters
from shared.calendars.calendars import AlwaysOpen
from shared.market.records import Interval
from tests.inputs.records import periods

FIRST, NEXT = Slot(300, 600, "regular"), Slot(600, 900, "post")
SHORT = periods(sma_short_period=2, rsi_period=2)


def series(indicators: Parameters = SHORT, alerting: tuple[Interval, ...] = ("5m",)) -> BarSeries:
    alerts = AlertSettings(price_change=0.05, intervals=alerting)
    return BarSeries("A", "5m", indicators, STORED, (), alerts, None, AlwaysOpen())


def piece(slot: Slot, price: float) -> OpenBar:
    bar = OpenBar(Slot(slot.start, slot.start + 60, slot.session), "test", price, slot.start)
    bar.add(price, 1.0, slot.start)
    return bar


def closed_at(some: BarSeries, slot: Slot, price: float) -> ClosedBar:
    some.begin(slot, piece(slot, price))
    return some.close(slot.start)[1]


def test_bar_takes_place_and_session_of_its_slot_not_of_its_piece() -> None:
    some = series()
    some.begin(FIRST, piece(NEXT, 2.0))
    bar = some.close(FIRST.start)[1].bar
    assert (bar.start, bar.end, bar.session) == FIRST


def test_piece_that_was_merged_is_not_changed_by_what_comes_later() -> None:
    some, first = series(), piece(FIRST, 2.0)
    some.begin(FIRST, first)
    some.open_bars[FIRST.start].merge(piece(FIRST, 9.0))
    assert (first.high, first.quotes) == (2.0, 1)


def test_indicators_count_closed_bars_only() -> None:
    some = series()
    some.begin(FIRST, piece(FIRST, 2.0))
    assert some.indicators.seen == 0
    assert some.close(FIRST.start)[1].indicators.sma_short is None
    assert closed_at(some, NEXT, 4.0).indicators.sma_short == 3.0
    assert some.indicators.seen == 2


def test_bar_that_is_not_open_can_not_be_closed() -> None:
    with pytest.raises(KeyError):
        series().close(0)


def test_alerts_come_in_the_intervals_of_the_settings_alone() -> None:
    cases: list[tuple[Interval, list[str]]] = [("5m", ["price_change"]), ("15m", [])]
    for interval, rules in cases:
        some = series(alerting=(interval,))
        closed_at(some, FIRST, 2.0)
        assert [alert.rule for alert in closed_at(some, NEXT, 4.0).alerts] == rules


def test_restored_series_goes_on_bit_for_bit() -> None:
    some, twin = series(), series()
    closed_at(some, FIRST, 2.0)
    some.begin(NEXT, piece(NEXT, 4.1))
    twin.restore(msgspec.json.decode(msgspec.json.encode(some.state())))
    assert twin.close(NEXT.start)[1] == some.close(NEXT.start)[1]
    assert twin.state() == some.state()


def test_series_remembers_after_which_bar_a_split_divided_it() -> None:
    """A split that is received after a bar with new prices was closed divides nothing, and is not remembered."""
    some, twin = series(), series()
    closed_at(some, FIRST, 2.0)
    some.split(2.0, 700.0, 700.0)
    closed_at(some, NEXT, 1.0)
    some.split(4.0, 800.0, 800.0)
    twin.restore(msgspec.json.decode(msgspec.json.encode(some.state())))
    assert some.splits == twin.splits == [(600, 2.0)]


def test_series_of_an_earlier_version_does_not_know_its_splits() -> None:
    some, state = series(), series().state()
    del state["splits"]
    some.restore(state)
    some.split(2.0, 700.0, 700.0)
    assert some.splits is None


def test_series_of_other_periods_can_not_be_restored() -> None:
    state = series().state()
    with pytest.raises(SettingsChanged):
        series(periods(rsi_period=3)).restore(state)


def test_series_that_had_no_alerts_begins_with_rules_at_rest() -> None:
    old, new = series(alerting=()), series()
    new.restore(old.state())
    assert closed_at(new, FIRST, 2.0).alerts == []
