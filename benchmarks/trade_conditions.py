"""How many of LEAN's own minutes equal the ones that the engine makes of LEAN's ticks, by reading of trade conditions.

    python -m benchmarks.trade_conditions      takes about three minutes; needs the real market data

Two days of four symbols. Open, high, low and close must be equal. Outside of the regular session LEAN's minutes contain
trades that the tape does not count, such as those at average prices. Quotes that the fold would set aside because of
their prices take part, as in LEAN's minutes; the second table lists them.
"""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from benchmarks.staging.tables import table
from shared.market.records import Bar, RecordedBar
from shared.market.trade_conditions import READINGS
from shared.recordings.sequence import recorded

DATA = Path(os.environ.get("TICKSTREAM_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FOLDER = DATA / "market_lean/lean/Data/equity/usa"
SYMBOLS = ("aig", "bac", "ibm", "spy")
TITLE = (
    "Minutes whose open, high, low and close are equal, in percent: in all hours, then in the session only"
)
HEADER = ("", "minutes", *READINGS, "minutes", *READINGS)


class Share(NamedTuple):
    """Recorded minutes, and those that are equal to a made one by reading; in all hours or in the regular session."""

    minutes: int
    equal: Counter[str]

    def cells(self) -> tuple[str, ...]:
        """The number of minutes, and the percentage of equal ones for each reading."""
        return (f"{self.minutes:,}", *(f"{100 * self.equal[each] / self.minutes:.1f}" for each in READINGS))


def four(bar: Bar | RecordedBar) -> tuple[float, ...]:
    """Open, high, low and close."""
    return bar.open, bar.high, bar.low, bar.close


def made_of_ticks(folder: Path, symbol: str, reading: str) -> list[Bar]:
    """The minutes that the engine closes."""
    settings = EngineSettings(grace=0.0, skip_extreme=False, trade_conditions=reading)
    engine, closed = Engine(settings), list[Bar]()
    for offset, record in enumerate(recorded(sorted(folder.glob(f"tick/{symbol}/2013100[78]_trade.zip")))):
        engine.fold(record, offset)
        closed += (event.closed.bar for event in engine.take_events() if event.closed.bar.interval == "1m")
    return closed


def shares(folder: Path, symbol: str) -> tuple[Share, Share]:
    """The shares of a symbol in all hours, and in the regular session."""
    files = sorted(folder.glob(f"minute/{symbol}/2013100[78]_trade.zip"))
    minutes = {
        record.start.timestamp(): record for record in recorded(files) if isinstance(record, RecordedBar)
    }
    everywhere, regular, sessions = Counter[str](), Counter[str](), set[int]()
    for reading in READINGS:
        for bar in made_of_ticks(folder, symbol, reading):
            if bar.start not in minutes:
                continue
            is_equal, is_regular = four(bar) == four(minutes[bar.start]), bar.session == "regular"
            everywhere[reading] += is_equal
            regular[reading] += is_equal and is_regular
            sessions |= {bar.start} if is_regular else set()
    return Share(len(minutes), everywhere), Share(len(sessions), regular)


def added(found: list[Share]) -> Share:
    """The fraction of several symbols together."""
    equal = Counter[str]()
    for share in found:
        equal.update(share.equal)
    return Share(sum(share.minutes for share in found), equal)


def set_aside(folder: Path, symbol: str) -> list[tuple[str, ...]]:
    """The quotes of a symbol that the fold sets aside by the tape's reading: when, price, size, conditions, reason."""
    engine, rows = Engine(EngineSettings(grace=0.0)), list[tuple[str, ...]]()
    for offset, record in enumerate(recorded(sorted(folder.glob(f"tick/{symbol}/2013100[78]_trade.zip")))):
        engine.fold(record, offset)
        engine.take_events()
        for _, quote, reason in engine.take_set_aside():
            time = f"{quote.event_time:%Y-%m-%d %H:%M:%S}"
            rows.append(
                (symbol.upper(), time, f"{quote.price}", f"{quote.size}", f"{quote.conditions}", reason)
            )
    return rows


def main() -> int:
    """Run the command. Returns its exit status."""
    rows = {symbol: shares(FOLDER, symbol) for symbol in SYMBOLS}
    rows["all"] = added([each for each, _ in rows.values()]), added([each for _, each in rows.values()])
    lines = [
        (symbol.upper(), *everywhere.cells(), *regular.cells())
        for symbol, (everywhere, regular) in rows.items()
    ]
    print(table(TITLE, HEADER, lines))
    found = [row for symbol in SYMBOLS for row in set_aside(FOLDER, symbol)]
    print(table("\nQuotes set aside", ("", "UTC", "price", "size", "conditions", "reason"), found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
