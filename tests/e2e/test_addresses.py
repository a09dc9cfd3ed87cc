"""The address of the page: what it shows can be reloaded, shared, and reached with back and forward."""

import re
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.pages import Serve
from tests.tab import Look
from tests.walk.market import DrawnMarket, copy_of
from tests.walk.seeing import pan, press, seen

IS_IN_ADDRESS = """() => {
    const { from, to } = deskWindow.current("1h"), query = new URLSearchParams(location.search);
    return ["from", "to"].every((name, index) => Date.parse(query.get(name)) === 1000 * [from, to][index]);
}"""
ATTACKS = ("<img src=x onerror=alert(1)>", "'; drop table symbols; --", "constructor", "A" * 3000)


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, embedded_postgres: str, untouched_market: DrawnMarket) -> str:
    """The page of a market with a long past."""
    return serve_to_all(copy_of(untouched_market, embedded_postgres, "addresses").dsn, "simulated")


@pytest.fixture
def page(look: Look, address: str) -> Iterator[Page]:
    """A fresh visit with AAPL on the chart."""
    opened = look(address)
    seen(opened, lambda chart: chart.symbol == "AAPL")
    yield opened


def shows(page: Page, symbol: str, interval: str) -> None:
    """Wait until this is on the chart, and in the address."""
    seen(page, lambda chart: (chart.symbol, chart.interval) == (symbol, interval))
    expect(page).to_have_url(re.compile(rf"/desk\?symbol={re.escape(symbol)}&interval={interval}(&|$)"))


def lit(page: Page) -> list[str]:
    """The interval and range that are highlighted."""
    return page.locator(".segments [aria-pressed='true']").all_inner_texts()


def choose(page: Page, symbol: str) -> None:
    """Take a symbol of the watchlist to the chart."""
    page.locator(f"#watch-rows [data-symbol='{symbol}']").click()
    seen(page, lambda chart: chart.symbol == symbol)


def test_back_and_forward_go_through_symbols_intervals_and_ranges(page: Page) -> None:
    shows(page, "AAPL", "1m")
    choose(page, "BTC/USD")
    shows(page, "BTC/USD", "1m")
    press(page, "1 month")
    shows(page, "BTC/USD", "1h")
    press(page, "5m")
    shows(page, "BTC/USD", "5m")
    page.go_back()
    shows(page, "BTC/USD", "1h")
    assert lit(page) == ["1h", "1 month"]
    page.go_back()
    page.go_back()
    shows(page, "AAPL", "1m")
    assert lit(page) == ["1m", "3 hours"]
    expect(page.locator("#watch-rows [aria-selected=true]")).to_have_attribute("data-symbol", "AAPL")
    page.go_forward()
    shows(page, "BTC/USD", "1m")


def test_address_that_is_shared_shows_the_same_range(page: Page, look: Look) -> None:
    press(page, "1 month")
    shows(page, "AAPL", "1h")
    shared = page.url
    assert "&range=1mo" in shared
    other = look(shared)
    shows(other, "AAPL", "1h")
    assert lit(other) == ["1h", "1 month"]


def test_reload_shows_the_time_that_the_chart_was_moved_to(page: Page) -> None:
    press(page, "1 month")
    shows(page, "AAPL", "1h")
    pan(page, 0.5)
    seen(page, lambda chart: not chart.shows_newest)
    page.wait_for_function(IS_IN_ADDRESS)
    before = seen(page, lambda chart: not chart.shows_newest)
    entries = page.evaluate("history.length")
    page.reload()
    after = seen(page, lambda chart: chart.interval == "1h" and not chart.shows_newest)
    assert (after.first, after.visible) == (before.first, before.visible)
    assert page.evaluate("history.length") == entries, "a moved chart is no entry of its own"


def test_symbol_in_other_letters_is_found(look: Look, address: str) -> None:
    page = look(f"{address}/desk?symbol=btc/usd&interval=5m")
    shows(page, "BTC/USD", "5m")
    expect(page.locator("#astray")).to_be_hidden()


def test_unknown_symbol_and_interval_are_named_on_the_page(look: Look, address: str) -> None:
    page = look(f"{address}/desk?symbol=NOPE&interval=2m&range=9y")
    shows(page, "AAPL", "1m")
    expect(page.locator("#astray-text")).to_have_text(
        "There is no interval \u201c2m\u201d. There is no range \u201c9y\u201d. "
        "\u201cNOPE\u201d is not among the followed symbols. The page shows AAPL, 1m."
    )
    page.locator("#astray-close").click()
    expect(page.locator("#astray")).to_be_hidden()


@pytest.mark.parametrize("text", ATTACKS, ids=["html", "sql", "name of javascript", "long"])
def test_whatever_the_address_has_is_shown_as_text(look: Look, address: str, text: str) -> None:
    page = look(f"{address}/desk?symbol={quote(text)}&interval={quote(text)}&from={quote(text)}")
    shows(page, "AAPL", "1m")
    shown = page.locator("#astray-text").inner_text()
    assert f"\u201c{text[:40]}" in shown and len(shown) < 400
    assert page.locator("#astray-text").evaluate("(one) => one.children.length") == 0


@pytest.mark.parametrize("path", ["/nothing", "/desk/more", "/%3Cscript%3E", "/assets/nothing.css"])
def test_unknown_page_is_not_found(address: str, path: str) -> None:
    """A browser gets a page with the status 404, a program a problem."""
    for accept, kind in (("text/html", "text/html; charset=utf-8"), ("*/*", "application/problem+json")):
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(address + path, headers={"Accept": accept}))
        assert (refused.value.code, refused.value.headers["content-type"]) == (404, kind)
        body = refused.value.read().decode()
        assert ("Page not found" in body) == (accept == "text/html")
        assert "script>" not in body.replace('<script src="/assets/theme.js"></script>', "")


def test_page_that_is_not_found_leads_to_the_desk(look: Look, address: str) -> None:
    page = look(f"{address}/nothing")
    expect(page.get_by_role("heading")).to_have_text("Page not found")
    page.get_by_role("link", name="Open the desk").click()
    shows(page, "AAPL", "1m")
