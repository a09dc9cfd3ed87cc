"""The parts of an expression. Pure.

Each node has its place in the text, which does not count when nodes are compared.
"""

from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import chain
from typing import Literal

Sign = Literal["+", "-", "*", "/"]
Relation = Literal["<", "<=", ">", ">=", "==", "!="]
Junction = Literal["and", "or"]
Direction = Literal["", "above", "below"]
SECONDS_OF_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""The units of a length of time, such as 5m."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part of an expression that begins at a place in the text, counted from 0."""

    place: int = field(compare=False)

    @cached_property
    def children(self) -> tuple["Node", ...]:
        """The parts of this part, in the order of the text."""
        values = [getattr(self, each.name) for each in fields(self)]
        within = (value if isinstance(value, tuple) else (value,) for value in values)
        return tuple(each for each in chain.from_iterable(within) if isinstance(each, Node))


@dataclass(frozen=True)
class Number(Node):
    """A number with its text; the value of 5% is 0.05."""

    value: float
    text: str


@dataclass(frozen=True)
class Duration(Node):
    """A length of time in seconds, such as 5m. `text` is as it was written."""

    seconds: int = field(compare=False)
    text: str


@dataclass(frozen=True)
class Series(Node):
    """A number of each bar, such as close; of the rule's own symbol unless another one is named."""

    name: str
    symbol: str = ""


@dataclass(frozen=True)
class Call(Node):
    """A function with its arguments, and the part of its value that is meant; empty for a function with one value."""

    function: str
    arguments: tuple[Node, ...]
    part: str = ""


@dataclass(frozen=True)
class Past(Node):
    """An expression as it was `bars` closed bars ago."""

    of: Node
    bars: int


@dataclass(frozen=True)
class Negative(Node):
    """A number with the opposite sign."""

    of: Node


@dataclass(frozen=True)
class Arithmetic(Node):
    """Two numbers with a sign between them."""

    sign: Sign
    left: Node
    right: Node


@dataclass(frozen=True)
class Compared(Node):
    """Two numbers that are compared."""

    relation: Relation
    left: Node
    right: Node


@dataclass(frozen=True)
class Between(Node):
    """Whether a number is at or between two others, the lower one first."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True)
class Crosses(Node):
    """Whether a number is beyond another one and was not at the bar before; without a direction, on either side."""

    direction: Direction
    left: Node
    right: Node


@dataclass(frozen=True)
class NoData(Node):
    """Whether the symbol had no quote for a length of event time."""

    duration: Duration


@dataclass(frozen=True)
class Not(Node):
    """The opposite of a condition; of an unknown one, unknown."""

    of: Node


@dataclass(frozen=True)
class Joined(Node):
    """Two conditions joined by and, or."""

    junction: Junction
    left: Node
    right: Node


def look_back(node: Node) -> int:
    """The most bars that the places in brackets of an expression, one within the other, look back together."""
    own = node.bars if isinstance(node, Past) else 0
    return own + max((look_back(child) for child in node.children), default=0)
