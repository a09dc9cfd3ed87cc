"""The page with live quotes: their source, the reason when some are missing, and the currency of prices."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.read.sql import queries
from shared.postgres.database import Cursor, connect, transaction
from tests.copied import database_with_tables
from tests.pages import Serve, model_of, page_port, serving
from tests.screen_rows import (
    ScreenMinute,
    action,
    at,
    close_bar,
    company,
    data_alert,
    fill,
    offer,
    open_bar,
    quality,
)
from tests.tab import Look, Stay, Tab
from tests.waiting import wait_for

DAY = 86_400
MARGINS = "window.deskCanvas.series('price').priceScale().options().scaleMargins.top"


def write(dsn: str, rows: Callable[[Cursor], None]) -> None:
    """Change the tables."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        rows(cursor)


def is_accepted(dsn: str) -> bool:
    """Whether the offer of live quotes was taken."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        found = queries.read_offer(cursor)
    return found is not None and found.is_accepted


def market(cursor: Cursor) -> None:
    """Two quoted symbols, one of them with a split, and one that nobody knows."""
    now = int(time.time())
    fill(cursor, {"AAA": 100.0, "7203.T": 3412.0}, now, bars=60)
    cursor.execute("update symbols set currency = 'JPY' where symbol = '7203.T'")
    company(cursor, "7203.T", name="Toyota Motor Corporation", exchange="Tokyo", sector="Cars", decimals=0)
    company(cursor, "AAA", name="Alpha Inc.")
    for symbol in ("AAA", "7203.T"):
        quality(cursor, symbol)
    quality(cursor, "FOO", "waiting", cause="unknown symbol")
    today = now - now % DAY
    for back in range(20, 0, -1):
        close_bar(cursor, ScreenMinute("AAA", today - back * DAY, 700.0 if back > 10 else 100.0, "1d"))
    open_bar(cursor, ScreenMinute("AAA", today, 100.0, "1d"))
    action(cursor, "AAA", "split", today - 10 * DAY, 7.0)


@pytest.fixture(scope="module")
def dsn(embedded_postgres: str) -> str:
    """A database of live quotes."""
    made = database_with_tables(embedded_postgres, "live_market")
    write(made, market)
    return made


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, dsn: str) -> str:
    """The page of the live market."""
    return serve_to_all(dsn, "live")


@pytest.fixture
def page(stay: Stay, address: str) -> Iterator[Page]:
    """The page of the tests before with the symbol AAA chosen; afterwards it must have been quiet and local."""
    with stay(address) as visit:
        choose(visit.page, "AAA")
        yield visit.page


@pytest.fixture
def fresh_page(tab: Tab, address: str) -> Iterator[Page]:
    """A fresh visit with the symbol AAA chosen; afterwards it must have been quiet and local."""
    with tab.quiet_visit(address) as visit:
        choose(visit.page, "AAA")
        yield visit.page


def choose(page: Page, symbol: str) -> None:
    """Take a symbol of the watchlist to the chart."""
    page.locator(f"#watch-rows [data-symbol='{symbol}']").click()
    page.wait_for_function(f"window.deskChart.holds('{symbol}', window.deskChart.view()?.interval)")
    expect(page.locator("#session-note")).to_have_text(re.compile(symbol))


def test_live_page_has_no_banner_and_names_its_sources(page: Page) -> None:
    expect(page.locator("#age")).to_contain_text(re.compile(r"^Live · Yahoo · \d"))
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#standing")).to_have_text("Live from Yahoo")


def test_cause_is_shown_with_a_countdown_that_runs_without_the_server(page: Page, dsn: str) -> None:
    tries = at(time.time() + 3000)
    write(dsn, lambda cursor: quality(cursor, "AAA", "stale", cause="throttled", next_try_at=tries))
    standing = page.locator("#standing")
    counting = re.compile(r"^Throttled by Yahoo, retrying in \d+ min \d+ s$")
    expect(standing).to_have_text(counting)
    page.route("**/_dash-update-component", lambda route: route.abort())
    wait_until_counted_down(standing)
    expect(standing).to_have_text(counting)
    page.unroute("**/_dash-update-component")
    write(dsn, lambda cursor: quality(cursor, "AAA", "stale", cause="throttled", next_try_at=at(0)))
    expect(standing).to_have_text("Throttled by Yahoo, retrying now")
    expect(page.locator("#watch-rows [data-symbol='AAA'] .state")).to_have_class("state stale")
    write(dsn, lambda cursor: quality(cursor, "AAA"))
    expect(standing).to_have_text("Live from Yahoo")
    expect(page.locator("#watch-rows [data-symbol='AAA'] .state")).to_have_class("state live")


def wait_until_counted_down(standing: Locator) -> None:
    """Return when the countdown has gone on by several seconds."""
    for _ in range(3):
        expect(standing).not_to_have_text(standing.inner_text())


def test_closed_market_shows_when_it_opens_and_nothing_is_stale(page: Page, dsn: str) -> None:
    opens = at(time.time() + 2 * DAY + 4 * 3600 + 600)
    for symbol in ("AAA", "7203.T", "FOO"):
        write(
            dsn,
            partial(quality, symbol=symbol, state="closed", cause="market closed", opens_at=opens),
        )
    write(dsn, lambda cursor: cursor.execute("update symbols set received_time = now() - interval '3 h'"))
    expect(page.locator("#standing")).to_have_text("Market closed, opens in 2 d 4 h")
    expect(page.locator("#age")).to_have_text("Live · Yahoo · 3 h")
    expect(page.locator("#age")).to_have_class("badge num closed")
    for symbol in ("AAA", "7203.T"):
        write(dsn, partial(quality, symbol=symbol))
    write(dsn, lambda cursor: quality(cursor, "FOO", "waiting", cause="unknown symbol"))


def test_symbol_unknown_to_its_source_has_a_notice_in_place_of_the_chart(page: Page) -> None:
    choose(page, "FOO")
    expect(page.locator("#empty")).to_contain_text("Yahoo has no symbol FOO")
    expect(page.locator("#last")).to_have_text("–")
    choose(page, "AAA")
    expect(page.locator("#empty")).to_be_hidden()


def test_history_shows_its_progress_until_it_is_loaded(page: Page, dsn: str) -> None:
    choose(page, "FOO")
    write(dsn, lambda cursor: quality(cursor, "FOO", "history", history_done=12, history_total=30))
    expect(page.locator("#history")).to_be_visible()
    expect(page.locator("#watch-note")).to_have_text("Loading history: 18 of 36")
    expect(page.locator("#empty")).to_contain_text("Loading history: 12 of 30")
    write(dsn, lambda cursor: quality(cursor, "FOO", "waiting", cause="unknown symbol"))
    expect(page.locator("#history")).to_be_hidden()
    expect(page.locator("#watch-note")).to_have_text("3 symbols")
    expect(page.locator("#empty")).to_contain_text("Yahoo has no symbol FOO")


def test_failover_is_shown_and_its_alert_is_marked_once_it_is_over(page: Page, dsn: str) -> None:
    now = int(time.time())
    words = {"detail": "finnhub replaces yahoo"}
    write(dsn, lambda cursor: data_alert(cursor, "AAA", "failover", now, **words))
    write(dsn, lambda cursor: quality(cursor, "AAA", source="finnhub", standby="yahoo"))
    expect(page.locator("#standing")).to_have_text("Finnhub replaces Yahoo")
    expect(page.locator(".alert.data")).to_contain_text("Finnhub replaces Yahoo")
    write(dsn, lambda cursor: data_alert(cursor, "AAA", "failover", now, cleared_at=at(now + 5), **words))
    expect(page.locator(".alert.over")).to_contain_text("cleared")
    expect(page.locator(".alert")).to_have_count(1)
    write(dsn, lambda cursor: quality(cursor, "AAA"))


def test_prices_carry_their_currency_and_as_many_decimals_as_their_source_gives(page: Page) -> None:
    expect(page.locator("#watch-rows [data-symbol='7203.T']")).to_contain_text("¥3,412")
    choose(page, "7203.T")
    expect(page.locator(".headline")).to_contain_text(re.compile("¥3,412"))
    expect(page.locator("#company")).to_have_text("Toyota Motor Corporation")
    expect(page.locator("#about")).to_have_attribute("title", re.compile("Cars"))
    expect(page.locator("#session")).to_contain_text("¥3,378")
    expect(page.locator(".legend").first).to_contain_text("JPY")


def test_click_is_not_undone_by_a_late_answer_about_the_symbol_before(fresh_page: Page) -> None:
    fresh_page.evaluate("""() => {
        const late = dash_component_api.getLayout('delta').props.data;
        document.querySelector("#watch-rows [data-symbol='7203.T']").click();
        dash_clientside.desk.apply(late);
    }""")
    expect(fresh_page.locator("#session-note")).to_have_text("7203.T")
    expect(fresh_page.locator("#symbol")).to_have_text("7203.T")


def test_adjusted_prices_are_chosen_where_there_is_a_split_and_the_choice_is_kept(fresh_page: Page) -> None:
    first_close = "window.deskChart.view().bars[0].close"
    fresh_page.locator("#interval").get_by_text("1d", exact=True).click()
    fresh_page.wait_for_function(f"window.deskChart.holds('AAA', '1d') && {first_close} === 700")
    fresh_page.locator("#adjusted").click()
    fresh_page.wait_for_function(f"Math.abs({first_close} - 100) < 1e-9")
    expect(fresh_page.locator(".legend").first).to_contain_text("adjusted")
    fresh_page.reload()
    choose(fresh_page, "AAA")
    fresh_page.locator("#interval").get_by_text("1d", exact=True).click()
    fresh_page.wait_for_function(
        f"window.deskChart.holds('AAA', '1d') && Math.abs({first_close} - 100) < 1e-9"
    )
    choose(fresh_page, "7203.T")
    expect(fresh_page.locator("#adjusted")).to_be_hidden()


def test_countdown_and_change_of_state_mount_nothing_again(fresh_page: Page, dsn: str) -> None:
    fresh_page.evaluate("""() => {
        window.mounted = [];
        const note = (changes) => changes.forEach((change) => change.addedNodes.forEach(
            (node) => node.nodeType === 1 && window.mounted.push(node.outerHTML)));
        for (const selector of ['.bar', '.quote', '.stage', '#session', '#pipeline'])
            new MutationObserver(note).observe(document.querySelector(selector), {childList: true, subtree: true});
    }""")
    tries = at(time.time() + 3000)
    write(dsn, lambda cursor: quality(cursor, "AAA", "stale", cause="no network", next_try_at=tries))
    expect(fresh_page.locator("#standing")).to_have_text(re.compile(r"No network, retrying in \d+ min \d+ s"))
    wait_until_counted_down(fresh_page.locator("#standing"))
    write(dsn, lambda cursor: quality(cursor, "AAA"))
    expect(fresh_page.locator("#standing")).to_have_text("Live from Yahoo")
    assert fresh_page.evaluate("window.mounted") == []


def test_legend_leaves_the_candles_free_on_a_phone(look: Look, address: str) -> None:
    page = look(address, (390, 844))
    page.wait_for_function("window.deskChart.view()?.bars.length > 0")
    page.wait_for_function(f"{MARGINS} > 0.15")
    legend, pane = (
        page.locator(".legend").first.bounding_box(),
        page.locator("#chart tr").first.bounding_box(),
    )
    assert legend is not None and pane is not None
    room = pane["y"] + pane["height"] * page.evaluate(MARGINS)
    assert legend["y"] + legend["height"] <= room
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_offer_of_live_quotes_is_taken_with_a_button_and_the_page_follows(
    look: Look, embedded_postgres: str, dsn: str
) -> None:
    simulated = database_with_tables(embedded_postgres, "stand_in")
    write(simulated, lambda cursor: fill(cursor, {"AAA": 50.0}, int(time.time()), bars=5))
    write(simulated, lambda cursor: offer(cursor, "no network"))
    with serving(model_of(simulated, "simulated"), port := page_port()) as address:
        page = look(address)
        expect(page.locator("#feed-about")).to_have_text(
            "Yahoo is unavailable: no network. This page shows simulated data, not real prices."
        )
        expect(page.locator("#switch")).to_be_hidden()
        write(simulated, lambda cursor: offer(cursor, "no network", reachable_since=time.time()))
        page.locator("#switch").click()
        expect(page.locator("#switch")).to_have_text("Switching…")
        expect(page.locator("#switch")).to_be_disabled()
        wait_for(lambda: is_accepted(simulated))
    with serving(model_of(dsn, "live"), port):
        expect(page.locator("#age")).to_contain_text("Live · Yahoo")
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator("#last")).not_to_have_text("50.00")
