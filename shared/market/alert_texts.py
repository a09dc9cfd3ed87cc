"""What every part calls an alert, and what its text states, on the page and in messages. Pure."""

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
