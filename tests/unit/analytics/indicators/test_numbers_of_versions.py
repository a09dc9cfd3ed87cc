"""The numbers of every indicator, and of the bars, belong to a version of the state. A changed formula needs a new one.

A snapshot of another version is not continued: the log is read again, and every row is written as the new version
calculates it. Without a new version the stored states would be continued, and one column would hold old and new
numbers.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.catalog import CATALOG, PARAMETERS
from analytics.indicators.spec import Parameters, Spec
from analytics.indicators.trend.moving_averages import SMA
from analytics.runtime.processor import STATE_VERSION
from shared.market.records import Bar
from tests.inputs.records import WARM_AT_ONCE, context, flat_bar, folded
from tests.unit.fold_digest import market

BARS = "bars"
DIGESTS: dict[str, dict[int, str]] = {
    BARS: {12: "33a762fbfb3de27a", 20: "a04b97eaa03a7a9e"},
    "rsi": {12: "23f755ee33dc08b9"},
    "sma_short": {12: "384f86a9b5c45991"},
    "sma_long": {12: "10ac6973dd6c4de3"},
    "ema_short": {12: "7097927d5535e264"},
    "ema_long": {12: "97a29b8345725104"},
    "macd": {12: "9dfcc54fecacfe8c"},
    "bollinger": {12: "0f2539289d76fcf3"},
    "volatility": {12: "15871d7ad823c2d7"},
    "atr": {12: "bf30e67b38fc5f62"},
    "adx": {12: "3aeb4d66ea2bf8ed"},
    "bollinger_position": {12: "3ce7580111b61901"},
    "cci": {12: "f6e9f4e29f05b816"},
    "donchian": {12: "69a974bef1c2900e"},
    "drawdown": {12: "f91f090643571e4d"},
    "garman_klass": {12: "d56d291f4456327c"},
    "ichimoku": {12: "47fa3b02dcc8b592"},
    "keltner": {12: "6eedc8d86bdfb382"},
    "linear_regression": {12: "b736aebff4886823"},
    "obv": {12: "3fd5c444f011a46f"},
    "parabolic_sar": {12: "0c6fa018236efedf"},
    "roc": {12: "74a4339c0602d6d5"},
    "session_vwap": {12: "23f2d87b8f00d1e5"},
    "stochastic": {12: "ef45c696e791b95d"},
    "stochastic_rsi": {12: "3a33be61d8774545"},
    "supertrend": {12: "861be7fe3bc778e1"},
    "z_score": {12: "2fd86e34894cc1cb"},
}
"""The digest of the numbers of each indicator by the version that calculates them since then."""

PERIODS: Parameters = {name: WARM_AT_ONCE[name] + 3 for name in PARAMETERS}
"""Not the defaults: another default is another key of the state, and its column is calculated again."""


def made_up_bars() -> Iterator[Bar]:
    """Bars with gaps between them, in both directions and of all lengths, and some in which nothing moves."""
    chance, price = Random(5), 101.3
    for number in range(80):
        first = price * chance.uniform(0.99, 1.01)
        price = first * chance.uniform(0.98, 1.02) if number % 9 else first
        high, low = (
            max(first, price) * chance.uniform(1.0, 1.01),
            min(first, price) * chance.uniform(0.99, 1.0),
        )
        whole = flat_bar(price)._replace(
            open=first, high=high, low=low, start=60 * number, end=60 * number + 60
        )
        yield whole._replace(volume=chance.uniform(0.1, 1e6), vwap=(high + low) / 2, quotes=number + 1)


def numbers_of(spec: Spec) -> Iterator[float | None]:
    """The values of an indicator over the bars, with its state, before and after a split."""
    indicator = spec.make(PERIODS, context())
    for number, bar in enumerate(made_up_bars()):
        if number == 50:
            indicator.split(2.5)
        value = indicator.update(bar)
        yield from value if isinstance(value, tuple) else (value,)
        yield from indicator.state()


def numbers_of_bars() -> Iterator[float | None]:
    """The numbers of all bars that a market closes, with a split among them."""
    for event in folded(Engine(EngineSettings(forecasts={})), market()):
        yield from (each for each in event.closed.bar if not isinstance(each, str))


def digest(numbers: Iterable[float | None]) -> str:
    """A hash of the numbers to twelve digits: the last ones of a logarithm depend on the machine's C library."""
    text = " ".join("none" if number is None else f"{number:.12g}" for number in numbers)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def assert_known(name: str, found: str) -> None:
    """The newest version of the name has this digest; if not, the message names what to do."""
    known = DIGESTS.get(name)
    assert known, f'{name} is new: add "{name}": {{{STATE_VERSION}: "{found}"}} to DIGESTS.'
    newest = max(known)
    assert known[newest] == found, (
        f"The numbers or the state of {name} changed, but stored rows and snapshots hold those of version {newest}: "
        f"raise STATE_VERSION in analytics/runtime/processor.py, so that the log is read again, and add that version "
        f'with the digest "{found}" to DIGESTS["{name}"].'
    )
    assert newest <= STATE_VERSION, f"{name} has numbers of version {newest}: raise STATE_VERSION to it."


@pytest.mark.parametrize("spec", CATALOG, ids=[spec.name for spec in CATALOG])
def test_indicator_calculates_what_its_version_of_the_state_did(spec: Spec) -> None:
    assert_known(spec.name, digest(numbers_of(spec)))


def test_bars_are_what_their_version_of_the_state_made_them() -> None:
    assert_known(BARS, digest(numbers_of_bars()))


def test_digests_are_of_indicators_that_are_in_the_catalog() -> None:
    assert DIGESTS.keys() == {BARS, *(spec.name for spec in CATALOG)}


class SMAOfTheOpen(SMA):
    """A changed formula: the same key and the same form of state."""

    def update(self, bar: Bar) -> float | None:
        return super().update(bar._replace(close=bar.open))


def test_changed_formula_is_noticed_and_the_message_names_what_to_do() -> None:
    spec = next(spec for spec in CATALOG if spec.indicator is SMA)
    found = digest(numbers_of(replace(spec, indicator=SMAOfTheOpen)))
    with pytest.raises(
        AssertionError, match=r"raise STATE_VERSION in .* and add that version with the digest"
    ):
        assert_known(spec.name, found)


def test_new_indicator_asks_for_its_own_line_only() -> None:
    with pytest.raises(AssertionError, match=r'add "new": \{\d+: "0123"\} to DIGESTS'):
        assert_known("new", "0123")
