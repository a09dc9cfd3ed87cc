"""The rows of forecasts and of scores without a gap, which are nearly all, in the binary format of COPY.

A forecast has no gap if there is one for every horizon, and a score if there is one for each up to the longest. The
rows of trained models, which forecast one horizon, have gaps.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from math import exp
from operator import itemgetter
from struct import Struct
from typing import NamedTuple

import numpy as np

from analytics.forecasting.forecast_events import ForecastStep, ModelForecasts, ModelScores
from ml.scoring.scores import FIXED
from ml.uncertainty.conformal import Forecast
from shared.market.records import Bar
from shared.postgres.binary_copy import NULL, boolean_arrays, booleans, double_arrays, microseconds, text
from shared.progress.provenance import FoldedRecords

_mean = itemgetter(Forecast._fields.index("mean"))
LARGEST_MEAN = 1e100
"""The upper bounds of a larger one may overflow, which this format can't show as a gap."""
_TIME, _TIME_AND_NUMBER = Struct(">iq"), Struct(">iqiq")
_ORDER, _VERSION_AND_CLOSE = Struct(">iiiiii"), Struct(">iqid")


class MadeRow(NamedTuple):
    """The forecasts that a model made at the close of a bar, and the offset of the record that closed it."""

    bar: Bar
    step: ForecastStep
    made: ModelForecasts
    offset: int

    @property
    def is_complete(self) -> bool:
        """Whether it has no gap."""
        forecasts = self.made.forecasts
        return len(forecasts) == self.step.horizons and max(map(_mean, forecasts)) < LARGEST_MEAN


class ScoredRow(NamedTuple):
    """The scores of a model's forecasts of a bar's close."""

    bar: Bar
    step: ForecastStep
    scored: ModelScores

    @property
    def is_complete(self) -> bool:
        """Whether it has no gap."""
        return len(self.scored.scores) == max(self.scored.scores)


Fields = Sequence[bytes]


def forecast_fields(records: FoldedRecords, rows: Iterable[MadeRow]) -> Iterator[Fields]:
    """The fields of complete forecasts, in groups of equally large arrays."""
    head = partial(_forecast_head, records)
    groups: dict[tuple[int, tuple[float, ...]], list[MadeRow]] = {}
    for row in rows:
        groups.setdefault((row.step.horizons, row.step.levels), []).append(row)
    for (horizons, levels), group in groups.items():
        arrays = _forecast_arrays(group, horizons, len(levels))
        yield from zip(map(head, group), _constant(levels, len(group)), *arrays, strict=True)


def score_fields(rows: Iterable[ScoredRow]) -> Iterator[Fields]:
    """The fields of complete scores, in groups of equally large arrays."""
    groups: dict[tuple[int, tuple[float, ...]], list[ScoredRow]] = {}
    for row in rows:
        groups.setdefault((len(row.scored.scores), row.step.levels), []).append(row)
    for (horizons, levels), group in groups.items():
        arrays = _score_arrays(group, horizons, len(levels))
        yield from zip(map(_score_head, group), _constant(levels, len(group)), *arrays, strict=True)


def _forecast_head(records: FoldedRecords, row: MadeRow) -> bytes:
    """The fields before the arrays."""
    bar, step, made, offset = row
    return b"".join(
        (
            *(text(bar.symbol), text(bar.interval), _TIME.pack(8, microseconds(bar.start)), text(made.model)),
            _TIME_AND_NUMBER.pack(8, microseconds(bar.end), 8, step.number),
            _order(made.order),
            _VERSION_AND_CLOSE.pack(8, made.version, 8, bar.close),
            records.fields(offset),
        )
    )


def _score_head(row: ScoredRow) -> bytes:
    """The fields before the arrays."""
    bar, step, scored = row
    return b"".join(
        (
            *(
                text(bar.symbol),
                text(bar.interval),
                _TIME.pack(8, microseconds(bar.start)),
                text(scored.model),
            ),
            _TIME_AND_NUMBER.pack(8, microseconds(bar.end), 8, step.number),
        )
    )


def _order(order: tuple[int, int, int] | None) -> bytes:
    if order is None:
        return NULL * 3
    p, d, q = order
    return _ORDER.pack(4, p, 4, d, 4, q)


def _constant(levels: tuple[float, ...], count: int) -> list[bytes]:
    return double_arrays(np.array([levels]), (len(levels),)) * count


def _forecast_arrays(rows: list[MadeRow], horizons: int, levels: int) -> Iterator[list[bytes]]:
    """Means, deviations, lower and upper bounds. Exponentials are those of the standard library, as everywhere."""
    forecasts = chain.from_iterable(row.made.forecasts for row in rows)
    _, _, of_means, of_sigmas, of_widths = zip(*forecasts, strict=True)
    means, sigmas = np.array(of_means), np.array(of_sigmas)
    widths = np.fromiter(chain.from_iterable(of_widths), float, len(means) * levels).reshape(-1, levels)
    reaches = np.array(list(map(exp, (widths * sigmas[:, None]).ravel().tolist()))).reshape(-1, levels)
    for values in (means, sigmas):
        yield double_arrays(values.reshape(-1, horizons), (horizons,))
    for bounds in (means[:, None] / reaches, means[:, None] * reaches):
        yield double_arrays(bounds.reshape(-1, horizons * levels), (horizons, levels))


def _score_arrays(rows: list[ScoredRow], horizons: int, levels: int) -> Iterator[list[bytes]]:
    """Errors, hits, coverage, interval scores, losses and those of "no change"."""
    found = [row.scored.scores[horizon] for row in rows for horizon in range(1, horizons + 1)]
    size = FIXED + 2 * levels
    numbers = np.fromiter(chain.from_iterable(found), float, len(found) * size).reshape(-1, size)
    inside, winkler = numbers[:, FIXED : FIXED + levels] != 0.0, numbers[:, FIXED + levels :]
    hits = [each[7] if each[6] else None for each in found]

    def plain(place: int) -> list[bytes]:
        return double_arrays(numbers[:, place].reshape(-1, horizons), (horizons,))

    yield plain(1)
    yield [booleans(tuple(hits[first : first + horizons])) for first in range(0, len(hits), horizons)]
    yield boolean_arrays(inside.reshape(-1, horizons * levels), (horizons, levels))
    yield double_arrays(winkler.reshape(-1, horizons * levels), (horizons, levels))
    yield plain(3)
    yield plain(5)
