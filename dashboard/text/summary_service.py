"""Provides the summaries of symbols: created once per read for all viewers, and reworded if that is configured."""

import time
from typing import TYPE_CHECKING

from dashboard.presenters.delta import PageContext
from dashboard.read.cache.series_cache import SeriesCache
from dashboard.read.read_model import ReadModel
from dashboard.read.rows import SeriesKey
from dashboard.text.summary import summary

if TYPE_CHECKING:
    from dashboard.text.rewording import Rewording

VOLATILITY_BARS = 200
"""The number of newest bars that define the usual range of the volatility."""


class SummaryService:
    """The summaries of the series whose charts are shown. It reads memory only and never blocks on I/O."""

    def __init__(self, model: ReadModel, context: PageContext, rewording: "Rewording | None") -> None:
        self._model, self._scene, self._rewording = model, context, rewording
        self._texts: SeriesCache[str] = SeriesCache()

    def of(self, key: SeriesKey) -> dict[str, str | None] | None:
        """The summary, its rewording and the model that wrote it; None if the symbol or its bars are missing."""
        snapshot = self._model.snapshot
        bars = self._model.newest_bars(key, VOLATILITY_BARS)
        if bars is None or key[0] not in snapshot.reading.symbols:
            return None
        text = self._texts.get(
            key, snapshot.sequence, lambda: summary(self._scene, snapshot.reading, key, bars)
        )
        if self._rewording is None or not bars:
            return {"text": text, "reworded": None, "by": None}
        reworded = self._rewording.of(key, bars[-1].start, text, time.monotonic())
        return {"text": text, "reworded": reworded, "by": self._rewording.model}
