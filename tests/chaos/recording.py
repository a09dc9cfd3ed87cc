"""What the chaos run replays: an hour of real trades where there are any, else trades made from a seed."""

import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

REAL_FILES = "market_lean/lean/Data/equity/usa/tick/*/20131007_trade.zip"
PLACE = 5
"""How many names at the end of a recording's path say what is in it: equity/usa/tick/spy/20131007_trade.zip."""
FIRST_MS, LAST_MS = 52_200_000, 55_800_000
"""14:30 and 15:30 in New York as milliseconds of the day."""
START = datetime(2013, 10, 7, 18, 30, tzinfo=UTC)
SYMBOLS = {"AIG": 49.0, "BAC": 13.9, "IBM": 182.0, "SPY": 167.5}


def real_hour(data: Path, folder: Path) -> list[Path]:
    """The trades of one hour, cut out of the recorded day; none where that is absent."""
    return [_cut(source, folder) for source in sorted(data.glob(REAL_FILES))]


def _cut(source: Path, folder: Path) -> Path:
    target = folder.joinpath(*source.parts[-PLACE:])
    target.parent.mkdir(parents=True)
    with zipfile.ZipFile(source) as day, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as hour:
        (name,) = day.namelist()
        lines = day.read(name).splitlines(keepends=True)
        hour.writestr(
            name, b"".join(line for line in lines if FIRST_MS <= int(line.split(b",")[0]) < LAST_MS)
        )
    return target


def made_up(folder: Path, minutes: int, quotes_a_minute: int, seed: int = 7) -> list[Path]:
    """A random walk of four symbols as CSV, the same for the same seed; with equal times and equal rows in it."""
    path = folder / "made_up.csv"
    path.write_text("".join(_rows(minutes, minutes * quotes_a_minute, random.Random(seed))), encoding="ascii")
    return [path]


def _rows(minutes: int, count: int, chance: random.Random) -> Iterator[str]:
    prices = dict(SYMBOLS)
    milliseconds = sorted(chance.choices(range(minutes * 60_000), k=count))
    yield "symbol,event_time,price,size,currency\n"
    for millisecond in milliseconds:
        symbol = chance.choice(list(prices))
        prices[symbol] *= 1 + chance.gauss(0, 0.0002)
        time = START + timedelta(milliseconds=millisecond)
        row = f"{symbol},{time.isoformat()},{prices[symbol]:.4f},{chance.choice((1, 100, 250))},USD\n"
        yield from [row] * chance.choice((1, 1, 1, 1, 2))
