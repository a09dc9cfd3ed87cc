"""Alert rules for measurements, the same in every run."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

from producer.publishing.publisher import TakeExtra
from shared.market.records import Record, RuleChange

CONDITIONS = (
    *("rsi({0}) crosses below {1}", "close < bollinger({0}, 2).lower and rsi(14) < {1}"),
    *("close > highest(high, {0})[1] and volume > sma(volume, 20)[1] * {1} / 20", "change({0}) < -0.000{1}"),
    *("sma({0}) crosses above sma({1})", "macd().histogram crosses above 0 and drawdown({0}) > 0.00{1}"),
)


def rule_texts(count: int) -> list[str]:
    """So many rules on minutes, of six shapes with other periods and limits."""
    numbers = product(range(5, 25), range(25, 55))
    made = (shape.format(*each) for each in numbers for shape in CONDITIONS)
    return [f"{next(made)} on 1m" for _ in range(count)]


def rule_changes(count: int, partitions: int, scope: str = "") -> list[tuple[int, Record]]:
    """They are armed in every partition; `scope` is what stands before the condition of each."""
    now = datetime.now(UTC)
    return [
        (
            partition,
            RuleChange(
                rule_id=number,
                version=1,
                text=scope + text,
                time=now,
                source="rules",
                position=1,
                received_time=now,
            ),
        )
        for number, text in enumerate(rule_texts(count), 1)
        for partition in range(partitions)
    ]


def once(records: list[tuple[int, Record]]) -> TakeExtra:
    """Hand these out at the first call, and nothing afterwards."""
    waiting: Iterator[list[tuple[int, Record]]] = iter([records])
    return lambda: next(waiting, [])
