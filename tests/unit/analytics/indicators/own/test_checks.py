"""An indicator of the user's own is let in only if it keeps the rules that the catalog's indicators are tested for."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from analytics.indicators.catalog import CATALOG
from analytics.indicators.own.checks import findings, seconds_a_bar
from analytics.indicators.own.made_bars import KINDS, random_bars
from analytics.indicators.own.own_indicators import OwnSpec
from analytics.indicators.spec import Output, Spec
from tests.inputs.own_files import EXAMPLE, PREVIEW, RESTORE, SPLIT, STATE, UPDATE, own, variant


def standing_clock() -> float:
    return 0.0


def found(text: str) -> str:
    """What is found in a file with this text."""
    return "\n".join(findings(own(text), [], standing_clock))


def test_the_example_is_let_in() -> None:
    assert found(EXAMPLE) == ""


CATALOGUED = {spec.name: spec for spec in CATALOG}
SEVERAL = ["adx", "drawdown", "obv", "session_vwap"]
"""With several outputs, with a state of changing length, of volumes, of sessions."""


@pytest.mark.parametrize("spec", [CATALOGUED[name] for name in SEVERAL], ids=SEVERAL)
def test_indicators_of_the_catalog_would_be_let_in(spec: Spec) -> None:
    assert list(findings(OwnSpec(spec, ""), [], standing_clock)) == []


@pytest.mark.parametrize(
    ("place", "line", "reason"),
    [
        (UPDATE, "self._mean.update(1.0); return 1 / (self.seen - 30)", "update() of bar 30: ZeroDivisionError"),
        (UPDATE, "self._mean.update(1.0); return float('nan')", "average_range is nan instead of a finite number"),
        (UPDATE, "self._mean.update(1.0); return float('inf')", "average_range is inf instead of a finite number"),
        (UPDATE, "self._mean.update(1.0); return (1.0, 2.0)", "(1.0, 2.0) instead of a finite number"),
        (UPDATE, "self._mean.update(1.0); return '1'", "'1' instead of a finite number"),
        (UPDATE, "raise SystemExit(3)", "update() of bar 1: SystemExit: 3"),
        (UPDATE, "return None", "state() begins with [0] instead of the number of bars seen, 1"),
        (PREVIEW, "return self._mean.update(bar.high - bar.low)", "preview() after 0 bars changes the state"),
        (PREVIEW, "return 0.0", "preview() after 0 bars returns another value than update()"),
        (STATE, "return []", "state() begins with [] instead of the number of bars seen, 1"),
        (STATE, "return [self.seen, float('nan')]", "instead of a list of finite numbers"),
        (STATE, "return [self.seen]", "restore() after 0 bars: ValueError: the stored state does not fit"),
        (RESTORE, "self._mean.restore(self.key, [state[0], 0.0])", "restored from its state after 2 bars"),
        (SPLIT, "pass", "average_range is a distance and should have been 0.5 times what it was"),
        ('"distance"', '"volume"', "average_range is a volume and should have been 2 times what it was"),
        ('"distance"', '"metres"', "each one a unit of price, difference, distance, volume, number, share"),
        ("(period,)", "(period, 1)", "warm_after must be a tuple with one count for each output"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_found(place: str, line: str, reason: str) -> None:
    assert reason in found(variant(place, line))


def test_two_outputs_need_two_values() -> None:
    spec = own(variant("(period,)", "(period, period)")).spec
    two = replace(spec, outputs=[*spec.outputs, Output("other", "number")])
    (reason,) = findings(OwnSpec(two, ""), [], standing_clock)
    assert "instead of a tuple of 2 values or None" in reason


def test_values_that_come_from_bars_of_an_earlier_calculation_are_found() -> None:
    """Scenario: an indicator that keeps all closes in its class knows the next close when a log is read again."""
    peeking = variant(
        UPDATE,
        "self._mean.update(1.0); CLOSES.setdefault(bar.start, bar.close);"
        " later = [start for start in CLOSES if start > bar.start];"
        " return CLOSES[min(later)] if later else bar.close",
    ).replace("class AverageRange", "CLOSES = {}\n\n\nclass AverageRange")
    assert "is another one when the same bars are calculated again" in found(peeking)


def test_a_preview_that_changes_what_no_state_shows_is_found() -> None:
    sly = variant(PREVIEW, "self.previewed = True; return self._mean.preview(bar.high - bar.low)").replace(
        UPDATE,
        "value = self._mean.update(bar.high - bar.low); return None if hasattr(self, 'previewed') else value",
    )
    assert "preview() after 13 bars changes later values" in found(sly)


def ticking(seconds: float) -> Iterator[float]:
    return (number * seconds for number in count())


@pytest.mark.parametrize(("seconds", "place"), [(1.0, 1), (0.0011, 3637)])
def test_a_call_that_takes_long_is_found(seconds: float, place: int) -> None:
    (reason,) = findings(own(), [], ticking(seconds).__next__)
    assert f"it is too slow: bar {place} took" in reason


def test_the_time_of_a_closed_bar_is_measured() -> None:
    assert seconds_a_bar(own(), ticking(0.0005).__next__) == pytest.approx(0.0005)


def test_a_state_that_grows_with_every_bar_is_found() -> None:
    growing = variant(STATE, "return [*self._mean.state(), *range(self.seen)]")
    assert "its state grows with the series: 2002 numbers after 2000 bars, 4002 after 4000" in found(growing)


def test_recorded_bars_are_used_too() -> None:
    """Scenario: an indicator that fails only at a price that none of the random series reaches."""
    text = variant(UPDATE, "assert bar.close < 1e6; return self._mean.update(bar.high - bar.low)")
    assert found(text) == ""
    bars = list(random_bars(KINDS[2]._replace(price=2e6), 5, seed=1))
    reasons = list(findings(own(text), [bars], standing_clock))
    assert "update() of bar 1: AssertionError" in reasons
