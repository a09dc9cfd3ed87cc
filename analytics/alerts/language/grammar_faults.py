"""What is wrong where a text does not fit the grammar of rules, in words of the language. Pure."""

import re
from collections.abc import Iterable

from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from analytics.alerts.language.functions import NAMES
from analytics.alerts.language.rule_error import Fault, suggestion

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LAST_WORD = re.compile(r"(?:^|[\s(,])([a-z_][a-z0-9_]*)\s*$")
"""A word right before a place, which is no part such as .lower."""
KEYWORDS = (
    *("and", "or", "not", "between", "crosses", "no", "on", "for", "clear", "once", "every", "while", "live"),
    "severity",
)
"""No series and no function has such a name. Other words, such as open in "while open", have a meaning in one place."""
PLACED_WORDS = ("above", "below", "bars", "bar", "data", "info", "warning", "critical")
"""Words with a meaning in one place, which are no series."""
EXPECTED = {
    "NUMBER": "a number",
    "NAME": "a series such as close or a function such as rsi(14)",
    "DURATION": "a duration such as 5m",
    "RELATION": "a comparison such as >",
    "AND": "and",
    "OR": "or",
    "ON": "an ending such as on 5m",
    "INFO": "info, warning or critical",
    "_BARS": "bars",
    "_OPEN": "open",
    "_DATA": "data",
    "RPAR": "')'",
    "RSQB": "']'",
    "COMMA": "a comma",
    "DOT": "'.'",
    "$END": "the end of the rule",
}
"""How an expected terminal is named. Those that fit nearly everywhere, such as a plus, or only where one of
these fits too, have no name and are not mentioned."""
RANGE_HINT = "; a range is written: close between 180 and 220"
SCOPE_HINT = "; the symbols of a rule stand before a colon: AAPL: close > 200"
SYMBOL_HINT = " and a series, as in AAPL.close; a symbol with other signs is quoted: 'BRK-B'.close"


def unknown_sign(text: str, error: UnexpectedCharacters) -> Fault:
    """The fault at a sign or word that begins nothing that could stand there."""
    place = error.pos_in_stream or 0
    found = WORD.match(text, place)
    if found:
        return _at_word(text, place, found.group(), error.allowed or ())
    sign = text[place]
    if sign == "=":
        return Fault(place, "a comparison is written <, <=, >, >=, == or !=")
    if sign == ":":
        return Fault(place, "a scope ends with a colon and a space: AAPL: close > 200")
    if sign == "'":
        return Fault(place, "the quoted symbol has no end: a second ' is expected")
    return Fault(place, f"{sign!r} has no meaning in a rule")


def unexpected(text: str, error: UnexpectedToken) -> Fault:
    """The fault at a word or a sign of the language that can't stand there."""
    token, accepted = error.token, error.accepts or error.expected
    names = set(map(str, accepted))
    if (token.type == "SYMBOL" or names == {"DOT"}) and (fault := _capitals(text, token.start_pos or 0)):
        return fault
    if token.type == "$END":
        return Fault(len(text.rstrip()), f"the rule ends too early: expected {_expected(text, accepted)}")
    place = token.start_pos or 0
    found = str(token)
    if names == {"DOT"}:
        hint = SCOPE_HINT if token.type == "NAME" or found == "," else SYMBOL_HINT
        return Fault(place, f"{found!r} can't stand here: expected '.'{hint}")
    return _at_word(text, place, found, accepted)


def _at_word(text: str, place: int, found: str, accepted: Iterable[object]) -> Fault:
    """The fault at a word that can't stand there, or at a word before it that means nothing."""
    before = LAST_WORD.search(text[:place])
    if before and before[1] not in (*NAMES, *KEYWORDS, *PLACED_WORDS):
        known = suggestion(before[1], {*NAMES, "above", "below"})
        return Fault(before.start(1), f"{before[1]!r} has no meaning in a rule{known}")
    return Fault(place, _misplaced(text[:place], found, accepted))


def _capitals(text: str, place: int) -> Fault | None:
    """The fault of a word of the language that is written with capitals, at a place or as the last one before it."""
    words = [found for found in WORD.finditer(text) if found.start() <= place]
    if not words:
        return None
    word, begin = words[-1].group(), words[-1].start()
    if word == word.lower() or word.lower() not in (*NAMES, *KEYWORDS, *PLACED_WORDS):
        return None
    return Fault(begin, f"{word} is written in lower case: {word.lower()}")


def _misplaced(before: str, found: str, accepted: Iterable[object]) -> str:
    if found in ("<", "<=", ">", ">="):
        hint = RANGE_HINT if "AND" in map(str, accepted) else ""
    else:
        fitting = {str(name).strip("_").lower() for name in accepted} & {*KEYWORDS}
        hint = "" if found in (*KEYWORDS, *NAMES) else suggestion(found, fitting)
    return f"{found!r} can't stand here: expected {_expected(before, accepted)}{hint}"


def _expected(before: str, accepted: Iterable[object]) -> str:
    """What fits after the text `before`. A duration is no number: it stands in calls alone."""
    names = {str(name) for name in accepted}
    if "NAME" in names and before.count("(") <= before.count(")"):
        names.discard("DURATION")
    *others, last = [word for name, word in EXPECTED.items() if name in names] or ["the rest of the rule"]
    return f"{', '.join(others)} or {last}" if others else last
