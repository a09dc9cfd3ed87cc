"""At which level a chart's prices are, before anything is multiplied: splits that were told but not applied, and days
told in another unit.

Yahoo tells older prices in the shares of today. Now and then it tells a split and leaves the older prices as they were
paid, or gives some days in pounds among pence. Both show in the jump from one bar to the next, which is compared with
the ratio. What the jump can't decide is set aside: also what lies before a jump like that of a split where none took
effect, because some days are told in new shares and others are not, or the split is told with a wrong date, and what
lies before a split that is told twice. Within a bar one price may be 100 times off the others (`torn.py`).
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from math import log, prod
from typing import NamedTuple

from producer.sources.torn import Tears, doubt_of, powers_of
from producer.sources.yahoo.chart import Point
from shared.market.currencies import is_in_hundredths
from shared.market.splits import shows_split

PLAIN = log(2)
"""The logarithm of a ratio that a share seldom jumps by on a day without a split."""
LIKENESS = 0.15
"""How far such a jump may be from the ratio, as a share of it on the logarithm's scale."""
SAME_SPLIT = 10 * 86_400
"""No share is split twice by one ratio within so many seconds: it is one split, told with two dates."""

Splits = list[tuple[int, float]]
"""The midnight each took effect at, epoch seconds, and how many shares one became."""


class Levels(NamedTuple):
    """`splits` are those that older prices are told in, so that they are to be taken back. Bars before `known_from` are
    set aside, and those that start at `other_unit` or are `torn`; `doubts` says why, for the user."""

    splits: Splits
    known_from: int
    other_unit: frozenset[int]
    torn: frozenset[int]
    doubts: tuple[str, ...]

    def is_known(self, second: int) -> bool:
        """Whether it is known what the prices of then are worth today."""
        return second >= self.known_from and second not in self.other_unit and second not in self.torn


def levels_of(points: Sequence[Point], splits: Splits, currency: str | None) -> Levels:
    """What the jumps between these bars, which are in order of time, tell."""
    verdicts = {split: _is_applied(points, *split) for split in splits}
    unknown = [split for split, is_applied in verdicts.items() if is_applied is None]
    unknown += _told_twice(splits) + _shown_elsewhere(points, verdicts)
    not_applied = [split for split, is_applied in verdicts.items() if is_applied is False]
    other_unit = _other_unit(points, not_applied, currency)
    torn = _torn(points, not_applied) - other_unit
    return Levels(
        [split for split, is_applied in verdicts.items() if is_applied],
        max((second for second, _ in unknown), default=0),
        other_unit,
        torn,
        tuple(_doubts(unknown, other_unit, torn)),
    )


def _torn(points: Sequence[Point], not_applied: Splits) -> frozenset[int]:
    """When those bars start of which one price is 100 times off the others."""
    tears, torn = Tears(), []
    for point in points:
        factor = _factor(not_applied, point.time)
        opened, high, low, close = (price / factor for price in point[1:5])
        torn += [point.time] if tears.is_torn(opened, high, low, close) else []
    return frozenset(torn)


def _doubts(unknown: Splits, other_unit: frozenset[int], torn: frozenset[int]) -> list[str]:
    doubts = [
        f"whether prices before the split of {ratio:g} for 1 are told in new shares can't be told: they are set aside"
        for ratio in dict.fromkeys(ratio for _, ratio in unknown)
    ]
    if other_unit:
        doubts.append(
            f"{len(other_unit)} bars are set aside whose prices are 100 times off those around them"
        )
    if torn:
        doubts.append(doubt_of(len(torn)))
    return doubts


def _is_applied(points: Sequence[Point], date: int, ratio: float) -> bool | None:
    """Whether prices before a split are told in the shares after it; None where that can't be told.

    Without a price on either side there is nothing to compare: the rule of the source holds.
    """
    traded = [point for point in points if min(point.open, point.close) > 0]
    before = next((point for point in reversed(traded) if point.time < date), None)
    after = next((point for point in traded if point.time >= date), None)
    if before is None or after is None:
        return True
    # The first trade may have been at the price of before all the same.
    told = {shows_split(before.close, price, ratio, expected=False) for price in (after.open, after.close)}
    shown = told - {None}
    return None if len(shown) != 1 else shown == {False}


def _told_twice(splits: Splits) -> Splits:
    """Splits that one of the same ratio lies closely before: prices may be told in one of them or in both."""
    return [
        (later, ratio)
        for (date, earlier_ratio), (later, ratio) in pairwise(sorted(splits))
        if ratio == earlier_ratio and later - date < SAME_SPLIT
    ]


def _shown_elsewhere(points: Sequence[Point], verdicts: dict[tuple[int, float], bool | None]) -> Splits:
    """The ratios of splits that prices jump by where no split took effect, and until when the level can't be told.

    That is until the jump, and until the split where it is taken back from the prices before it.
    """
    plain = [(date, ratio) for date, ratio in verdicts if abs(log(ratio)) >= PLAIN]
    if not plain:
        return []
    priced = [point for point in points if point.close > 0]
    return [
        (max(after.time, date) if verdicts[date, ratio] else after.time, ratio)
        for before, after in pairwise(priced)
        for date, ratio in plain
        if _is_like(after.close / before.close, ratio)
        and not any(before.time < each <= after.time for each, _ in verdicts)
    ]


def _is_like(jump: float, ratio: float) -> bool:
    """Whether prices jump as a split of the ratio makes them, in either direction."""
    length = abs(log(ratio))
    return abs(abs(log(jump)) - length) <= LIKENESS * length


def _other_unit(points: Sequence[Point], not_applied: Splits, currency: str | None) -> frozenset[int]:
    """When those bars start whose prices are 100 times off the others.

    Bars between two that agree with each other are, where they are no more than those. At either end, where nothing
    says which side is right, they are only where the currency is told in hundredths, and then those that are fewer.
    """
    runs = _runs(points, not_applied)
    if currency is not None and is_in_hundredths(currency):
        counts = Counter({level: 0 for level, _ in runs})
        for level, times in runs:
            counts[level] += len(times)
        (usual, most), *others = counts.most_common() or [(0, 0)]
        is_tie = bool(others) and others[0][1] == most
        return frozenset(t for level, times in runs for t in times if is_tie or level != usual)
    return frozenset(
        time
        for (before, left), (level, times), (after, right) in zip(runs, runs[1:], runs[2:], strict=False)
        for time in times
        if before == after != level and len(times) <= len(left) + len(right)
    )


def _runs(points: Sequence[Point], not_applied: Splits) -> list[tuple[int, list[int]]]:
    """The starts of the bars that follow each other at one power of 100, with that power; the first one's is 0."""
    closes = [
        (point.time, point.close / _factor(not_applied, point.time)) for point in points if point.close > 0
    ]
    levels, level = [(time, 0) for time, _ in closes[:1]], 0
    for (_, before), (time, close) in pairwise(closes):
        level += powers_of(close / before)
        levels.append((time, level))
    return [
        (level, [time for time, _ in together]) for level, together in groupby(levels, key=lambda at: at[1])
    ]


def _factor(splits: Splits, second: int) -> float:
    return prod((ratio for date, ratio in splits if date > second), start=1.0)
