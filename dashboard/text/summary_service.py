"""What a symbol's numbers come to in words: made once a read for all viewers, and reworded where that is wished."""

import time

from dashboard.presenters.delta import Scene
from dashboard.read.cache import Kept
from dashboard.read.read_model import ReadModel
from dashboard.read.rows import SeriesKey
from dashboard.text.rewording import Rewording
from dashboard.text.summary import summary

BARS_LOOKED_AT = 200
"""Among so many of the newest bars a volatility is usual or not."""


class Words:
    """The summaries of the series whose charts are shown. Only memory is read here."""

    def __init__(self, model: ReadModel, scene: Scene, rewording: Rewording | None) -> None:
        self._model, self._scene, self._rewording = model, scene, rewording
        self._texts: Kept[str] = Kept()

    def of(self, key: SeriesKey) -> dict[str, str | None] | None:
        """The summary, its other wording and whose that is; None where the symbol or its bars are not there."""
        snapshot = self._model.snapshot
        bars = self._model.newest_bars(key, BARS_LOOKED_AT)
        if bars is None or key[0] not in snapshot.reading.symbols:
            return None
        text = self._texts.get(
            key, snapshot.sequence, lambda: summary(self._scene, snapshot.reading, key, bars)
        )
        if self._rewording is None or not bars:
            return {"text": text, "reworded": None, "by": None}
        reworded = self._rewording.of(key, bars[-1].start, text, time.monotonic())
        return {"text": text, "reworded": reworded, "by": self._rewording.model}
