"""Each rule fires once at its threshold and is rearmed when its value has moved back by the margin."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.alerts.anomalies.anomaly import SURGE
from analytics.alerts.evaluation.usual_bar import MIN_VOLUME_DAYS
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.alerts.threshold_rules import ANOMALIES, AlertSettings, severity_of, threshold_rules
from analytics.alerts.thresholds import ReachedThreshold, Thresholds
from analytics.indicators.catalog import DEFAULTS
from analytics.indicators.indicator_row import IndicatorRow
from shared.calendars.calendars import AlwaysOpen
from shared.market.records import Bar
from tests.inputs.records import NO_VALUES, context, with_values
from tests.oracles.plain_thresholds import PlainThresholds

PERIODS = 10_000.0
"""A year of so many bars: the volatility of one is a hundredth of the annual one."""

rows = st.builds(
    lambda rsi, volatility: with_values(NO_VALUES, rsi=rsi, volatility=volatility),
    st.none() | st.floats(0, 100),
    st.none() | st.floats(0, 20),
)
steps = st.tuples(st.floats(1, 200), st.floats(0, 1e9), rows)


def bar(close: float = 100.0, volume: float = 0.0) -> Bar:
    return Bar("A", "1m", 0, 60, close, close, close, close, volume, None, 1, "regular", "test")


def rules(**settings: Any) -> Thresholds:
    return Thresholds(AlertSettings(**settings), DEFAULTS, "1m", context(PERIODS))


def fired(some: Thresholds, closed: Bar, **indicators: float) -> list[str]:
    return [alert.rule for alert in some.update(closed, with_values(NO_VALUES, **indicators))]


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("rsi_overbought", [69.9, 70.0, 95.0, 69.0, 71.0, 65.0, 70.0, 64.9, 70.0]),
        ("rsi_oversold", [30.1, 30.0, 5.0, 31.0, 29.0, 35.0, 30.0, 35.1, 30.0]),
    ],
)
def test_rsi_fires_once_and_again_only_after_five_points_back(rule: str, values: list[float]) -> None:
    some = rules()
    alerts = [fired(some, bar(), rsi=value) for value in values]
    assert alerts == [[], [rule], [], [], [], [], [], [], [rule]]


def test_volatility_is_that_of_one_bar_and_rearms_below_nine_tenths() -> None:
    some = rules(volatility=0.05)
    annual = [4.99, 5.0, 6.0, 4.6, 5.0, 4.4, 5.0]
    alerts = [fired(some, bar(), volatility=value) for value in annual]
    assert alerts == [[], ["volatility"], [], [], [], [], ["volatility"]]
    assert rules(volatility=0.05).update(bar(), with_values(NO_VALUES, volatility=8.0)) == [
        ReachedThreshold("volatility", 0.08, 0.05)
    ]


def test_price_change_is_a_fraction_of_the_close_before_with_its_sign() -> None:
    some = rules(price_change=0.25)
    assert some.update(bar(100.0), NO_VALUES) == []
    assert some.update(bar(125.0), NO_VALUES) == [ReachedThreshold("price_change", 0.25, 0.25)]
    assert some.update(bar(125.0), NO_VALUES) == []
    assert some.update(bar(62.5), NO_VALUES) == [ReachedThreshold("price_change", -0.5, 0.25)]


def test_first_bar_has_no_change() -> None:
    assert fired(rules(price_change=0.0), bar()) == []


def test_volume_needs_five_days_before_it_compares() -> None:
    some = rules(volume_change=2.0)
    alerts = [fired(some, bar(volume=1e9 if count else 1.0)) for count in range(MIN_VOLUME_DAYS)]
    assert alerts == [[]] * MIN_VOLUME_DAYS
    some = rules(volume_change=2.0)
    for _ in range(MIN_VOLUME_DAYS):
        fired(some, bar(volume=10.0))
    assert some.update(bar(volume=20.0), NO_VALUES) == [ReachedThreshold("volume_change", 2.0, 2.0)]


def test_volume_is_compared_with_the_days_before_and_not_with_itself() -> None:
    some = rules(volume_change=3.0)
    for _ in range(MIN_VOLUME_DAYS):
        fired(some, bar(volume=10.0))
    assert fired(some, bar(volume=29.9)) == []
    assert fired(some, bar(volume=40.0)) == ["volume_change"]


def test_volume_without_any_before_fires_nothing() -> None:
    some = rules()
    assert [fired(some, bar(volume=0.0)) for _ in range(MIN_VOLUME_DAYS)] == [[]] * MIN_VOLUME_DAYS
    assert fired(some, bar(volume=1e18)) == []


def test_value_that_is_not_there_neither_fires_nor_rearms() -> None:
    some = rules()
    assert fired(some, bar(), rsi=80.0) == ["rsi_overbought"]
    assert fired(some, bar()) == []
    assert fired(some, bar(), rsi=80.0) == []


def test_several_rules_fire_on_one_bar() -> None:
    some = rules()
    fired(some, bar(100.0))
    assert fired(some, bar(110.0), rsi=99.0, volatility=50.0) == [
        "rsi_overbought",
        "price_change",
        "volatility",
    ]


@given(st.lists(steps, min_size=1, max_size=60), st.data())
def test_restored_rules_go_on_as_if_nothing_had_happened(
    closed: list[tuple[float, float, IndicatorRow]], data: st.DataObject
) -> None:
    some, cut = rules(anomalies=True), data.draw(st.integers(0, len(closed)))
    whole = [some.update(bar(close, volume), row) for close, volume, row in closed]
    first, second = rules(anomalies=True), rules(anomalies=True)
    parts = [first.update(bar(close, volume), row) for close, volume, row in closed[:cut]]
    second.restore(msgspec.json.decode(msgspec.json.encode(first.state())))
    parts += [second.update(bar(close, volume), row) for close, volume, row in closed[cut:]]
    assert parts == whole
    assert second.state() == some.state()


@given(st.lists(steps, min_size=1, max_size=60))
def test_rule_never_fires_twice_without_having_been_calm_between(
    closed: list[tuple[float, float, IndicatorRow]],
) -> None:
    some, armed = rules(), True
    for close, volume, row in closed:
        if row.rsi is not None and row.rsi < 65.0:
            armed = True
        alerts = [alert.rule for alert in some.update(bar(close, volume), row)]
        if "rsi_overbought" in alerts:
            assert armed
            assert row.rsi is not None
            assert row.rsi >= 70.0
            armed = False


@given(st.lists(st.tuples(steps, st.none() | st.sampled_from((2.0, 7.0, 0.1))), min_size=1, max_size=60))
def test_the_rules_raise_the_alerts_of_the_plain_thresholds_to_the_last_bit(
    closed: list[tuple[tuple[float, float, IndicatorRow], float | None]],
) -> None:
    settings = AlertSettings(55.0, 45.0, 0.06, 0.3, 1.2)
    some, plain = (
        Thresholds(settings, DEFAULTS, "1m", context(PERIODS)),
        PlainThresholds(settings, PERIODS, AlwaysOpen()),
    )
    for number, ((close, volume, row), ratio) in enumerate(closed):
        if ratio is not None:
            some.split(ratio)
            plain.split(ratio)
        start = number // 3 * 86_400 + number % 3 * 60
        each = bar(close, volume)._replace(start=start, end=start + 60)
        assert some.update(each, row) == plain.update(each, row)


def test_each_threshold_is_a_rule_of_the_language() -> None:
    written = {each.name: normal_form(each.rule) for each in threshold_rules(AlertSettings(), DEFAULTS, "5m")}
    assert written == {
        "rsi_overbought": "rsi(14) >= 70 on 5m clear rsi(14) < 65",
        "rsi_oversold": "rsi(14) <= 30 on 5m clear rsi(14) > 35",
        "price_change": "abs(change(1)) >= 0.05 on 5m clear abs(change(1)) < 0.05 * 0.9",
        "volume_change": "volume / typical_volume() >= 2 on 5m clear volume / typical_volume() < 2 * 0.9",
        "volatility": "bar_volatility(20) >= 0.05 on 5m clear bar_volatility(20) < 0.05 * 0.9",
    }
    for each in threshold_rules(AlertSettings(anomalies=True), DEFAULTS, "5m"):
        assert read_rule(normal_form(each.rule), DEFAULTS) == each.rule


def test_anomalies_are_thresholds_of_severity_info_if_the_settings_ask_for_them() -> None:
    some = threshold_rules(AlertSettings(anomalies=True), DEFAULTS, "5m")
    written = {each.name: normal_form(each.rule) for each in some if each.name in ANOMALIES}
    assert written.keys() == ANOMALIES.keys()
    assert written["volume_surge"] == (
        "anomaly() and anomaly().surge >= 6 on 5m clear anomaly().surge < 6 * 0.9 severity info"
    )
    assert severity_of("gap") == "info"
    assert severity_of("rsi_oversold") == "warning"


def moving(place: int, volume: float = 1_000.0) -> Bar:
    """A minute whose price goes up and down."""
    return bar(100.0 + place % 3 / 10, volume * (1.0 + place % 2 / 2))._replace(
        start=60 * place, end=60 * place + 60
    )


def test_a_bar_that_is_an_anomaly_raises_the_alert_of_its_kind_with_the_value_that_made_it_one() -> None:
    some = rules(anomalies=True, price_change=9.0, volume_change=1e9)
    alerts = [some.update(moving(place), NO_VALUES) for place in range(100)]
    assert alerts == [[]] * 100
    (alert,) = some.update(moving(100, 90_000.0), NO_VALUES)
    assert (alert.rule, alert.threshold) == ("volume_surge", SURGE)
    assert alert.value > SURGE


def test_anomalies_that_are_switched_on_later_begin_with_the_next_bar() -> None:
    before, after = rules(), rules(anomalies=True)
    for place in range(10):
        before.update(moving(place), NO_VALUES)
    after.restore(msgspec.json.decode(msgspec.json.encode(before.state())))
    assert [after.update(moving(place), NO_VALUES) for place in range(10, 100)] == [[]] * 90
    assert [each.rule for each in after.update(moving(100, 90_000.0), NO_VALUES)] == ["volume_surge"]
