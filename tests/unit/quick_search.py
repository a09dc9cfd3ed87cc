"""A search for a model in closed form: microseconds instead of a process, and as strict about when it is asked."""

from itertools import pairwise

from analytics.forecasts import Search
from ml.arima import ArimaModel
from ml.search import Outcome


def searched(search: Search) -> Outcome:
    """An autoregression of the changes on the change before, by the correlation of neighbours."""
    changes = [after - before for before, after in pairwise(search.series)]
    squares = sum(change * change for change in changes)
    if squares == 0.0:
        return Outcome(None, "every value is the same")
    both = sum(one * other for one, other in pairwise(changes))
    return Outcome(ArimaModel((both / squares * 0.9,), 1, (), sigma=(squares / len(changes)) ** 0.5))


class QuickSearches:
    """Searches by `searched`; only for what was asked before. `fails` makes every search fail."""

    def __init__(self, fails: bool = False) -> None:
        self.asked: list[Search] = []
        self.taken: list[Search] = []
        self._fails = fails

    def ask(self, search: Search) -> None:
        self.asked.append(search)

    def result(self, search: Search) -> Outcome:
        assert search in self.asked, "its result is wanted without it having been asked for"
        self.taken.append(search)
        return Outcome(None, "it may not succeed") if self._fails else searched(search)


def timeless(outcome: Outcome) -> Outcome:
    """The outcome without how long it took by the clock."""
    return outcome._replace(seconds=0.0)
