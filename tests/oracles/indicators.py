"""Tables that oracles published, and an indicator's values in the form of theirs."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from analytics.indicators.bollinger import Bollinger
from analytics.indicators.macd import MACD
from shared.market.records import Bar
from tests.inputs.records import flat_bar

OUTPUTS = {MACD: ("macd", "signal", "histogram"), Bollinger: ("lower", "middle", "upper")}


def rows_of(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; the first one has the names of its columns."""
    with table.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def closes_of(table: Path) -> list[float]:
    return [float(row["close"]) for row in rows_of(table)]


def bars_of(table: Path) -> list[Bar]:
    """The bars of a table, with their high, low and close."""
    return [
        flat_bar(float(row["close"]))._replace(high=float(row["high"]), low=float(row["low"]))
        for row in rows_of(table)
    ]


def published(table: Path, *columns: str) -> list[list[float | None]]:
    return [[float(row[name]) if row[name] else None for name in columns] for row in rows_of(table)]


def column_of(indicator: Any, bars: list[Bar], name: str = "") -> list[float]:
    """The indicator's values one bar after the other, nan while there is none, as the oracles have it."""
    values = [indicator.update(bar) for bar in bars]
    if name:
        place = OUTPUTS[type(indicator)].index(name)
        values = [None if value is None else value[place] for value in values]
    return [np.nan if value is None else value for value in values]
