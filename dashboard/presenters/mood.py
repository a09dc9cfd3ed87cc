"""The mood of a symbol's headlines, and its price action, for the page and other programs. Pure."""

from collections.abc import Sequence
from typing import Any

from analytics.mood.headline_mood import mean_score
from analytics.mood.price_action import price_action
from dashboard.read.rows import ChartBar, HeadlineRow

SPAN = 86_400
"""Seconds back to which headlines count."""
HOUR = 3_600


def mood(
    headlines: Sequence[HeadlineRow],
    now: float,
    half_life: int,
    days: Sequence[ChartBar],
    breadth: float | None,
) -> dict[str, Any]:
    """The mood of the headlines published in the day before `now`, epoch seconds, as `sentiment(1d)` weighs them, with
    `half_life` in hours; the price action of the last of `days`, which are in the same shares; and the headlines."""
    counting = [each for each in headlines if now - SPAN < each.published <= now]
    scored = [(each.published, each.score) for each in counting]
    action = price_action([day.close for day in days], [day.volume for day in days], breadth)
    return {
        "mood": {
            "score": mean_score(scored, half_life * HOUR),
            "headlines": len(counting),
            "newest": max((each.published for each in counting), default=None),
            "hours": SPAN // HOUR,
            "half_life_hours": half_life,
        },
        "price_action": {"score": action, "until": days[-1].end if days and action is not None else None},
        "headlines": [each._asdict() | {"link": _web_address(each.link)} for each in headlines],
    }


def _web_address(link: str | None) -> str | None:
    """A link to the web; None for any other, such as a script: the log may hold what our sources never published."""
    return link if link is not None and link.startswith(("https://", "http://")) else None


def breadth_of(columns: dict[str, list[Any]]) -> float | None:
    """Advancing minus declining symbols as a fraction of all, at the newest time; None if it is not known."""
    if not columns["time"] or not columns["symbols"][-1]:
        return None
    return float((columns["advancers"][-1] - columns["decliners"][-1]) / columns["symbols"][-1])
