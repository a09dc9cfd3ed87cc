"""Reads the text of a rule. Pure."""

import re
import unicodedata
from itertools import islice
from typing import Any

from analytics.alerts.language.checking import Checker, require_shallow
from analytics.alerts.language.grammar import SYMBOL, Ending, read_expression
from analytics.alerts.language.rule import Rule, Scope
from analytics.alerts.language.rule_error import Fault, RuleError, suggestion
from analytics.alerts.language.syntax import Duration, NoData, Node
from analytics.indicators.spec import Parameters
from shared.market.alert_texts import DEFAULT_SEVERITY
from shared.market.records import INTERVALS, Interval

MAX_LENGTH = 2_000
MAX_PARENTHESES = 60
"""The most parentheses that may be open at a place."""
MAX_WORDS = 400
"""The most words, numbers and signs after the scope: the time that reading takes grows with their number."""
MAX_SYMBOLS = 200
MAX_CLOSES = 1_000
"""The most closes in a row that `for` may ask for."""
LONGEST_REST = LONGEST_NO_DATA = 366 * 86_400
SCOPE_END = re.compile(r":(?=\s)")
WORD = re.compile(r"[A-Za-z0-9_.]+|'[^'\n]*'|[<>=!]=|\S")
LIST = re.compile(r"list:([A-Za-z0-9_-]{1,32})")


def read_rule(text: str, parameters: Parameters) -> Rule:
    """The rule that a text describes; `parameters` are the defaults of indicators. Raises RuleError."""
    if len(text) > MAX_LENGTH:
        fault = f"a rule has at most {MAX_LENGTH} characters, this one has {len(text)}"
        raise RuleError(text[:MAX_LENGTH], MAX_LENGTH, fault)
    try:
        _require_plain(text)
        return _read(text, parameters)
    except Fault as fault:
        raise RuleError(text, fault.place, str(fault)) from fault


def _require_plain(text: str) -> None:
    """Letters of other scripts look like ours and are not: a rule must mean what it looks like."""
    open_here = 0
    for place, sign in enumerate(text):
        if not sign.isascii():
            name = unicodedata.name(sign, f"U+{ord(sign):04X}")
            raise Fault(place, f"{sign!r} ({name}) can't stand in a rule: only ASCII characters can")
        open_here += (sign == "(") - (sign == ")")
        if open_here > MAX_PARENTHESES:
            raise Fault(place, f"more than {MAX_PARENTHESES} parentheses are open here")


def has_few_words(text: str) -> bool:
    """Whether a rule, which was read or has its normal form, has few enough words to be read."""
    return next(islice(WORD.finditer(text, _scope(text)[1]), MAX_WORDS, None), None) is None


def _require_few_words(text: str, begin: int) -> None:
    words = WORD.finditer(text, begin)
    if first_too_many := next(islice(words, MAX_WORDS, None), None):
        fault = f"a rule has at most {MAX_WORDS} words, numbers and signs: make several rules of it"
        raise Fault(first_too_many.start(), fault)


def _read(text: str, parameters: Parameters) -> Rule:
    scope, begin = _scope(text)
    _require_few_words(text, begin)
    # Spaces in place of the scope keep the places of everything after it.
    condition, endings = read_expression(" " * begin + text[begin:])
    found = _found(endings)
    interval: Interval = found.get("on", "1m")
    checker = Checker(interval, parameters)
    clear, bars = found.get("clear"), found.get("for", 1)
    require_shallow(condition)
    _require_alone(condition, bars)
    return Rule(
        scope=scope,
        condition=checker.condition(condition),
        interval=interval,
        bars=bars,
        clear=_clear(clear, checker) if isinstance(clear, Node) else None,
        is_once="once" in found,
        every=found.get("every"),
        while_open="while" in found,
        is_live="live" in found,
        severity=found.get("severity", DEFAULT_SEVERITY),
    )


def _clear(clear: Node, checker: Checker) -> Node:
    require_shallow(clear)
    if isinstance(clear, NoData):
        raise Fault(clear.place, "no data clears by itself when a quote comes")
    _require_alone(clear, 1)
    return checker.condition(clear)


def _scope(text: str) -> tuple[Scope, int]:
    """The scope, and where the expression begins."""
    end = SCOPE_END.search(text)
    if end is None:
        return Scope(), 0
    begin, written = end.end(), text[: end.start()]
    place = len(written) - len(written.lstrip())
    written = written.strip()
    if written in ("all", "held"):
        return Scope("held" if written == "held" else "all"), begin
    if written.startswith("list:"):
        found = LIST.fullmatch(written)
        if found is None:
            raise Fault(place, "a list has a name of letters, digits, - and _, such as list:tech")
        return Scope("list", (found.group(1),)), begin
    return Scope("symbols", _symbols(text[: end.start()])), begin


def _symbols(written: str) -> tuple[str, ...]:
    symbols: dict[str, None] = {}
    place = 0
    for piece in written.split(","):
        symbol = piece.strip()
        if not SYMBOL.fullmatch(symbol):
            at = place + len(piece) - len(piece.lstrip())
            raise Fault(at, f"{symbol[:40]!r} is no symbol: a scope is written AAPL, MSFT: close > 200")
        symbols[symbol] = None
        place += len(piece) + 1
    if len(symbols) > MAX_SYMBOLS:
        raise Fault(0, f"a scope has at most {MAX_SYMBOLS} symbols: make several rules of it")
    return tuple(symbols)


def _found(endings: list[Ending]) -> dict[str, Any]:
    """The checked values of the endings by keyword; each may come once."""
    found: dict[str, Any] = {}
    for ending in endings:
        if ending.keyword in found:
            raise Fault(ending.place, f"{ending.keyword} is there twice")
        found[ending.keyword] = _checked(ending)
    if "once" in found and "every" in found:
        raise Fault(endings[-1].place, "once and every exclude each other")
    return found


def _checked(ending: Ending) -> Any:
    match ending.keyword:
        case "on":
            return _interval(ending)
        case "for":
            return _closes(ending)
        case "every":
            return _rest(ending)
        case "severity":
            return str(ending.value)
        case _:
            return ending.value


def _interval(ending: Ending) -> Interval:
    for interval in INTERVALS:
        if interval == str(ending.value):
            return interval
    known = ", ".join(INTERVALS)
    raise Fault(ending.place, f"the intervals are {known}{suggestion(str(ending.value), INTERVALS)}")


def _closes(ending: Ending) -> int:
    text = str(ending.value)
    if not text.isdigit() or not 1 <= int(text) <= MAX_CLOSES:
        raise Fault(ending.place, f"for 1 to {MAX_CLOSES} bars is expected")
    return int(text)


def _rest(ending: Ending) -> Duration:
    duration = ending.value
    assert isinstance(duration, Duration)
    if not 0 < duration.seconds <= LONGEST_REST:
        raise Fault(ending.place, "every 1s to every 366d is expected")
    return duration


def _require_alone(condition: Node, bars: int) -> None:
    """Missing quotes are noticed when time passes, not at a close, so that nothing else can be evaluated then."""
    parts = [condition]
    while parts:
        part = parts.pop()
        if isinstance(part, NoData) and (part is not condition or bars > 1):
            raise Fault(part.place, "no data can't be joined with anything else: make it a rule of its own")
        if isinstance(part, NoData) and not 0 < part.duration.seconds <= LONGEST_NO_DATA:
            raise Fault(part.duration.place, "no data 1s to no data 366d is expected")
        parts += part.children
