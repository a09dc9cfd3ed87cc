"""Problems that an analyst met after half an hour with the page: highlighted, selected and visible items agree."""

import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shared.postgres.database import Connection, connect, transaction
from tests.at_the_desk import open_tab
from tests.copied import database_with_tables
from tests.pages import Serve, model_of, page_port, serving
from tests.screen_rows import fill
from tests.tab import Look
from tests.walk.market import DrawnMarket, copy_of
from tests.walk.seeing import press, seen

DAY = 86_400
DAYS_SHOWN = """() => {
    const { times, bars } = deskChart.view(), { from } = deskCanvas.range();
    return new Set(times.slice(Math.max(0, Math.ceil(from))).map((time) => Math.floor(time / 86400))).size;
}"""
HIGHLIGHTED_RANGES = (
    "() => [...document.querySelectorAll('#ranges [aria-pressed=true]')].map((one) => one.dataset.range)"
)
CHOOSE_DURING_AN_UPDATE = """() => {
    for (const way of [dash_clientside.desk, deskTicks]) {
        const { apply } = way;
        way.apply = (delta) => {
            const isIt = delta.rows.some(({ symbol }) => symbol === "CCC");
            if (isIt) dash_clientside.set_props("symbol", { value: "BBB" });
            return apply(delta);
        };
    }
}"""
"""Chooses a symbol just before the page applies an update with a new one, which is an answer or a tick."""
NEWS = """() => new Promise((done) => {
    const row = deskWatchlist.row("AAPL");
    deskWatchlist.apply([{ ...row, last: row.last + 0.01 }], true);
    requestAnimationFrame(() => setTimeout(done, 20));
})"""
SELECTED_SOON = """() => new Promise((done) => {
    let frames = 4;
    const look = () => {
        const found = document.querySelector("#watch-rows [aria-selected=true]")?.dataset.symbol ?? "";
        if (found || !frames) done(found);
        else requestAnimationFrame(look);
        frames -= 1;
    };
    look();
})"""
"""The symbol that is highlighted, if one is within four pictures."""
VISIT_OF_BEFORE = """() => {
    const { market } = document.documentElement.dataset;
    localStorage.setItem(`desk-chart ${market}`, '{"symbol": "GONE", "interval": "2m"}');
}"""
FRAME_OF_THE_FOCUS = """() => {
    const row = document.activeElement.closest('.watch-row');
    return [row.dataset.symbol, getComputedStyle(row).outlineWidth];
}"""
SLEEP = """() => {
    const later = performance.now() + 600_000, warning = document.getElementById('warning'), seen = [], held = [];
    const ways = [dash_clientside.desk, deskTicks], applies = ways.map(({ apply }) => apply);
    let hasLooked = false;
    window.answers = 0;
    const hold = (way, apply) => {
        way.apply = (delta) => {
            if (!hasLooked) { held.push(() => way.apply(delta)); return; }
            window.answers += 1;
            apply(delta);
        };
    };
    ways.forEach((way, index) => hold(way, applies[index]));
    window.setTimeout(() => { hasLooked = true; held.forEach((again) => again()); }, 600);
    const watcher = new MutationObserver(() => warning.hidden || seen.push(warning.textContent));
    watcher.observe(warning, { attributes: true });
    performance.now = () => later;
    const restore = () => ways.forEach((way, index) => { way.apply = applies[index]; });
    window.awake = () => { watcher.disconnect(); delete performance.now; restore(); return seen; };
}"""
"""Ten minutes pass without anything done, as in a page that its browser has put to sleep; notes the warnings since.

The clock stands still then: an answer of a busy machine that takes long is no reason for a warning. The first answers
and ticks are held up until the page has looked at its clock, which it does every half second.
"""


@pytest.fixture(scope="module")
def dsn(embedded_postgres: str, untouched_market: DrawnMarket) -> str:
    """Symbols of several kinds; NEW has bars of two intervals alone."""
    made = copy_of(untouched_market, embedded_postgres, "daily_use").dsn
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        cursor.execute("delete from open_bars where symbol = 'NEW' and not interval = any('{1m,5m}')")
    return made


@pytest.fixture
def address(serve_to_all: Serve, dsn: str) -> str:
    """The page of that market."""
    return serve_to_all(dsn, "simulated")


@pytest.fixture
def page(shared_page: Page) -> Page:
    """The page of the tests before, with AAPL on the chart."""
    return shared_page


def tab_of(context: BrowserContext, address: str) -> Page:
    """One more tab of a browser, with the page at that address once it has a chart."""
    opened = context.new_page()
    opened.goto(address)
    seen(opened, lambda chart: chart.symbol != "")
    return opened


def choose(page: Page, symbol: str) -> None:
    """Take a symbol of the watchlist to the chart."""
    page.locator(f"#watch-rows [data-symbol='{symbol}']").click()
    page.wait_for_function(
        "(symbol) => deskChart.view()?.symbol === symbol && deskCanvas.isSettled()", arg=symbol
    )


def test_symbol_on_the_chart_stays_highlighted_after_every_reload_and_every_price(page: Page) -> None:
    """Scenario: after 4 of 10 reloads no row of the watchlist was highlighted: each price took the selection back."""
    for _ in range(5):
        page.reload()
        seen(page, lambda chart: chart.symbol == "AAPL")
        expect(page.locator("#watch-rows [aria-selected=true]")).to_have_attribute("data-symbol", "AAPL")
        for _ in range(3):
            page.evaluate(NEWS)
            assert page.evaluate(SELECTED_SOON) == "AAPL"


def test_page_that_was_hidden_for_minutes_does_not_blame_the_server(page: Page) -> None:
    """Scenario: whoever came back to the tab saw a red line and grey numbers until the next answer."""
    page.evaluate(SLEEP)
    try:
        page.wait_for_function("() => window.answers > 2")
    finally:
        warnings = page.evaluate("window.awake()")
    assert warnings == []


def test_enter_chooses_the_row_of_the_watchlist_that_has_the_focus(page: Page) -> None:
    """Report: the space bar did, Enter did nothing. Today the arrow keys choose at once."""
    page.locator("#watch-rows [data-symbol='AAPL']").click()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FRAME_OF_THE_FOCUS) == ["BTC/USD", "2px"]
    seen(page, lambda chart: chart.symbol == "BTC/USD")
    page.locator("#watch-rows [data-symbol='AAPL']").focus()
    page.keyboard.press("Enter")
    seen(page, lambda chart: chart.symbol == "AAPL")
    page.locator("#watch-rows [data-symbol='BTC/USD']").focus()
    page.keyboard.press(" ")
    seen(page, lambda chart: chart.symbol == "BTC/USD")
    expect(page.locator("#symbol")).to_have_text("BTC/USD")


def test_symbol_and_interval_of_the_chart_outlive_a_reload(page: Page) -> None:
    """Scenario: each reload began with the first symbol of the list and minutes again."""
    choose(page, "BTC/USD")
    press(page, "1h")
    seen(page, lambda chart: (chart.symbol, chart.interval) == ("BTC/USD", "1h"))
    page.reload()
    seen(page, lambda chart: (chart.symbol, chart.interval) == ("BTC/USD", "1h"))
    expect(page.locator("#symbol")).to_have_text("BTC/USD")
    expect(page.locator("#interval [aria-pressed=true]")).to_have_text("1h")
    expect(page.locator("#watch-rows [aria-selected=true]")).to_have_attribute("data-symbol", "BTC/USD")
    assert page.evaluate(HIGHLIGHTED_RANGES) == ["1mo"]


def test_reload_shows_the_symbol_of_its_own_tab_and_a_new_tab_the_last_choice(
    address: str, browser: Browser
) -> None:
    """Scenario: two symbols were watched in two tabs, and a reload of the first tab showed the symbol of the second."""
    with closing(browser.new_context()) as context:
        first, second = (tab_of(context, address) for _ in range(2))
        choose(second, "BTC/USD")
        press(second, "1h")
        seen(second, lambda chart: (chart.symbol, chart.interval) == ("BTC/USD", "1h"))
        first.reload()
        seen(first, lambda chart: (chart.symbol, chart.interval) == ("AAPL", "1m"))
        third = tab_of(context, address)
        assert third.evaluate("() => [deskChart.view().symbol, deskChart.view().interval]") == [
            "BTC/USD",
            "1h",
        ]


def test_kept_symbol_that_is_followed_no_more_makes_room_for_the_first_one(page: Page, address: str) -> None:
    """Scenario: the symbol was removed between two visits."""
    page.evaluate(VISIT_OF_BEFORE)
    page.goto(address)
    seen(page, lambda chart: (chart.symbol, chart.interval) == ("AAPL", "1m"))
    expect(page.locator("#symbol")).to_have_text("AAPL")
    stored = page.evaluate(
        "() => JSON.parse(Object.entries(localStorage).find(([key]) => /chart/.test(key))[1]).symbol"
    )
    assert stored == "GONE", "another market at the same address for a while does not take the choice away"


def test_choice_at_the_moment_at_which_the_list_of_symbols_changes_is_not_taken_back(
    look: Look, embedded_postgres: str
) -> None:
    """Scenario: a click in the first seconds, while symbols came in, was followed by the symbol of before."""
    made = database_with_tables(embedded_postgres, "choice_amid_news")
    with (
        closing(connect(made, "test")) as connection,
        serving(model_of(made, "simulated"), page_port()) as address,
    ):
        with transaction(connection) as cursor:
            fill(cursor, {"AAA": 5.0, "BBB": 7.0}, int(time.time()), bars=5)
        page = look(address)
        seen(page, lambda chart: chart.symbol == "AAA")
        page.evaluate(CHOOSE_DURING_AN_UPDATE)
        with transaction(connection) as cursor:
            fill(cursor, {"CCC": 9.0}, int(time.time()), bars=5)
        expect(page.locator("#watch-rows [data-symbol='CCC']")).to_be_visible()
        seen(page, lambda chart: chart.symbol == "BBB")
        expect(page.locator("#symbol")).to_have_text("BBB")


def test_line_of_a_day_that_is_over_is_taken_away(fresh_page: Page) -> None:
    """Scenario: a row whose price had become one of the past kept the line of that day as if it were current."""
    line = fresh_page.locator("#watch-rows [data-symbol='AAPL'] .trend-reference")
    given = "{ ...deskWatchlist.row('AAPL'), last: 3, reference: 1"
    # No answer of the server may come in between, which has the line of now.
    fresh_page.evaluate("() => { dash_clientside.desk.apply = () => dash_clientside.no_update; }")
    fresh_page.evaluate(f"() => deskWatchlist.apply([{given}, past: null, trend: [1, 2] }}], true)")
    expect(line).to_have_attribute("d", re.compile("^M"))
    fresh_page.evaluate(f"() => deskWatchlist.apply([{given}, past: 1 }}], true)")
    expect(line).to_have_attribute("d", "")


def test_symbol_without_bars_leaves_no_range_highlighted_that_is_not_shown(page: Page) -> None:
    """Scenario: days, a symbol that has none, another symbol: "3 hours" was highlighted over 20 days."""
    press(page, "1d")
    seen(page, lambda chart: chart.interval == "1d")
    choose(page, "NEW")
    expect(page.locator("#empty")).to_be_visible()
    choose(page, "AAPL")
    shown = seen(page, lambda chart: chart.symbol == "AAPL" and chart.interval == "1d")
    assert page.evaluate(HIGHLIGHTED_RANGES) in ([], ["1y"]) and shown.visible > 200


@pytest.mark.parametrize("symbol", ["AAPL", "BTC/USD"])
def test_five_days_are_five_days_that_were_traded(page: Page, symbol: str) -> None:
    """Scenario: "5 days" showed seven days of a market that never closes."""
    choose(page, symbol)
    press(page, "5 days")
    seen(page, lambda chart: chart.symbol == symbol and chart.interval == "15m" and chart.visible > 20)
    page.wait_for_function("() => deskCanvas.isSettled()")
    assert page.evaluate(DAYS_SHOWN) == 5


def test_words_and_switches_leave_the_chart_its_height_on_a_small_screen(
    look: Look, serve_to_all: Serve, dsn: str
) -> None:
    """Scenario: at 1024x768 the price had 110 pixels, under three rows of switches and ten lines of words."""
    page = look(serve_to_all(dsn, "simulated"), (1024, 768))
    chart = seen(page, lambda chart: chart.visible > 0)
    heights = {name: _height(page, name) for name in ("#chart", ".middle", ".toolbar")}
    assert heights["#chart"] > 0.75 * heights[".middle"], heights
    assert heights[".toolbar"] < 40, heights
    assert chart.y > 250
    open_tab(page, "Words")
    page.evaluate("() => { document.getElementById('words-text').style.fontSize = '60px'; }")
    words = page.locator("#panel-words")
    assert words.evaluate("(box) => box.scrollHeight > box.clientHeight")
    words.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('#panel-words').scrollTop > 0")


def _height(page: Page, name: str) -> float:
    box: Any = page.locator(name).first.bounding_box()
    return float(box["height"])


def test_title_of_the_page_shows_when_its_price_is_not_current(look: Look, embedded_postgres: str) -> None:
    """Scenario: the tab of a page whose server was gone, or whose price was of long ago, looked like now."""
    made = database_with_tables(embedded_postgres, "names_of_pages")
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {"NOW": 5.0}, int(time.time()), bars=5)
        fill(cursor, {"OLD": 178.0}, int(time.time()) - 600 * DAY, bars=5)
    with serving(model_of(made, "simulated"), page_port()) as address:
        page = look(address)
        page.wait_for_function("() => document.title.startsWith('NOW $5.00')")
        page.locator("#watch-rows [data-symbol='OLD']").click()
        page.wait_for_function("() => document.title.startsWith('OLD $178.00, as of ')")
    page.wait_for_function("() => document.title.startsWith('Stale · OLD')")


def test_symbol_that_is_chosen_stays_while_a_new_server_has_read_nothing_yet(look: Look, dsn: str) -> None:
    """Scenario: the server was killed, and the one in its place answered before its first look at the database: the
    symbol on the chart was taken for one that is followed no more, and the first of the list was shown in its place."""
    with serving(model_of(dsn, "simulated"), port := page_port()) as address:
        page = look(address)
        choose(page, "NEW")
    with closing(connect(dsn, "test")) as holder, serving_while_locked(holder, dsn, port):
        page.wait_for_function("() => deskWatchlist.symbols().length === 0")
        holder.rollback()
        page.wait_for_function("() => deskWatchlist.symbols().length > 0")
        expect(page.locator("#session-note")).to_contain_text("NEW")
        assert page.evaluate("deskChart.view().symbol") == "NEW"


@contextmanager
def serving_while_locked(holder: Connection, dsn: str, port: int) -> Iterator[None]:
    """Serve the page at a port while somebody keeps the server from reading, until `holder` lets go."""
    holder.cursor().execute("lock table symbols in access exclusive mode")
    with serving(model_of(dsn, "simulated"), port):
        yield
