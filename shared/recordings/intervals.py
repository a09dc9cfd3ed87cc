"""Infers the interval of bars without an interval column: the smallest step between two bars of the symbol."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, get_args

from shared.market.records import INTERVAL_SECONDS, RecordedInterval

INTERVALS: tuple[RecordedInterval, ...] = get_args(RecordedInterval)
MICROSECONDS = 1_000_000
TOO_RARE = 0.01
"""A pattern expected by chance in fewer than 1 of 100 such files is treated as not random."""


class Start(NamedTuple):
    """The start of a bar in epoch microseconds, and its line in the file."""

    line: int
    time: int


def intervals_of(starts: Mapping[str, Sequence[Start]]) -> dict[str, RecordedInterval]:
    """The interval of each symbol's bars, given in file order; a symbol with a single bar gets that of all others.

    Raises ValueError if the starts show no interval, or two for one symbol.
    """
    steps = {symbol: _smallest_step(own) for symbol, own in starts.items()}
    found = {symbol: _interval(symbol, step) for symbol, step in steps.items() if step}
    lone = [symbol for symbol in steps if symbol not in found]
    if not found:
        raise ValueError(_unknown("no symbol has two"))
    if lone and len(set(found.values())) > 1:
        raise ValueError(_unknown(f"{lone[0]} has a single bar, and the others differ"))
    for symbol, interval in found.items():
        _require_one_interval(symbol, interval, starts[symbol])
    return found | dict.fromkeys(lone, next(iter(found.values())))


def _smallest_step(starts: Sequence[Start]) -> int:
    """In microseconds; 0 if there are not two different times."""
    times = sorted({start.time for start in starts})
    return min((after - before for before, after in pairwise(times)), default=0)


def _interval(symbol: str, step: int) -> RecordedInterval:
    for interval in INTERVALS:
        if INTERVAL_SECONDS[interval] * MICROSECONDS == step:
            return interval
    raise ValueError(_unknown(f"the smallest step between two of {symbol} is {step / MICROSECONDS:g} s"))


def _unknown(reason: str) -> str:
    return f"its bars have no interval column, and {reason}; add one with {', '.join(INTERVALS)}"


def _require_one_interval(symbol: str, interval: RecordedInterval, starts: Sequence[Start]) -> None:
    """Raise ValueError if too many consecutive bars match a longer interval for this to be chance."""
    for longer in INTERVALS[INTERVALS.index(interval) + 1 :]:
        chance = INTERVAL_SECONDS[interval] / INTERVAL_SECONDS[longer]
        for first, steps in _in_a_row(starts, INTERVAL_SECONDS[longer] * MICROSECONDS):
            if len(starts) * chance**steps <= TOO_RARE:
                raise ValueError(
                    f"line {first.line}: bars of {symbol} are {longer} apart here and {interval} elsewhere: add an"
                    " interval column with the length of each bar"
                )


def _in_a_row(starts: Sequence[Start], length: int) -> Iterator[tuple[Start, int]]:
    """All runs of bars that are multiples of `length` apart, at least one step being exactly `length`: the first bar
    and the number of steps of each."""
    first, steps, has_one = starts[0], 0, False
    for before, after in pairwise(starts):
        step = after.time - before.time
        if step > 0 and step % length == 0:
            first, steps, has_one = (first if steps else before), steps + 1, has_one or step == length
            continue
        if has_one:
            yield first, steps
        steps, has_one = 0, False
    if has_one:
        yield first, steps
