"""Forecasts on the page: the fan after the last bar, and the card beside the chart."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.postgres.database import connect, transaction
from tests.at_the_desk import switch_study
from tests.copied import copy_database, database_with_tables
from tests.pages import Serve
from tests.screen_rows import MINUTE, ScreenMinute, close_bar, fill, forecast, open_bar, record
from tests.tab import Stay, Tab

DAY = 86_400
FRIDAY = 1_763_683_200  # 2025-11-21 00:00 UTC
BARS = 300
DESKTOP = (1600, 900)
FAN = """() => ['forecast_0', 'forecast_1', 'forecast_2', 'forecast_mean']
    .map((id) => [window.deskCanvas.series(id)?.options().visible, window.deskFan.points(id)])"""
FILLED = "() => window.deskChart.view() && window.deskChart.view().bars.length > 0"
CROSSHAIR = "window.deskCanvas.pointed()"
AHEAD = "() => window.deskFan.ahead(window.deskChart.view()) === "


def fill_market(dsn: str) -> int:
    """Minutes of three symbols: AAA is forecast, BBB is warming up; CCC has days up to a Friday. Gives when the
    open minute starts."""
    now = int(time.time())
    minute = now - now % MINUTE
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {"AAA": 101.0, "BBB": 250.0, "CCC": 50.0}, now, bars=BARS)
        write_forecast(cursor, minute - MINUTE, 101.2, 1254)
        record(cursor, "BBB", seen=12, lifetime_scores=0, lifetime_skill=None, lifetime_covered=None)
        for index in range(30):
            day = FRIDAY - index * DAY
            if time.gmtime(day).tm_wday < 5:
                close_bar(cursor, ScreenMinute("CCC", day, 50.0, "1d"))
        forecast(cursor, ScreenMinute("CCC", FRIDAY, 50.0, "1d"))
        record(cursor, "CCC", "1d")
    return minute


def write_forecast(cursor: Any, start: int, close: float, seen: int, number: int = 1) -> None:
    """Both models forecast at the close of AAA's bar."""
    forecast(cursor, ScreenMinute("AAA", start, close), number=number)
    forecast(cursor, ScreenMinute("AAA", start, close), "arima", p=0, q=1, version=1200, number=number)
    record(cursor, "AAA", seen=seen)


@pytest.fixture(scope="module")
def market(embedded_postgres: str) -> tuple[str, int]:
    """A database for copies, and when the open minute of its market starts."""
    made = database_with_tables(embedded_postgres, "forecast_market")
    return made, fill_market(made)


@pytest.fixture
def dsn(embedded_postgres: str, market: tuple[str, int], request: pytest.FixtureRequest) -> str:
    """A database of the test's own."""
    return copy_database(embedded_postgres, market[0], request.node.name.removeprefix("test_")[:60])


@pytest.fixture(scope="module")
def still_address(serve_to_all: Serve, embedded_postgres: str, market: tuple[str, int]) -> str:
    """The page of a market in which nothing happens."""
    return serve_to_all(copy_database(embedded_postgres, market[0], "forecast_still"), "simulated")


@pytest.fixture
def still_page(stay: Stay, still_address: str) -> Iterator[Page]:
    """The page of that market, as the tests before left it but with AAA and its fan; likewise."""
    with stay(still_address, DESKTOP) as visit:
        visit.page.locator("#watch-rows [data-symbol='AAA']").click()
        visit.page.locator("#interval").get_by_text("1m", exact=True).click()
        visit.page.wait_for_function("() => window.deskChart.holds('AAA', '1m')")
        visit.page.wait_for_function(AHEAD + "4")
        yield visit.page


@pytest.fixture
def minute(market: tuple[str, int]) -> int:
    """When the open minute of the market starts."""
    return market[1]


@pytest.fixture
def page(tab: Tab, serve: Serve, dsn: str, minute: int) -> Iterator[Page]:
    """A page that shows AAA and its fan; afterwards it must have been quiet and local."""
    with tab.quiet_visit(serve(dsn, "simulated"), DESKTOP) as visit:
        visit.page.wait_for_function(FILLED)
        visit.page.wait_for_function(AHEAD + "4")
        yield visit.page


def visible_range(page: Page) -> tuple[int, int]:
    """The axis times under two points of the chart."""
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    times = []
    for share in (0.2, 0.6):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 140)
        page.wait_for_function(f"{CROSSHAIR} && {CROSSHAIR}.time !== undefined && {CROSSHAIR}.point")
        times.append(page.evaluate(f"{CROSSHAIR}.time"))
        page.mouse.move(box["x"], box["y"] - 60)
        page.wait_for_function(f"!{CROSSHAIR}.point")
    return times[0], times[1]


def close_minute(dsn: str, minute: int, close: float, seen: int, number: int = 1) -> None:
    """AAA's open minute closes, the next one opens, and forecasts are made."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        close_bar(cursor, ScreenMinute("AAA", minute, close))
        open_bar(cursor, ScreenMinute("AAA", minute + MINUTE, close))
        write_forecast(cursor, minute, close, seen, number)


def test_fan_begins_at_the_open_bar_and_reaches_four_beyond(still_page: Page, minute: int) -> None:
    *boxes, (_, line) = still_page.evaluate(FAN)
    for (is_visible, data), width in zip(boxes, (3, 2, 1), strict=True):
        assert is_visible
        assert [point["time"] for point in data] == [minute + step * MINUTE for step in range(5)]
        assert (data[0]["low"], data[0]["high"]) == (101.2 - width, 101.2 + width)
    assert [point["time"] for point in line] == [minute + step * MINUTE for step in range(-1, 5)]


def test_card_shows_the_next_close_and_the_accuracy_of_forecasts(still_page: Page) -> None:
    expect(still_page.locator("#forecast")).to_contain_text("$101.20")
    expect(still_page.locator("#forecast")).to_contain_text("$98.20 – $104.20")
    expect(still_page.locator("#forecast")).to_contain_text("No change")
    expect(still_page.locator("#forecast-accuracy")).to_have_text(
        re.compile(
            r"^1,204 forecasts evaluated\. .*The only other model compared so far, ARIMA, has not "
            r"proven better\.$"
        )
    )
    expect(still_page.locator("#forecast-accuracy")).to_contain_text("covered 94.8")


def test_warming_forecast_shows_how_far_it_is_and_no_fan(still_page: Page) -> None:
    still_page.locator("#watch-rows [data-symbol='BBB']").click()
    expect(still_page.locator("#forecast")).to_contain_text("12/50")
    still_page.wait_for_function("() => window.deskChart.holds('BBB', '1m')")
    assert [data for _, data in still_page.evaluate(FAN)] == [[]] * 4


def test_interval_that_is_not_forecast_has_no_fan_and_a_notice(still_page: Page) -> None:
    still_page.locator("#interval").get_by_text("5m", exact=True).click()
    expect(still_page.locator("#forecast-accuracy")).to_have_text("5m bars are not forecast; 1m bars are.")
    still_page.wait_for_function("() => window.deskChart.holds('AAA', '5m')")
    assert [data for _, data in still_page.evaluate(FAN)] == [[]] * 4


def test_fan_over_days_skips_the_weekend(still_page: Page) -> None:
    still_page.locator("#watch-rows [data-symbol='CCC']").click()
    still_page.locator("#interval").get_by_text("1d", exact=True).click()
    still_page.wait_for_function("() => window.deskChart.holds('CCC', '1d')")
    still_page.wait_for_function(AHEAD + "5")
    (_, widest), *_ = still_page.evaluate(FAN)
    days = [(point["time"] - FRIDAY) // DAY for point in widest]
    assert days == [3, 4, 5, 6, 7]


def past(dsn: str, minute: int, misses: int) -> None:
    """Eleven more minutes of AAA were forecast before the newest, `misses` of their closes outside the interval."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute("update forecasts set number = 12 where symbol = 'AAA'")
        for number in range(1, 12):
            close = 111.0 if number <= 2 * misses and number % 2 == 0 else 101.0
            forecast(cursor, ScreenMinute("AAA", minute - (13 - number) * MINUTE, close), number=number)


def test_last_forecasts_are_shown_beside_their_closes_and_move_on_with_the_bars(
    page: Page, dsn: str, minute: int
) -> None:
    past(dsn, minute, misses=1)
    close_minute(dsn, minute, 101.5, 1255, number=13)
    text = page.locator("#outcomes-text")
    expect(text).to_have_text(
        '10 of the last 12 closes were inside the 95\u00a0% interval of "no change". \u25c7 marks those outside.'
    )
    assert page.locator("#outcomes-plot").get_attribute("aria-labelledby") == "outcomes-text"
    assert (
        page.evaluate("document.querySelector('#outcomes .outside').getAttribute('d').split('M').length") == 3
    )
    page.evaluate("() => { window.kept = document.querySelector('#outcomes .close'); }")
    close_minute(dsn, minute + MINUTE, 101.6, 1256, number=14)
    expect(text).to_contain_text("11 of the last 13 closes")
    assert page.evaluate("() => window.kept === document.querySelector('#outcomes .close')")
    page.locator("#interval").get_by_text("5m", exact=True).click()
    expect(page.locator("#outcomes")).to_be_hidden()
    page.locator("#interval").get_by_text("1m", exact=True).click()
    expect(text).to_contain_text("11 of the last 13 closes")


def test_summary_has_the_numbers_and_changes_with_the_bar(page: Page, dsn: str, minute: int) -> None:
    words = page.locator("#words-text")
    expect(words).to_contain_text("The 1m bar of")
    expect(words).to_contain_text("RSI 14 is 55.0, neutral.")
    expect(words).to_contain_text("is forecast at $101.20, with a 95\u00a0% interval of $98.20 to $104.20.")
    expect(page.locator("#words-details")).to_be_hidden()
    close_minute(dsn, minute, 101.6, 1255)
    expect(words).to_contain_text("closed at $101.60, below SMA 20 ($101.70) and SMA 50 ($101.80)")


def test_switch_hides_the_fan_without_moving_the_chart_and_is_kept(page: Page) -> None:
    before = visible_range(page)
    switch_study(page, "Forecast")
    page.wait_for_function(f"() => ({FAN})().every(([isVisible]) => !isVisible)")
    assert visible_range(page) == before
    page.reload()
    page.wait_for_function(FILLED)
    page.wait_for_function(f"() => ({FAN})().every(([isVisible]) => !isVisible)")
    switch_study(page, "Forecast")
    page.wait_for_function(f"() => ({FAN})().every(([isVisible]) => isVisible)")


def test_fan_moves_on_with_the_bars_and_zoom_and_elements_stay(page: Page, dsn: str, minute: int) -> None:
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.wheel(0, -600)
    page.mouse.wheel(-400, 0)
    zoomed = visible_range(page)
    page.evaluate("""() => {
        window.mounted = [];
        const note = (changes) => changes.forEach((change) => change.addedNodes.forEach(
            (node) => node.nodeType === 1 && window.mounted.push(node.outerHTML)));
        for (const selector of ['.stage', '#details'])
            new MutationObserver(note).observe(document.querySelector(selector), {childList: true, subtree: true});
    }""")
    for step, close in enumerate((101.6, 102.4)):
        close_minute(dsn, minute + step * MINUTE, close, 1255 + step)
        expect(page.locator("#forecast")).to_contain_text(f"${close:.2f}")
    times = page.evaluate("() => window.deskChart.view().times.slice(-2)")
    assert times[-1] == minute + 2 * MINUTE
    (_, widest), *_ = page.evaluate(FAN)
    assert [point["time"] for point in widest] == [minute + (2 + step) * MINUTE for step in range(5)]
    assert visible_range(page) == zoomed
    assert page.evaluate("window.mounted") == []


def test_bar_that_comes_later_than_expected_takes_the_fan_with_it(page: Page, dsn: str, minute: int) -> None:
    later = minute + 900 * MINUTE
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        close_bar(cursor, ScreenMinute("AAA", minute, 101.6))
        open_bar(cursor, ScreenMinute("AAA", later, 103.0))
        write_forecast(cursor, minute, 101.6, 1255)
    expect(page.locator("#forecast")).to_contain_text("$101.60")
    page.wait_for_function(f"() => ({FAN})()[0][1].length === 5 && ({FAN})()[0][1][0].time === {later}")
    assert page.evaluate("() => window.deskChart.view().times.at(-1)") == later


def test_card_and_fan_fit_a_phone(tab: Tab, still_address: str) -> None:
    with tab.quiet_visit(still_address, (390, 844)) as visit:
        page = visit.page
        page.wait_for_function(FILLED)
        page.wait_for_function(AHEAD + "4")
        expect(page.locator("#forecast")).to_contain_text("$98.20 – $104.20")
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_chart_scrolls_along_with_bars_that_come_in_time_late_or_many_at_once(
    page: Page, dsn: str, minute: int
) -> None:
    """The newest bar stays where it was on the screen."""
    place = newest_place(page)
    start, number = minute, 1255
    for gap, count in ((1, 1), (3, 1), (900, 1), (1, 7), (4, 3), (1, 1), (2, 1)):
        with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
            for _ in range(count):
                close_bar(cursor, ScreenMinute("AAA", start, 101.0))
                newest, start = start, start + gap * MINUTE
            open_bar(cursor, ScreenMinute("AAA", start, 101.0))
            write_forecast(cursor, newest, 101.0, number)
        number += 1
        page.wait_for_function(f"() => window.deskChart.view().times.at(-1) === {start}")
        page.wait_for_function(
            f"() => ({FAN})()[0][1].length > 0 && window.deskFan.ahead(window.deskChart.view()) === 4"
        )
        assert newest_place(page) == pytest.approx(place, abs=0.004), (gap, count)


def newest_place(page: Page) -> float:
    """How far from the left the newest bar is, as a share of the chart's width, looked for from the price axis on."""
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    newest = page.evaluate("() => window.deskChart.view().times.at(-1)")
    for share in range(915, 700, -2):
        x = box["width"] * share / 1000
        page.mouse.move(box["x"] + x, box["y"] + 140)
        page.wait_for_function(
            f"{CROSSHAIR} && {CROSSHAIR}.point && Math.abs({CROSSHAIR}.point.x - {x}) < 1.5"
        )
        if page.evaluate(f"{CROSSHAIR}.time") == newest:
            return share / 1000
    return 0.0
