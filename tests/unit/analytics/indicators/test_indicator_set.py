"""All indicators of one series together."""

import json
import math

import pytest

from analytics.indicators.bands import Bollinger, Volatility
from analytics.indicators.indicator_set import (
    IndicatorRow,
    IndicatorSet,
    IndicatorSettings,
    LiveCloses,
    SettingsChanged,
)
from analytics.indicators.indicators import EMA, MACD, RSI, SMA

CLOSES = [100.0 + 5.0 * math.sin(i / 3.0) + 0.01 * i for i in range(80)]
DEFAULTS = IndicatorSettings()


def folded(settings: IndicatorSettings, closes: list[float]) -> IndicatorSet:
    indicators = IndicatorSet(settings, 98_280.0)
    for close in closes:
        indicators.update(close)
    return indicators


def test_row_holds_every_value_in_its_own_column() -> None:
    rsi, sma_short, sma_long, ema_short, ema_long = RSI(14), SMA(20), SMA(50), EMA(12), EMA(26)
    macd, bollinger, volatility = MACD(12, 26, 9), Bollinger(20, 2), Volatility(20, 98_280.0)
    indicators = IndicatorSet(DEFAULTS, 98_280.0)
    for close in CLOSES:
        row = indicators.update(close)
        singles = (rsi, sma_short, sma_long, ema_short, ema_long)
        expected = [single.update(close) for single in singles]
        expected += [*(macd.update(close) or [None] * 3), *(bollinger.update(close) or [None] * 3)]
        assert row == IndicatorRow._make([*expected, volatility.update(close)])
    assert None not in row


def test_set_is_warm_when_its_slowest_indicator_is() -> None:
    indicators = IndicatorSet(DEFAULTS, 98_280.0)
    rows = [indicators.update(close) for close in CLOSES]
    assert indicators.warm_after == 50
    assert indicators.seen == len(CLOSES)
    assert [None not in row for row in rows] == [count >= 50 for count in range(1, len(CLOSES) + 1)]


@pytest.mark.parametrize("count", [0, 1, 13, 14, 25, 33, 49, 79])
def test_preview_is_the_next_row_and_changes_nothing(count: int) -> None:
    indicators = folded(DEFAULTS, CLOSES[:count])
    state = indicators.state()
    preview = indicators.preview(LiveCloses(*[CLOSES[count]] * 6))
    assert indicators.state() == state
    assert indicators.update(CLOSES[count]) == preview


def test_preview_takes_the_close_of_each_family() -> None:
    indicators = folded(DEFAULTS, CLOSES)
    closes = LiveCloses(rsi=101.0, sma=102.0, ema=103.0, bollinger=104.0, macd=105.0, volatility=106.0)
    row = indicators.preview(closes)

    def at(close: float) -> IndicatorRow:
        return indicators.preview(LiveCloses(*[close] * 6))

    assert row.rsi == at(101.0).rsi
    assert row[1:3] == at(102.0)[1:3]
    assert row[3:5] == at(103.0)[3:5]
    assert row[8:11] == at(104.0)[8:11]
    assert row[5:8] == at(105.0)[5:8]
    assert row.volatility == at(106.0).volatility
    assert len({at(close) for close in closes}) == len(closes)


@pytest.mark.parametrize("count", [0, 1, 14, 33, 60])
def test_rows_are_the_same_bit_for_bit_after_a_pause(count: int) -> None:
    unbroken = folded(DEFAULTS, CLOSES[:count])
    resumed = IndicatorSet(DEFAULTS, 98_280.0)
    resumed.restore(json.loads(json.dumps(unbroken.state())))
    assert resumed.seen == count
    assert [resumed.update(close) for close in CLOSES[count:]] == [
        unbroken.update(close) for close in CLOSES[count:]
    ]


def test_state_is_kept_by_keys_with_all_parameters() -> None:
    assert list(folded(DEFAULTS, CLOSES).state()) == [
        "rsi-14",
        "sma-20",
        "sma-50",
        "ema-12",
        "ema-26",
        "macd-12-26-9",
        "bollinger-20-2",
        "volatility-20-98280",
    ]


def test_equal_periods_share_a_key_without_harm() -> None:
    settings = IndicatorSettings(
        sma_short_period=20, sma_long_period=20, ema_short_period=9, ema_long_period=9
    )
    before = folded(settings, CLOSES[:40])
    after = IndicatorSet(settings, 98_280.0)
    after.restore(before.state())
    for close in CLOSES[40:]:
        row = after.update(close)
        assert row == before.update(close)
        assert row.sma_short == row.sma_long
        assert row.ema_short == row.ema_long


def test_state_of_another_period_is_not_taken() -> None:
    state = folded(IndicatorSettings(rsi_period=7), CLOSES).state()
    with pytest.raises(SettingsChanged, match="no rsi-14"):
        IndicatorSet(DEFAULTS, 98_280.0).restore(state)


def test_state_of_another_year_is_not_taken() -> None:
    state = folded(DEFAULTS, CLOSES).state()
    with pytest.raises(SettingsChanged, match="no volatility-20-252"):
        IndicatorSet(DEFAULTS, 252.0).restore(state)


def test_state_that_does_not_fit_is_not_taken() -> None:
    state = folded(DEFAULTS, CLOSES).state() | {"sma-20": [79, 1.0]}
    with pytest.raises(SettingsChanged, match="does not fit sma-20"):
        IndicatorSet(DEFAULTS, 98_280.0).restore(state)


def test_states_of_different_bars_are_not_taken_together() -> None:
    earlier, later = folded(DEFAULTS, CLOSES[:70]).state(), folded(DEFAULTS, CLOSES).state()
    with pytest.raises(SettingsChanged, match="same bar"):
        IndicatorSet(DEFAULTS, 98_280.0).restore(later | {"sma-50": earlier["sma-50"]})


def test_state_may_hold_more_than_is_wanted() -> None:
    state = folded(DEFAULTS, CLOSES).state() | {"sma-200": [0]}
    indicators = IndicatorSet(DEFAULTS, 98_280.0)
    indicators.restore(state)
    assert indicators.seen == len(CLOSES)
