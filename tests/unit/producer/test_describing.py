"""The texts of list and describe: durations, sources, sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from producer.describing import Described, description_of, sources_of, span, table_of
from producer.sources.answers import Company
from producer.store.symbol_queries import LastQuote, SetAsideQuote, SymbolStatus
from producer.store.tables import CompanyRow
from shared.market.listings import Listing
from tests.unit.producer.terminal import shown

FRIDAY_NOON = datetime(2024, 7, 12, 16, tzinfo=UTC)
APPLE = Company("AAPL", "Apple Inc.", "Technology", None, "NMS", "America/New_York", "USD", "EQUITY", 2)
YAHOO = (Listing("yahoo", "AAPL"),)
QUOTE = LastQuote(229.5, "USD", "yahoo", "regular", "NMS", 3.2, 2.9, 0, 4)
UNSEEN = SymbolStatus("AAPL", None, 2, None, None, None, None, None)


def described_at(
    now: datetime, company: Company | None = APPLE, set_aside: SetAsideQuote | None = None
) -> str:
    row = CompanyRow(company, "yahoo", now) if company else None
    return shown(description_of(Described("AAPL", YAHOO, row, QUOTE, set_aside, None, [], []), now))


def test_quotes_that_were_set_aside_are_counted_with_the_latest_of_them() -> None:
    found = described_at(FRIDAY_NOON, set_aside=SetAsideQuote(FRIDAY_NOON, 2295.0, "far from the others"))
    assert "Set aside" in found
    assert "4, the latest 2,295.00 at 2024-07-12 16:00 UTC: far from the others" in found
    assert "Set aside" not in described_at(FRIDAY_NOON)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (3.4, "3 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 d")],
)
def test_length_of_time_is_shown_in_one_unit(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_sources_name_the_symbol_only_where_theirs_differs() -> None:
    assert sources_of((*YAHOO, Listing("binance", "X")), "AAPL") == "yahoo, standby binance (X)"


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0, "regular; the regular session closes 2024-07-12 20:00 UTC, in 4 h"),
        (-4, "pre; the regular session opens 2024-07-12 13:30 UTC, in 90 min"),
        (5, "post; the regular session closed 2024-07-12 20:00 UTC"),
        (24, "closed; the regular session opens 2024-07-15 13:30 UTC, in 46 h"),
    ],
)
def test_session_is_shown_with_the_next_one(hours: int, text: str) -> None:
    assert f"Session {text}" in described_at(FRIDAY_NOON + timedelta(hours=hours))


def test_exchange_is_the_last_quotes_while_no_company_is_known() -> None:
    assert "Session regular; the regular session closes" in described_at(FRIDAY_NOON, company=None)


def test_session_of_an_exchange_without_a_calendar_is_the_one_of_the_producer() -> None:
    assert "Session not reported yet" in described_at(FRIDAY_NOON, APPLE._replace(exchange="CCC"))


def test_delay_of_an_exchange_is_shown() -> None:
    assert "quotes 15 min delayed" in described_at(FRIDAY_NOON, APPLE._replace(delay=900.0))


def test_price_has_the_decimals_of_its_symbol_and_brackets_stay_as_they_are() -> None:
    line = UNSEEN._replace(name="[bold]Coin[/]", decimals=6, price=0.000123, age=1.0, state="live", cause="")
    line_shown = shown(table_of([line._replace(reported_age=1.0)], {"AAPL": YAHOO}))
    assert line_shown.endswith("AAPL yahoo [bold]Coin[/] 0.000123 1 s live")


def test_state_that_was_reported_long_ago_is_ignored() -> None:
    line = UNSEEN._replace(state="live", cause="", reported_age=300.0)
    assert shown(table_of([line], {"AAPL": YAHOO})).endswith("unknown: no update from the producer for 5 min")
    assert shown(table_of([UNSEEN], {"AAPL": YAHOO})).endswith("AAPL yahoo – – – –")
