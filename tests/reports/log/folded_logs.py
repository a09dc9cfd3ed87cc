"""Both consuming parts at work on a log, and what its tables must then hold."""

from pathlib import Path

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from shared.market.records import Quote
from shared.recordings.sequence import recorded
from tests.integration.desk import Desk

FEW_ORDERS = {"ARIMA_MAX_P": "1", "ARIMA_MAX_Q": "1"}
"""Settings under which an order search takes a tenth of the time."""


def assert_every_quote_counts_once(desk: Desk, recording: list[Path]) -> None:
    """In the tables, whatever the log holds."""
    read_all(desk)
    expected = [record.position for record in recorded(recording) if isinstance(record, Quote)]
    stored = desk.rows("select position from quotes order by position")
    assert [position for (position,) in stored] == expected
    for interval in ("1m", "1h"):
        counted = desk.rows("select sum(quotes) from bars where interval = %s", interval)
        assert counted == [(len(expected),)]


def read_all(desk: Desk) -> None:
    """Both parts, to the end of the log."""
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
        desk.wait_until_rebuilt()
