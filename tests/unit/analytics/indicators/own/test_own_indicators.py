"""An indicator of the user's own in the fold: values by name, set aside where it fails, the same after a restart."""

import msgspec
import pytest

from analytics.indicators.indicator_set import SettingsChanged
from analytics.indicators.own.made_bars import KINDS, random_bars
from analytics.indicators.own.own_indicators import OwnIndicators, OwnRow, OwnSpec
from tests.inputs.own_files import EXAMPLE, RESTORE, SPLIT, STATE, UPDATE, named, own, variant
from tests.inputs.records import context

BARS = list(random_bars(KINDS[0], 60, seed=5))
FAILS_AT_30 = variant(UPDATE, "assert self.seen < 29, 'thirty'; return self._mean.update(bar.high - bar.low)")
NAN_AT_30 = variant(
    UPDATE, "value = self._mean.update(bar.high - bar.low); return value if self.seen < 30 else float('nan')"
)
STATELESS_AT_30 = variant(STATE, "return self._mean.state() if self.seen < 30 else None")


def made(*own_specs: OwnSpec) -> OwnIndicators:
    return OwnIndicators(own_specs, context())


def rows(indicators: OwnIndicators, first: int = 0, end: int = len(BARS)) -> list[OwnRow]:
    return [indicators.update(bar) for bar in BARS[first:end]]


def test_values_have_the_names_of_the_outputs() -> None:
    found = rows(made(own(), own(named(EXAMPLE, "other"))))
    assert found[12].values == {"average_range": None, "other": None}
    assert found[13].values["average_range"] == found[13].values["other"]
    assert found[13].values["other"] is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (FAILS_AT_30, "AssertionError: thirty"),
        (NAN_AT_30, "the value of average_range is nan instead of a finite number or None"),
        (STATELESS_AT_30, "state() returned None instead of a list of finite numbers"),
    ],
    ids=["raises", "not a number", "no state"],
)
def test_one_that_fails_has_no_values_from_that_bar_on_and_says_why_once(text: str, reason: str) -> None:
    found = rows(made(own(text), own(named(EXAMPLE, "other"))))
    assert [row.values["average_range"] is None for row in found] == [
        number < 13 or number >= 29 for number in range(len(BARS))
    ]
    assert [(place, row.set_aside) for place, row in enumerate(found) if row.set_aside] == [
        (29, [f"average_range has no values from here on: {reason}"])
    ]
    assert [row.values["other"] for row in found] == [
        row.values["average_range"] for row in rows(made(own()))
    ]


@pytest.mark.parametrize("text", [EXAMPLE, FAILS_AT_30, NAN_AT_30], ids=["good", "raises", "not a number"])
def test_it_continues_from_its_state_at_every_cut(text: str) -> None:
    expected = rows(made(own(text)))
    for cut in range(len(BARS) + 1):
        first, second = made(own(text)), made(own(text))
        rows(first, end=cut)
        second.restore(msgspec.json.decode(msgspec.json.encode(first.state())), cut)
        assert rows(second, cut) == expected[cut:]


def test_one_that_raises_at_a_split_says_so_at_the_next_bar() -> None:
    indicators = made(own(variant(SPLIT, "raise OSError(7, 'shares')")))
    rows(indicators, end=20)
    indicators.split(2.0)
    assert indicators.update(BARS[20]).set_aside == [
        "average_range has no values from here on: OSError: [Errno 7] shares"
    ]


def test_one_that_can_not_be_made_for_a_series_has_no_values_there() -> None:
    indicators = made(own(variant("self._mean = ExponentialMean(period)", "raise KeyError('minutes')")))
    assert indicators.update(BARS[0]).set_aside == [
        "average_range has no values from here on: KeyError: 'minutes'"
    ]
    assert indicators.update(BARS[1]) == OwnRow({"average_range": None}, [])


def test_one_that_refuses_its_own_state_is_set_aside() -> None:
    text = variant(RESTORE, "raise ValueError('no')")
    first, second = made(own(text)), made(own(text))
    rows(first, end=20)
    second.restore(first.state(), 20)
    assert second.update(BARS[20]).set_aside == ["average_range has no values from here on: ValueError: no"]


def test_a_reason_is_one_short_line_without_addresses() -> None:
    text = variant(UPDATE, "raise ValueError(f'{object()}\\n' + 300 * 'x')")
    (reason,) = made(own(text)).update(BARS[0]).set_aside
    assert "ValueError: <object object at 0x...>" in reason
    assert len(reason) < 260
    assert reason.isprintable()


def test_numbers_of_other_libraries_become_plain_ones() -> None:
    text = variant(UPDATE, "import numpy; return numpy.float64(self._mean.update(1.0) or 0.0)")
    (value,) = made(own(text)).update(BARS[0]).values.values()
    assert type(value) is float


def test_a_changed_file_does_not_continue_from_the_old_state() -> None:
    first, second = made(own()), made(own(EXAMPLE + "\n"))
    rows(first, end=20)
    with pytest.raises(SettingsChanged, match="the indicator average_range of your own is new or changed"):
        second.restore(first.state(), 20)
    with pytest.raises(SettingsChanged):
        made(own()).restore(first.state(), 21)
    with pytest.raises(SettingsChanged):
        made(own()).restore({}, 0)


def test_one_that_needs_trading_hours_has_another_key_with_other_hours() -> None:
    spec = own().spec
    hours = OwnSpec(spec.__class__(**{**vars(spec), "needs": ("periods_per_year",)}), "d")
    assert hours.key(context(252.0)) != hours.key(context(365.0))
    assert own().key(context(252.0)) == own().key(context(365.0))
