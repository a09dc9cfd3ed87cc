"""The shell around the desk: tabs, sides, drawer, panes of a phone, keys of the chart, the symbol above it."""

import re
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from shared.postgres.database import connect, transaction
from tests.at_the_desk import choose, open_tab, show_pane
from tests.copied import database_with_tables
from tests.pages import Serve
from tests.screen_rows import ScreenMinute, close_bar, company, fill, open_bar
from tests.tab import Look, Stay
from tests.walk.seeing import seen

DAY = 86_400
DESKTOP, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
SYMBOLS = [f"S{number:02}" for number in range(40)]
CURSOR = "() => document.querySelector('.prices .value').textContent"
SIDE = "(name) => document.documentElement.dataset[name]"


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, embedded_postgres: str) -> str:
    """The page of forty symbols. S00 has days: its lowest price was long ago, its highest one 300 days ago."""
    dsn = database_with_tables(embedded_postgres, "shell")
    now = int(time.time())
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {symbol: 100.0 + place for place, symbol in enumerate(SYMBOLS)}, now, bars=60)
        for days, close in ((500, 10.0), (300, 180.0), (100, 60.0), (1, 99.0)):
            close_bar(cursor, ScreenMinute("S00", now - now % DAY - days * DAY, close, "1d"))
        open_bar(cursor, ScreenMinute("S00", now - now % DAY, 100.0, "1d"))
        company(cursor, "S00", name="Zero <b>& Sons</b>", exchange="NasdaqGS", sector="Cars", decimals=2)
    return serve_to_all(dsn, "live")


@pytest.fixture
def page(stay: Stay, address: str) -> Iterator[Page]:
    """The page of the tests before with S00 on the chart; afterwards it must have been quiet and local."""
    with stay(address, DESKTOP) as visit:
        choose(visit.page, "S00")
        seen(visit.page, lambda chart: chart.symbol == "S00")
        yield visit.page


def test_symbol_is_shown_with_its_name_bid_ask_and_ranges(page: Page) -> None:
    expect(page.locator("#symbol")).to_have_text("S00")
    expect(page.locator("#company")).to_have_text("Zero <b>& Sons</b>")
    expect(page.locator("#year-low")).to_have_text(re.compile(r"^\d+\.\d\d$"))
    low, high = (float(page.locator(f"#year-{end}").inner_text()) for end in ("low", "high"))
    assert 50 < low < 65 and 175 < high < 200, "those of the last 366 days"
    expect(page.locator("#year-mark")).to_have_attribute("style", re.compile(r"left: \d+(\.\d)?%"))
    choose(page, "S01")
    expect(page.locator("#year-low")).to_have_text("–")
    expect(page.locator("#year-mark")).to_be_hidden()


def test_arrow_keys_move_between_tabs_and_the_tab_is_kept(page: Page) -> None:
    open_tab(page, "Overview")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Forecast")).to_be_focused()
    expect(page.locator("#panel-forecast")).to_be_visible()
    expect(page.locator("#panel-overview")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#panel-words")).to_be_visible()
    page.reload()
    expect(page.locator("#panel-words")).to_be_visible()
    page.get_by_role("tab", name="Words").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#panel-overview")).to_be_visible()


def test_sides_can_be_hidden_by_button_and_key_and_stay_so(page: Page) -> None:
    width = page.locator("#chart").evaluate("(one) => one.clientWidth")
    page.locator("#watch-switch").click()
    expect(page.locator("#watch")).to_be_hidden()
    page.keyboard.press("]")
    expect(page.locator("#details")).to_be_hidden()
    page.wait_for_function("(width) => document.getElementById('chart').clientWidth > width + 500", arg=width)
    page.reload()
    expect(page.locator("#last")).not_to_have_text("–")
    expect(page.locator("#watch")).to_be_hidden()
    expect(page.locator("#details-switch")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("[")
    page.keyboard.press("]")
    expect(page.locator("#watch")).to_be_visible()
    expect(page.locator("#details")).to_be_visible()


def test_details_are_a_drawer_in_a_narrow_window(look: Look, address: str) -> None:
    page = look(address, TABLET)
    seen(page, lambda chart: chart.visible > 0)
    expect(page.locator("#details")).to_be_hidden()
    page.locator("#details-switch").click()
    expect(page.locator("#details")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#details")).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("#details")).to_be_visible()


def test_each_pane_of_a_phone_keeps_its_place(look: Look, address: str) -> None:
    page = look(address, PHONE)
    seen(page, lambda chart: chart.visible > 0)
    expect(page.locator("#watchlist")).to_be_hidden()
    choose(page, "S39")
    expect(page.locator("#symbol")).to_have_text("S39")
    expect(page.locator("#chart")).to_be_visible()
    show_pane(page, "watch")
    top = page.locator(".watched").evaluate("(one) => one.scrollTop")
    assert top > 500
    show_pane(page, "details")
    expect(page.locator("#session")).to_be_visible()
    show_pane(page, "watch")
    assert page.locator(".watched").evaluate("(one) => one.scrollTop") == top
    assert page.evaluate("[document.documentElement.scrollWidth, scrollY]") == [390, 0]


def test_phone_on_its_side_scrolls_past_the_chart(look: Look, address: str) -> None:
    """A phone could not scroll past the chart."""
    page = look(address, (660, 390))
    seen(page, lambda chart: chart.visible > 0)
    expect(page.locator("#ranges")).not_to_be_in_viewport()
    page.locator(".middle").evaluate("(one) => one.scrollTo(0, one.scrollHeight)")
    expect(page.locator("#ranges")).to_be_in_viewport()


def test_chart_is_moved_and_read_by_keyboard(page: Page) -> None:
    page.locator(".canvas").focus()
    newest = page.evaluate(CURSOR)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    wanted = "deskFormat.plain(deskChart.view().bars.at(-3).open, 2)"
    page.wait_for_function(f"() => ({CURSOR})() === {wanted}")
    before = page.evaluate("() => deskCanvas.range()")
    page.keyboard.press("Control+ArrowUp")
    page.wait_for_function(
        "(span) => deskCanvas.range().to - deskCanvas.range().from < 0.85 * span",
        arg=before["to"] - before["from"],
    )
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function("(to) => deskCanvas.range().to < to - 2", arg=before["to"])
    page.keyboard.press("Alt+r")
    page.wait_for_function("(to) => Math.abs(deskCanvas.range().to - to) < 1", arg=before["to"])
    page.locator("#find").focus()
    page.wait_for_function(f"(text) => ({CURSOR})() === text", arg=newest)


def test_dot_opens_the_state_of_the_pipeline(page: Page) -> None:
    expect(page.locator("#pipeline")).to_be_hidden()
    page.locator("#status").press("Enter")
    expect(page.locator("#pipeline")).to_be_visible()
    expect(page.locator("#status")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#parts")).to_contain_text("Dashboard")
    page.keyboard.press("Escape")
    expect(page.locator("#pipeline")).to_be_hidden()
    expect(page.locator("#status")).to_be_focused()


def test_question_mark_lists_the_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text("Search symbols and commands")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def symbols(page: Page) -> list[str]:
    """The first symbols of the watchlist."""
    rows = page.locator("#watch-rows .watch-row")
    return [str(rows.nth(place).get_attribute("data-symbol")) for place in range(2)]


def test_rows_are_ordered_by_a_press_of_a_head_and_the_focus_stays(page: Page) -> None:
    assert symbols(page) == ["S00", "S01"]
    last = page.locator("[data-sort=last]")
    last.click()
    assert symbols(page) == ["S39", "S38"]
    expect(last.locator("xpath=..")).to_have_attribute("aria-sort", "descending")
    page.locator("#watch-rows [data-symbol=S38]").focus()
    page.evaluate("() => deskWatchlist.apply([{ ...deskWatchlist.row('S38'), last: 1e6 }], true)")
    page.wait_for_function("""() => { deskWatchlist.apply([], true);
        return document.querySelector('#watch-rows').firstChild.dataset.symbol === 'S38'; }""")
    expect(page.locator("#watch-rows [data-symbol=S38]")).to_be_focused()
    last.click()
    last.click()
    assert symbols(page) == ["S00", "S01"]
    expect(last.locator("xpath=..")).to_have_attribute("aria-sort", "none")


def test_arrow_keys_go_through_the_symbols_and_one_tab_stop_is_enough(page: Page) -> None:
    page.locator("#watch-rows [data-symbol=S00]").focus()
    for symbol, key in (("S01", "ArrowDown"), ("S39", "End"), ("S38", "ArrowUp"), ("S00", "Home")):
        page.keyboard.press(key)
        expect(page.locator("#symbol")).to_have_text(symbol)
        expect(page.locator(f"#watch-rows [data-symbol={symbol}]")).to_be_focused()
    assert page.locator("#watch-rows [tabindex='0']").count() == 1


def test_place_in_the_watchlist_survives_every_update(page: Page) -> None:
    box = page.locator(".watched")
    box.evaluate("(one) => one.scrollTo(0, 400)")
    page.evaluate("""() => deskWatchlist.apply(deskWatchlist.symbols().map((symbol) =>
        ({ ...deskWatchlist.row(symbol), last: 5, percent: 1, trend: [1, 2, 3] })), true)""")
    assert box.evaluate("(one) => one.scrollTop") == 400
    box.evaluate("(one) => one.scrollTo(0, 0)")


def test_old_quote_has_its_age_and_a_symbol_with_a_new_alert_a_dot(page: Page) -> None:
    row = page.locator("#watch-rows [data-symbol=S05]")
    expect(row.locator(".watch-age")).to_have_text("")
    page.evaluate("""() => {
        const row = deskWatchlist.row('S05');
        deskWatchlist.apply([{ ...row, received: row.received - 7200 }], true);
        deskWatchlist.markAlerts(new Set(['S05']));
    }""")
    expect(row.locator(".watch-age")).to_have_text("2 h")
    expect(row.locator(".alert-dot")).to_be_visible()
