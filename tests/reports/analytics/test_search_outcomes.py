"""A slow, frozen or different search changes no written row: the result is stored before it is used."""

from contextlib import closing
from threading import Event
from typing import cast

from analytics.forecasting.forecasts import Search
from analytics.runtime.processor import Analysis
from analytics.runtime.searches import PooledSearches
from analytics.store.forecasts.search_tables import OutcomeTable
from db.migrate import migrate
from ml.arima.arima import ArimaModel
from ml.arima.search import SearchOutcome, SearchSettings
from ml.order_search.search_pool import SearchPool, Ticket
from shared.postgres.database import connect, make_database
from tests.copied import database_with_tables
from tests.integration.brisk_forecasts import MINUTES, rows
from tests.integration.fold_runs import READING, log_of, run
from tests.unit.quick_search import POOL

LOG = log_of(200)


def search(*series: float, symbol: str = "IBM") -> Search:
    return Search(symbol, "1m", 50, series, SearchSettings())


def test_stored_outcome_comes_back_to_the_bit(embedded_postgres: str) -> None:
    dsn = database_with_tables(embedded_postgres, "outcomes_to_the_bit")
    model = ArimaModel((0.1 + 0.2, -0.0), 1, (1e-300, -0.5), 1 / 3, 5e-324)
    found, none = (
        SearchOutcome(model, "", -1234.5678901234567, 0.25),
        SearchOutcome(None, "every value is the same"),
    )
    with closing(OutcomeTable(dsn)) as table:
        assert table.find(search(1.0, 2.0)) is None
        assert table.store(search(1.0, 2.0), found) == found
        assert table.store(search(1.0, 1.0), none) == none
    with closing(OutcomeTable(dsn)) as table:
        again = table.find(search(1.0, 2.0))
        assert again is not None
        assert repr(again) == repr(found), "with the sign of a zero, too"
        assert table.find(search(1.0, 1.0)) == none
        assert table.store(search(1.0, 2.0), none) == found, "what was stored first counts"
        assert table.find(search(1.0, 2.0000000000000004)) is None


def test_members_of_a_group_that_started_together_use_the_outcome_that_was_stored_first(
    embedded_postgres: str,
) -> None:
    dsn = database_with_tables(embedded_postgres, "outcomes_of_two")
    first, second = (SearchOutcome(None, reason, None, 0.5) for reason in ("first", "second"))
    with closing(OutcomeTable(dsn)) as one, closing(OutcomeTable(dsn)) as other:
        assert one.store(search(1.0, 2.0), first) == first
        assert other.find(search(1.0, 2.0)) is None, "an empty table is not searched"
        assert other.store(search(1.0, 2.0), second) == first
    with closing(OutcomeTable(dsn)) as later:
        assert later.find(search(1.0, 2.0)) == first


class AnotherLibrary:
    """A pool that finds nothing, whatever it is asked."""

    def submit(self, symbol: str, interval: str, *_: object) -> Ticket:
        """It takes every search."""
        return Ticket(symbol, interval, 0)

    def result(self, *_: object) -> SearchOutcome:
        return SearchOutcome(None, "another library finds none")

    def poll(self) -> None:
        """Nothing runs."""

    def abandon(self, *_: object) -> None:
        """Nothing is under way."""


def run_until_killed(dsn: str, pool: AnotherLibrary | SearchPool, until: int) -> None:
    """One run of the analytics part, killed at `until`: it leaves no snapshot, so that the next run begins at 0."""
    searches = PooledSearches(cast(SearchPool, pool), Event(), OutcomeTable(dsn))
    with closing(connect(dsn, "test")) as connection, closing(Analysis(READING, MINUTES, searches)) as fold:
        run(fold, connection, LOG, until, killed=True)


def test_fold_from_the_start_uses_stored_outcomes_though_a_new_search_would_find_others(
    embedded_postgres: str,
) -> None:
    """As after an upgrade of a library, or on a machine with another processor."""
    upgraded, unchanged = (make_database(embedded_postgres, f"outcomes_{which}") for which in "ab")
    for dsn in (upgraded, unchanged):
        migrate(dsn)
        run_until_killed(dsn, POOL, 500)
    run_until_killed(upgraded, AnotherLibrary(), 520)
    run_until_killed(unchanged, POOL, 520)
    query = "select * from forecasts where model = 'arima' order by start"
    with closing(connect(upgraded, "test")) as one, closing(connect(unchanged, "test")) as other:
        assert rows(one, query) == rows(other, query)
        assert rows(one, "select max(version) from forecasts where model = 'arima'")[0][0] > 0
        assert rows(one, "select count(*) from search_outcomes where d is not null")[0][0] > 0
