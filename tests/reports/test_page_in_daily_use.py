"""What an analyst met who worked with the page for half an hour: what is lit, selected and visible agrees."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from db.migrate import migrate
from shared.database import Connection, connect, make_database, transaction
from shared.embedded.daemon import free_port
from tests.pages import model_of, serving
from tests.screen_rows import fill
from tests.walk.market import market_in
from tests.walk.seeing import press, quiet_page, seen

DAY = 86_400
DAYS_SHOWN = """() => {
    const { times, bars } = deskChart.view(), { from } = deskCanvas.range();
    return new Set(times.slice(Math.max(0, Math.ceil(from))).map((time) => Math.floor(time / 86400))).size;
}"""
LIT_RANGES = (
    "() => [...document.querySelectorAll('#ranges [aria-pressed=true]')].map((one) => one.dataset.range)"
)
NEWS = """() => new Promise((done) => {
    const row = deskWatchlist.row("AAPL");
    deskWatchlist.apply([{ ...row, last: row.last + 0.01 }], true);
    requestAnimationFrame(() => setTimeout(done, 20));
})"""


@pytest.fixture(scope="module")
def dsn(admin_dsn: str) -> str:
    """Symbols of several kinds; NEW has bars of two intervals alone."""
    made = market_in(admin_dsn, "daily_use", seed=3).dsn
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        cursor.execute("delete from open_bars where symbol = 'NEW' and not interval = any('{1m,5m}')")
    return made


@pytest.fixture
def page(browser: Browser, serve: Callable[[str, str], str], dsn: str) -> Iterator[Page]:
    """A fresh visit with AAPL on the chart; afterwards it must have been quiet and local."""
    with quiet_page(browser, serve(dsn, "simulated")) as opened:
        yield opened


def choose(page: Page, symbol: str) -> None:
    """Take a symbol of the watchlist to the chart."""
    page.locator(f".ag-row[row-id='{symbol}'] [col-id='symbol']").click()
    page.wait_for_function(
        "(symbol) => deskChart.view().symbol === symbol && deskCanvas.isSettled()", arg=symbol
    )


def test_symbol_on_the_chart_stays_highlighted_after_every_reload_and_every_price(page: Page) -> None:
    """Scenario: after 4 of 10 reloads no row of the watchlist was highlighted: each price took the selection back."""
    for _ in range(5):
        page.reload()
        seen(page, lambda chart: chart.symbol == "AAPL")
        expect(page.locator(".ag-row-selected")).to_have_attribute("row-id", "AAPL")
        for _ in range(3):
            page.evaluate(NEWS)
            expect(page.locator(".ag-row-selected")).to_have_attribute("row-id", "AAPL", timeout=50)


def test_symbol_without_bars_leaves_no_range_lit_that_is_not_shown(page: Page) -> None:
    """Scenario: days, a symbol that has none, another symbol: "3 hours" was lit over 20 days."""
    press(page, "1d")
    seen(page, lambda chart: chart.interval == "1d")
    choose(page, "NEW")
    expect(page.locator("#empty")).to_be_visible()
    choose(page, "AAPL")
    shown = seen(page, lambda chart: chart.symbol == "AAPL" and chart.interval == "1d")
    assert page.evaluate(LIT_RANGES) in ([], ["1y"]) and shown.visible > 200


@pytest.mark.parametrize("symbol", ["AAPL", "BTC/USD"])
def test_five_days_are_five_days_that_were_traded(page: Page, symbol: str) -> None:
    """Scenario: "5 days" showed seven days of a market that never closes."""
    choose(page, symbol)
    press(page, "5 days")
    seen(page, lambda chart: chart.symbol == symbol and chart.interval == "15m" and chart.visible > 20)
    page.wait_for_function("() => deskCanvas.isSettled()")
    assert page.evaluate(DAYS_SHOWN) == 5


def test_words_and_switches_leave_the_chart_its_height_on_a_small_screen(
    browser: Browser, serve: Callable[[str, str], str], dsn: str
) -> None:
    """Scenario: at 1024x768 the price had 110 pixels, under three rows of switches and ten lines of words."""
    page = browser.new_page(viewport={"width": 1024, "height": 768})
    page.goto(serve(dsn, "simulated"))
    chart = seen(page, lambda chart: chart.visible > 0)
    page.evaluate("() => { document.getElementById('words-text').style.fontSize = '60px'; }")
    heights = {name: _height(page, name) for name in ("#chart", ".middle", ".toolbar")}
    assert heights["#chart"] > 0.5 * heights[".middle"], heights
    assert heights[".toolbar"] < 100, heights
    words = page.locator(".words-body")
    assert words.evaluate("(box) => box.scrollHeight > box.clientHeight")
    words.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.words-body').scrollTop > 0")
    assert chart.y > 0
    page.close()


def _height(page: Page, name: str) -> float:
    box: Any = page.locator(name).first.bounding_box()
    return float(box["height"])


def test_name_of_the_page_tells_when_its_price_is_not_of_now(browser: Browser, admin_dsn: str) -> None:
    """Scenario: the tab of a page whose server was gone, or whose price was of long ago, looked like now."""
    made = make_database(admin_dsn, "names_of_pages")
    migrate(made)
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {"NOW": 5.0}, int(time.time()), bars=5)
        fill(cursor, {"OLD": 178.0}, int(time.time()) - 600 * DAY, bars=5)
    page = browser.new_page()
    with serving(model_of(made, "simulated"), free_port()) as address:
        page.goto(address)
        page.wait_for_function("() => document.title.startsWith('NOW $5.00')")
        page.locator(".ag-row[row-id='OLD'] [col-id='symbol']").click()
        page.wait_for_function("() => document.title.startsWith('OLD $178.00, as of ')")
    page.wait_for_function("() => document.title.startsWith('Stale · OLD')")
    page.close()


def test_symbol_that_is_chosen_stays_while_a_new_server_has_read_nothing_yet(
    browser: Browser, dsn: str
) -> None:
    """Scenario: the server was killed, and the one in its place answered before its first look at the database: the
    symbol on the chart was taken for one that is followed no more, and the first of the list stood in its place."""
    page = browser.new_page()
    with serving(model_of(dsn, "simulated"), port := free_port()) as address:
        page.goto(address)
        choose(page, "NEW")
    with closing(connect(dsn, "test")) as holder, serving_while_locked(holder, dsn, port):
        page.wait_for_function("() => deskWatchlist.symbols().length === 0")
        holder.rollback()
        page.wait_for_function("() => deskWatchlist.symbols().length > 0")
        expect(page.locator("#session-note")).to_contain_text("NEW")
        assert page.evaluate("deskChart.view().symbol") == "NEW"
    page.close()


@contextmanager
def serving_while_locked(holder: Connection, dsn: str, port: int) -> Iterator[None]:
    """Serve the page at a port while somebody keeps the server from reading, until `holder` lets go."""
    holder.cursor().execute("lock table symbols in access exclusive mode")
    with serving(model_of(dsn, "simulated"), port):
        yield
