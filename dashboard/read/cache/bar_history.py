"""An in-memory cache of closed bars for the charts, limited in series and in bars per series."""

from collections import deque
from collections.abc import Iterable
from itertools import islice
from threading import Lock

from dashboard.read.cache.least_recently_used import LruDict
from dashboard.read.rows import ChartBar, SeriesKey

MAX_SERIES = 64
"""The number of cached series; the least recently used one is evicted."""


class BarHistory:
    """Closed bars by symbol and interval, filled on demand. Thread-safe."""

    def __init__(self, bars_kept: int) -> None:
        self.bars_kept = bars_kept
        self._series: LruDict[SeriesKey, deque[ChartBar]] = LruDict(MAX_SERIES)
        self._lock = Lock()

    def put(self, key: SeriesKey, bars: Iterable[ChartBar]) -> None:
        """Replace the bars of a series, given oldest first; only the newest `bars_kept` are kept."""
        with self._lock:
            self._series[key] = deque(bars, maxlen=self.bars_kept)

    def extend(self, found: dict[SeriesKey, list[ChartBar]]) -> None:
        """Append bars to the cached series; a bar that is already there is skipped."""
        with self._lock:
            for key, bars in found.items():
                kept = self._series.get(key)
                if kept is not None:
                    last = kept[-1].start if kept else -1
                    kept.extend(bar for bar in bars if bar.start > last)

    def get(self, key: SeriesKey) -> list[ChartBar] | None:
        """The bars of a series, oldest first; None if it is not cached."""
        with self._lock:
            kept = self._series.use(key)
            return None if kept is None else list(kept)

    def newest(self, key: SeriesKey, limit: int) -> list[ChartBar] | None:
        """The newest `limit` bars of a series, oldest first; None if it is not cached."""
        with self._lock:
            kept = self._series.get(key)
            return None if kept is None else list(islice(reversed(kept), limit))[::-1]

    def since(self, key: SeriesKey, start: int) -> list[ChartBar] | None:
        """The bars that start after `start`; None if bars may be missing, so that the series must be reloaded."""
        with self._lock:
            kept = self._series.use(key)
            if kept is None or (kept and start < kept[0].start):
                return None
            newer: list[ChartBar] = []
            for bar in reversed(kept):
                if bar.start <= start:
                    break
                newer.append(bar)
            return newer[::-1]

    def last_starts(self) -> dict[SeriesKey, int]:
        """The start of the newest bar of each cached series, epoch seconds; 0 if it has no bars."""
        with self._lock:
            return {key: kept[-1].start if kept else 0 for key, kept in self._series.items()}

    def clear(self) -> None:
        """Remove everything, for example because the database may be another one."""
        with self._lock:
            self._series.clear()
