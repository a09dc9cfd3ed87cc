"""Company data of symbols: requested from a local provider, stored in real tables, requested again when outdated."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import pytest

from producer.reporting.companies import Companies
from producer.sources.provider import Provider
from producer.sources.yahoo import Yahoo
from shared.errors import ConfigError
from shared.market.listings import Listing, Listings
from shared.postgres.database import Connection
from tests.integration.desk import Desk
from tests.integration.live.yahoo_in_session import NOW
from tests.standin import Fault, StandIn
from tests.standing_clock import standing_at

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LISTINGS: Listings = {"AAPL": (Listing("yahoo", "AAPL"),), "TOYOTA": (Listing("yahoo", "7203.T"),)}
UNKNOWN: Listings = {"NOSUCH": (Listing("yahoo", "NOSUCH"),), "NVDA": (Listing("yahoo", "NVDA"),)}


@pytest.fixture
def start(desk: Desk, yahoo: StandIn) -> Callable[[], Companies]:
    """Companies as a start of the producer makes them."""
    desk.settings |= yahoo.settings
    ours = Yahoo(desk.config.providers, standing_at(NOW), Event())

    def provider(name: str) -> Provider:
        if name != "yahoo":
            raise ConfigError(f"{name} needs a key")
        return ours

    return lambda: Companies(provider)


def run(companies: Companies, desk_connection: Connection, listings: Listings, now: datetime) -> int:
    """Step until nothing is due; how many steps asked."""
    asked = 0
    while companies.step(desk_connection, listings, now):
        asked += 1
        assert asked < 10
    return asked


def test_every_symbol_is_requested_once_and_stored_under_its_own_name(
    start: Callable[[], Companies], desk_connection: Connection, desk: Desk
) -> None:
    companies = start()
    assert run(companies, desk_connection, LISTINGS, NOW) == 2
    assert companies.known["AAPL"].name == "Apple Inc."
    assert companies.known["AAPL"].sector == "Technology"
    assert companies.known["TOYOTA"].symbol == "TOYOTA"
    assert companies.known["TOYOTA"].delay == 900
    stored = desk.rows(
        "select symbol, name, currency, delay, source, fetched_at from companies order by symbol"
    )
    assert stored == [
        ("AAPL", "Apple Inc.", "USD", 0, "yahoo", NOW),
        ("TOYOTA", "Toyota Motor Corporation", "JPY", 900, "yahoo", NOW),
    ]


def test_known_companies_survive_a_restart_and_are_requested_again_after_a_day(
    start: Callable[[], Companies], desk_connection: Connection
) -> None:
    first = start()
    run(first, desk_connection, LISTINGS, NOW)
    second = start()
    assert run(second, desk_connection, LISTINGS, NOW + DAY - HOUR) == 0
    assert second.known == first.known
    assert run(second, desk_connection, LISTINGS, NOW + DAY) == 2
    assert run(second, desk_connection, LISTINGS, NOW + DAY) == 0


def test_unknown_symbol_delays_no_other_and_is_not_requested_for_an_hour(
    start: Callable[[], Companies], desk_connection: Connection
) -> None:
    companies = start()
    assert run(companies, desk_connection, UNKNOWN, NOW) == 2
    assert list(companies.known) == ["NVDA"]
    assert run(companies, desk_connection, UNKNOWN, NOW + HOUR / 2) == 0
    assert run(companies, desk_connection, UNKNOWN, NOW + HOUR) == 1


def test_unavailable_source_is_requested_again_after_a_minute(
    start: Callable[[], Companies], desk_connection: Connection, yahoo: StandIn
) -> None:
    companies = start()
    yahoo.down()
    assert run(companies, desk_connection, LISTINGS, NOW) == 1
    yahoo.up()
    assert run(companies, desk_connection, LISTINGS, NOW + timedelta(seconds=59)) == 0
    assert run(companies, desk_connection, LISTINGS, NOW + timedelta(seconds=60)) == 2


def test_throttling_source_gets_no_request_until_its_pause_is_over(
    start: Callable[[], Companies], desk_connection: Connection, yahoo: StandIn
) -> None:
    companies = start()
    yahoo.answer_with(Fault.status(429, retry_after=300), times=None)
    assert run(companies, desk_connection, LISTINGS, NOW) == 1
    assert run(companies, desk_connection, LISTINGS, NOW + timedelta(seconds=290)) == 0
    assert run(companies, desk_connection, LISTINGS, NOW + timedelta(seconds=301)) == 1
    assert companies.known == {}


def test_company_dated_by_a_fast_clock_is_requested_again_once_the_clock_is_right(
    desk_connection: Connection, start: Callable[[], Companies], yahoo: StandIn
) -> None:
    companies = start()
    assert run(companies, desk_connection, LISTINGS, NOW + 300 * DAY) == 2
    assert run(companies, desk_connection, LISTINGS, NOW) == 2
    yahoo.answer_with(Fault.status(500), times=None)
    run(companies, desk_connection, LISTINGS, NOW + 300 * DAY)
    yahoo.answer_normally()
    assert run(companies, desk_connection, LISTINGS, NOW + DAY) == 2


def test_source_without_its_key_delays_no_other(
    start: Callable[[], Companies], desk_connection: Connection
) -> None:
    companies = start()
    assert run(companies, desk_connection, {"X": (Listing("finnhub", "X"),), **LISTINGS}, NOW) == 3
    assert companies.known.keys() == LISTINGS.keys()


def test_symbol_with_a_new_source_is_requested_there(
    start: Callable[[], Companies], desk_connection: Connection, desk: Desk
) -> None:
    run(start(), desk_connection, LISTINGS, NOW)
    desk.rows("update companies set source = 'finnhub' where symbol = 'AAPL' returning 1")
    assert run(start(), desk_connection, LISTINGS, NOW) == 1
    assert desk.rows("select source from companies where symbol = 'AAPL'") == [("yahoo",)]
