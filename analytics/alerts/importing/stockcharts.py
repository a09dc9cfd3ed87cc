"""Reads scans of StockCharts. Pure.

The syntax: StockCharts' Support Center, "Writing Scans". A crossing is defined there as here: not above at the bar
before, above now ("Writing Scans for Crossovers").
"""

import re
from collections.abc import Collection
from functools import cache
from typing import Any

from lark import Lark, Token, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from analytics.alerts.importing.stockcharts_forms import VALUES, WITHOUT_COUNTERPART
from analytics.alerts.importing.translation import (
    ExpressionBuilder,
    Findings,
    Untranslated,
    built,
)
from analytics.alerts.language.rule_error import Fault, suggestion
from analytics.alerts.language.syntax import Node, Number

GRAMMAR = r"""
    start: condition RANK?
    ?condition: negation | alternatives | requirements
    ?requirements: negation AND negation -> joined | requirements AND negation -> joined
    ?alternatives: negation OR negation -> joined | alternatives OR negation -> joined
    ?negation: clause | NOT negation -> opposite
    ?clause: "[" condition "]" | comparison
    ?comparison: sum (RELATION | CROSSES) sum -> comparison
        | sum -> alone
        | UNIVERSE -> universe
    ?sum: product | sum (PLUS | MINUS) product -> arithmetic
    ?product: signed | product (TIMES | OVER) signed -> arithmetic
    ?signed: timed | MINUS signed -> negative
    ?timed: value
        | BAR_LENGTH timed -> of_length
        | TODAY timed -> of_today
        | YESTERDAY timed -> of_yesterday
        | NUMBER AGO timed -> of_days_ago
    ?value: NUMBER -> number
        | NAME ["(" sum ("," sum)* ")"] -> named
        | "(" sum ")"

    UNIVERSE.9: /(CLASSES)\b\s*(!=|=|is\b|contains\b|starts\b)[^\]\[]*/i
    RANK.8: /(rank|order)\s+by\b.*/is
    AND.7: /and\b/i
    OR.7: /or\b/i
    NOT.7: /not\b/i
    CROSSES.7: /(x|crosses\s+above|crosses\s+below)\b/i
    RELATION.7: /<=|>=|!=|=|<|>|is\s+not\b|is\b/i
    TODAY.7: /today'?s\b/i
    YESTERDAY.7: /yesterday'?s\b/i
    AGO.7: /(trading\s+)?(days?|bars?)\s+ago('?s)?\b/i
    BAR_LENGTH.7: /(daily|weekly|monthly|intraday)\b/i
    PLUS: "+"
    MINUS: "-"
    TIMES: "*"
    OVER: "/"
    NUMBER: /([0-9]+(\.[0-9]*)?|\.[0-9]+)/
    NAME: /WORD([ \t]+WORD)*/i
    SPACE: /[ \t\r\n\f]+/
    %ignore SPACE
"""
KEYWORDS = (
    "and|or|not|x|is|crosses|daily|weekly|monthly|intraday|ago|rank|order"
    "|days?|bars?|trading|today'?s|yesterday'?s"
)
WORD = rf"(?!(?:{KEYWORDS})\b)[A-Za-z%][A-Za-z0-9_%]*"
CLASSES = (
    "type|country|exchange|group|sector|industry|symbol|name|optionable|chartlist"
    r"|favou?rites\s+list"
)
"""What chooses symbols, not days."""
WRITTEN = re.compile(r"[\w'%]+")
EXPECTED = {
    "NUMBER": "a value such as close or 10",
    "AGO": '"days ago" as in "5 days ago close"',
    "RELATION": "a comparison such as > or x",
    "PLUS": "a sign of calculation",
    "AND": '"and"',
    "OR": '"or"',
    "RPAR": "a closing parenthesis",
    "RSQB": "a closing bracket",
    "$END": "the end",
}
"""What may come next, in words; the grammar allows several of them at once."""
COMMENT = re.compile(r"//[^\n]*")
SIGNS = {"=": "==", "is": "==", "is not": "!="}


def read_scan(text: str, findings: Findings) -> Node:
    """The condition of a scan, its values at their places in the text. Raises Fault where the text is no scan."""
    blanked = COMMENT.sub(lambda found: " " * len(found.group()), text)
    try:
        tree = _parser().parse(blanked)
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        found = WRITTEN.match(blanked, place)
        word = found.group() if found else blanked[place]
        raise Fault(
            place, f'"{word}" has no meaning here in a scan{_expected(error.allowed or ())}'
        ) from error
    except UnexpectedToken as error:
        raise _unexpected(blanked, error.token, error.accepts or error.expected) from error
    return built(_ScanBuilder(findings), tree)


@cache
def _parser() -> Lark:
    grammar = GRAMMAR.replace("WORD", WORD).replace("CLASSES", CLASSES)
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


def _unexpected(text: str, token: Token, allowed: Collection[str]) -> Fault:
    if token.type == "$END":
        return Fault(len(text.rstrip()), "the scan ends too early: a value or a closing bracket is missing")
    if token.type in ("AND", "OR"):
        return Fault(
            token.start_pos or 0, "and and or are mixed: set brackets around those that belong together"
        )
    return Fault(token.start_pos or 0, f'"{token}" can\'t stand here in a scan{_expected(allowed)}')


def _expected(allowed: Collection[str]) -> str:
    """What may stand at a place, the most likely first."""
    words = [word for name, word in EXPECTED.items() if name in allowed][:3]
    return f": expected is {' or '.join(filter(None, (', '.join(words[:-1]), words[-1])))}" if words else ""


@v_args(inline=True)
class _ScanBuilder(ExpressionBuilder):
    def start(self, condition: Node, rank: Token | None = None) -> Node:
        if rank is not None:
            return self.findings.refuse(Fault(self._place(rank), "a rule has no list to sort: leave it out"))
        return condition

    def universe(self, clause: Token) -> Node:
        fault = Fault(
            self._place(clause),
            "a rule does not choose symbols by what they are: leave this clause out, and begin the rule with its"
            " symbols, such as AAPL, MSFT: …",
        )
        return self.findings.refuse(fault)

    def comparison(self, left: Node, sign: Token, right: Node) -> Node:
        word = " ".join(sign.lower().split())
        if word[0] in "xc":
            return self._crossed(left, "below" if word.endswith("below") else "above", right)
        return self._compared(left, Token("RELATION", SIGNS.get(word, word)), right)

    def alone(self, value: Node) -> Node:
        if isinstance(value, Untranslated):
            return value
        return self.findings.refuse(Fault(value.place, "a comparison is expected, such as [close > 10]"))

    def of_length(self, length: Token, value: Node) -> Node:
        if length.lower() == "daily":
            return value
        return self.findings.refuse(
            Fault(
                self._place(length),
                f"a scan of days becomes a rule on 1d, which has no {length.lower()} bars",
            )
        )

    def of_today(self, _: Token, value: Node) -> Node:
        return value

    def of_yesterday(self, _: Token, value: Node) -> Node:
        return self._past(value, 1)

    def of_days_ago(self, days: Token, _: Token, value: Node) -> Node:
        if not days.isdigit():
            raise Fault(self._place(days), "a whole number of days is expected")
        return self._past(value, int(days))

    def number(self, number: Token) -> Node:
        text = repr(float(number)).removesuffix(".0")
        return Number(float(number), text, place=self._place(number))

    def named(self, name: Token, *arguments: Node) -> Node:
        if any(isinstance(each, Untranslated) for each in arguments):
            return Untranslated(place=self._place(name))
        try:
            return self._value(" ".join(name.split()), self._place(name), arguments)
        except Fault as fault:
            return self.findings.refuse(fault)

    def _value(self, name: str, place: int, arguments: tuple[Any, ...]) -> Node:
        key = name.lower()
        if key in WITHOUT_COUNTERPART:
            raise Fault(place, f"{name} has no counterpart in rules: {WITHOUT_COUNTERPART[key]}")
        if key not in VALUES:
            raise Fault(place, f"{name} has no counterpart in rules{suggestion(key, VALUES)}")
        form = VALUES[key]
        if form.differs:
            self.findings.differ(form.differs)
        return form.node(name, place, arguments, {})
