"""The highest and the lowest of the last bars, without a look at all of them at each one. Pure."""

from collections.abc import Callable

from analytics.alerts.evaluation.histories import History
from analytics.alerts.evaluation.values import SeriesValues


class ExtremeOver:
    """The extreme of so many bars up to `ago` bars before the newest one.

    Bars are counted by the turns of the values. While the extreme of the turn before is in the window, only the newest
    value can be beyond it; otherwise the window is searched.
    """

    def __init__(
        self, values: SeriesValues, history: History, bars: int, ago: int, choose: Callable[..., float]
    ) -> None:
        self._values, self._history, self._choose = values, history, choose
        self._bars, self._ago = bars, ago
        self._window, self._newest = history.window_reader(bars, ago), history.reader(ago)
        self._turn = self._best = -1

    def __call__(self) -> float | None:
        turn = self._values.turn
        is_next, self._turn = turn == self._turn + 1, turn
        if not is_next or turn - self._best >= self._bars:
            return self._search()
        best, newest = self._history.ago(self._ago + turn - self._best), self._newest()
        if best is None or newest is None:
            return self._search()
        extreme = self._choose(best, newest)
        if extreme == newest:
            self._best = turn
        return extreme

    def _search(self) -> float | None:
        window = self._window()
        if len(window) < self._bars or None in window:
            self._best = self._turn - self._bars
            return None
        extreme = self._choose(window)
        self._best = self._turn - self._bars + 1 + window.index(extreme)
        return extreme
