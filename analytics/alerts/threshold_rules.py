"""The thresholds of the settings as rules, which have names instead of numbers. Pure.

Each is written out: its condition, and what clears it. They are made of the parts of the language, not of text, so that
a desk without rules of its own needs no parser.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from analytics.alerts.anomalies.anomaly import FROZEN, SPIKE, SURGE, WIDE
from analytics.alerts.language.rule import Rule, Scope, Severity
from analytics.alerts.language.syntax import (
    Arithmetic,
    Call,
    Compared,
    Joined,
    Node,
    Number,
    Relation,
    Series,
)
from analytics.indicators.spec import Parameters
from shared.market.alert_texts import DEFAULT_SEVERITY
from shared.market.records import Interval

ThresholdName = Literal[
    "rsi_overbought",
    "rsi_oversold",
    "price_change",
    "volume_change",
    "volatility",
    "price_spike",
    "gap",
    "volume_surge",
    "frozen_price",
    "spread_blow_out",
]
ANOMALIES: Mapping[ThresholdName, tuple[str, float]] = {
    "price_spike": ("spike", SPIKE),
    "gap": ("gap", SPIKE),
    "volume_surge": ("surge", SURGE),
    "frozen_price": ("frozen", FROZEN),
    "spread_blow_out": ("spread", WIDE),
}
"""The thresholds that an anomaly reaches: the part of `anomaly()` that decides it, and from which value on."""

RSI_MARGIN = 5.0
"""An RSI rule is cleared 5 points inside its threshold."""
RELATIVE_MARGIN = 0.9
"""Every other rule is cleared below 90 % of its threshold."""


@dataclass(frozen=True)
class AlertSettings:
    """Thresholds: RSI in points; changes and volatility as fractions; volume as a multiple of its mean. Whether
    anomalies raise alerts too."""

    rsi_overbought: float = 70.0
    rsi_oversold: float = 30.0
    volatility: float = 0.05
    price_change: float = 0.05
    volume_change: float = 2.0
    intervals: tuple[Interval, ...] = ("5m", "1h", "1d")
    anomalies: bool = False


class ThresholdRule(NamedTuple):
    """A threshold as a rule; an alert of it has the value of `reads`, in the unit of the threshold."""

    name: ThresholdName
    rule: Rule
    reads: Node
    threshold: float


def rsi(parameters: Parameters) -> Call:
    """The stored RSI."""
    return _called("rsi", parameters["rsi_period"])


def bar_volatility(parameters: Parameters) -> Call:
    """The stored volatility, as that of one bar."""
    return _called("bar_volatility", parameters["volatility_period"])


def threshold_rules(
    settings: AlertSettings, parameters: Parameters, interval: Interval
) -> Iterator[ThresholdRule]:
    """The thresholds as rules on an interval, in the order in which their alerts are raised."""
    strength, change = rsi(parameters), _called("change", 1)
    typical = _called("typical_volume")
    relative_volume = Arithmetic("/", Series("volume", place=0), typical, place=0)
    over, under = settings.rsi_overbought, settings.rsi_oversold
    yield _rule(
        "rsi_overbought", interval, (strength, strength), over, (">=", "<"), _number(over - RSI_MARGIN)
    )
    yield _rule(
        "rsi_oversold", interval, (strength, strength), under, ("<=", ">"), _number(under + RSI_MARGIN)
    )
    relative: tuple[tuple[ThresholdName, Node, Node, float], ...] = (
        ("price_change", change, Call("abs", (change,), place=0), settings.price_change),
        ("volume_change", relative_volume, relative_volume, settings.volume_change),
        ("volatility", bar_volatility(parameters), bar_volatility(parameters), settings.volatility),
    )
    for name, reads, evaluated, threshold in relative:
        cleared_at = Arithmetic("*", _number(threshold), _number(RELATIVE_MARGIN), place=0)
        yield _rule(name, interval, (reads, evaluated), threshold, (">=", "<"), cleared_at)
    if settings.anomalies:
        yield from _anomaly_rules(interval)


def _anomaly_rules(interval: Interval) -> Iterator[ThresholdRule]:
    """The same bars as `anomaly()`, by what makes them anomalies. They are many and no reason to act: info."""
    for name, (part, threshold) in ANOMALIES.items():
        reads = Call("anomaly", (), part, place=0)
        reached = Compared(">=", reads, _number(threshold), place=0)
        condition = Joined("and", _called("anomaly"), reached, place=0)
        cleared_at = Arithmetic("*", _number(threshold), _number(RELATIVE_MARGIN), place=0)
        clear = Compared("<", reads, cleared_at, place=0)
        rule = Rule(Scope(), condition, interval, clear=clear, severity=severity_of(name))
        yield ThresholdRule(name, rule, reads, float(threshold))


def severity_of(name: ThresholdName) -> Severity:
    """How important the alerts of a threshold are."""
    return "info" if name in ANOMALIES else DEFAULT_SEVERITY


def _rule(
    name: ThresholdName,
    interval: Interval,
    values: tuple[Node, Node],
    threshold: float,
    relations: tuple[Relation, Relation],
    cleared_at: Node,
) -> ThresholdRule:
    reads, evaluated = values
    fires, clears = relations
    condition = Compared(fires, evaluated, _number(threshold), place=0)
    clear = Compared(clears, evaluated, cleared_at, place=0)
    rule = Rule(Scope(), condition, interval, clear=clear)
    return ThresholdRule(name, rule, reads, threshold)


def _called(function: str, *numbers: int) -> Call:
    return Call(function, tuple(_number(number) for number in numbers), place=0)


def _number(value: float) -> Number:
    return Number(float(value), repr(float(value)).removesuffix(".0"), place=0)
