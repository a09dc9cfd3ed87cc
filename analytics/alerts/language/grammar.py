"""The grammar of rules, for the LALR parser of lark. Everything is read as an expression; types are checked afterwards.

The scope of a rule is read before, because a symbol in it is written as it is listed.
"""

import re
from functools import cache
from math import isfinite
from typing import Any, NamedTuple

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from analytics.alerts.language.grammar_faults import KEYWORDS, unexpected, unknown_sign
from analytics.alerts.language.rule_error import Fault
from analytics.alerts.language.syntax import (
    SECONDS_OF_UNITS,
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

GRAMMAR = r"""
    start: condition ending*
    ?condition: conjunction | condition OR conjunction -> joined
    ?conjunction: negation | conjunction AND negation -> joined
    ?negation: comparison | NOT negation -> opposite
    ?comparison: sum
        | sum RELATION sum -> comparison
        | sum _BETWEEN sum AND sum -> between
        | sum _CROSSES [ABOVE | BELOW] sum -> crosses
        | NO _DATA duration -> no_data
    ?sum: product | sum (PLUS | MINUS) product -> arithmetic
    ?product: signed | product (TIMES | OVER) signed -> arithmetic
    ?signed: primary | MINUS signed -> negative
    ?primary: value
        | primary "[" NUMBER "]" -> past
        | primary "." NAME -> part
    ?value: NUMBER [PERCENT] -> number
        | duration
        | NAME -> series
        | NAME "(" [condition ("," condition)*] ")" -> call
        | (SYMBOL | QUOTED) "." NAME -> series_of
        | "(" condition ")"
    ?duration: DURATION -> duration
    ending: ON DURATION
        | FOR NUMBER _BARS
        | CLEAR condition
        | ONCE
        | EVERY duration
        | WHILE _OPEN
        | LIVE
        | SEVERITY (INFO | WARNING | CRITICAL)

    OR.3: /or\b/
    AND.3: /and\b/
    NOT.3: /not\b/
    _BETWEEN.3: /between\b/
    _CROSSES.3: /crosses\b/
    NO.3: /no\b/
    _DATA.3: /data\b/
    ABOVE.3: /above\b/
    BELOW.3: /below\b/
    ON.3: /on\b/
    FOR.3: /for\b/
    _BARS.3: /bars?\b/
    CLEAR.3: /clear\b/
    ONCE.3: /once\b/
    EVERY.3: /every\b/
    WHILE.3: /while\b/
    _OPEN.3: /open\b/
    LIVE.3: /live\b/
    SEVERITY.3: /severity\b/
    INFO.3: /info\b/
    WARNING.3: /warning\b/
    CRITICAL.3: /critical\b/
    PLUS: "+"
    MINUS: "-"
    TIMES: "*"
    OVER: "/"
    PERCENT: "%"
    RELATION: "<=" | ">=" | "==" | "!=" | "<" | ">"
    DURATION.2: /[0-9]{1,6}[smhdw](?![A-Za-z0-9_.])/
    NUMBER: /([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
    NAME: /(?!(KEYWORDS)\b)[a-z_][a-z0-9_]*/
    SYMBOL: /[A-Z][A-Z0-9]*/
    QUOTED: /'[^'\n]*'/
    SPACE: /[ \t\r\n\f]+/
    %ignore SPACE
"""
SYMBOL = re.compile(r"[A-Za-z0-9.^=\-_:/&]{1,32}")


class Ending(NamedTuple):
    """What a rule adds to its condition, by the keyword at `place`; `value` is None for one that stands alone."""

    place: int
    keyword: str
    value: Any


class RuleText(NamedTuple):
    """The condition of a rule, and its endings in the order of the text."""

    condition: Node
    endings: list[Ending]


def read_expression(text: str) -> RuleText:
    """Read a rule without its scope. Raises Fault at the first place that does not fit."""
    try:
        tree = _parser().parse(text)
    except UnexpectedCharacters as error:
        raise unknown_sign(text, error) from error
    except UnexpectedToken as error:
        raise unexpected(text, error) from error
    except VisitError as error:
        if isinstance(error.orig_exc, Fault):
            raise error.orig_exc from error
        raise
    assert isinstance(tree, RuleText)
    return tree


@cache
def _parser() -> Lark:
    grammar = GRAMMAR.replace("KEYWORDS", "|".join(KEYWORDS))
    return Lark(grammar, parser="lalr", transformer=_Builder(), maybe_placeholders=True)


def _place(token: Token) -> int:
    return token.start_pos or 0


@v_args(inline=True)
class _Builder(Transformer[Token, RuleText]):
    """Makes the nodes while the text is read, from the innermost one outwards."""

    def start(self, condition: Node, *endings: Ending) -> RuleText:
        return RuleText(condition, list(endings))

    def number(self, number: Token, percent: Token | None) -> Number:
        value = float(number)
        if not isfinite(value):
            raise Fault(_place(number), f"{number} is too large")
        text = repr(value).removesuffix(".0")
        if percent:
            return Number(value / 100, f"{text}%", place=_place(number))
        return Number(value, text, place=_place(number))

    def duration(self, token: Token) -> Duration:
        text = f"{int(token[:-1])}{token[-1]}"
        return Duration(int(token[:-1]) * SECONDS_OF_UNITS[token[-1]], text, place=_place(token))

    def series(self, name: Token) -> Series:
        return Series(str(name), place=_place(name))

    def series_of(self, symbol: Token, name: Token) -> Series:
        written = symbol.strip("'")
        if not SYMBOL.fullmatch(written):
            raise Fault(_place(symbol), f"{written!r} is no symbol, such as 'BRK-B'")
        return Series(str(name), written, place=_place(symbol))

    def call(self, name: Token, *arguments: Node | None) -> Call:
        given = tuple(argument for argument in arguments if argument is not None)
        return Call(str(name), given, place=_place(name))

    def part(self, of: Node, name: Token) -> Call:
        if not isinstance(of, Call) or of.part:
            raise Fault(_place(name), f"only a function has parts such as .{name}")
        return Call(of.function, of.arguments, str(name), place=of.place)

    def past(self, of: Node, bars: Token) -> Past:
        if not bars.isdigit():
            raise Fault(_place(bars), "a whole number of bars is expected, such as [1]")
        return Past(of, int(bars), place=of.place)

    def negative(self, sign: Token, of: Node) -> Negative:
        return Negative(of, place=_place(sign))

    def arithmetic(self, left: Node, sign: Any, right: Node) -> Arithmetic:
        return Arithmetic(sign.value, left, right, place=left.place)

    def comparison(self, left: Node, relation: Any, right: Node) -> Compared:
        return Compared(relation.value, left, right, place=left.place)

    def between(self, value: Node, low: Node, _: Token, high: Node) -> Between:
        return Between(value, low, high, place=value.place)

    def crosses(self, left: Node, direction: Any, right: Node) -> Crosses:
        return Crosses(direction.value if direction else "", left, right, place=left.place)

    def no_data(self, word: Token, duration: Duration) -> NoData:
        return NoData(duration, place=_place(word))

    def opposite(self, word: Token, of: Node) -> Not:
        return Not(of, place=_place(word))

    def joined(self, left: Node, junction: Any, right: Node) -> Joined:
        return Joined(junction.value, left, right, place=left.place)

    def ending(self, keyword: Token, value: Any = None) -> Ending:
        return Ending(_place(keyword), str(keyword), value)
