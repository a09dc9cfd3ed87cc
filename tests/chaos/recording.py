"""The recording that the chaos run replays: ninety minutes of real trades if available, otherwise seeded trades."""

import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

REAL_FILES = "market_lean/lean/Data/equity/usa/tick/*/20131007_trade.zip"
PLACE = 5
"""How many names at the end of a recording's path say what is in it: equity/usa/tick/spy/20131007_trade.zip."""
NINETY_MINUTES = range(52_200_000, 57_600_000)
"""14:30 and 16:00 in New York as milliseconds of the day: trained models look back on 65 minutes."""
MIDNIGHT = datetime(2013, 10, 8, 4, 0, tzinfo=UTC)
"""In New York; there a split takes effect."""
DAY_MS = 86_400_000
WHOLE_DAY = range(14_400_000, 72_000_000)
"""04:00 to 20:00 in New York: every trade of the day."""
RATIO = 7
SYMBOLS = {"AIG": 49.0, "BAC": 13.9, "IBM": 182.0, "SPY": 167.5}


def real_trades(data: Path, folder: Path, part: range = NINETY_MINUTES) -> list[Path]:
    """The trades of a part of the recorded day, in milliseconds from midnight; none where that is absent."""
    return [_cut(source, folder, part) for source in sorted(data.glob(REAL_FILES))]


def _cut(source: Path, folder: Path, milliseconds: range) -> Path:
    target = folder.joinpath(*source.parts[-PLACE:])
    target.parent.mkdir(parents=True)
    with zipfile.ZipFile(source) as day, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as part:
        (name,) = day.namelist()
        lines = day.read(name).splitlines(keepends=True)
        part.writestr(name, b"".join(line for line in lines if int(line.split(b",")[0]) in milliseconds))
    return target


def made_up_with_split(folder: Path, minutes: int, quotes_a_minute: int) -> list[Path]:
    """Made up trades, and those of a fifth symbol, one share of which becomes seven in the middle."""
    return [
        *made_up(folder, minutes, quotes_a_minute),
        *_split(folder / "equity/usa", minutes, random.Random(7)),
    ]


def _split(market: Path, minutes: int, chance: random.Random) -> list[Path]:
    """A trade every other second on both sides of midnight, as LEAN lays them out, and the factor file of the split."""
    factors = market / "factor_files" / "splt.csv"
    factors.parent.mkdir(parents=True)
    factors.write_text(f"20131007,1,{1 / RATIO:.7f},700\n20501231,1,1,0\n", encoding="ascii")
    half = minutes * 30_000
    evening = _ticks(range(DAY_MS - half, DAY_MS, 2000), 7_000_000, chance)
    morning = _ticks(range(0, half, 2000), 7_000_000 // RATIO, chance)
    return [_zipped(market, "20131007", evening), _zipped(market, "20131008", morning)]


def _ticks(milliseconds: range, price: int, chance: random.Random) -> str:
    """Prices are 10,000ths of a dollar."""
    return "".join(
        f"{ms},{price + chance.randrange(-5000, 5000)},{chance.choice((1, 100))}\n" for ms in milliseconds
    )


def _zipped(market: Path, date: str, rows: str) -> Path:
    path = market / "tick" / "splt" / f"{date}_trade.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{date}_splt_trade_tick.csv", rows)
    return path


def made_up(folder: Path, minutes: int, quotes_a_minute: int, seed: int = 7) -> list[Path]:
    """A random walk of four symbols as CSV, the same for the same seed; with equal times and equal rows in it.

    Its middle is a midnight in New York.
    """
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
        time = MIDNIGHT + timedelta(milliseconds=millisecond - minutes * 30_000)
        row = f"{symbol},{time.isoformat()},{prices[symbol]:.4f},{chance.choice((1, 100, 250))},USD\n"
        yield from [row] * chance.choice((1, 1, 1, 1, 2))
