"""Three-valued conditions and the numbers in them, as functions without arguments. Pure.

Each is compiled for a fixed place in the past, so that nothing but the values is looked up at a bar. A number that is
missing, not warm, not finite or divided by zero is unknown, and so is a condition that depends on it: `not unknown` is
unknown, `false and unknown` is false, `true or unknown` is true.
"""

import operator
from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import TypeVar

from analytics.alerts.evaluation.extreme_over import ExtremeOver
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

Result = TypeVar("Result")

NumberNow = Callable[[], float | None]
"""A number at the newest bar; None if it is unknown."""
TruthNow = Callable[[], bool | None]
"""Whether a condition is true at the newest bar; None if that is unknown."""

Holds = Callable[[float, float], bool]
"""Whether a relation holds between two numbers."""

RELATIONS: dict[str, Holds] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""Relations whose sides are exchanged."""
CROSSED: dict[str, tuple[Holds, Holds]] = {
    "above": (operator.le, operator.gt),
    "below": (operator.ge, operator.lt),
}
"""What relation to the level holds at the bar before, and at the bar that crosses it."""
SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def number_of(node: Node, values: SeriesValues, ago: int = 0) -> NumberNow:
    """Reads the number that an expression was `ago` bars before the newest one. The histories that it needs keep
    that many bars from now on."""
    match node:
        case Number():
            value = node.value
            return lambda: value
        case Series():
            return values.history(node).reader(ago)
        case Call():
            return _called(node, values, ago)
        case Past():
            return _if_there(number_of(node.of, values, ago + node.bars), node.of, values, ago + node.bars)
        case Negative():
            of = number_of(node.of, values, ago)
            return lambda: None if (value := of()) is None else -value
        case Arithmetic():
            return _calculated(node, values, ago)
        case _:
            raise AssertionError(f"{node} is no number")


def truth_of(node: Node, values: SeriesValues, ago: int = 0) -> TruthNow:
    """Reads whether an expression was true `ago` bars before the newest one, as `number_of` does."""
    match node:
        case Compared():
            return _compared(node.relation, node.left, node.right, values, ago)
        case Between():
            is_above = _compared(">=", node.value, node.low, values, ago)
            return _both(is_above, _compared("<=", node.value, node.high, values, ago))
        case Crosses():
            return _crossed(node, values, ago)
        case Joined():
            one, other = truth_of(node.left, values, ago), truth_of(node.right, values, ago)
            return _both(one, other) if node.junction == "and" else _either(one, other)
        case Not():
            return _opposite(truth_of(node.of, values, ago))
        case Past():
            return _if_there(truth_of(node.of, values, ago + node.bars), node.of, values, ago + node.bars)
        case Call():
            flag = values.history(node).reader(ago)
            return lambda: None if (value := flag()) is None else value != 0.0
        case _:
            raise AssertionError(f"{node} is no condition")


def _if_there(
    of: Callable[[], Result | None], node: Node, values: SeriesValues, ago: int
) -> Callable[[], Result | None]:
    """Unknown while there is no bar so far back. A number that is read from bars is unknown then by itself, and so is
    what compares it; a condition joined of several may be known without one of them."""
    if isinstance(node, Crosses) and not all(_is_written(side) for side in node.children):
        return of
    return lambda: of() if ago < values.seen else None


def _is_written(node: Node) -> bool:
    """Whether a number is calculated from written numbers alone."""
    is_read = isinstance(node, Series) or (
        isinstance(node, Call) and node.function not in ("abs", "min", "max")
    )
    return not is_read and all(map(_is_written, node.children))


def _called(node: Call, values: SeriesValues, ago: int) -> NumberNow:
    match node.function:
        case "abs":
            of = number_of(node.arguments[0], values, ago)
            return lambda: None if (value := of()) is None else abs(value)
        case "min" | "max":
            parts = [number_of(each, values, ago) for each in node.arguments]
            return _extreme_of(parts, min if node.function == "min" else max)
        case "highest" | "lowest":
            return _extreme_over(node, values, ago)
        case _:
            return values.history(node).reader(ago)


def _extreme_of(parts: list[NumberNow], choose: Callable[[list[float]], float]) -> NumberNow:
    def extreme() -> float | None:
        found = [value for part in parts if (value := part()) is not None]
        return choose(found) if len(found) == len(parts) else None

    return extreme


def _extreme_over(node: Call, values: SeriesValues, ago: int) -> NumberNow:
    of, length = node.arguments
    assert isinstance(of, Series | Call) and isinstance(length, Number)
    choose = max if node.function == "highest" else min
    return ExtremeOver(values, values.history(of), int(length.value), ago, choose)


def _calculated(node: Arithmetic, values: SeriesValues, ago: int) -> NumberNow:
    left, right = (number_of(side, values, ago) for side in node.children)
    calculate, is_division = SIGNS[node.sign], node.sign == "/"

    def calculated() -> float | None:
        one, other = left(), right()
        if one is None or other is None or (is_division and other == 0.0):
            return None
        value = calculate(one, other)
        return value if isfinite(value) else None

    return calculated


def _compared(relation: str, left: Node, right: Node, values: SeriesValues, ago: int) -> TruthNow:
    if _constant(left) is not None and _constant(right) is None:
        return _compared(MIRRORED[relation], right, left, values, ago)
    holds, level = RELATIONS[relation], _constant(right)
    one_now = number_of(left, values, ago)
    if level is not None:
        return _compared_with_level(holds, one_now, level)
    other_now = number_of(right, values, ago)

    def compared() -> bool | None:
        one, other = one_now(), other_now()
        return None if one is None or other is None else holds(one, other)

    return compared


def _compared_with_level(holds: Holds, read: NumberNow, level: float) -> TruthNow:
    def compared() -> bool | None:
        value = read()
        return None if value is None else holds(value, level)

    return compared


def _constant(node: Node) -> float | None:
    """The value of a number that is written out, as most levels are: they need not be read at each bar."""
    if isinstance(node, Negative):
        return None if (value := _constant(node.of)) is None else -value
    return node.value if isinstance(node, Number) else None


def _crossed(node: Crosses, values: SeriesValues, ago: int) -> TruthNow:
    if not node.direction:
        above = _crossed(replace(node, direction="above"), values, ago)
        return _either(above, _crossed(replace(node, direction="below"), values, ago))
    was, is_beyond = CROSSED[node.direction]
    left, left_before = (number_of(node.left, values, ago + bars) for bars in (0, 1))
    if (level := _constant(node.right)) is not None:
        crossed = _crossed_level(was, is_beyond, left_before, left, level)
        return _if_there(crossed, node, values, ago + 1)
    right, right_before = (number_of(node.right, values, ago + bars) for bars in (0, 1))

    def crossed_other() -> bool | None:
        now, other, before, other_before = left(), right(), left_before(), right_before()
        if now is None or other is None or before is None or other_before is None:
            return None
        return was(before, other_before) and is_beyond(now, other)

    return _if_there(crossed_other, node, values, ago + 1)


def _crossed_level(
    was: Holds, is_beyond: Holds, read_before: NumberNow, read: NumberNow, level: float
) -> TruthNow:
    def crossed() -> bool | None:
        now, before = read(), read_before()
        return None if now is None or before is None else was(before, level) and is_beyond(now, level)

    return crossed


def _opposite(of: TruthNow) -> TruthNow:
    def opposite() -> bool | None:
        value = of()
        return None if value is None else not value

    return opposite


def _both(one: TruthNow, other: TruthNow) -> TruthNow:
    def both() -> bool | None:
        first = one()
        if first is False:
            return False
        second = other()
        if second is False:
            return False
        return None if first is None or second is None else True

    return both


def _either(one: TruthNow, other: TruthNow) -> TruthNow:
    def either() -> bool | None:
        first = one()
        if first:
            return True
        second = other()
        if second:
            return True
        return None if first is None or second is None else False

    return either
