"""Checks the adjustment of a chart's prices: splits that are listed but not applied, and days in another unit.

Yahoo adjusts older prices for splits. Sometimes it lists a split but leaves the older prices unadjusted, or has some
days in pounds among days in pence. Both are visible as a jump from one bar to the next, which is compared with the
ratio. Ambiguous bars are skipped: also those before a jump that looks like a listed split on another date (some days
are adjusted and others are not, or the split has a wrong date), and those before a split that is listed twice. Within
a bar one price may differ from the others by a factor of 100 (`mixed_units.py`).
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from math import log, prod
from typing import NamedTuple

from producer.sources.answers import NO_DOUBTS, Doubts
from producer.sources.mixed_units import MIXED_UNITS, MixedUnitDetector, powers_of
from producer.sources.yahoo.charts.chart_types import Point
from shared.market.currencies import is_in_hundredths
from shared.market.splits import shows_split

PLAIN = log(2)
"""Logarithm of a ratio by which shares rarely change without a split."""
LIKENESS = 0.15
"""Relative tolerance of such a jump from the ratio, on the logarithmic scale."""
SAME_SPLIT = 10 * 86_400
"""Two splits with the same ratio within this many seconds are one split listed with two dates."""

Splits = list[tuple[int, float]]
"""The midnight at which each split took effect, in epoch seconds, and its ratio."""


class Levels(NamedTuple):
    """`splits` are those applied to older prices, which must be reversed. Bars before `known_from` are skipped, and
    those that start at `other_unit` or `mixed`; `doubts` explains why to the user and counts them."""

    splits: Splits
    known_from: int
    other_unit: frozenset[int]
    mixed: frozenset[int]
    doubts: Doubts

    def is_known(self, second: int) -> bool:
        """Whether the adjustment of the prices at this time is known."""
        return second >= self.known_from and second not in self.other_unit and second not in self.mixed


def levels_of(points: Sequence[Point], splits: Splits, currency: str | None) -> Levels:
    """Determine the adjustments from the jumps between these bars, which are in time order."""
    verdicts = {split: _is_applied(points, *split) for split in splits}
    unknown = [split for split, is_applied in verdicts.items() if is_applied is None]
    unknown += _listed_twice(splits) + _shown_elsewhere(points, verdicts)
    not_applied = [split for split, is_applied in verdicts.items() if is_applied is False]
    other_unit = _other_unit(points, not_applied, currency)
    mixed = _mixed(points, not_applied) - other_unit
    levels = Levels(
        [split for split, is_applied in verdicts.items() if is_applied],
        max((second for second, _ in unknown), default=0),
        other_unit,
        mixed,
        NO_DOUBTS,
    )
    skipped = sum(not levels.is_known(point.time) for point in points)
    return levels._replace(doubts=Doubts(tuple(_reasons(unknown, levels)), skipped))


def _mixed(points: Sequence[Point], not_applied: Splits) -> frozenset[int]:
    """The starts of bars in which one price differs from the others by a factor of 100."""
    detector, mixed = MixedUnitDetector(), []
    for point in points:
        factor = _factor(not_applied, point.time)
        opened, high, low, close = (price / factor for price in point[1:5])
        mixed += [point.time] if detector.has_mixed_units(opened, high, low, close) else []
    return frozenset(mixed)


def _reasons(unknown: Splits, levels: Levels) -> list[str]:
    """Why bars are skipped, in words for the user."""
    reasons = [
        f"prices before the split of {ratio:g} for 1 are skipped: it is unclear whether they are adjusted for it"
        for ratio in dict.fromkeys(ratio for _, ratio in unknown)
    ]
    if levels.other_unit:
        reasons.append("bars are skipped whose prices differ from those around them by a factor of 100")
    if levels.mixed:
        reasons.append(MIXED_UNITS)
    return reasons


def _is_applied(points: Sequence[Point], date: int, ratio: float) -> bool | None:
    """Whether prices before a split are adjusted for it; None if that is unclear.

    Without prices on both sides nothing can be compared, and they count as adjusted, which is Yahoo's rule.
    """
    traded = [point for point in points if min(point.open, point.close) > 0]
    before = next((point for point in reversed(traded) if point.time < date), None)
    after = next((point for point in traded if point.time >= date), None)
    if before is None or after is None:
        return True
    # The first trade may still have been at the old price.
    verdicts = {
        shows_split(before.close, price, ratio, expected=False) for price in (after.open, after.close)
    }
    shown = verdicts - {None}
    return None if len(shown) != 1 else shown == {False}


def _listed_twice(splits: Splits) -> Splits:
    """Splits shortly after one with the same ratio: prices may be adjusted for one of them or for both."""
    return [
        (later, ratio)
        for (date, earlier_ratio), (later, ratio) in pairwise(sorted(splits))
        if ratio == earlier_ratio and later - date < SAME_SPLIT
    ]


def _shown_elsewhere(points: Sequence[Point], verdicts: dict[tuple[int, float], bool | None]) -> Splits:
    """Ratios of splits by which prices jump on another date, each with the time before which the adjustment is unclear.

    That is the time of the jump, or of the split if that is reversed and later.
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
    """Whether a jump matches a split with this ratio, in either direction."""
    length = abs(log(ratio))
    return abs(abs(log(jump)) - length) <= LIKENESS * length


def _other_unit(points: Sequence[Point], not_applied: Splits, currency: str | None) -> frozenset[int]:
    """The starts of bars whose prices differ from the others by a factor of 100.

    These are bars between two runs at the same level that have at least as many bars. If the currency is quoted in
    hundredths, all bars not at the most frequent level count, also at both ends.
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
    """Runs of consecutive bars at one power of 100: the power relative to the first run, and the bars' starts."""
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
