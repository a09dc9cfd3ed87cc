"""Prices of every size are written with all their digits, on the page and on the terminal."""

import pytest

from dashboard.presenters.numbers import plain, price
from dashboard.presenters.panels import change, decimals, heading, watch_row
from dashboard.read.rows import SymbolRow
from producer.describing import table_of
from producer.sources.decimals import decimals_of
from producer.store.symbol_queries import SymbolStatus
from shared.market.decimals import MAX_DECIMALS, decimals_shown
from shared.market.listings import Listing
from tests.inputs.page_rows import MONDAY_NOON, SYMBOL
from tests.unit.producer.terminal import shown


def coin(value: float, source_decimals: int | None) -> SymbolRow:
    """A symbol whose source writes prices with that number of decimals."""
    return SYMBOL._replace(
        symbol="BABYDOGE", price=value, decimals=source_decimals, previous_close=value * 0.9
    )


@pytest.mark.parametrize("source_decimals", [None, 2, 14], ids=["unknown", "too few", "enough"])
@pytest.mark.parametrize(
    ("value", "digits"),
    [(1.2345e-9, "12345"), (1.51e-8, "151"), (9.21e-6, "921"), (0.00004321, "4321"), (0.0123, "123")],
)
def test_small_price_keeps_its_digits_whatever_decimals_its_source_gives(
    value: float, digits: str, source_decimals: int | None
) -> None:
    """Report: a coin of 1.23e-9 dollars was shown on the page as $0.00000000."""
    written = price(value, decimals(coin(value, source_decimals)), "USD")
    assert written.startswith("$0.")
    assert written.removeprefix("$0.").strip("0") == digits


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.5e9, "$1,500,000,000.00"), (612345.67, "$612,345.67"), (1.0, "$1.00"), (76.38, "$76.38")],
)
def test_large_price_is_written_in_full(value: float, written: str) -> None:
    """Report: prices of 1.5e9 and 612,345.67 beside small ones."""
    assert price(value, decimals(coin(value, None)), "USD") == written


@pytest.mark.parametrize("value", [1e-14, 2.5e-12, 3.3e-10, 0.999, 1e14])
def test_no_price_that_may_be_stored_is_written_as_zero(value: float) -> None:
    """Scenario: every price between the limits of a price has digits on the page and in the terminal."""
    assert 0 <= decimals_shown(value, None) <= MAX_DECIMALS
    assert plain(value, decimals_shown(value, 2)).strip("0.,") != ""
    assert plain(value, decimals_of(value)).strip("0.,") != ""


def test_terminal_writes_a_small_price_as_the_page_does() -> None:
    """Report: a coin of 1.23e-9 dollars, in the list of symbols."""
    line = SymbolStatus("BABYDOGE", None, None, 1.2345e-9, 1.0, "live", "", 1.0)
    assert "0.00000000123450" in shown(table_of([line], {"BABYDOGE": (Listing("coingecko", "baby"),)}))


@pytest.mark.parametrize(
    ("symbol", "value", "written"), [("EURUSD=X", 1.15623, "1.15623"), ("JPY=X", 156.3, "156.300")]
)
def test_terminal_writes_a_currency_pair_as_the_page_does(symbol: str, value: float, written: str) -> None:
    """Scenario: before anything is known of the company, the terminal rounded EUR/USD to cents and the page did not."""
    line = SymbolStatus(symbol, None, None, value, 1.0, "live", "", 1.0)
    row = SYMBOL._replace(symbol=symbol, price=value, decimals=None)
    assert f" {written} " in shown(table_of([line], {symbol: (Listing("yahoo", symbol),)}))
    assert plain(value, decimals(row)) == written


def test_negative_price_has_its_minus_before_the_currency_and_is_flagged() -> None:
    """Report: crude oil on 2020-04-20 settled at -37.63 dollars."""
    oil = SYMBOL._replace(symbol="CL=F", price=-37.63, previous_close=18.27, decimals=2)
    assert price(-37.63, decimals(oil), "USD") == "\u2212$37.63"
    assert heading(oil, MONDAY_NOON, clock_runs=True)["flag"] == "Negative price"
    assert heading(oil._replace(price=0.0), MONDAY_NOON, clock_runs=True)["flag"] == "Zero price"
    assert heading(SYMBOL, MONDAY_NOON, clock_runs=True)["flag"] == ""
    assert watch_row(oil, "live", None)["last"] == -37.63


def test_change_to_a_negative_price_has_no_percent() -> None:
    """Report: crude oil on 2020-04-20 fell by 55.90 dollars, which is no share of anything."""
    oil = SYMBOL._replace(price=-37.63, previous_close=18.27)
    difference, percent = change(oil)
    assert (round(difference or 0, 2), percent) == (-55.9, None)
    difference, percent = change(oil._replace(price=10.01, previous_close=-37.63))
    assert (round(difference or 0, 2), percent) == (47.64, None)
