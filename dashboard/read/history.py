"""The closed bars kept in memory for the charts: bounded in bars a series and in series."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from itertools import islice
from threading import Lock

from dashboard.read.rows import ChartBar, SeriesKey

SERIES_KEPT = 64
"""So many series are kept; the one nobody has asked for longest makes room."""


class BarHistory:
    """Closed bars by symbol and interval, filled on demand. Every method may be called from any thread."""

    def __init__(self, bars_kept: int) -> None:
        self.bars_kept = bars_kept
        self._series: OrderedDict[SeriesKey, deque[ChartBar]] = OrderedDict()
        self._lock = Lock()

    def put(self, key: SeriesKey, bars: Iterable[ChartBar]) -> None:
        """Keep the newest of a series, oldest first, in place of what was kept."""
        with self._lock:
            self._series[key] = deque(bars, maxlen=self.bars_kept)
            self._series.move_to_end(key)
            if len(self._series) > SERIES_KEPT:
                self._series.popitem(last=False)

    def extend(self, found: dict[SeriesKey, list[ChartBar]]) -> None:
        """Append bars to the series that are kept; a bar that is there already is left out."""
        with self._lock:
            for key, bars in found.items():
                kept = self._series.get(key)
                if kept is not None:
                    last = kept[-1].start if kept else -1
                    kept.extend(bar for bar in bars if bar.start > last)

    def get(self, key: SeriesKey) -> list[ChartBar] | None:
        """The bars of a series, oldest first; None where it is not kept."""
        with self._lock:
            if key not in self._series:
                return None
            self._series.move_to_end(key)
            return list(self._series[key])

    def newest(self, key: SeriesKey, limit: int) -> list[ChartBar] | None:
        """The newest `limit` bars of a series, oldest first; None where it is not kept."""
        with self._lock:
            kept = self._series.get(key)
            return None if kept is None else list(islice(reversed(kept), limit))[::-1]

    def since(self, key: SeriesKey, start: int) -> list[ChartBar] | None:
        """The bars that start after `start`; None where bars between may be missing: load the series anew."""
        with self._lock:
            kept = self._series.get(key)
            if kept is None or (kept and start < kept[0].start):
                return None
            self._series.move_to_end(key)
            newer: list[ChartBar] = []
            for bar in reversed(kept):
                if bar.start <= start:
                    break
                newer.append(bar)
            return newer[::-1]

    def last_starts(self) -> dict[SeriesKey, int]:
        """When the newest bar of each kept series starts, 0 where it has none yet."""
        with self._lock:
            return {key: kept[-1].start if kept else 0 for key, kept in self._series.items()}

    def clear(self) -> None:
        """Forget everything: the database may be another one now."""
        with self._lock:
            self._series.clear()
