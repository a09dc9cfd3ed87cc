"""The table of the outcomes of ARIMA model searches."""

import hashlib
import struct

from analytics.forecasting.forecasts import Search
from ml.arima.arima import ArimaModel
from ml.arima.search import SearchOutcome
from shared.postgres.database import Connection, Cursor, connect, transaction

COLUMNS = "ar, d, ma, constant, sigma, reason, aicc, seconds"


class OutcomeTable:
    """Search outcomes, by the input of the search. It has its own connection: outcomes are requested while the
    transaction of the fold may be open, and they must persist even if that transaction fails.

    The fold waits for each statement, and at a first start there are thousands. Therefore each commits by itself, and
    the commit does not wait for the disk: what the fold writes with an outcome reaches the disk after it, as both are
    in one write-ahead log, and without that the same search is made again.
    """

    def __init__(self, dsn: str) -> None:
        self._connection: Connection = connect(dsn, "searches")
        self._connection.autocommit = True
        with transaction(self._connection) as cursor:
            cursor.execute("set synchronous_commit to off")
            cursor.execute("select exists (select from search_outcomes)")
            self._has_older = bool(cursor.fetchall()[0][0])

    def find(self, search: Search) -> SearchOutcome | None:
        """The stored outcome, None if there is none, or if the table was empty when it was opened: then no log is
        folded again that was folded before. Raises Unavailable."""
        if not self._has_older:
            return None
        with transaction(self._connection) as cursor:
            return _stored(cursor, _input(search))

    def store(self, search: Search, outcome: SearchOutcome) -> SearchOutcome:
        """Store the outcome, unless one is stored already. Returns the stored one. Raises Unavailable."""
        searched = _input(search)
        values = (searched, search.symbol, search.interval, *_columns(outcome.model), *outcome[1:])
        with transaction(self._connection) as cursor:
            cursor.execute(
                f"insert into search_outcomes (input, symbol, interval, {COLUMNS})"  # noqa: S608
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
                values,
            )
            return outcome if cursor.rowcount else _stored(cursor, searched) or outcome

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _columns(model: ArimaModel | None) -> tuple[object, ...]:
    if model is None:
        return (None,) * 5
    return _array(model.ar), model.d, _array(model.ma), repr(model.constant), repr(model.sigma)


def _array(numbers: tuple[float, ...]) -> str:
    """As text: a number literal in the statement would be parsed as a decimal, which has no negative zero."""
    return "{" + ",".join(map(repr, numbers)) + "}"


def _stored(cursor: Cursor, searched: bytes) -> SearchOutcome | None:
    cursor.execute(f"select {COLUMNS} from search_outcomes where input = %s", (searched,))  # noqa: S608
    row = cursor.fetchone()
    if row is None:
        return None
    ar, d, ma, constant, sigma, reason, aicc, seconds = row
    model = None if sigma is None else ArimaModel(tuple(ar), d, tuple(ma), constant, sigma)
    return SearchOutcome(model, reason, aicc, seconds)


def _input(search: Search) -> bytes:
    """The hash of everything that the outcome depends on: the exact values and the settings."""
    settings = search.settings
    orders = (settings.max_p, settings.max_d, settings.max_q, settings.season)
    content = struct.pack(f"<4q{len(search.series)}d", *orders, *search.series)
    return hashlib.sha256(content).digest()
