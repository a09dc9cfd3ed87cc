"""What the translation of a condition found, and how its parts are built. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

from lark import Token, Transformer, Tree, v_args
from lark.exceptions import VisitError

from analytics.alerts.language.checking import kind_of, require_shallow
from analytics.alerts.language.functions import INPUTS
from analytics.alerts.language.grammar import read_expression
from analytics.alerts.language.rule_error import Fault
from analytics.alerts.language.syntax import (
    Arithmetic,
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

MAX_PARTS = 500
"""The most parts of a translated expression: a rule of 2,000 characters has no more."""

MAX_LEVELS = 150
"""So many levels of a text may lie in one another, more than a rule may have parts."""

OPPOSITE = (
    "A value without enough bars before it is unknown, and so is its opposite: the rule waits. Elsewhere such a value"
    " compares as false, and its opposite as true."
)
"""How the opposite of a comparison differs."""


@dataclass(frozen=True)
class Untranslated(Node):
    """A part that has no meaning in a rule; why is among the faults of the findings. `kind` is what it would be: a
    condition, a constant one, a number or anything else that is no condition; empty if that is unknown."""

    kind: str = field(default="", compare=False)


@dataclass
class Findings:
    """Why parts can't be translated, and how a rule differs in meaning from the original, each stated once."""

    faults: list[Fault] = field(default_factory=list)
    differences: dict[str, None] = field(default_factory=dict)

    def refuse(self, fault: Fault, kind: str = "") -> Untranslated:
        """Note why a part of this kind can't be translated, and stand in for it, so that the rest is looked at too."""
        if not any((each.place, str(each)) == (fault.place, str(fault)) for each in self.faults):
            self.faults.append(fault)
        return Untranslated(kind, place=fault.place)

    def differ(self, difference: str) -> None:
        self.differences[difference] = None

    def add(self, others: "Findings") -> None:
        """Note what was found in a part that is used here."""
        for fault in others.faults:
            self.refuse(fault)
        self.differences |= others.differences


class FormParameter:
    """A parameter of a form, written `kind name` or `kind name = default`.

    A number is a literal, a series is one of open, high, low, close and volume, a value is any number of a bar.
    """

    def __init__(self, text: str) -> None:
        declared, _, default = text.partition(" = ")
        self.kind, self.name = declared.split()
        self.default = default or None


class Form:
    """A function of another language as a template in the language of rules.

    Numbers and series stand in the template in braces, values by their bare names. `differs` states what the rule means
    otherwise; empty if nothing.
    """

    def __init__(self, parameters: str, template: str, differs: str = "") -> None:
        self.parameters = [FormParameter(each) for each in parameters.split(", ")] if parameters else []
        self.template, self.differs = template, differs

    def node(self, name: str, place: int, given: Sequence[Node], named: Mapping[str, Node]) -> Node:
        """The expression that a call with these arguments stands for. Raises Fault."""
        usage = f"{name} has the arguments ({', '.join(each.name for each in self.parameters)})"
        unknown = named.keys() - {each.name for each in self.parameters[len(given) :]}
        if len(given) > len(self.parameters) or unknown:
            raise Fault(place, usage)
        texts: dict[str, str] = {}
        values: dict[str, Node] = {}
        for number, parameter in enumerate(self.parameters):
            argument = given[number] if number < len(given) else named.get(parameter.name)
            if argument is not None and parameter.kind == "value":
                values[parameter.name] = argument
            elif argument is not None:
                texts[parameter.name] = _text(parameter, argument)
            elif parameter.default is not None:
                texts[parameter.name] = parameter.default
            else:
                raise Fault(place, f"{usage}: {parameter.name} is missing")
        return filled(self.template.format(**texts), place, values)


def _text(parameter: FormParameter, argument: Node) -> str:
    if parameter.kind == "number":
        if not isinstance(argument, Number):
            raise Fault(argument.place, f"{parameter.name} must be a number that does not change")
        return argument.text
    if not isinstance(argument, Series) or argument.symbol or argument.name not in INPUTS:
        raise Fault(argument.place, "a rule calculates this of open, high, low, close or volume only")
    return argument.name


def filled(template: str, place: int, values: Mapping[str, Node]) -> Node:
    """The expression of a template at this place of the original, with `values` in place of their names."""
    return require_small(_filled(_read(template), place, values))


@lru_cache(maxsize=256)
def _read(template: str) -> Node:
    return read_expression(template).condition


def _filled(node: Node, place: int, values: Mapping[str, Node]) -> Node:
    if isinstance(node, Series) and node.name in values:
        return values[node.name]
    return replace(with_children(node, lambda child: _filled(child, place, values)), place=place)


def with_children(node: Node, changed: Callable[[Node], Node]) -> Node:
    """The node with `changed(child)` in place of each part."""
    new: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, Node):
            new[each.name] = changed(value)
        elif isinstance(value, tuple):
            new[each.name] = tuple(changed(part) for part in value)
    return replace(node, **new) if new else node


def require_small(node: Node) -> Node:
    """Raise Fault if an expression is too large for a rule: parts that are used twice double it at each use."""
    waiting, count = [node], 0
    while waiting:
        part = waiting.pop()
        waiting += part.children
        count += 1
        if count > MAX_PARTS:
            raise Fault(node.place, f"written out, this has more than {MAX_PARTS} parts: a rule is shorter")
    require_shallow(node)
    return node


@v_args(inline=True)
class ExpressionBuilder(Transformer[Token, Any]):
    """Builds expressions from the innermost one outwards; `begin` is where the text that is read begins.

    What can't be translated is noted in `findings`, and everything around it is Untranslated too.
    """

    def __init__(self, findings: Findings, begin: int = 0) -> None:
        super().__init__()
        self.findings, self.begin = findings, begin

    def _place(self, token: Token) -> int:
        return self.begin + (token.start_pos or 0)

    def arithmetic(self, left: Node, sign: Any, right: Node) -> Node:
        return self._whole(Arithmetic(sign.value, left, right, place=left.place))

    def _compared(self, left: Node, relation: Any, right: Node) -> Node:
        if relation == "!=":
            self.findings.differ(OPPOSITE)
        return self._whole(Compared(relation.value, left, right, place=left.place))

    def _crossed(self, left: Node, direction: Any, right: Node) -> Node:
        return self._whole(Crosses(direction, left, right, place=left.place))

    def joined(self, left: Node, junction: Any, right: Node) -> Node:
        return self._whole(Joined(junction.value.lower(), left, right, place=left.place))

    def opposite(self, word: Token, of: Node) -> Node:
        self.findings.differ(OPPOSITE)
        return self._whole(Not(of, place=self._place(word)))

    def negative(self, sign: Token, of: Node) -> Node:
        return self._whole(Negative(of, place=self._place(sign)))

    def _past(self, of: Node, bars: int) -> Node:
        if bars == 0 or isinstance(of, Untranslated):
            return of
        if isinstance(of, Number):
            raise Fault(of.place, "a number has no past")
        return Past(of, bars, place=of.place)

    def _whole(self, node: Node) -> Node:
        is_incomplete = any(isinstance(part, Untranslated) for part in node.children)
        return Untranslated(kind_of(node), place=node.place) if is_incomplete else node


def built(builder: ExpressionBuilder, tree: Tree[Token]) -> Node:
    """The expression of a tree. Raises Fault if it can't be built or is nested so deeply that nobody could read it."""
    level: list[Tree[Token]] = [tree]
    for _ in range(MAX_LEVELS):
        level = [child for each in level for child in each.children if isinstance(child, Tree)]
    if level:
        raise Fault(builder.begin, f"more than {MAX_LEVELS} parts are nested or joined")
    try:
        return builder.transform(tree)  # type: ignore[no-any-return]
    except VisitError as error:
        if isinstance(error.orig_exc, Fault):
            raise error.orig_exc from error
        raise


def require_condition(node: Node) -> None:
    """Raise Fault if an expression is a number, which is never true."""
    if not isinstance(node, Untranslated) and kind_of(node) != "condition":
        raise Fault(node.place, "a condition is expected, but this is a number: compare it")
