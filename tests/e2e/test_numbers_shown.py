"""Numbers on the page that could be misread: old, small and negative ones, and a server that does not answer."""

import re
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.presenters.panels import SESSIONS
from shared.calendars.calendars import calendar_of
from shared.postgres.database import connect, transaction
from tests.copied import database_with_tables
from tests.pages import Serve, model_of, page_port, serving
from tests.screen_rows import ScreenMinute, close_bar, fill, offer, open_bar, quality, quote
from tests.tab import Look, Stay, Tab

DAY = 86_400


@pytest.fixture(scope="module")
def dsn(embedded_postgres: str) -> str:
    """Prices of every size; of OLD nothing has come for a long time."""
    made = database_with_tables(embedded_postgres, "numbers_shown")
    now = int(time.time())
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {"AAA": 101.0, "BABYDOGE": 1.2345e-9, "BIG": 1.5e9, "BTC": 612345.67}, now, bars=60)
        quote(cursor, "CL=F", -37.63, now, previous_close=18.27)
        quote(cursor, "OLD", 12.5, now - 600 * DAY)
        for back in range(3, 0, -1):
            close_bar(cursor, ScreenMinute("AAA", now - now % 300 - back * 300, 103.0 - back, "5m"))
        open_bar(cursor, ScreenMinute("AAA", now - now % DAY, 101.0, "1d"))
        for symbol in ("AAA", "BABYDOGE", "BIG", "BTC", "CL=F", "OLD"):
            quality(cursor, symbol)
    return made


@pytest.fixture
def page(stay: Stay, serve_to_all: Serve, dsn: str) -> Iterator[Page]:
    """The page of the tests before with AAA on the chart; afterwards it must have been quiet and local."""
    with stay(serve_to_all(dsn, "live")) as visit:
        choose(visit.page, "AAA")
        expect(visit.page.locator("#last")).to_have_text("101.00")
        yield visit.page


def choose(page: Page, symbol: str) -> None:
    """Take a symbol of the watchlist to the chart."""
    page.locator(f"#watch-rows [data-symbol='{symbol}']").click()
    expect(page.locator("#session-note")).to_have_text(re.compile(symbol))


def test_negative_volume_is_as_short_as_a_positive_one(page: Page) -> None:
    """Scenario: the on-balance volume was 1.98M on one chart and −35,962,999 on another."""
    values = [-35_962_999, -1_109_221_666.0, -1_500, -12, -0.25, 0, 1_980_000]
    shown = page.evaluate("(values) => values.map((value) => deskFormat.cell(value, 'volume'))", values)
    assert shown == ["−35.96M", "−1.11B", "−1.50K", "−12", "−0.25", "0", "1.98M"]


def test_small_price_has_its_digits_in_header_watchlist_panels_and_words(page: Page) -> None:
    """Report: a coin of 1.23e-9 dollars was shown on the page as $0.00000000."""
    expect(page.locator("#watch-rows [data-symbol='BABYDOGE']")).to_contain_text("$1.2345e\u22129")
    choose(page, "BABYDOGE")
    expect(page.locator("#last")).to_have_text("0.00000000123450")
    expect(page.locator(".legend").first).to_contain_text("0.000000001234")
    expect(page.locator("#session")).to_contain_text("$0.00000000122228")
    assert page.title().startswith("BABYDOGE $0.00000000123450")


def test_large_prices_are_never_cut(page: Page) -> None:
    """Report: prices of 1.5e9 and 612,345.67 beside small ones."""
    expect(page.locator("#watch-rows [data-symbol='BIG']")).to_contain_text("$1.5000B")
    expect(page.locator("#watch-rows [data-symbol='BTC']")).to_contain_text("$612,345.67")
    choose(page, "BIG")
    expect(page.locator("#last")).to_have_text("1,500,000,000.00")
    cut = page.evaluate("""() => [...document.querySelectorAll("#watch-rows .watch-last")]
        .filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)""")
    assert cut == []


def test_negative_price_has_its_sign_and_a_flag(page: Page) -> None:
    """Report: crude oil on 2020-04-20 settled at -37.63 dollars."""
    expect(page.locator("#watch-rows [data-symbol='CL=F'] .flagged")).to_have_text("\u2212$37.63")
    choose(page, "CL=F")
    expect(page.locator("#sign")).to_have_text("\u2212$")
    expect(page.locator("#last")).to_have_text("37.63")
    expect(page.locator("#flag")).to_have_text("Negative price")
    expect(page.locator("#change")).to_have_text("\u221255.90")


def test_old_price_is_shown_with_its_day_everywhere(page: Page) -> None:
    """Report: AMD's close of twenty months ago was shown as "Last" under "Market open"."""
    expect(page.locator("#watch-rows [data-symbol='OLD'] .past")).to_have_text("$12.50")
    choose(page, "OLD")
    year = time.gmtime(time.time() - 600 * DAY).tm_year
    expect(page.locator("#flag")).to_have_text(re.compile(rf"^As of \d+ \w+ {year}$"))
    expect(page.locator("#session-note")).to_have_text("OLD · no data for this session yet")
    expect(page.locator("#indicators-note")).to_contain_text(f"{year}")
    expect(page.locator("#change")).to_have_text("")
    expect(page.locator("#age")).to_contain_text("600 d")
    choose(page, "AAA")
    expect(page.locator("#flag")).to_be_hidden()
    expect(page.locator("#age")).not_to_contain_text("600 d")


def test_trend_is_coloured_by_the_close_that_its_line_stands_for(page: Page) -> None:
    """Report: the trend's colour followed the day, its line the last hour."""
    line, path = (page.locator("#watch-rows [data-symbol='AAA'] svg path").nth(place) for place in (0, 1))
    expect(path).to_have_class("trend-up")
    points = [float(pair.split(" ")[1]) for pair in re.split("[ML]", str(path.get_attribute("d")))[1:]]
    assert len(points) >= 2, "the previous close, the closes of the day, the last price"
    assert f"M0 {points[0]}H64" == line.get_attribute("d")
    assert points[-1] < points[0], "higher on the screen: the last price is above the previous close"


def test_first_symbol_is_selected_and_another_one_is_found_by_typing(
    tab: Tab, serve_to_all: Serve, dsn: str
) -> None:
    """Report: a search by mouse made "AAPLnv"; the first symbol's row was never highlighted."""
    with tab.quiet_visit(serve_to_all(dsn, "live")) as visit:
        page = visit.page
        expect(page.locator("#watch-rows [aria-selected=true]")).to_have_attribute("data-symbol", "AAA")
        page.locator("#find").click()
        page.keyboard.type("btc")
        expect(page.locator("#find-field")).to_have_value("btc")
        page.keyboard.press("Enter")
        expect(page.locator("#session-note")).to_have_text("BTC")
        expect(page.locator("#watch-rows [aria-selected=true]")).to_have_attribute("data-symbol", "BTC")


def test_watchlist_that_is_not_there_yet_is_loading(browser: Browser, serve_to_all: Serve, dsn: str) -> None:
    """Report: "No symbols yet" while the symbols were loading."""
    page = browser.new_page()
    page.route(re.compile("_dash-update-component"), lambda route: route.abort())
    page.goto(serve_to_all(dsn, "live"))
    expect(page.locator("#watch-loading")).to_contain_text("Loading symbols")
    expect(page.locator("#watch-loading div").first).to_be_visible()
    expect(page.locator("#watch-none")).to_be_hidden()
    page.close()


def session_of_now() -> re.Pattern[str]:
    """The badge's text about the exchange of AAA, which opens and closes while tests run."""
    now, calendar = int(time.time()), calendar_of("SIMULATED")
    texts = {SESSIONS[calendar.at(moment).name][0] for moment in (now, now + 600)}
    return re.compile(f"^({'|'.join(map(re.escape, texts))})$")


def test_stopped_server_leaves_nothing_that_looks_current(look: Look, dsn: str) -> None:
    """Report: a dead server left five green lamps, "Market open" and an age."""
    with serving(model_of(dsn, "live"), port := page_port()) as address:
        page = look(address)
        expect(page.locator("#badge")).to_have_text(session_of_now())
        expect(page.locator(".lamp.good")).to_have_count(1)
    expect(page.locator("#age")).to_have_text(re.compile(r"^Last update \d\d:\d\d:\d\d$"))
    expect(page.locator("#badge")).to_be_hidden()
    assert set(
        page.evaluate("""() => [...document.querySelectorAll(".parts:first-of-type .lamp, #watch-rows .state")]
        .map((lamp) => getComputedStyle(lamp).backgroundColor)""")
    ) == {"rgb(122, 134, 149)"}
    with serving(model_of(dsn, "live"), port):
        expect(page.locator("#badge")).to_have_text(session_of_now())
        expect(page.locator("#age")).to_contain_text("Live · Yahoo")


def test_history_of_the_simulated_market_is_shown_with_its_progress(
    look: Look, serve: Serve, embedded_postgres: str
) -> None:
    """Report: in the first minute of the simulated market prices of long ago looked like those of now."""
    made = database_with_tables(embedded_postgres, "simulated_past")
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {"AMD": 178.0}, int(time.time()) - 600 * DAY, bars=5)
        offer(cursor, "no network")
        cursor.execute(
            """insert into progress (group_id, topic, partition, first_offset, next_offset, quotes)
            values ('test', 't', 0, 0, 4100, 4100)"""
        )
        cursor.execute(
            """insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
            values ('analytics', 'a', 'running', '', 900, 50, now(), now() + interval '9 seconds')"""
        )
    page = look(serve(made, "simulated"))
    expect(page.locator("#flag")).to_contain_text("As of")
    expect(page.locator("#watch-note")).to_have_text("History: 82\u00a0%")
    expect(page.locator("#history")).to_be_visible()
    page.locator("#interval").get_by_text("5m", exact=True).click()
    expect(page.locator("#empty")).to_contain_text("History: 82\u00a0%")
