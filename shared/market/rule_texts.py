"""What an alert of a rule states: its condition, and the values that it read there. Pure.

A rule is given as its normal form. Beside an alert stand its symbol, interval and severity already, so that its text
needs neither the scope nor the endings of the rule.
"""

import re
from collections.abc import Mapping

SCOPE = re.compile(r"[^()]*?: ")
BARS = re.compile(r" for \d+ bars")
LIMIT = re.compile(r" (?:[<>=!]=?|crosses(?: above| below)?) (-?\d+(?:\.(\d+))?)(%?)(?![\w.(\[]| [*/+-] )")
"""A number that a value is compared with, and nothing else is calculated from it."""
MOST_DIGITS = 6
ANOMALY = "anomaly()"
ANOMALIES = {
    "spike": ("price spike", 8.0),
    "gap": ("gap", 8.0),
    "surge": ("volume surge", 6.0),
    "frozen": ("bars without another price", 60.0),
    "spread": ("spread blow-out", 6.0),
}
"""What makes a bar an anomaly, by part: its name, and from which value on."""


def condition_text(rule: str) -> str:
    """The condition of a rule, and for how many bars it must be true if there are several."""
    condition, _, endings = rule.partition(" on ")
    scope = SCOPE.match(condition)
    bars = BARS.search(endings)
    return condition[scope.end() if scope else 0 :] + (bars.group() if bars else "")


def values_text(rule: str, values: Mapping[str, float | None]) -> str:
    """The known values that a rule read, each with a digit more than the number that the rule compares it with, in the
    same unit. Of an anomaly, only what made it one."""
    condition = condition_text(rule)
    known = {name: value for name, value in values.items() if value is not None}
    return ", ".join(
        _anomaly_text(name, value)
        if name.startswith(ANOMALY)
        else f"{name} {_number(name, value, condition)}"
        for name, value in known.items()
        if not name.startswith(f"{ANOMALY}.") or name in condition or _is_beyond(name, value)
    )


def _is_beyond(name: str, value: float) -> bool:
    part = name.removeprefix(f"{ANOMALY}.")
    return part in ANOMALIES and value >= ANOMALIES[part][1]


def _anomaly_text(name: str, value: float) -> str:
    part = name.removeprefix(f"{ANOMALY}.")
    return f"{ANOMALIES[part][0] if part in ANOMALIES else name} {value:.3g}"


def _number(name: str, value: float, condition: str) -> str:
    place = condition.find(f"{name} ")
    while place > 0 and (condition[place - 1].isalnum() or condition[place - 1] in "._'"):
        place = condition.find(f"{name} ", place + 1)
    limit = LIMIT.match(condition, place + len(name)) if place >= 0 else None
    if limit is None:
        return f"{value:.6g}"
    shown = value * 100 if limit[3] else value
    return _beside(shown, float(limit[1]), len(limit[2] or "")) + (" %" if limit[3] else "")


def _beside(value: float, limit: float, decimals: int) -> str:
    """A number with a digit more than the limit has, or with as many more as it takes to tell it from the limit."""
    digits = decimals + 1
    while digits < MOST_DIGITS and value != limit and float(f"{value:.{digits}f}") == limit:
        digits += 1
    return f"{value:.{digits}f}"
