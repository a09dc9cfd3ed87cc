"""The page in a real browser, with a real server and a real database."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from psycopg2.extensions import make_dsn

from dashboard.read.follower import POLL_SECONDS
from dashboard.views.shell import FIGURES, PULSE_MILLISECONDS
from db.migrate import migrate
from shared.postgres.database import connect, make_database, transaction
from tests.at_the_desk import switch_study
from tests.e2e.visit import Visit
from tests.inputs.records import second
from tests.pages import Serve
from tests.screen_rows import ScreenMinute, fill, open_bar, quote
from tests.tab import Look, Stay, Tab

CROSSHAIR = "window.deskCanvas.pointed()"
CHART = "window.deskChart.view() && window.deskChart.view().bars.length > 0"
SHOWS_MINUTES_OF_AAA = """() => window.deskChart.holds('AAA', '1m') && window.deskCanvas.isSettled()
    && document.querySelector('#session-note').textContent.startsWith('AAA')
    && window.deskCanvas.range()?.to >= window.deskChart.view().bars.length - 1"""
DESKTOP = (1600, 900)


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market_dsn: str) -> str:
    """The page of the small market."""
    return serve_to_all(market_dsn, "simulated")


@pytest.fixture
def visit(stay: Stay, address: str) -> Iterator[Visit]:
    """The visit of the tests before, with the newest minutes of AAA; afterwards it must have been quiet and local."""
    with stay(address, DESKTOP) as visit:
        visit.page.locator("#watch-rows [data-symbol='AAA']").click()
        visit.page.locator("#ranges").get_by_text("3 hours", exact=True).click()
        visit.page.wait_for_function(SHOWS_MINUTES_OF_AAA)
        yield visit


@pytest.fixture
def fresh_visit(tab: Tab, address: str) -> Iterator[Visit]:
    """A fresh visit on a desktop screen; afterwards it must have been quiet and local."""
    with tab.quiet_visit(address, DESKTOP) as visit:
        expect(visit.page.locator("#last")).not_to_have_text("–")
        visit.page.wait_for_function(CHART)
        yield visit


def set_price(dsn: str, symbol: str, price: float) -> None:
    """A quote arrives: the symbol's last price and its open bar change, which stays that of the same minute."""
    connection = connect(dsn, "test")
    with transaction(connection) as cursor:
        quote(cursor, symbol, price, int(time.time()), previous_close=100.0)
        cursor.execute(
            "select extract(epoch from start)::bigint from open_bars where symbol = %s and interval = '1m'",
            (symbol,),
        )
        ((minute,),) = cursor.fetchall()
        open_bar(cursor, ScreenMinute(symbol, minute, price))
    connection.close()


def times_under(page: Page, *shares: float) -> list[int]:
    """The axis time of the bar under a point at each share of the chart's width."""
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    times = []
    for share in shares:
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 120)
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 140)
        page.wait_for_function(f"{CROSSHAIR} && {CROSSHAIR}.point && {CROSSHAIR}.point.y > 130")
        times.append(page.evaluate(f"{CROSSHAIR}.time"))
        page.mouse.move(box["x"] + box["width"] * share, box["y"] - 60)
        page.wait_for_function(f"!{CROSSHAIR}.point")
    return times


def test_watchlist_shows_each_symbol_with_price_and_change(visit: Visit, market_dsn: str) -> None:
    set_price(market_dsn, "AAA", 103.25)
    row = visit.page.locator("#watch-rows [data-symbol='AAA']")
    expect(row).to_contain_text("103.25")
    expect(row.locator(".up")).to_have_text("+3.25")
    expect(row.locator("svg .trend-up")).to_have_count(1)
    expect(visit.page.locator("#watch-rows [data-symbol='BBB']")).to_contain_text("250.00")


def test_pauses_before_a_new_price_is_shown_take_two_seconds_at_most() -> None:
    assert PULSE_MILLISECONDS + 1000 * POLL_SECONDS <= 2000


def test_new_price_shows_without_a_reload(visit: Visit, market_dsn: str) -> None:
    visit.page.evaluate("window.sameDocument = true")
    set_price(market_dsn, "AAA", 98.5)
    expect(visit.page.locator("#last")).to_have_text("98.50")
    expect(visit.page.locator("#change")).to_have_text("\u22121.50 (\u22121.50 %)")
    visit.page.wait_for_function("window.deskChart.view().bars.at(-1).close === 98.5")
    assert visit.page.evaluate("window.sameDocument")


def test_zoom_survives_ticks(visit: Visit, market_dsn: str) -> None:
    page = visit.page
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    before = times_under(page, 0.1, 0.6)
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.wheel(0, -600)
    page.mouse.wheel(-200, 0)
    zoomed = times_under(page, 0.1, 0.6)
    assert zoomed[1] - zoomed[0] < before[1] - before[0]
    for price in (104.0, 105.0, 106.0):
        set_price(market_dsn, "AAA", price)
        expect(page.locator("#last")).to_have_text(f"{price:.2f}")
    assert times_under(page, 0.1, 0.6) == zoomed


def test_switching_the_symbol_shows_its_numbers(visit: Visit) -> None:
    page = visit.page
    page.locator("#watch-rows [data-symbol='BBB']").click()
    expect(page.locator("#last")).to_have_text("250.00")
    expect(page.locator(".legend-name")).to_have_text("BBB")
    expect(page.locator("#session-note")).to_have_text("BBB")
    expect(page.locator("#symbol")).to_have_text("BBB")
    expect(page.locator("#summary")).to_contain_text("BBB")


def test_symbol_with_a_slash_has_a_chart(visit: Visit) -> None:
    visit.page.locator("#watch-rows [data-symbol='BTC/USD']").click()
    visit.page.wait_for_function(
        "window.deskChart.holds('BTC/USD', '1m') && window.deskChart.view().bars.length >= 300"
    )


def test_switching_the_interval_loads_its_bars(visit: Visit) -> None:
    page = visit.page
    page.locator("#interval").get_by_text("5m", exact=True).click()
    page.wait_for_function("window.deskChart.holds('AAA', '5m')")
    expect(page.locator("#summary")).to_contain_text("no bars yet")
    page.locator("#interval").get_by_text("1m", exact=True).click()
    page.wait_for_function(
        "window.deskChart.holds('AAA', '1m') && window.deskChart.view().bars.length >= 300"
    )


def test_study_switches_take_its_pane_away_and_bring_it_back(visit: Visit) -> None:
    page = visit.page
    expect(page.locator(".legend")).to_have_count(4)
    switch_study(page, "RSI 14")
    expect(page.locator(".legend")).to_have_count(3)
    switch_study(page, "RSI 14")
    expect(page.locator(".legend")).to_have_count(4)


def test_warming_indicator_shows_its_progress(visit: Visit, market_dsn: str) -> None:
    now = int(time.time())
    connection = connect(market_dsn, "test")
    with transaction(connection) as cursor:
        open_bar(cursor, ScreenMinute("BBB", now - now % 60, 250.0), seen=12)
    connection.close()
    visit.page.locator("#watch-rows [data-symbol='BBB']").click()
    expect(visit.page.locator("#indicators")).to_contain_text("12/50")
    assert "NaN" not in visit.page.locator("body").inner_text()


def test_figures_of_the_strip_have_their_own_label(visit: Visit) -> None:
    figures = visit.page.locator("#figures .item")
    expect(figures).to_contain_text([*FIGURES.values()])
    expect(figures.filter(has_text=FIGURES["late"]).locator(".value")).to_have_text("3")


def test_pill_shows_that_the_data_are_simulated_and_tells_more_on_demand(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#feed")).to_have_text("Simulated")
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#feed-about")).to_be_hidden()
    page.locator("#feed").hover()
    expect(page.locator("#feed-about")).to_be_visible()
    expect(page.locator("#feed-about")).to_contain_text(
        "Simulated data: these prices are generated by a model"
    )
    page.mouse.move(0, 0)
    expect(page.locator("#feed-about")).to_be_hidden()
    page.locator("#feed").focus()
    expect(page.locator("#feed-about")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#feed-about")).to_be_hidden()
    page.locator("#find").focus()


def test_alert_is_listed_as_a_sentence(visit: Visit) -> None:
    expect(visit.page.locator(".alert .alert-text")).to_have_text("RSI overbought at 74.3 (threshold 70)")
    expect(visit.page.locator(".alert .price")).to_have_text("$100.00")


def test_alert_of_another_day_is_shown_with_its_day(visit: Visit) -> None:
    now = second("2026-11-21T20:00")
    times = [second(text) for text in ("2026-11-21T15:30", "2026-11-20T15:30", "2025-03-10T15:30")]
    shown = [visit.page.evaluate(f"deskFormat.moment({time}, 'America/New_York', {now})") for time in times]
    assert shown == ["10:30:00", "20 Nov 10:30", "10 Mar 2025"]


def test_nothing_is_mounted_again_by_ticks(fresh_visit: Visit, market_dsn: str) -> None:
    page = fresh_visit.page
    expect(page.locator("#watch-rows .trend-reference")).to_have_count(3)
    expect(page.locator(".alert")).to_have_count(1)
    page.evaluate("""() => {
        window.mounted = [];
        const note = (changes) => changes.forEach((change) => change.addedNodes.forEach(
            (node) => node.nodeType === 1 && window.mounted.push(node.outerHTML)));
        for (const selector of ['.stage', '#watchlist', '#session', '#alerts', '#pipeline'])
            new MutationObserver(note).observe(document.querySelector(selector), {childList: true, subtree: true});
    }""")
    for price in (107.0, 108.0):
        set_price(market_dsn, "AAA", price)
        expect(page.locator("#last")).to_have_text(f"{price:.2f}")
    assert page.evaluate("window.mounted") == []


def test_pill_of_a_replay_names_its_dates(look: Look, serve: Serve, market_dsn: str) -> None:
    page = look(serve(market_dsn, "replay"))
    expect(page.locator("#feed")).to_have_text("Replay")
    expect(page.locator("#feed-about")).to_have_text(re.compile(r"Recorded data of \d+ \w{3} \d{4}"))
    expect(page.locator("#age")).to_have_text("Recorded")


def test_count_of_a_full_list_of_alerts_shows_that_there_may_be_more(fresh_visit: Visit) -> None:
    expect(fresh_visit.page.locator("#alert-list-note")).to_have_text("1")
    fresh_visit.page.evaluate("""() => deskAlerts.apply([...Array(205).keys()].map((number) => ({
        symbol: "AAA", interval: "1m", text: "RSI", tone: "warn", time: number, zone: "UTC", key: `${number}`
    })), 0)""")
    expect(fresh_visit.page.locator("#alert-list-note")).to_have_text("200+")


def test_number_too_long_for_its_cell_is_never_cut(fresh_visit: Visit) -> None:
    fits = fresh_visit.page.evaluate("""() => {
        const list = document.createElement("dl"), row = { decimals: 8, currency: "USD" };
        Object.assign(list, { id: "long", className: "cells" });
        document.getElementById("panel-overview").append(list);
        deskPanels.cells("long", [["Open", 64000, "price"], ["Prev. close", 64000, "price"]], row);
        const right = list.getBoundingClientRect().right;
        return [...list.querySelectorAll("dd")].every((cell) => cell.getBoundingClientRect().right <= right);
    }""")
    assert fits


def test_empty_list_of_alerts_explains_when_one_comes(fresh_visit: Visit) -> None:
    fresh_visit.page.evaluate("deskAlerts.clear(); deskAlerts.apply([], 0)")
    assert "No alerts yet" in fresh_visit.page.evaluate(
        "getComputedStyle(document.getElementById('alerts'), '::before').content"
    )


def test_nothing_overflows_on_a_phone(tab: Tab, address: str) -> None:
    with tab.quiet_visit(address, (390, 844)) as visit:
        expect(visit.page.locator("#last")).not_to_have_text("–")
        visit.page.wait_for_function(CHART)
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 390


def test_page_starts_by_itself_once_there_is_a_database_with_tables_and_quotes(
    look: Look, serve: Serve, embedded_postgres: str
) -> None:
    dsn = str(make_dsn(embedded_postgres, dbname="later"))
    page = look(serve(dsn, "live"))
    notice = page.locator("#notice")
    expect(notice).to_contain_text("Waiting for the database")
    expect(notice).to_contain_text("python start_pipeline.py")
    expect(page.locator("#banner")).to_be_hidden()
    make_database(embedded_postgres, "later")
    expect(notice).to_contain_text("no tables yet")
    migrate(dsn)
    expect(notice).to_contain_text("No quotes yet")
    connection = connect(dsn, "test")
    with transaction(connection) as cursor:
        fill(cursor, {"CCC": 42.0}, int(time.time()), bars=3)
    connection.close()
    expect(page.locator("#last")).to_have_text("42.00")
    expect(notice).to_be_hidden()


def test_page_keeps_working_while_its_database_is_down(
    look: Look, serve: Serve, embedded_postgres: str
) -> None:
    dsn = make_database(embedded_postgres, "mortal")
    migrate(dsn)
    connection = connect(dsn, "test")
    with transaction(connection) as cursor:
        fill(cursor, {"DDD": 10.0}, int(time.time()), bars=3)
    connection.close()
    page = look(serve(dsn, "live"))
    expect(page.locator("#last")).to_have_text("10.00")
    _allow(embedded_postgres, "mortal", False)
    expect(page.locator("#warning")).to_contain_text("Database unavailable")
    expect(page.locator("#last")).to_have_text("10.00")
    _allow(embedded_postgres, "mortal", True)
    expect(page.locator("#warning")).to_be_hidden()
    set_price(dsn, "DDD", 11.0)
    expect(page.locator("#last")).to_have_text("11.00")


def _allow(admin_dsn: str, database: str, allowed: bool) -> None:
    """Let connections to a database in, or end those there are and let none in."""
    connection = connect(admin_dsn, "test")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"alter database {database} allow_connections {str(allowed).lower()}")
        if not allowed:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,)
            )
    connection.close()
