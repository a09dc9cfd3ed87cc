"""The mood of the headlines about a symbol, at its closed bars. Pure."""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, fsum
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


def mean_score(headlines: Iterable[tuple[float, float]], at: float, half_life: float) -> float | None:
    """The mean of scores, the newer ones with more weight: sum(w * score) / sum(w), with w = 2^(-age / half_life).

    A headline is its time of publication and its score; times and the half-life are in seconds. None without any.
    """
    weighted = [(2.0 ** ((published - at) / half_life), score) for published, score in headlines]
    if not weighted:
        return None
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
        self._counting: list[ScoredHeadline] = []

    def add(self, headline: ScoredHeadline) -> None:
        """Add a headline; it counts from its time on."""
        insort(self._coming, headline)
        del self._coming[:-LONGEST_QUEUE]

    def update(self, bar: Bar) -> float | None:
        """The mood at a closed bar."""
        coming, end = self._coming, bar.end
        if not coming and not self._counting:
            return None
        known = 0
        while known < len(coming) and coming[known].counts_from <= end:
            known += 1
        counting = [each for each in self._counting + coming[:known] if each.published > end - self._span]
        self._counting, self._coming = counting[-MOST:], coming[known:]
        return mean_score(((each.published, each.score) for each in self._counting), end, self._half_life)

    def split(self, _: float) -> None:
        """Scores have no unit of shares."""

    def state(self) -> list[list[list[float]]]:
        """All that `restore` needs."""
        return [[list(each) for each in headlines] for headlines in (self._counting, self._coming)]

    def restore(self, state: Sequence[Sequence[Sequence[float]]]) -> None:
        """Continue from `state`."""
        self._counting, self._coming = (
            [
                ScoredHeadline(int(counts_from), published, score)
                for counts_from, published, score in headlines
            ]
            for headlines in state
        )
