"""Checks an expression: names, arguments, and where a number and where a condition is expected. Pure.

A checked expression has every argument written out, those from the settings too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from analytics.alerts.language.arguments import (
    MAX_BARS,
    factor_of,
    mood_durations,
    number_of_bars,
    require_span,
    written,
)
from analytics.alerts.language.functions import (
    DEFAULT_HALF_LIFE,
    HALF_LIFE,
    INDICATOR_FUNCTIONS,
    INPUTS,
    NAMES,
    OWN_FUNCTIONS,
    OWN_PARTS,
    SERIES,
    IndicatorFunction,
)
from analytics.alerts.language.rule_error import Fault, suggestion
from analytics.alerts.language.syntax import (
    Arithmetic,
    Between,
    Call,
    Compared,
    Crosses,
    Duration,
    Joined,
    Negative,
    NoData,
    Node,
    Not,
    Number,
    Past,
    Series,
    look_back,
)
from analytics.indicators.spec import Parameters
from shared.market.records import Interval

Kind = Literal["number", "condition", "duration"]

MAX_DEPTH = 60
"""So many parts may lie in one another; in `a and b and c` the first two lie in the whole as one part."""
COVERAGES = (0.5, 0.8, 0.95)
"""The forecast intervals that are made at every close."""

CONDITIONS = (Compared, Between, Crosses, NoData, Not, Joined)


def kind_of(node: Node) -> Kind:
    """What a node stands for."""
    if isinstance(node, Past):
        return kind_of(node.of)
    if isinstance(node, CONDITIONS) or (
        isinstance(node, Call) and node.function == "anomaly" and not node.part
    ):
        return "condition"
    return "duration" if isinstance(node, Duration) else "number"


def require_shallow(node: Node) -> None:
    """Raise Fault if an expression is nested so deeply, or joined of so many parts, that nobody could read it."""
    level = [node]
    for _ in range(MAX_DEPTH):
        level = [child for each in level for child in each.children]
        if not level:
            return
    raise Fault(
        level[0].place, f"more than {MAX_DEPTH} parts are nested or joined: make several rules of them"
    )


class Checker:
    """Checks the expressions of a rule on this interval; `parameters` are the defaults of indicators."""

    def __init__(self, interval: Interval, parameters: Parameters) -> None:
        self._interval, self._parameters = interval, parameters

    def condition(self, node: Node) -> Node:
        """The checked node, which must be a condition. Raises Fault."""
        return self._of_kind(node, "condition")

    def _of_kind(self, node: Node, kind: Kind) -> Node:
        checked = self._checked(node)
        if (found := kind_of(checked)) != kind:
            raise Fault(node.place, f"a {kind} is expected, but this is a {found}{_EXAMPLES[kind]}")
        return checked

    def _number(self, node: Node) -> Node:
        return self._of_kind(node, "number")

    def _checked(self, node: Node) -> Node:
        match node:
            case Series():
                return self._series(node)
            case Call():
                return self._call(node)
            case Past():
                return self._past(node)
            case Arithmetic() | Compared() | Crosses():
                return replace(node, left=self._number(node.left), right=self._number(node.right))
            case Between():
                value, low, high = (self._number(each) for each in node.children)
                return replace(node, value=value, low=low, high=high)
            case Joined():
                return replace(node, left=self.condition(node.left), right=self.condition(node.right))
            case Not():
                return replace(node, of=self.condition(node.of))
            case Negative():
                return replace(node, of=self._number(node.of))
            case _:
                return node

    def _past(self, node: Past) -> Past:
        if not 1 <= node.bars <= MAX_BARS:
            raise Fault(node.place, f"[{node.bars}] is not within 1 to {MAX_BARS} bars")
        of = self._checked(node.of)
        if (bars := look_back(node)) > MAX_BARS:
            raise Fault(node.place, f"together this looks {bars} bars back: at most {MAX_BARS} can be")
        if kind_of(of) == "duration" or isinstance(of, Number):
            raise Fault(node.place, f"only a value that changes has a past, such as close[{node.bars}]")
        return replace(node, of=of)

    def _series(self, node: Series) -> Series:
        if node.name in SERIES:
            return node
        if node.name in OWN_FUNCTIONS or node.name in INDICATOR_FUNCTIONS:
            raise Fault(node.place, f"{node.name} is a function: write {_usage(node.name)}")
        known = SERIES if node.symbol else NAMES
        raise Fault(node.place, f"there is no series {node.name}{suggestion(node.name, known)}")

    def _call(self, node: Call) -> Call:
        if function := INDICATOR_FUNCTIONS.get(node.function):
            return self._indicator(node, function)
        if node.function not in OWN_FUNCTIONS:
            names = (*OWN_FUNCTIONS, *INDICATOR_FUNCTIONS)
            raise Fault(node.place, f"there is no function {node.function}{suggestion(node.function, names)}")
        parts = OWN_PARTS.get(node.function, ("",))
        if node.part and node.part not in parts:
            raise Fault(node.place, _parts_fault(node, parts))
        return replace(node, arguments=self._own[node.function](self, node))

    def _indicator(self, node: Call, function: IndicatorFunction) -> Call:
        if node.part not in function.parts:
            raise Fault(node.place, _parts_fault(node, function.parts))
        series, numbers = _split_arguments(node, function)
        limit = len(function.periods) + len(function.factors)
        if len(numbers) > limit:
            raise Fault(numbers[limit].place, f"{node.function} has fewer arguments: {function.usage}")
        periods = self._periods(node, function, numbers)
        given = numbers[len(function.periods) :]
        factors = [
            factor_of(given[place], factor.name) if place < len(given) else written(node, factor.default)
            for place, factor in enumerate(function.factors)
        ]
        return replace(node, arguments=(*series, *periods, *factors))

    def _periods(self, node: Call, function: IndicatorFunction, numbers: tuple[Node, ...]) -> list[Number]:
        periods: dict[str, Number] = {}
        for place, parameter in enumerate(function.periods):
            if place < len(numbers):
                periods[parameter.name] = number_of_bars(numbers[place], parameter.least)
            else:
                periods[parameter.name] = written(node, self._parameters[parameter.name])
        for parameter in function.periods:
            limit = periods.get(parameter.below)
            if limit is not None and periods[parameter.name].value >= limit.value:
                raise Fault(node.place, f"{parameter.name} must be below {parameter.below}: {function.usage}")
        return list(periods.values())

    def _numbers(self, node: Call) -> tuple[Node, ...]:
        least, most = (1, 1) if node.function == "abs" else (2, 16)
        if not least <= len(node.arguments) <= most:
            raise _usage_fault(node)
        return tuple(self._number(argument) for argument in node.arguments)

    def _extreme(self, node: Call) -> tuple[Node, ...]:
        if len(node.arguments) != 2:
            raise _usage_fault(node)
        of, bars = node.arguments
        checked = self._number(of)
        is_plain = isinstance(checked, Series) or (
            isinstance(checked, Call) and checked.function in INDICATOR_FUNCTIONS
        )
        if not is_plain:
            raise Fault(of.place, f"a series or an indicator is expected: {_usage(node.function)}")
        return checked, number_of_bars(bars, 1)

    def _span(self, node: Call) -> tuple[Node, ...]:
        """One argument: a number of bars, a number of sessions such as 5d, or an event time of several bars."""
        if len(node.arguments) != 1:
            raise _usage_fault(node)
        (span,) = node.arguments
        if not isinstance(span, Duration):
            return (number_of_bars(span, 1),)
        require_span(span, self._interval)
        return (span,)

    def _forecast(self, node: Call) -> tuple[Node, ...]:
        if node.part not in ("low", "high"):
            raise Fault(node.place, "the low or the high end is expected, such as forecast(95%).low")
        match node.arguments:
            case (Number(value=value) as coverage,) if value in COVERAGES:
                return (coverage,)
            case _:
                raise Fault(node.place, "forecast(50%), forecast(80%) or forecast(95%) is expected")

    def _mood(self, node: Call) -> tuple[Node, ...]:
        if found := mood_durations(node, self._parameters.get(HALF_LIFE, DEFAULT_HALF_LIFE)):
            return found
        raise Fault(node.place, f"durations of 1h to 30d are expected: {_usage(node.function)}")

    def _volatility(self, node: Call) -> tuple[Node, ...]:
        match node.arguments:
            case ():
                return (written(node, self._parameters["volatility_period"]),)
            case (period,):
                return (number_of_bars(period, 2),)
            case _:
                raise _usage_fault(node)

    def _nothing(self, node: Call) -> tuple[Node, ...]:
        if node.arguments:
            raise _usage_fault(node)
        return ()

    _own: Mapping[str, Callable[["Checker", Call], tuple[Node, ...]]] = {
        **dict.fromkeys(("abs", "min", "max"), _numbers),
        **dict.fromkeys(("highest", "lowest"), _extreme),
        **dict.fromkeys(("change", "drawdown"), _span),
        "forecast": _forecast,
        "sentiment": _mood,
        "bar_volatility": _volatility,
        **dict.fromkeys(("anomaly", "typical_volume"), _nothing),
    }


_EXAMPLES: dict[Kind, str] = {
    "condition": ": compare it, such as close > 100",
    "number": ", and has no value to compare",
    "duration": "",
}


def _usage(name: str) -> str:
    return OWN_FUNCTIONS[name] if name in OWN_FUNCTIONS else INDICATOR_FUNCTIONS[name].usage


def _usage_fault(node: Call) -> Fault:
    return Fault(node.place, f"{node.function} is written {_usage(node.function)}")


def _parts_fault(node: Call, parts: Sequence[str]) -> str:
    """Why the part of a call, or its lack of one, is wrong."""
    named = [f".{part}" for part in parts if part]
    if not named:
        return f"{node.function} has no parts"
    if not node.part:
        return f"{node.function} has several values: add {' or '.join(named)}"
    fault = f"{node.function} has no part .{node.part}; its parts: {', '.join(named)}"
    return f"{fault}{suggestion(node.part, parts)}"


def _split_arguments(node: Call, function: IndicatorFunction) -> tuple[tuple[Series, ...], tuple[Node, ...]]:
    """The input series, if it is not close, and the numbers."""
    if not node.arguments or not isinstance(node.arguments[0], Series):
        return (), node.arguments
    series, *numbers = node.arguments
    assert isinstance(series, Series)
    if not function.takes_series:
        raise Fault(series.place, f"{node.function} takes no series: {function.usage}")
    if series.symbol or series.name not in INPUTS:
        raise Fault(series.place, "open, high, low, close or volume is expected here")
    return () if series.name == "close" else (series,), tuple(numbers)
