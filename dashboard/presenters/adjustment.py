"""Adjusts bars for splits and dividends, so that a price series has no artificial jumps. Pure.

Backward adjustment as CRSP defines it (Center for Research in Security Prices, "cumulative factor to adjust price"):
the newest prices are unchanged, and each older price is multiplied by the factors of all later actions. The price
factor of a split of r shares for one is 1/r, that of a dividend D after a close C is 1 - D/C. Volumes are multiplied
by r for splits only.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from dashboard.read.rows import ActionRow, ChartBar

PRICES = ("open", "high", "low", "close", "vwap")
"""The columns of a bar that are in units of its price."""


class Factor(NamedTuple):
    """Multipliers for the bars that end after the previous factor's `until` and not after this one's.

    A bar that was open at a split is already in new shares.
    """

    until: int
    price: float
    volume: float


def factors(actions: Sequence[ActionRow]) -> list[Factor]:
    """The cumulative factors of a symbol's actions, oldest first.

    A dividend without a preceding close, or not below that close, is ignored: its factor is unknown.
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
    """The bars with the prices, volumes and indicators before each action converted to units of today's share."""
    steps = factors(actions)
    ends = [step.until for step in steps]
    return [_scaled(bar, steps[bisect_left(ends, bar.end) :]) for bar in bars]


def _scaled(bar: ChartBar, ahead: list[Factor]) -> ChartBar:
    if not ahead:
        return bar
    step = ahead[0]
    values: dict[str, Any] = {name: getattr(bar, name) for name in PRICES}
    scaled = {name: value * step.price for name, value in values.items() if value is not None}
    indicators = bar.indicators.scaled(step.price, step.volume)
    return bar._replace(volume=bar.volume * step.volume, indicators=indicators, **scaled)


def marks(actions: Sequence[ActionRow]) -> list[dict[str, Any]]:
    """The actions as marks on the chart: time, letter and text."""
    return [
        {"time": action.time, "letter": action.action[0].upper(), "text": _label(action)}
        for action in actions
    ]


def _label(action: ActionRow) -> str:
    return f"Split {action.value:g}:1" if action.action == "split" else f"Dividend {action.value:g}"
