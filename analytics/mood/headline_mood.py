"""The mood of the headlines about a symbol, at its closed bars. Pure."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, fsum, inf
from typing import NamedTuple

from shared.market.records import Bar, Headline

MOST = 500
"""Of more headlines within a span, those that became known last count."""
LONGEST_QUEUE = 10 * MOST
"""Of more headlines that come between two bars, as over a weekend, the last ones are kept."""


class ScoredHeadline(NamedTuple):
    """When a headline counts, and with what: it is known at bars that end at `counts_from` or later, and its age is
    measured from `published`; both in epoch seconds."""

    counts_from: int
    published: float
    score: float


def scored(headline: Headline, closed_until: int) -> ScoredHeadline:
    """A headline that the log has after every bar that ended by `closed_until`, epoch seconds, was closed.

    It counts neither at those bars nor at bars that ended before it was received: a rule knows only what was known.
    """
    published = headline.published_time.timestamp()
    known = max(headline.received_time.timestamp(), published)
    return ScoredHeadline(max(ceil(known), closed_until + 1), published, headline.score)


def mean_score(headlines: Sequence[tuple[float, float]], half_life: float) -> float | None:
    """The mean of scores, the newer ones with more weight: sum(w * score) / sum(w), with w = 2^(-age / half_life).

    A headline is its time of publication and its score; times and the half-life are in seconds. None without any. Only
    the ratios of the weights count, so ages are measured from the newest headline: the mean stays the same as long as
    the headlines do, whatever the time is.
    """
    if not headlines:
        return None
    newest = max(published for published, _ in headlines)
    weighted = [(2.0 ** ((published - newest) / half_life), score) for published, score in headlines]
    return fsum(weight * score for weight, score in weighted) / fsum(weight for weight, _ in weighted)


class KnownInOrder:
    """Stored headlines in the order in which they become known."""

    def __init__(self, headlines: Iterable[ScoredHeadline]) -> None:
        self._rest = sorted(headlines, reverse=True)

    def until(self, end: float) -> Iterator[ScoredHeadline]:
        """The next ones that count at a bar that ends at `end`, epoch seconds."""
        while self._rest and self._rest[-1].counts_from <= end:
            yield self._rest.pop()


class MoodOver:
    """The `mean_score` of the headlines published within `span` seconds before the end of a bar. Unknown without
    headlines."""

    def __init__(self, span: int, half_life: int) -> None:
        self._span, self._half_life = span, half_life
        self._coming: list[ScoredHeadline] = []
        self._count([])

    def add(self, headline: ScoredHeadline) -> None:
        """Add a headline; it counts from its time on."""
        insort(self._coming, headline)
        del self._coming[:-LONGEST_QUEUE]

    def update(self, bar: Bar) -> float | None:
        """The mood at a closed bar. It is calculated anew only where a headline came or became too old."""
        coming, end = self._coming, bar.end
        if self._oldest > end - self._span and not (coming and coming[0].counts_from <= end):
            return self._mood
        known = bisect_right(coming, end, key=_counts_from)
        counting = [each for each in self._counting + coming[:known] if each.published > end - self._span]
        self._coming = coming[known:]
        self._count(counting[-MOST:])
        return self._mood

    def _count(self, counting: list[ScoredHeadline]) -> None:
        self._counting = counting
        self._oldest = min((each.published for each in counting), default=inf)
        self._mood = mean_score([(each.published, each.score) for each in counting], self._half_life)

    def split(self, _: float) -> None:
        """Scores have no unit of shares."""

    def state(self) -> list[list[list[float]]]:
        """All that `restore` needs."""
        return [[list(each) for each in headlines] for headlines in (self._counting, self._coming)]

    def restore(self, state: Sequence[Sequence[Sequence[float]]]) -> None:
        """Continue from `state`."""
        counting, self._coming = (
            [
                ScoredHeadline(int(counts_from), published, score)
                for counts_from, published, score in headlines
            ]
            for headlines in state
        )
        self._count(counting)


def _counts_from(headline: ScoredHeadline) -> int:
    return headline.counts_from
