"""What holds for every indicator in the catalog, whatever it computes."""

import json
import math
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.indicators.catalog import CATALOG, COLUMNS, NAMES_IN_USE, PARAMETERS, outputs_by_name
from analytics.indicators.indicator_row import UNITS, IndicatorRow, factors_of
from analytics.indicators.spec import Indicator, Output, Spec, Unit
from analytics.store.tables import BAR_COLUMNS, INDICATOR_COLUMNS, OPEN_BAR_COLUMNS
from shared.market.records import Bar
from tests.inputs.records import WARM_AT_ONCE, context, flat_bar

every_indicator = pytest.mark.parametrize("spec", CATALOG, ids=[spec.name for spec in CATALOG])
prices = st.floats(min_value=1e-2, max_value=1e6)


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    """A bar whose prices lie within a factor of four, so that rounding stays small."""
    first = draw(prices)
    others = [first * draw(st.floats(0.5, 2.0)) for _ in range(3)]
    low, *middle, high = sorted([first, *others])
    volume = draw(st.floats(1.0, 1e9))
    return flat_bar(first)._replace(open=middle[0], high=high, low=low, close=middle[1], volume=volume)


series = st.lists(bars(), max_size=12)


def made(spec: Spec) -> Indicator:
    return spec.make(WARM_AT_ONCE, context())


def values(spec: Spec, found: Any) -> list[float | None]:
    """A value of an indicator as one number an output."""
    return list(found) if isinstance(found, tuple) else [found] * len(spec.outputs)


def fold(indicator: Indicator, some: list[Bar]) -> list[Any]:
    return [indicator.update(bar) for bar in some]


@every_indicator
@given(some=series, other=bars(), bar=bars())
@settings(max_examples=15, deadline=None)
def test_preview_is_the_next_update_and_changes_nothing(
    spec: Spec, some: list[Bar], other: Bar, bar: Bar
) -> None:
    indicator = made(spec)
    fold(indicator, some)
    state = indicator.state()
    indicator.preview(other)
    preview = indicator.preview(bar)
    assert indicator.state() == state
    assert indicator.update(bar) == preview


@every_indicator
@given(before=series, after=series)
@settings(max_examples=15, deadline=None)
def test_state_carries_it_on_bit_for_bit(spec: Spec, before: list[Bar], after: list[Bar]) -> None:
    whole, first, second = made(spec), made(spec), made(spec)
    expected = fold(whole, [*before, *after])[len(before) :]
    fold(first, before)
    second.restore(json.loads(json.dumps(first.state())))
    assert second.seen == len(before)
    assert fold(second, after) == expected
    assert second.state() == whole.state()


EXTREMES = st.sampled_from([1e-14, 1e-9, 0.01, 100.0, 100.00000000000001, 1e6, 1e14])


@st.composite
def strange_bars(draw: st.DrawFn) -> Bar:
    """A bar of prices from the smallest to the largest, often the same ones, with no volume or a very large one."""
    low, one, other, high = sorted(draw(EXTREMES) for _ in range(4))
    whole = flat_bar(one)._replace(
        low=low, high=high, close=other, volume=draw(st.sampled_from([0.0, 1.0, 1e18]))
    )
    return whole._replace(
        start=60 * draw(st.integers(0, 30_000)), vwap=draw(st.sampled_from([None, low, high]))
    )


@every_indicator
@given(some=st.lists(strange_bars(), max_size=12), ratio=st.sampled_from([7.0, 0.1]))
@settings(max_examples=20, deadline=None)
def test_every_value_is_finite_or_absent_whatever_the_bars(spec: Spec, some: list[Bar], ratio: float) -> None:
    """One price for a day, a high that is the low, no volume, gaps of days, 1e-14 beside 1e14, splits in between."""
    indicator = made(spec)
    for number, bar in enumerate(some):
        if number % 4 == 3:
            indicator.split(ratio)
        found = values(spec, indicator.preview(bar)) + values(spec, indicator.update(bar))
        assert all(value is None or math.isfinite(value) for value in found)
        assert all(math.isfinite(number) for number in indicator.state())


@every_indicator
def test_state_begins_with_the_number_of_bars_seen(spec: Spec) -> None:
    indicator = made(spec)
    for count in range(9):
        rule = f"state()[0] of {spec.name} must be `seen`: a rebuild compares states of the same bar by it"
        assert indicator.state()[:1] == [indicator.seen] == [count], rule
        indicator.update(flat_bar(100.0 + count))


@every_indicator
def test_state_of_another_form_is_refused(spec: Spec) -> None:
    indicator = made(spec)
    fold(indicator, [flat_bar(100.0 + step) for step in range(9)])
    state = indicator.state()
    for misfit in ([], state[:-1], [*state, 1.0], [-1, *state[1:]], [*state[:-1], float("nan")]):
        with pytest.raises(ValueError, match="stored state"):
            made(spec).restore(misfit)


@every_indicator
def test_each_output_is_none_until_it_is_warm_and_never_after(spec: Spec) -> None:
    indicator = made(spec)
    assert len(indicator.warm_after) == len(spec.outputs)
    for count in range(1, 20):
        found = values(spec, indicator.update(flat_bar(100.0 + count % 3)._replace(start=60 * count)))
        assert [value is not None for value in found] == [count >= warm for warm in indicator.warm_after]


@every_indicator
def test_state_stays_as_long_as_it_was_however_long_the_series(spec: Spec) -> None:
    indicator = made(spec)
    fold(indicator, [flat_bar(100.0 + step % 7) for step in range(20)])
    length = len(indicator.state())
    fold(indicator, [flat_bar(100.0 + step % 5) for step in range(200)])
    assert len(indicator.state()) == length


@every_indicator
@given(before=series, after=series, ratio=st.sampled_from([2.0, 4.0, 0.5]))
@settings(max_examples=20, deadline=None)
def test_split_changes_a_value_according_to_its_unit(
    spec: Spec, before: list[Bar], after: list[Bar], ratio: float
) -> None:
    """Ratios of two round nothing: prices are divided, numbers of shares multiplied, all else stays as it was."""
    divided, never = made(spec), made(spec)
    fold(divided, before)
    divided.split(ratio)
    found = fold(divided, [in_new_shares(bar, ratio) for bar in after])
    expected = fold(never, [*before, *after])[len(before) :]
    factors = factors_of(1 / ratio, ratio)
    for one, other in zip(found, expected, strict=True):
        scaled = [
            None if value is None else value * factors[output.unit]
            for value, output in zip(values(spec, other), spec.outputs, strict=True)
        ]
        assert values(spec, one) == scaled


def test_row_is_scaled_by_the_unit_of_each_column() -> None:
    row = IndicatorRow([8.0] * len(COLUMNS)).scaled(price=0.5, volume=2.0)
    assert (row.sma_short, row.macd, row.atr, row.obv, row.rsi) == (4.0, 4.0, 4.0, 16.0, 8.0)


def test_every_unit_is_scaled_by_what_a_split_does_to_it() -> None:
    factors = factors_of(price=0.5, volume=2.0)
    assert factors.keys() == {*get_args(Unit)}
    assert [unit for unit, factor in factors.items() if factor == 0.5] == ["price", "difference", "distance"]
    assert [unit for unit, factor in factors.items() if factor == 2.0] == ["volume"]
    assert [unit for unit, factor in factors.items() if factor == 1.0] == ["number", "share"]


def in_new_shares(bar: Bar, ratio: float) -> Bar:
    four = {name: getattr(bar, name) / ratio for name in ("open", "high", "low", "close")}
    return bar._replace(volume=bar.volume * ratio, **four)


@every_indicator
def test_key_has_every_parameter(spec: Spec) -> None:
    keys = {spec.make(WARM_AT_ONCE, context()).key}
    for parameter in spec.parameters:
        longer = {**WARM_AT_ONCE, parameter.name: WARM_AT_ONCE[parameter.name] + 5}
        keys.add(spec.make(longer, context()).key)
    assert len(keys) == 1 + len(spec.parameters)


def test_names_occur_once_and_the_order_of_parameters_is_known() -> None:
    assert len(outputs_by_name(CATALOG)) == len([output for spec in CATALOG for output in spec.outputs])
    parameters = {id(parameter): parameter.name for spec in CATALOG for parameter in spec.parameters}
    assert sorted(parameters.values()) == sorted(PARAMETERS)
    assert len(UNITS) == len(COLUMNS)
    for parameter in PARAMETERS.values():
        assert not parameter.below or PARAMETERS[parameter.below].default > parameter.default


def test_no_output_is_named_like_another_column_of_its_tables() -> None:
    own = {*INDICATOR_COLUMNS, *OPEN_BAR_COLUMNS} - set(COLUMNS)
    assert own == {*BAR_COLUMNS, "seen", "warm_after", "sized"}
    assert own < NAMES_IN_USE
    assert NAMES_IN_USE.isdisjoint(COLUMNS)


@pytest.mark.parametrize("name", ["vwap", "close", "start", "seen", "warm_after", "sized", "count", "xmin"])
def test_catalog_refuses_an_output_with_the_name_of_another_column(name: str) -> None:
    """Scenario: an indicator with the output vwap. Open bars have a column of that name, so none is added for it."""
    fitting = CATALOG[0]
    misnamed = replace(fitting, name="new", outputs=[Output(name, "price")])
    with pytest.raises(ValueError, match=f"The output {name} of the indicator new has a name that every bar"):
        outputs_by_name([fitting, misnamed])


def test_catalog_refuses_two_outputs_or_indicators_with_one_name() -> None:
    fitting = CATALOG[0]
    with pytest.raises(ValueError, match="two outputs with the name rsi: rename one of them"):
        outputs_by_name([fitting, replace(fitting, name="new")])
    with pytest.raises(ValueError, match="two indicators with the name rsi: rename one of them"):
        outputs_by_name([fitting, replace(fitting, outputs=[Output("other", "number")])])


def test_stored_columns_keep_their_names_and_their_order() -> None:
    assert COLUMNS[:12] == (
        *("rsi", "sma_short", "sma_long", "ema_short", "ema_long", "macd", "macd_signal", "macd_histogram"),
        *("bollinger_lower", "bollinger_middle", "bollinger_upper", "volatility"),
    )


@pytest.mark.parametrize("name", ["", "RSI", "ü", "100%", 'a"; drop table quotes; --', "a" * 64])
def test_a_name_that_can_be_no_column_is_refused(name: str) -> None:
    spec = replace(CATALOG[0], name="new", outputs=[Output(name, "number")])
    with pytest.raises(ValueError, match="needs a name of lower-case letters"):
        outputs_by_name([spec])
