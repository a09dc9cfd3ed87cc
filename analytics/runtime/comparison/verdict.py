"""The result of a comparison, as it is printed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analytics.runtime.comparison.left_out import LeftOut
from analytics.store.comparison.compared_tables import (
    KINDS,
    OWN,
    ComparedTable,
    DifferentRow,
    counts,
    first_difference,
)
from shared.postgres.database import Cursor

IDENTICAL, DIFFERENT, NOT_COMPARED = 0, 1, 2
"""Exit status."""


class Verdict(NamedTuple):
    """Rows compared and rows that differ, by kind; the first difference; what is not compared; what is assumed."""

    rows: dict[ComparedTable, tuple[int, int]]
    first: DifferentRow | None
    left_out: Sequence[LeftOut]
    notes: Sequence[str]

    @property
    def compared(self) -> int:
        """The number of rows compared."""
        return sum(rows for rows, _ in self.rows.values())


def verdict(
    cursor: Cursor, left_out: Sequence[LeftOut], notes: Sequence[str], kinds: Sequence[ComparedTable] = KINDS
) -> Verdict:
    """Compare the stored rows of these kinds with those calculated again. The first difference is that of the earliest
    bar; of several in one bar, that of the first kind."""
    found = [each for kind in kinds if (each := first_difference(cursor, kind)) is not None]
    first = min(found, key=lambda each: each.start, default=None)
    return Verdict({kind: counts(cursor, kind) for kind in kinds}, first, left_out, notes)


def lines(result: Verdict) -> Iterator[str]:
    """The result in lines of text, without its last word."""
    for kind, (rows, different) in result.rows.items():
        if kind is OWN and not rows:
            continue
        yield f"  {kind.name:<11}{rows:>11,} rows{f', {different:,} differ' if different else ''}"
    for rows, what, reason in result.left_out:
        if rows:
            yield f"  not compared: {rows:,} rows, {what}: {reason}"
    for note in result.notes:
        yield f"  {note}"
    if result.first is not None:
        yield f"first difference: {sentence(result.first)}"


def sentence(difference: DifferentRow) -> str:
    """The row of a difference, and its first column that differs."""
    kind, key, stored, calculated = difference
    named = dict(zip(kind.key, key, strict=True))
    others = "".join(f", {named[name]}" for name in kind.key[3:])
    row = f"{kind.name} of {named['symbol']} {named['interval']} from {difference.start.isoformat()}{others}"
    if stored is None:
        return f"{row}: the row is missing"
    if calculated is None:
        return f"{row}: the row is stored, but calculated again there is none"
    names = [name for name in stored if repr(stored[name]) != repr(calculated[name])]
    place, kept, made = _parted(names[0], stored[names[0]], calculated[names[0]])
    more = f" (and {', '.join(names[1:])})" if len(names) > 1 else ""
    return f"{row}: {place} is stored as {kept}, calculated again it is {made}{more}"


def _parted(place: str, kept: object, made: object) -> tuple[str, str, str]:
    """The place where two values differ, and the two values there; places in arrays count from 1, as in SQL."""
    if not (isinstance(kept, list) and isinstance(made, list)) or len(kept) != len(made):
        return place, _shown(kept), _shown(made)
    pairs = enumerate(zip(kept, made, strict=True), start=1)
    number, (one, other) = next(each for each in pairs if repr(each[1][0]) != repr(each[1][1]))
    return _parted(f"{place}[{number}]", one, other)


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
