"""What expressions of a script in Pine have and those of rules do not, and of which kind their values are. Pure."""

from dataclasses import dataclass

from analytics.alerts.importing.translation import Findings, Untranslated
from analytics.alerts.language.checking import kind_of
from analytics.alerts.language.syntax import Arithmetic, Call, Negative, Node, Number
from shared.market.records import Interval


@dataclass(frozen=True)
class Text(Node):
    """A text or a list among arguments; no part of a condition."""

    text: str


@dataclass(frozen=True)
class Real(Number):
    """A number that is no whole one for a script, whatever its value: 10.0, or a default of input.float()."""


@dataclass(frozen=True)
class Keyword(Node):
    """An argument with its name."""

    name: str
    value: Node


@dataclass(frozen=True)
class OnInterval(Node):
    """An expression that a script reads from bars of an interval, whatever its chart shows."""

    of: Node
    interval: Interval


@dataclass(frozen=True)
class Several(Node):
    """The values of a function that returns several."""

    values: tuple[Node, ...]


@dataclass(frozen=True)
class Variable:
    """A value or a function with a name, and what was found in its statement."""

    value: Node
    findings: Findings
    is_function: bool = False


def as_real(node: Node) -> Node:
    """The value of a variable or an input that is declared as a number with fractions."""
    return Real(node.value, node.text, place=node.place) if isinstance(node, Number) else node


def is_whole(node: Node) -> bool:
    """Whether a number is made of whole constants alone, so that before version 6 a quotient of two is cut off."""
    match node:
        case Number():
            return node.text.isdigit() and not isinstance(node, Real)
        case Negative() | OnInterval():
            return is_whole(node.of)
        case Arithmetic():
            return node.sign != "/" and all(map(is_whole, node.children))
        case Call():
            return node.function in ("abs", "min", "max") and all(map(is_whole, node.arguments))
    return False


def kind_of_value(node: Node) -> str:
    """Whether a value is a condition, or something else: a number, a text, a drawing. Of what can't be translated, the
    kind that it would have; empty where that is unknown."""
    match node:
        case Untranslated():
            return node.kind
        case OnInterval():
            return kind_of_value(node.of)
        case Text() | Several():
            return "number"
    return kind_of(node)
