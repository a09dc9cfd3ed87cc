"""Positions of the simulated market: a pure function of time and symbol, increasing along the whole sequence.

    position = microseconds since 1970 of the record x 1024 + rank

The rank is 0 for a time mark and 1 to 1023 for a symbol, so that records of the same microsecond are ordered. A bar is
placed in the last microseconds before its end, where there are no quotes: a minute 1 before it, an hour 2, a day 3, a
quarter-hour 4. So a position identifies its record, and a producer that was killed can continue exactly there.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from shared.errors import ConfigError
from shared.market.records import RecordedInterval

SECOND = 1_000_000
RANKS = 1024
MAX_SYMBOLS = RANKS - 1
BEFORE_END: dict[RecordedInterval, int] = {"1m": 1, "1h": 2, "1d": 3, "15m": 4}
QUOTES_END = 60 * SECOND - 100
"""All quotes are before this time of their minute, in microseconds."""

_INTERVALS = {60 * SECOND - before: interval for interval, before in BEFORE_END.items()}


class SimulatedPosition(NamedTuple):
    """A decoded position: its microsecond, and the interval of the bar, None for a quote or mark."""

    microsecond: int
    interval: RecordedInterval | None


def at(microsecond: int, rank: int) -> int:
    """The position of a quote, or of a mark with rank 0."""
    return microsecond * RANKS + rank


def bar_at(interval: RecordedInterval, end: int, rank: int) -> int:
    """The position of a bar that ends at `end`, in epoch seconds."""
    return at(end * SECOND - BEFORE_END[interval], rank)


def before_second(second: int) -> int:
    """The last position before this second, in epoch seconds: after all bars that end there."""
    return at(second * SECOND, 0) - 1


def place_of(position: int) -> SimulatedPosition:
    """Decode a position."""
    microsecond = position // RANKS
    return SimulatedPosition(microsecond, _INTERVALS.get(microsecond % (60 * SECOND)))


def ranks(symbols: Iterable[str]) -> dict[str, int]:
    """A rank for each symbol, in order of rank. It depends only on the name, unless two names collide.

    Raises ConfigError for more symbols than there are ranks.
    """
    names = sorted(set(symbols))
    if len(names) > MAX_SYMBOLS:
        raise ConfigError(
            f"TICKERS: the simulated market has room for {MAX_SYMBOLS} symbols, not {len(names)}."
        )
    taken: dict[str, int] = {}
    for name in names:
        taken[name] = with_rank(name, taken)
    return dict(sorted(taken.items(), key=lambda each: each[1]))


def with_rank(name: str, taken: Mapping[str, int]) -> int:
    """The rank of a name that is not yet taken; the existing one if it already has one.

    Raises ConfigError if all ranks are taken.
    """
    if name in taken:
        return taken[name]
    if len(taken) >= MAX_SYMBOLS:
        raise ConfigError(f"The simulated market has room for {MAX_SYMBOLS} symbols: {name} is one too many.")
    others = set(taken.values())
    rank = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") % MAX_SYMBOLS
    while rank + 1 in others:
        rank = (rank + 1) % MAX_SYMBOLS
    return rank + 1
