"""Recorded files written by tests, and the result of their replay."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from analytics.engine.engine_settings import EngineSettings
from analytics.replay import print_bars
from analytics.replay_report import ReplayReport
from shared.errors import ConfigError
from shared.market.records import INTERVALS, Interval
from shared.recordings.sequence import recorded

QUOTES = "symbol,event_time,price"
BARS = "symbol,start,open,high,low,close,volume"
SETTINGS = replace(EngineSettings(), grace=2.0)

Row = dict[str, str]


def bars(path: Path, interval: Interval | None = None) -> list[Row]:
    """The closed bars that a replay of the file prints."""
    return bars_and_rest(path, interval)[0]


def bars_and_rest(path: Path, interval: Interval | None = None) -> tuple[list[Row], ReplayReport]:
    out = io.StringIO()
    rest = print_bars(recorded([path]), SETTINGS, {interval} if interval else set(INTERVALS), out)
    out.seek(0)
    return list(csv.DictReader(out)), rest


def refusal(path: Path) -> str:
    """Why the file is refused."""
    with pytest.raises(ConfigError) as refused:
        list(recorded([path]))
    return str(refused.value)


def file_of(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "own.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path
