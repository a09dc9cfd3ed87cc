"""Three-valued conditions and the numbers in them, as functions of a place in the past. Pure.

A number that is missing, not warm, not finite or divided by zero is unknown, and so is a condition that depends on it:
`not unknown` is unknown, `false and unknown` is false, `true or unknown` is true.
"""

from collections.abc import Callable
from math import isfinite

from analytics.alerts.evaluation.values import SeriesValues
from analytics.alerts.language.syntax import (
    Arithmetic,
    Between,
    Call,
    Compared,
    Crosses,
    Joined,
    Negative,
    Node,
    Not,
    Number,
    Past,
    Series,
)

NumberAt = Callable[[int], float | None]
"""A number so many bars before the newest one; None if it is unknown."""
TruthAt = Callable[[int], bool | None]
"""Whether a condition was true so many bars before the newest one; None if that is unknown."""


def number_of(node: Node, values: SeriesValues, reach: int = 0) -> NumberAt:
    """The number that an expression stands for. Histories keep what it reads up to `reach` bars before the newest."""
    match node:
        case Number():
            value = node.value
            return lambda _: value
        case Series():
            return _read(node, values, reach)
        case Call():
            return _called(node, values, reach)
        case Past():
            of, bars = number_of(node.of, values, reach + node.bars), node.bars
            return lambda ago: of(ago + bars) if ago + bars < values.seen else None
        case Negative():
            of = number_of(node.of, values, reach)
            return lambda ago: None if (value := of(ago)) is None else -value
        case Arithmetic():
            left, right = number_of(node.left, values, reach), number_of(node.right, values, reach)
            return _calculated(node.sign, left, right)
        case _:
            raise AssertionError(f"{node} is no number")


def truth_of(node: Node, values: SeriesValues, reach: int = 0) -> TruthAt:
    """The condition that an expression stands for, as above."""
    match node:
        case Compared():
            left, right = number_of(node.left, values, reach), number_of(node.right, values, reach)
            return _compared(node.relation, left, right)
        case Between():
            value, low, high = (number_of(each, values, reach) for each in node.children)
            return _both(_compared(">=", value, low), _compared("<=", value, high))
        case Crosses():
            return _crossed(node, values, reach)
        case Joined():
            one, other = truth_of(node.left, values, reach), truth_of(node.right, values, reach)
            return _both(one, other) if node.junction == "and" else _either(one, other)
        case Not():
            return _opposite(truth_of(node.of, values, reach))
        case Past():
            happened, bars = truth_of(node.of, values, reach + node.bars), node.bars
            return lambda ago: happened(ago + bars) if ago + bars < values.seen else None
        case Call():
            flag = _read(node, values, reach)
            return lambda ago: None if (value := flag(ago)) is None else value != 0.0
        case _:
            raise AssertionError(f"{node} is no condition")


def _read(node: Series | Call, values: SeriesValues, reach: int) -> NumberAt:
    history = values.history(node)
    history.keep(reach + 1)
    return history.at


def _called(node: Call, values: SeriesValues, reach: int) -> NumberAt:
    match node.function:
        case "abs":
            of = number_of(node.arguments[0], values, reach)
            return lambda ago: None if (value := of(ago)) is None else abs(value)
        case "min" | "max":
            parts = [number_of(each, values, reach) for each in node.arguments]
            return _extreme_of(parts, min if node.function == "min" else max)
        case "highest" | "lowest":
            return _extreme_over(node, values, reach)
        case _:
            return _read(node, values, reach)


def _extreme_of(parts: list[NumberAt], choose: Callable[[list[float]], float]) -> NumberAt:
    def extreme(ago: int) -> float | None:
        found = [value for part in parts if (value := part(ago)) is not None]
        return choose(found) if len(found) == len(parts) else None

    return extreme


def _extreme_over(node: Call, values: SeriesValues, reach: int) -> NumberAt:
    of, length = node.arguments
    assert isinstance(of, Series | Call) and isinstance(length, Number)
    bars = int(length.value)
    history = values.history(of)
    history.keep(reach + bars)
    choose = max if node.function == "highest" else min

    def extreme(ago: int) -> float | None:
        found = history.newest(bars, ago)
        return None if len(found) < bars or None in found else choose(found)  # type: ignore[type-var]

    return extreme


def _calculated(sign: str, left: NumberAt, right: NumberAt) -> NumberAt:
    def calculated(ago: int) -> float | None:
        one, other = left(ago), right(ago)
        if one is None or other is None or (sign == "/" and other == 0.0):
            return None
        value = _result(sign, one, other)
        return value if isfinite(value) else None

    return calculated


def _result(sign: str, one: float, other: float) -> float:
    match sign:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case _:
            return one / other


RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<": float.__lt__,
    "<=": float.__le__,
    ">": float.__gt__,
    ">=": float.__ge__,
    "==": float.__eq__,
    "!=": float.__ne__,
}


def _compared(relation: str, left: NumberAt, right: NumberAt) -> TruthAt:
    holds = RELATIONS[relation]

    def compared(ago: int) -> bool | None:
        one, other = left(ago), right(ago)
        return None if one is None or other is None else holds(one, other)

    return compared


def _crossed(node: Crosses, values: SeriesValues, reach: int) -> TruthAt:
    left, right = (number_of(side, values, reach + 1) for side in node.children)
    direction = node.direction

    def crossed(ago: int) -> bool | None:
        if ago + 1 >= values.seen:
            return None
        now, level, before, level_before = left(ago), right(ago), left(ago + 1), right(ago + 1)
        if now is None or level is None or before is None or level_before is None:
            return None
        above = before <= level_before and now > level
        below = before >= level_before and now < level
        return above if direction == "above" else below if direction == "below" else above or below

    return crossed


def _opposite(of: TruthAt) -> TruthAt:
    def opposite(ago: int) -> bool | None:
        value = of(ago)
        return None if value is None else not value

    return opposite


def _both(one: TruthAt, other: TruthAt) -> TruthAt:
    def both(ago: int) -> bool | None:
        first, second = one(ago), other(ago)
        if first is False or second is False:
            return False
        return None if first is None or second is None else True

    return both


def _either(one: TruthAt, other: TruthAt) -> TruthAt:
    def either(ago: int) -> bool | None:
        first, second = one(ago), other(ago)
        if first or second:
            return True
        return None if first is None or second is None else False

    return either
