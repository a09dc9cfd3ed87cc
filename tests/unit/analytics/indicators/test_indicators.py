"""Properties of indicators that hold for any closes."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.indicators.momentum.rsi import RSI
from analytics.indicators.series.inputs import input_of
from analytics.indicators.spec import Indicator
from analytics.indicators.trend.macd import MACD
from analytics.indicators.trend.moving_averages import EMA, SMA
from analytics.indicators.volatility.bollinger import Bollinger
from analytics.indicators.volatility.realized_volatility import Volatility
from tests.inputs.records import flat_bar

MAKERS: list[Callable[[], Any]] = [
    lambda: RSI(5),
    lambda: SMA(1),
    lambda: SMA(5),
    lambda: EMA(1),
    lambda: EMA(5),
    lambda: MACD(3, 6, 4),
    lambda: Bollinger(1, 2),
    lambda: Bollinger(5, 2.5),
    lambda: Volatility(2, 252),
    lambda: Volatility(5, 252),
]
every_indicator = pytest.mark.parametrize("make", MAKERS, ids=[make().key for make in MAKERS])
prices = st.floats(min_value=1e-4, max_value=1e6)
closes_lists = st.lists(prices, max_size=25)


def fold(indicator: Any, closes: list[float]) -> list[Any]:
    return [indicator.update(flat_bar(close)) for close in closes]


@every_indicator
@given(closes=closes_lists, then=closes_lists)
@settings(max_examples=40, deadline=None)
def test_values_are_the_same_bit_for_bit_after_a_pause(
    make: Callable[[], Any], closes: list[float], then: list[float]
) -> None:
    unbroken, before_the_pause, after_it = make(), make(), make()
    fold(unbroken, closes)
    fold(before_the_pause, closes)
    after_it.restore(json.loads(json.dumps(before_the_pause.state())))
    assert after_it.seen == unbroken.seen
    assert fold(after_it, then) == fold(unbroken, then)
    assert after_it.state() == unbroken.state()


@every_indicator
@given(closes=closes_lists, other=prices, close=prices)
@settings(max_examples=40, deadline=None)
def test_preview_is_the_next_update_and_changes_nothing(
    make: Callable[[], Any], closes: list[float], other: float, close: float
) -> None:
    indicator = make()
    fold(indicator, closes)
    state = indicator.state()
    indicator.preview(flat_bar(other))
    preview = indicator.preview(flat_bar(close))
    assert indicator.state() == state
    assert indicator.update(flat_bar(close)) == preview


@every_indicator
def test_first_complete_value_comes_after_warm_after_bars(make: Callable[[], Any]) -> None:
    indicator = make()
    values = fold(indicator, [100.0 + math.sin(i) for i in range(40)])
    complete = [not (value is None or (isinstance(value, tuple) and None in value)) for value in values]
    assert complete == [count >= max(indicator.warm_after) for count in range(1, 41)]
    assert indicator.seen == 40


@every_indicator
def test_state_stays_bounded_however_long_the_series(make: Callable[[], Any]) -> None:
    indicator = make()
    fold(indicator, [100.0 + math.sin(i) for i in range(30)])
    size = len(indicator.state())
    fold(indicator, [100.0 + math.cos(i) for i in range(1000)])
    assert len(indicator.state()) == size


@every_indicator
@pytest.mark.parametrize("count", [0, 1, 4, 30])
def test_state_of_a_wrong_shape_is_refused(make: Callable[[], Any], count: int) -> None:
    indicator = make()
    fold(indicator, [100.0 + i for i in range(count)])
    state = indicator.state()
    misfits = [[], state[:-1], [*state, 1.0], [-1, *state[1:]], [0.5, *state[1:]], ["x", *state[1:]]]
    misfits += [[*state[:-1], math.nan], [*state[:-1], None]]
    for misfit in misfits:
        with pytest.raises(ValueError, match="stored state"):
            make().restore(misfit)


def test_window_of_another_length_is_refused() -> None:
    longer, shorter = SMA(20), SMA(10)
    fold(longer, [100.0 + i for i in range(30)])
    with pytest.raises(ValueError, match="does not fit sma-10"):
        shorter.restore(longer.state())


def test_refused_state_leaves_a_window_as_it_was() -> None:
    average = SMA(3)
    fold(average, [1.0, 2.0])
    with pytest.raises(ValueError, match="does not fit sma-3"):
        average.restore([2, 9.0])
    assert average.update(flat_bar(3.0)) == 2.0


def test_restored_indicator_shares_nothing_with_the_state_it_came_from() -> None:
    original, twin = SMA(3), SMA(3)
    fold(original, [1.0, 2.0])
    state = original.state()
    twin.restore(state)
    twin.update(flat_bar(30.0))
    assert state == [2, 1.0, 2.0]
    assert original.update(flat_bar(3.0)) == 2.0


def test_keys_name_every_parameter() -> None:
    indicators: list[Indicator] = [
        RSI(14),
        SMA(20),
        EMA(12),
        MACD(12, 26, 9),
        Bollinger(20, 2),
        Volatility(20, 98280.0),
    ]
    assert [indicator.key for indicator in indicators] == [
        "rsi-14",
        "sma-20",
        "ema-12",
        "macd-12-26-9",
        "bollinger-20-2",
        "volatility-20-98280",
    ]
    assert Bollinger(20, 2.5).key == "bollinger-20-2.5"
    assert Volatility(20, 31_536_000.0).key == "volatility-20-31536000"
    assert SMA(20, input_of("volume")).key == "sma-volume-20"


def test_input_may_be_another_series_than_the_close() -> None:
    """In new shares the volumes of before are larger, where prices are smaller."""
    average = SMA(2, input_of("volume"))
    bars = [flat_bar(100.0)._replace(volume=volume) for volume in (10.0, 30.0, 60.0)]
    assert [average.update(bar) for bar in bars[:2]] == [None, 20.0]
    average.split(2.0)
    assert average.update(bars[2]) == 60.0


def test_rsi_without_losses_is_exactly_100_and_without_gains_exactly_0() -> None:
    rising = [100.0 + 0.1 * i for i in range(60)]
    assert set(fold(RSI(14), rising)[14:]) == {100.0}
    assert set(fold(RSI(14), rising[::-1])[14:]) == {0.0}


def test_rsi_of_a_price_that_never_moved_is_50() -> None:
    assert set(fold(RSI(14), [65000.01] * 40)[14:]) == {50.0}


def test_rsi_stays_what_it_was_while_a_price_stands_still() -> None:
    moving = [100.0, 101.0, 100.5, 101.5, 101.0, 102.0]
    values = fold(RSI(3), [*moving, *[102.0] * 200])
    assert values[-1] == pytest.approx(values[len(moving) - 1], abs=1e-9)


def test_bands_and_volatility_of_a_price_that_never_moved_have_no_width() -> None:
    flat = (65000.01, 65000.01, 65000.01)
    assert fold(Bollinger(20, 2), [65000.01] * 40)[-1] == pytest.approx(flat, rel=0, abs=1e-10)
    assert fold(Volatility(20, 252), [65000.01] * 40)[-1] == 0.0


def test_bands_hold_the_asked_number_of_deviations() -> None:
    closes = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]  # mean 5, population standard deviation 2
    assert fold(Bollinger(8, 1.5), closes)[-1] == pytest.approx((2.0, 5.0, 8.0), abs=1e-12)


def test_macd_comes_before_its_signal() -> None:
    values = fold(MACD(2, 4, 3), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    assert values[:3] == [None, None, None]
    assert [signal is None for _, signal, _ in values[3:]] == [True, True, False]
    assert [histogram is None for _, _, histogram in values[3:]] == [True, True, False]
    macd, signal, histogram = values[5]
    assert histogram == macd - signal


def test_an_old_extreme_leaves_no_trace_once_it_left_the_window() -> None:
    calm = [100.0 + 0.01 * (i % 7) for i in range(60)]
    for make in (lambda: SMA(20), lambda: Bollinger(20, 2), lambda: Volatility(20, 252)):
        shaken = [*calm[:10], 1e12, 1e-12, *calm]
        assert fold(make(), shaken)[-30:] == fold(make(), calm)[-30:]
