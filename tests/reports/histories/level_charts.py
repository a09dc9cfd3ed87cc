"""Charts of Yahoo whose closes are at one or two levels."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from producer.sources.yahoo.charts.chart_types import Chart

NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
NOW = datetime(2024, 3, 26, 20, tzinfo=UTC)
DAYS = tuple(datetime(2024, 3, day, 9, 30, tzinfo=NEW_YORK) for day in (18, 19, 20, 21, 22, 25))
EX_DATE = DAYS[4]


def body(closes: Sequence[float], split: tuple[float, float] | None, **meta: str) -> dict[str, Any]:
    """Yahoo's days with these closes, and a split on the fifth of them: new shares for old ones."""
    prices = {name: list(closes) for name in ("open", "high", "low", "close")}
    events: dict[str, Any] = {"dividends": {"2": {"date": int(DAYS[1].timestamp()), "amount": 0.1}}}
    if split is not None:
        new, old = split
        events["splits"] = {"1": {"date": int(EX_DATE.timestamp()), "numerator": new, "denominator": old}}
    return {
        "meta": {"exchangeTimezoneName": "America/New_York", "exchangeName": "NCM", "currency": "USD"} | meta,
        "timestamp": [int(day.timestamp()) for day in DAYS[: len(closes)]],
        "indicators": {"quote": [{**prices, "volume": [190_000.0] * len(closes)}]},
        "events": events,
    }


def chart(closes: Sequence[float], split: tuple[float, float] | None, **meta: str) -> Chart:
    return msgspec.convert(body(closes, split, **meta), Chart)


class LevelAnswers:
    """A session of Yahoo's that has days and nothing shorter."""

    def __init__(self, days: dict[str, Any]) -> None:
        self._days = days

    def get(self, _: str, params: dict[str, Any]) -> dict[str, Any]:
        empty = {"timestamp": [], "indicators": {"quote": [{}]}, "events": {}}
        history = self._days if params["interval"] == "1d" else self._days | empty
        return {"chart": {"result": [history], "error": None}}
