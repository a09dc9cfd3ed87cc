"""How long bars are that don't say it: as long as the smallest step between two of their symbol."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, get_args

from shared.market.records import INTERVAL_SECONDS, RecordedInterval

INTERVALS: tuple[RecordedInterval, ...] = get_args(RecordedInterval)
MICROSECONDS = 1_000_000
TOO_RARE = 0.01
"""A pattern that chance alone makes in fewer than one of a hundred such files is none of chance."""


class Start(NamedTuple):
    """Where a bar starts, epoch microseconds, and the line that says it."""

    line: int
    time: int


def intervals_of(starts: Mapping[str, Sequence[Start]]) -> dict[str, RecordedInterval]:
    """The interval of each symbol's bars, which lie as in the file; one with a single bar has that of all the others.

    Raises ValueError where the starts tell none, or tell two of one symbol.
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
    """Microseconds; 0 where there are no two times."""
    times = sorted({start.time for start in starts})
    return min((after - before for before, after in pairwise(times)), default=0)


def _interval(symbol: str, step: int) -> RecordedInterval:
    for interval in INTERVALS:
        if INTERVAL_SECONDS[interval] * MICROSECONDS == step:
            return interval
    raise ValueError(_unknown(f"the smallest step between two of {symbol} is {step / MICROSECONDS:g} s"))


def _unknown(reason: str) -> str:
    return f"its bars have no column interval, and {reason}; add one of {', '.join(INTERVALS)}"


def _require_one_interval(symbol: str, interval: RecordedInterval, starts: Sequence[Start]) -> None:
    """Raises ValueError where bars lie as those of a longer interval do, too many in a row to do so by chance."""
    for longer in INTERVALS[INTERVALS.index(interval) + 1 :]:
        chance = INTERVAL_SECONDS[interval] / INTERVAL_SECONDS[longer]
        for first, steps in _in_a_row(starts, INTERVAL_SECONDS[longer] * MICROSECONDS):
            if len(starts) * chance**steps <= TOO_RARE:
                raise ValueError(
                    f"line {first.line}: bars of {symbol} are {longer} apart here and {interval} elsewhere: add a"
                    " column interval that names the length of each bar"
                )


def _in_a_row(starts: Sequence[Start], length: int) -> Iterator[tuple[Start, int]]:
    """Each run of bars with whole multiples of `length` between them, one of which is `length` itself: its first bar,
    and how many steps it has."""
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
