"""What every part calls an alert, and what its text states, on the page and in messages. Pure."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

DEFAULT_SEVERITY: Final = "warning"
"""That of a rule that names none, and of the thresholds of the settings."""
RULE_NAME_SQL = "'rule ' || r.rule_id"
"""What `rule_name` returns, in SQL, for a row `r` with the number of a rule."""
STATE_TEXTS = {
    "provisional": " (provisional, the bar is still open)",
    "withdrawn": " (withdrawn at the close)",
}
"""How the text of an alert of a live rule ends; a confirmed one is like any other."""

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


class ThresholdText(NamedTuple):
    """`sentence` is that of one alert, with places for its value and threshold; `title` names many of them."""

    title: str
    sentence: str


THRESHOLD_TEXTS = {
    "rsi_overbought": ThresholdText(
        "RSI overbought", "RSI overbought at {value:.1f} (threshold {threshold:g})"
    ),
    "rsi_oversold": ThresholdText("RSI oversold", "RSI oversold at {value:.1f} (threshold {threshold:g})"),
    "price_change": ThresholdText(
        "Price change in one bar", "Price {direction} {size:.1%} in one bar (threshold {threshold:.1%})"
    ),
    "volume_change": ThresholdText(
        "Volume far above its average", "Volume at {value:.1f} times its average (threshold {threshold:g})"
    ),
    "volatility": ThresholdText(
        "High realized volatility", "Realized volatility at {value:.1%} per bar (threshold {threshold:.1%})"
    ),
    "price_spike": ThresholdText(
        "Price spike", "Price spike: {value:.1f} times the usual move (threshold {threshold:g})"
    ),
    "gap": ThresholdText("Gap", "Gap: {value:.1f} times the usual one (threshold {threshold:g})"),
    "volume_surge": ThresholdText(
        "Volume surge",
        "Volume surge: {value:.1f} usual distances above this time of day (threshold {threshold:g})",
    ),
    "frozen_price": ThresholdText(
        "Frozen price", "Frozen price: no other one for {value:.0f} bars (threshold {threshold:g})"
    ),
    "spread_blow_out": ThresholdText(
        "Spread blow-out",
        "Spread blow-out: {value:.1f} usual distances above its level (threshold {threshold:g})",
    ),
}
"""By the names that the alerts have."""


def rule_name(rule_id: int) -> str:
    """The name that the alerts of a rule have."""
    return f"rule {rule_id}"


def threshold_sentence(rule: str, value: float, threshold: float) -> str:
    """What an alert states; of a threshold that an earlier version had, its name with both numbers."""
    known = THRESHOLD_TEXTS.get(rule)
    if known is None:
        return f"{rule.replace('_', ' ')}: {value:.6g} (threshold {threshold:g})"
    direction = "up" if value > 0 else "down"
    return known.sentence.format(value=value, threshold=threshold, direction=direction, size=abs(value))


def threshold_title(rule: str) -> str:
    """What many alerts of a threshold have in common; of a rule that is none, its name."""
    known = THRESHOLD_TEXTS.get(rule)
    return known.title if known else rule


def condition_text(rule: str) -> str:
    """The condition of a rule, given as its normal form, and for how many bars it must be true if there are several.

    Beside an alert stand its symbol, interval and severity already, so that it needs neither the scope nor the endings.
    """
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
