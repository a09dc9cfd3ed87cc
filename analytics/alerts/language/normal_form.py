"""The text of a checked rule, always written in the same way. Pure."""

from collections.abc import Iterator

from analytics.alerts.language.rule import Rule, Scope
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
)
from shared.market.alert_texts import DEFAULT_SEVERITY

OR, AND, NOT, COMPARED, SUM, PRODUCT, SIGNED, VALUE = range(8)
"""How tightly the parts of an expression hold together, the loosest first."""


def normal_form(rule: Rule) -> str:
    """The text of a rule, with every default written out. Read again, it gives the same rule, unless it has become too
    long to be read."""
    scope = _scope(rule.scope)
    return " ".join([*([f"{scope}:"] if scope else []), expression_text(rule.condition), *_endings(rule)])


def _scope(scope: Scope) -> str:
    match scope.kind:
        case "all":
            return ""
        case "held":
            return "held"
        case "list":
            return f"list:{scope.names[0]}"
        case "symbols":
            return ", ".join(scope.names)


def _endings(rule: Rule) -> Iterator[str]:
    yield f"on {rule.interval}"
    if rule.bars > 1:
        yield f"for {rule.bars} bars"
    if rule.clear is not None:
        yield f"clear {expression_text(rule.clear)}"
    if rule.is_once:
        yield "once"
    if rule.every is not None:
        yield f"every {rule.every.text}"
    if rule.while_open:
        yield "while open"
    if rule.is_live:
        yield "live"
    if rule.severity != DEFAULT_SEVERITY:
        yield f"severity {rule.severity}"


def expression_text(node: Node) -> str:
    """The text of an expression, with the parentheses that it needs and no others."""
    match node:
        case Number() | Duration():
            return node.text
        case Series():
            return f"{_symbol(node.symbol)}.{node.name}" if node.symbol else node.name
        case Call():
            arguments = ", ".join(expression_text(argument) for argument in node.arguments)
            return f"{node.function}({arguments}){f'.{node.part}' if node.part else ''}"
        case Past():
            return f"{_within(node.of, VALUE)}[{node.bars}]"
        case Negative():
            return f"-{_within(node.of, SIGNED)}"
        case Not():
            return f"not {_within(node.of, NOT)}"
        case NoData():
            return f"no data {node.duration.text}"
        case _:
            return _joined(node)


def _joined(node: Node) -> str:
    match node:
        case Arithmetic():
            level = _level(node)
            return f"{_within(node.left, level)} {node.sign} {_within(node.right, level + 1)}"
        case Compared():
            return f"{_within(node.left, SUM)} {node.relation} {_within(node.right, SUM)}"
        case Between():
            value, low, high = (_within(each, SUM) for each in node.children)
            return f"{value} between {low} and {high}"
        case Crosses():
            words = f"crosses {node.direction}".rstrip()
            return f"{_within(node.left, SUM)} {words} {_within(node.right, SUM)}"
        case Joined():
            level = _level(node)
            return f"{_within(node.left, level)} {node.junction} {_within(node.right, level + 1)}"
        case _:
            raise AssertionError(f"no text for {node}")


def _level(node: Node) -> int:
    match node:
        case Joined():
            return OR if node.junction == "or" else AND
        case Not():
            return NOT
        case Compared() | Between() | Crosses() | NoData():
            return COMPARED
        case Arithmetic():
            return SUM if node.sign in "+-" else PRODUCT
        case Negative():
            return SIGNED
        case _:
            return VALUE


def _within(node: Node, level: int) -> str:
    """The text of a part, in parentheses if it would fall apart at this level."""
    text = expression_text(node)
    return text if _level(node) >= level else f"({text})"


def _symbol(symbol: str) -> str:
    is_plain = symbol.isalnum() and symbol[0].isalpha() and symbol.isupper()
    return symbol if is_plain else f"'{symbol}'"
