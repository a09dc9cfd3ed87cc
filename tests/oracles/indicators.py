"""Tables that oracles published, and an indicator's values in the form of theirs."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from analytics.indicators.trend.macd import MACD
from analytics.indicators.volatility.bollinger import Bollinger
from shared.market.records import Bar
from tests.inputs.records import flat_bar

FIGURES = ("open", "high", "low", "close", "volume")
OUTPUTS = {MACD: ("macd", "signal", "histogram"), Bollinger: ("lower", "middle", "upper")}


def rows_of(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; the first one has the names of its columns."""
    with table.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def closes_of(table: Path) -> list[float]:
    return [float(row["close"]) for row in rows_of(table)]


def bars_of(table: Path) -> list[Bar]:
    """The bars of a table, each a day after the one before."""
    bars = []
    for number, row in enumerate(rows_of(table)):
        first, high, low, close, volume = (float(row[name]) for name in FIGURES)
        day = flat_bar(close)._replace(start=86_400 * number, end=86_400 * (number + 1))
        bars.append(day._replace(open=first, high=high, low=low, volume=volume))
    return bars


def published(table: Path, *columns: str) -> list[list[float | None]]:
    return [[float(row[name]) if row[name] else None for name in columns] for row in rows_of(table)]


def column_of(indicator: Any, bars: list[Bar], name: str = "") -> list[float]:
    """The indicator's values one bar after the other, nan while there is none, as the oracles have it."""
    values = [indicator.update(bar) for bar in bars]
    if name:
        place = OUTPUTS[type(indicator)].index(name)
        values = [None if value is None else value[place] for value in values]
    return [np.nan if value is None else value for value in values]


def columns_of(indicator: Any, bars: list[Bar]) -> list[list[float]]:
    """The values of each output one bar after the other, nan while there is none."""
    outputs = len(indicator.warm_after)
    rows = []
    for bar in bars:
        value = indicator.update(bar)
        row = value if isinstance(value, tuple) else (value,) * outputs
        rows.append([np.nan if each is None else each for each in row])
    return [list(column) for column in zip(*rows, strict=True)]
