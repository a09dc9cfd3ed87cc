"""The grammar of a statement in Pine, for the LALR parser of lark. Pure.

Precedence: TradingView's Pine Script user manual, "Operators". `not` holds more tightly than a comparison.
"""

from functools import cache

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from analytics.alerts.language.rule_error import Fault

GRAMMAR = r"""
    start: [IF] choice
    ?choice: either | either "?" choice ":" choice -> ternary
    ?either: both | either OR both -> joined
    ?both: equal | both AND equal -> joined
    ?equal: ordered | equal EQUALITY ordered -> comparison
    ?ordered: sum | ordered ORDER sum -> comparison
    ?sum: product | sum (PLUS | MINUS) product -> arithmetic
    ?product: signed | product (TIMES | OVER | REST) signed -> product
    ?signed: primary | MINUS signed -> negative | NOT signed -> opposite | PLUS signed -> positive
    ?primary: NUMBER -> number
        | TEXT -> text
        | COLOR -> text
        | NAME -> named
        | NAME "(" [argument ("," argument)*] ")" -> called
        | primary "[" choice "]" -> before
        | "(" choice ")"
    ?argument: choice | NAME "=" choice -> keyword | NAME "=" listed -> keyword | listed
    listed: "[" [choice ("," choice)*] "]"

    IF.5: /if\b/
    OR.5: /or\b/
    AND.5: /and\b/
    NOT.5: /not\b/
    EQUALITY: "==" | "!="
    ORDER: "<=" | ">=" | "<" | ">"
    PLUS: "+"
    MINUS: "-"
    TIMES: "*"
    OVER: "/"
    REST: "%"
    NUMBER: /([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
    NAME: /(?!(and|or|not|if)\b)[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/
    TEXT: /"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'/
    COLOR: /#[0-9A-Fa-f]{6,8}/
    SPACE: /[ \t\r\n\f]+/
    %ignore SPACE
"""


def read_statement(text: str, begin: int) -> Tree[Token]:
    """The tree of an expression that begins at this place of the script. Raises Fault."""
    try:
        return _parser().parse(text)
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        raise Fault(begin + place, f"{text[place]!r} has no meaning here in a condition") from error
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise Fault(begin + len(text.rstrip()), "the statement ends too early") from error
        place = begin + (error.token.start_pos or 0)
        raise Fault(place, f"{str(error.token)!r} can't stand here in a condition") from error


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)
