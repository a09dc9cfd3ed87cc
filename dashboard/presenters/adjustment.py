"""Bars as they were paid -> bars that splits and dividends don't break. Pure.

Backward adjustment as CRSP defines it (Center for Research in Security Prices, "cumulative factor to adjust price"):
the newest prices stay as they are, and every older one is multiplied by the factors of all actions that came after it.
A split of r shares for one has 1/r, a dividend D after a close C has 1 - D/C; volumes are multiplied by the r alone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from dashboard.read.rows import ActionRow, ChartBar

PRICES = (
    "open", "high", "low", "close", "vwap", "sma_short", "sma_long", "ema_short", "ema_long", "macd",
    "macd_signal", "macd_histogram", "bollinger_lower", "bollinger_middle", "bollinger_upper",
)  # fmt: skip
"""The columns of a bar in units of its price."""


class Factor(NamedTuple):
    """What the bars that end by `until`, and not by an earlier one, are multiplied by.

    A bar that was open at a split ended in new shares.
    """

    until: int
    price: float
    volume: float


def factors(actions: Sequence[ActionRow]) -> list[Factor]:
    """The cumulative factors of a symbol's actions, oldest first.

    A dividend without a close before it, or not below that close, is left out: its factor can't be known.
    """
    price = volume = 1.0
    found = []
    for action in sorted(actions, key=lambda action: action.time, reverse=True):
        price *= _factor(action)
        volume *= action.value if action.action == "split" else 1.0
        found.append(Factor(action.time, price, volume))
    return found[::-1]


def _factor(action: ActionRow) -> float:
    if action.action == "split":
        return 1 / action.value
    if action.close_before is None or action.value >= action.close_before:
        return 1.0
    return 1 - action.value / action.close_before


def adjusted(bars: Sequence[ChartBar], actions: Sequence[ActionRow]) -> list[ChartBar]:
    """The same bars, those before an action with prices, volume and indicators in units of today's share."""
    steps = factors(actions)
    ends = [step.until for step in steps]
    return [_times(bar, steps[bisect_left(ends, bar.end) :]) for bar in bars]


def _times(bar: ChartBar, ahead: list[Factor]) -> ChartBar:
    if not ahead:
        return bar
    step = ahead[0]
    values: dict[str, Any] = {name: getattr(bar, name) for name in PRICES}
    scaled = {name: value * step.price for name, value in values.items() if value is not None}
    return bar._replace(volume=bar.volume * step.volume, **scaled)


def marks(actions: Sequence[ActionRow]) -> list[dict[str, Any]]:
    """What the chart marks: when, a letter, and in words."""
    return [
        {"time": action.time, "letter": action.action[0].upper(), "text": _words(action)}
        for action in actions
    ]


def _words(action: ActionRow) -> str:
    return f"Split {action.value:g}:1" if action.action == "split" else f"Dividend {action.value:g}"
