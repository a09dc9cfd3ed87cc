"""Translates a condition of another language into a rule. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from analytics.alerts.importing.pine import read_script
from analytics.alerts.importing.stockcharts import read_scan
from analytics.alerts.importing.translation import Findings, require_condition, require_small
from analytics.alerts.language.checking import Checker
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import MAX_LENGTH, MAX_PARENTHESES, read_rule
from analytics.alerts.language.rule import Rule, Scope
from analytics.alerts.language.rule_error import Fault, RuleError
from analytics.alerts.language.syntax import Call, Node
from analytics.indicators.spec import Parameters
from shared.errors import TickstreamError
from shared.market.records import Interval

Dialect = Literal["stockcharts", "pine"]

LONGEST = {"stockcharts": MAX_LENGTH, "pine": 10_000}
"""The most characters of a scan and of a script, which has more than its condition."""
SIGNS_OF_PINE = re.compile(
    r"//\s*@version|\b(ta|math|input|request|syminfo|strategy|timeframe)\.|:="
    r"|\b(alertcondition|alert|indicator|study|input|security|crossover|crossunder)\s*\(|[A-Za-z0-9_)]\[\d+\]"
    r"|^[ \t]*[A-Za-z_]\w*[ \t]*=[^=]",
    re.MULTILINE,
)
SIGNS_OF_SCANS = re.compile(
    r"^\s*\[(?![\w\s,]*\]\s*=[^=])|\]\s*(and|or)\s+(not\s+)?\[|\b(yesterday|today)'?s\b|\bdays?\s+ago\b"
    r"|[A-Za-z0-9)]\s+x\s+[A-Za-z0-9(]",
    re.IGNORECASE,
)
COMMENT = re.compile(r"//(?!\s*@version)[^\n]*")
SIGNS_OF_PAGES = {
    **dict.fromkeys((0xA0, 0x2007, 0x202F, 0x200B, 0x2060, 0xFEFF), " "),
    **dict.fromkeys((0x2018, 0x2019), "'"),
}
"""Signs of a page or a file that look like a space or like nothing, and its apostrophes."""
FADING = frozenset(
    ("rsi", "ema", "macd", "atr", "adx", "keltner", "supertrend", "parabolic_sar", "stochastic_rsi")
)
"""Indicators whose value depends, less and less, on every bar before."""
EDGE = (
    "A rule fires where its condition becomes true, and not again before it was false;"
    " {} at every bar at which it is true."
)
SCANNED = "a scan lists a symbol"
ALERTED = "a script's alert may be triggered"
DIVIDENDS = "StockCharts lowers the prices before a dividend; a rule reads them as they were paid."
NO_INTERVAL = (
    "A script is calculated at the bars of its chart, which it does not name: this rule is on 1m;"
    " --on chooses another interval."
)
FADES = (
    "Histories that begin at different bars give different values, less with each bar, of what averages all bars"
    " before: {}."
)


@dataclass(frozen=True)
class Imported:
    """A rule, its normal form, and each difference in meaning from the original."""

    rule: Rule
    text: str
    differences: tuple[str, ...]


class ImportingError(TickstreamError):
    """What of a text can't be translated; the message shows the line and a caret for each of `faults`."""

    def __init__(self, faults: list[RuleError]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


def dialect_of(text: str) -> Dialect:
    """The language of a text. Raises ImportingError if it is not recognized."""
    plain = COMMENT.sub("", text)
    is_pine, is_scan = bool(SIGNS_OF_PINE.search(plain)), bool(SIGNS_OF_SCANS.search(plain))
    if is_pine != is_scan:
        return "pine" if is_pine else "stockcharts"
    fault = "the language can't be recognized from the text: name it by --from stockcharts or --from pine"
    raise ImportingError([RuleError(text, 0, fault)])


def imported(
    text: str, dialect: Dialect | None, interval: Interval | None, parameters: Parameters
) -> Imported:
    """The rule that means the same as a scan or a script.

    Without `dialect` it is recognized. `interval` is that of a script's chart, 1m without one; a scan is always on 1d.
    `parameters` are the defaults of indicators. Raises ImportingError.
    """
    text = text.translate(SIGNS_OF_PAGES)
    longest = max(LONGEST.values()) if dialect is None else LONGEST[dialect]
    if len(text) > longest:
        raise ImportingError(
            [RuleError(text[:longest], longest, f"at most {longest} characters can be read")]
        )
    found = dialect or dialect_of(text)
    if len(text) > LONGEST[found]:
        return imported(text, found, interval, parameters)
    findings = Findings()
    try:
        _require_shallow_text(text)
        return _translated(text, found, interval, parameters, findings)
    except Fault as fault:
        findings.refuse(fault)
    faults = sorted(findings.faults, key=lambda fault: fault.place)
    raise ImportingError([RuleError(text, fault.place, str(fault)) for fault in faults])


def _require_shallow_text(text: str) -> None:
    open_here = 0
    for place, sign in enumerate(text):
        open_here += (sign in "([") - (sign in ")]")
        if open_here > MAX_PARENTHESES:
            raise Fault(place, f"more than {MAX_PARENTHESES} parentheses are open here")


def _translated(
    text: str, dialect: Dialect, interval: Interval | None, parameters: Parameters, findings: Findings
) -> Imported:
    if dialect == "stockcharts":
        condition, named = _of_scan(text, interval, findings)
    else:
        condition, named = _of_script(text, interval, findings)
    if findings.faults:
        raise findings.faults.pop()
    require_condition(require_small(condition))
    checked = Checker(named, parameters).condition(condition)
    found = normal_form(Rule(Scope(), checked, named))
    try:
        rule = read_rule(found, parameters)
    except RuleError as error:
        raise Fault(0, f"the rule would be {found[:60]} …: {error.fault}") from error
    if fading := _fading(checked):
        findings.differ(FADES.format(", ".join(fading)))
    return Imported(rule, found, tuple(findings.differences))


def _of_scan(text: str, interval: Interval | None, findings: Findings) -> tuple[Node, Interval]:
    if interval not in (None, "1d"):
        raise Fault(0, "a scan is about days: it becomes a rule on 1d")
    findings.differ(EDGE.format(SCANNED))
    findings.differ(DIVIDENDS)
    return read_scan(text, findings), "1d"


def _of_script(text: str, interval: Interval | None, findings: Findings) -> tuple[Node, Interval]:
    findings.differ(EDGE.format(ALERTED))
    condition, named = read_script(text, findings)
    if named and interval not in (None, named):
        raise Fault(0, f"the script reads bars of {named}, and not of {interval}")
    if not named and interval is None:
        findings.differ(NO_INTERVAL)
    return condition, named or interval or "1m"


def _fading(node: Node) -> list[str]:
    """The indicators of an expression that never quite forget a bar."""
    waiting, names = [node], set()
    while waiting:
        part = waiting.pop()
        waiting += part.children
        if isinstance(part, Call) and part.function in FADING:
            names.add(part.function)
    return sorted(names)
