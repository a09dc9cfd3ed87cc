"""The producer's tables in a real PostgreSQL: followed symbols, company data, data quality and data alerts."""

from datetime import UTC, datetime, timedelta

from producer.live.quality.row import QualityRow
from producer.sources.answers import Company
from producer.store.tables import (
    MAX_TEXT,
    CompanyRow,
    DataAlert,
    add_symbol,
    clear_alert,
    raise_alert,
    read_companies,
    read_listings,
    remove_symbol,
    write_company,
    write_quality,
)
from shared.errors import SourceDown
from shared.market.listings import Listing, Listings
from shared.postgres.database import Connection, transaction
from tests.integration.desk import Desk

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AAPL: tuple[Listing, ...] = (Listing("yahoo", "AAPL"),)
BITCOIN: tuple[Listing, ...] = (Listing("binance", "BTCUSDT"), Listing("coingecko", "bitcoin"))
CONFIGURED: Listings = {"AAPL": AAPL, "MSFT": (Listing("yahoo", "MSFT"),)}
HEALTHY = QualityRow(
    *("AAPL", "yahoo", None, "live", "", "", None, "regular", None, NOON, NOON),
    *(59.5, 12, 1, 2, 3, 4, 5, 14, 14),
)
COMPANY = Company(
    "AAPL", "Apple Inc.", "Technology", None, "NMS", "America/New_York", "USD", "EQUITY", 2, 900.0
)
ALERT = DataAlert("AAPL", "disagreement", NOON, 0.02, 0.01, "yahoo says 100, finnhub 102")


def watched(desk_connection: Connection, configured: Listings = CONFIGURED) -> Listings:
    with transaction(desk_connection) as cursor:
        return read_listings(cursor, configured)


def test_no_character_in_a_sources_message_breaks_the_table(desk_connection: Connection) -> None:
    with transaction(desk_connection) as cursor:
        write_company(cursor, CompanyRow(COMPANY._replace(name="App\0le\n Inc."), "yahoo", NOON))
        assert read_companies(cursor)["AAPL"].company == COMPANY
        write_company(cursor, CompanyRow(COMPANY._replace(name="A" * 10_000_000), "yahoo", NOON))
        assert read_companies(cursor)["AAPL"].company.name == "A" * MAX_TEXT
    assert str(SourceDown("Yahoo says: a\0b" + "!" * 1000)) == "Yahoo says: a b" + "!" * 285


def test_without_added_symbols_the_settings_count(desk_connection: Connection) -> None:
    assert watched(desk_connection) == CONFIGURED


def test_added_symbol_follows_the_configured_ones_with_its_sources_in_order(
    desk_connection: Connection,
) -> None:
    with transaction(desk_connection) as cursor:
        add_symbol(cursor, "BTC-USD", BITCOIN)
    assert watched(desk_connection) == CONFIGURED | {"BTC-USD": BITCOIN}
    assert list(watched(desk_connection)) == ["AAPL", "MSFT", "BTC-USD"]


def test_adding_a_symbol_again_replaces_its_sources(desk_connection: Connection) -> None:
    for listings in (BITCOIN, BITCOIN[1:]):
        with transaction(desk_connection) as cursor:
            add_symbol(cursor, "BTC-USD", listings)
            add_symbol(cursor, "AAPL", BITCOIN)
    assert watched(desk_connection)["BTC-USD"] == BITCOIN[1:]
    assert watched(desk_connection)["AAPL"] == BITCOIN


def test_removed_symbol_stays_away_though_the_settings_name_it(desk_connection: Connection) -> None:
    with transaction(desk_connection) as cursor:
        remove_symbol(cursor, "AAPL", CONFIGURED)
    assert list(watched(desk_connection)) == ["MSFT"]
    with transaction(desk_connection) as cursor:
        add_symbol(cursor, "AAPL", AAPL)
    assert watched(desk_connection)["AAPL"] == AAPL


def test_removed_symbol_that_the_settings_name_later_is_watched(desk_connection: Connection) -> None:
    with transaction(desk_connection) as cursor:
        add_symbol(cursor, "BTC-USD", BITCOIN)
        remove_symbol(cursor, "BTC-USD", CONFIGURED)
    assert watched(desk_connection) == CONFIGURED
    assert watched(desk_connection, {"BTC-USD": AAPL}) == {"BTC-USD": AAPL}


def test_company_is_read_as_written_and_can_be_replaced(desk_connection: Connection) -> None:
    for row in (
        CompanyRow(COMPANY, "yahoo", NOON),
        CompanyRow(COMPANY._replace(name=None, decimals=4), "finnhub", NOON + timedelta(days=1)),
    ):
        with transaction(desk_connection) as cursor:
            write_company(cursor, row)
            assert read_companies(cursor) == {"AAPL": row}


def test_quality_of_every_symbol_is_replaced_and_of_others_forgotten(
    desk_connection: Connection, desk: Desk
) -> None:
    many = [HEALTHY._replace(symbol=f"S{number}") for number in range(250)]
    with transaction(desk_connection) as cursor:
        write_quality(cursor, [HEALTHY, *many])
    worse = HEALTHY._replace(state="stale", cause="stream silent", next_try_at=NOON + timedelta(minutes=1))
    with transaction(desk_connection) as cursor:
        write_quality(cursor, [worse, *many[:1]])
    columns = ", ".join(QualityRow._fields)
    assert desk.rows(f"select {columns} from data_quality order by symbol") == [worse, many[0]]
    with transaction(desk_connection) as cursor:
        write_quality(cursor, [])
    assert desk.rows("select * from data_quality") == []


def test_quality_has_the_time_of_the_databases_clock(desk_connection: Connection, desk: Desk) -> None:
    for _ in range(2):
        with transaction(desk_connection) as cursor:
            write_quality(cursor, [HEALTHY])
            cursor.execute("select updated_at = now() from data_quality")
            assert cursor.fetchall() == [(True,)]


def test_alert_that_is_up_is_not_raised_again_until_it_was_cleared(
    desk_connection: Connection, desk: Desk
) -> None:
    later = NOON + timedelta(minutes=5)
    with transaction(desk_connection) as cursor:
        assert raise_alert(cursor, ALERT)
        assert not raise_alert(cursor, ALERT._replace(raised_at=later))
        assert raise_alert(cursor, ALERT._replace(kind="source changed", value=None, threshold=None))
        assert clear_alert(cursor, "AAPL", "disagreement", later)
        assert not clear_alert(cursor, "AAPL", "disagreement", later)
        assert raise_alert(cursor, ALERT._replace(raised_at=later + timedelta(minutes=1)))
    query = (
        "select raised_at, cleared_at, value from data_alerts where kind = 'disagreement' order by raised_at"
    )
    assert desk.rows(query) == [(NOON, later, 0.02), (NOON + timedelta(minutes=6), None, 0.02)]
