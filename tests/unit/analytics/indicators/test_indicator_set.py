"""All indicators of one series together."""

import json
import math
from collections.abc import Callable

import pytest

from analytics.indicators.catalog import COLUMNS, DEFAULTS, STORED
from analytics.indicators.indicator_row import COLUMN_PLACES, IndicatorRow
from analytics.indicators.indicator_set import IndicatorSet, IndicatorStates, SettingsChanged
from analytics.indicators.spec import Parameters
from tests.inputs.records import context, flat_bar, periods

CLOSES = [100.0 + 5.0 * math.sin(i / 3.0) + 0.01 * i for i in range(80)]
StoredAs = Callable[[IndicatorStates], IndicatorStates]
BARS = [flat_bar(close)._replace(high=close + 1.0, low=close - 1.0) for close in CLOSES]


def folded(parameters: Parameters, count: int = len(BARS)) -> IndicatorSet:
    indicators = IndicatorSet(parameters, context(98_280.0))
    for bar in BARS[:count]:
        indicators.update(bar)
    return indicators


def test_row_holds_every_value_in_its_own_column() -> None:
    singles = [spec.make(DEFAULTS, context(98_280.0)) for spec in STORED]
    indicators = IndicatorSet(DEFAULTS, context(98_280.0))
    for bar in BARS:
        row = indicators.update(bar)
        for spec, single in zip(STORED, singles, strict=True):
            value = single.update(bar)
            values = value if isinstance(value, tuple) else (value,) * len(spec.outputs)
            assert [getattr(row, output.name) for output in spec.outputs] == list(values)
    assert None not in row


def test_row_has_no_column_that_is_not_in_the_catalog() -> None:
    with pytest.raises(AttributeError, match="no indicator has a column rsj"):
        _ = IndicatorRow([None] * len(COLUMNS)).rsj


def test_set_is_warm_when_its_slowest_indicator_is() -> None:
    indicators = IndicatorSet(DEFAULTS, context(98_280.0))
    rows = [indicators.update(bar) for bar in BARS]
    assert indicators.warm_after == 50
    assert indicators.seen == len(BARS)
    assert [None not in row for row in rows] == [count >= 50 for count in range(1, len(BARS) + 1)]


@pytest.mark.parametrize("count", [0, 1, 13, 14, 25, 33, 49, 79])
def test_preview_is_the_next_row_and_changes_nothing(count: int) -> None:
    indicators = folded(DEFAULTS, count)
    state = indicators.state()
    preview = indicators.preview(BARS[count], {})
    assert indicators.state() == state
    assert indicators.update(BARS[count]) == preview


def test_preview_takes_the_bar_that_is_held_back_for_a_family() -> None:
    indicators = folded(DEFAULTS)
    now, before = flat_bar(90.0), flat_bar(115.0)
    live, old = indicators.preview(now, {}), indicators.preview(before, {})
    mixed = indicators.preview(now, {"sma": before, "bollinger": before})
    for spec in STORED:
        expected = old if spec.family in ("sma", "bollinger") else live
        for output in spec.outputs:
            place = COLUMN_PLACES[output.name]
            assert mixed[place] == expected[place] != (live if expected is old else old)[place]


@pytest.mark.parametrize("count", [0, 1, 14, 33, 60])
def test_rows_are_the_same_bit_for_bit_after_a_pause(count: int) -> None:
    unbroken = folded(DEFAULTS, count)
    resumed = IndicatorSet(DEFAULTS, context(98_280.0))
    resumed.restore(json.loads(json.dumps(unbroken.state())))
    assert resumed.seen == count
    assert [resumed.update(bar) for bar in BARS[count:]] == [unbroken.update(bar) for bar in BARS[count:]]


def test_state_is_kept_by_names_and_keys_with_all_parameters() -> None:
    assert list(folded(DEFAULTS).state())[:8] == [
        "rsi:rsi-14",
        "sma_short:sma-20",
        "sma_long:sma-50",
        "ema_short:ema-12",
        "ema_long:ema-26",
        "macd:macd-12-26-9",
        "bollinger:bollinger-20-2",
        "volatility:volatility-20-98280",
    ]


def keys_only(state: IndicatorStates) -> IndicatorStates:
    """The states as earlier versions stored them."""
    return {key.partition(":")[2]: stored for key, stored in state.items()}


def test_state_of_an_earlier_version_is_continued() -> None:
    unbroken, resumed = folded(DEFAULTS, 40), IndicatorSet(DEFAULTS, context(98_280.0))
    resumed.restore(keys_only(unbroken.state()))
    assert [resumed.update(bar) for bar in BARS[40:]] == [unbroken.update(bar) for bar in BARS[40:]]


@pytest.mark.parametrize("stored_as", [dict, keys_only], ids=["names", "keys only"])
@pytest.mark.parametrize(("short", "long"), [(50, 100), (10, 20), (20, 60)])
def test_state_of_a_sibling_is_not_adopted(stored_as: StoredAs, short: int, long: int) -> None:
    """Scenario: SMA 20 and 50 became SMA 50 and 100. There was a state of SMA 50, so the column of the short average
    was left out and kept the values of SMA 20."""
    rebuilt = folded(periods(sma_short_period=short, sma_long_period=long))
    columns = rebuilt.adopt(stored_as(folded(DEFAULTS).state()))
    kept = ("sma_short",) if short == 20 and stored_as is dict else ()
    assert columns == tuple(name for name in ("sma_short", "sma_long") if name not in kept)


def test_indicators_that_exchange_their_periods_are_calculated_again() -> None:
    """No key is missing then, so names alone show the change."""
    exchanged = periods(sma_short_period=50, sma_long_period=20)
    with pytest.raises(
        SettingsChanged, match="settings of sma_short changed and settings of sma_long changed"
    ):
        IndicatorSet(exchanged, context(98_280.0)).restore(folded(DEFAULTS).state())
    assert folded(exchanged).adopt(folded(DEFAULTS).state()) == ("sma_short", "sma_long")


def test_equal_periods_do_no_harm() -> None:
    settings = periods(sma_short_period=20, sma_long_period=20, ema_short_period=9, ema_long_period=9)
    before = folded(settings, 40)
    after = IndicatorSet(settings, context(98_280.0))
    after.restore(before.state())
    for bar in BARS[40:]:
        row = after.update(bar)
        assert row == before.update(bar)
        assert row.sma_short == row.sma_long
        assert row.ema_short == row.ema_long


def test_state_of_another_period_is_not_taken() -> None:
    state = folded(periods(rsi_period=7)).state()
    with pytest.raises(SettingsChanged, match=r"^settings of rsi changed$"):
        IndicatorSet(DEFAULTS, context(98_280.0)).restore(state)


def test_state_of_another_year_is_not_taken() -> None:
    state = folded(DEFAULTS).state()
    with pytest.raises(SettingsChanged, match=r"^settings of volatility or trading hours changed$"):
        IndicatorSet(DEFAULTS, context(252.0)).restore(state)


@pytest.mark.parametrize("stored_as", [dict, keys_only], ids=["names", "keys only"])
def test_state_of_a_version_without_an_indicator_is_reported_to_lack_a_new_one(stored_as: StoredAs) -> None:
    state = stored_as({key: each for key, each in folded(DEFAULTS).state().items() if "atr-" not in key})
    with pytest.raises(SettingsChanged, match=r"^atr is new$"):
        IndicatorSet(DEFAULTS, context(98_280.0)).restore(state)


def test_state_that_does_not_fit_is_not_taken() -> None:
    state = folded(DEFAULTS).state() | {"sma_short:sma-20": [79, 1.0]}
    with pytest.raises(SettingsChanged, match="does not fit sma-20"):
        IndicatorSet(DEFAULTS, context(98_280.0)).restore(state)


def test_states_of_different_bars_are_not_taken_together() -> None:
    earlier, later = folded(DEFAULTS, 70).state(), folded(DEFAULTS).state()
    with pytest.raises(SettingsChanged, match="same bar"):
        IndicatorSet(DEFAULTS, context(98_280.0)).restore(
            later | {"sma_long:sma-50": earlier["sma_long:sma-50"]}
        )


def test_state_may_hold_more_than_is_wanted() -> None:
    state = folded(DEFAULTS).state() | {"sma_long:sma-200": [0]}
    indicators = IndicatorSet(DEFAULTS, context(98_280.0))
    indicators.restore(state)
    assert indicators.seen == len(BARS)


def test_states_of_the_same_bar_are_adopted_and_the_others_named_by_their_columns() -> None:
    """A rebuild keeps what a snapshot has, and writes only the columns that it had to calculate."""
    stored = folded(periods(rsi_period=7)).state()
    del stored["macd:macd-12-26-9"]
    stored["sma_short:sma-20"] = folded(DEFAULTS, 79).state()["sma_short:sma-20"]
    stored["ema_short:ema-12"] = [len(BARS), 1.0]
    stored["ema_long:ema-26"] = [len(BARS), float("nan")]
    rebuilt = folded(DEFAULTS)
    columns = rebuilt.adopt(stored)
    assert columns == ("rsi", "sma_short", "ema_long", "macd", "macd_signal", "macd_histogram")
    assert rebuilt.state() == folded(DEFAULTS).state() | {"ema_short:ema-12": [len(BARS), 1.0]}
