"""The table of quotes that were set aside: each once, whatever is killed, and anew when the log is read again."""

import msgspec
import pytest

from dashboard.read.sql.set_aside_queries import read_set_aside
from producer.store.symbol_queries import read_set_aside as newest_set_aside
from shared.market.messages import encode
from shared.market.records import Quote
from shared.postgres.database import Connection, transaction
from tests.integration.fold_runs import OLD, LoggedMessage, fold, log_of, table

EVERY = 97
FAR = "far from the median of the prices before"


def log_with_bad_prints() -> list[LoggedMessage]:
    """A steady price, and every so often one that is three percent off."""
    found = []
    for message in log_of(180):
        quote = msgspec.json.decode(message.value, type=Quote)
        price = 103.0 if message.offset % EVERY == EVERY - 1 else 100.0 + message.offset % 3 / 100
        found.append(message._replace(value=encode(msgspec.structs.replace(quote, price=price))))
    return found


def set_aside(connection: Connection) -> list[tuple[int, int, str, float, str]]:
    with transaction(connection) as cursor:
        cursor.execute(
            'select partition, "offset", symbol, price, reason from set_aside_quotes order by "offset"'
        )
        return cursor.fetchall()


EXPECTED = [(0, offset, "ACME", 103.0, FAR) for offset in range(EVERY - 1, 1080, EVERY)]


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_each_quote_that_was_set_aside_is_stored_once_with_its_reason(
    databases: tuple[Connection, Connection], killed: bool
) -> None:
    connection, fresh = databases
    log = log_with_bad_prints()
    for until in (300, 700, len(log)):
        fold(connection, OLD, log, until, killed=killed and until < len(log))
    assert set_aside(connection) == EXPECTED
    fold(fresh, OLD, log, len(log), killed=False)
    for name in ("bars", "indicators", "open_bars"):
        assert table(connection, name) == table(fresh, name)
    assert max(row[5] for row in table(connection, "bars")) < 101.0
    with transaction(connection) as cursor:
        cursor.execute("select quotes, extreme from symbols")
        assert cursor.fetchall() == [(len(log), len(EXPECTED))]


def test_another_version_stores_what_it_sets_aside_in_place_of_the_rows_before(
    databases: tuple[Connection, Connection],
) -> None:
    connection, _ = databases
    log = log_with_bad_prints()
    fold(connection, OLD, log, 700, killed=False)
    with transaction(connection) as cursor:
        cursor.execute("""update partition_snapshots set state = '{"version":0}'""")
        cursor.execute('update set_aside_quotes set "offset" = "offset" + 1, reason = \'another\'')
    fold(connection, OLD, log, len(log), killed=False)
    assert set_aside(connection) == EXPECTED


def test_page_and_description_name_the_latest_ones(databases: tuple[Connection, Connection]) -> None:
    connection, _ = databases
    log = log_with_bad_prints()
    fold(connection, OLD, log, len(log), killed=False)
    with transaction(connection) as cursor:
        shown, newest = read_set_aside(cursor, 3), newest_set_aside(cursor, "ACME")
        assert newest_set_aside(cursor, "OTHER") is None
    assert [(row.symbol, row.kind, row.value, row.detail) for row in shown] == [
        ("ACME", "set aside", 103.0, FAR)
    ] * 3
    assert [row.raised_at for row in shown] == sorted((row.raised_at for row in shown), reverse=True)
    assert newest is not None
    assert (newest.event_time.timestamp(), newest.price, newest.reason) == (shown[0].raised_at, 103.0, FAR)
