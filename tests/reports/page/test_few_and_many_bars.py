"""Charts of symbols with very few bars, and of a time so far back that the bars between are not loaded."""

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.postgres.database import connect, transaction
from tests.copied import database_with_tables
from tests.pages import Serve
from tests.screen_rows import ScreenMinute, at, close_bar, fill, open_bar, quote
from tests.tab import Tab
from tests.walk.seeing import press, quiet_page, seen

DAY = 86_400
MINUTES = 70_000
"""More than the page loads without a gap."""
PAST = """insert into bars (symbol, interval, start, "end", open, high, low, close, volume, quotes, session, source)
    select 'AAPL', '1m', t, t + interval '1 minute', 100, 101, 99, 100 + sin(extract(epoch from t) / 9000), 1000, 9,
        'regular', 'test'
    from generate_series(%s::timestamptz, %s, '1 minute') t"""
PLACE = """() => {
    const scale = deskCanvas.chart().timeScale(), { bars } = deskChart.view();
    const middle = (scale.logicalToCoordinate(0) + scale.logicalToCoordinate(bars.length - 1)) / 2;
    return [middle / scale.width(), scale.width() / scale.options().barSpacing];
}"""
VISIBLE = """() => {
    const { bars, hasNewer } = deskChart.view(), { from, to } = deskCanvas.range();
    const start = (index) => bars[Math.max(0, Math.min(bars.length - 1, index))].start;
    return { first: start(Math.ceil(from)), last: start(Math.floor(to)), loaded: bars.length, has_newer: hasNewer,
        newest: deskChart.newest().bar.close };
}"""


@pytest.fixture(scope="module")
def now() -> int:
    """When the database was filled."""
    return int(time.time())


@pytest.fixture(scope="module")
def dsn(embedded_postgres: str, now: int) -> str:
    """AAPL with 70,000 minutes and 45 days, and two symbols with hardly any bars."""
    made = database_with_tables(embedded_postgres, "few_and_many")
    minute, today = now - now % 60, now - now % DAY
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {"AAPL": 101.0, "ONE": 5.0}, now, bars=0)
        fill(cursor, {"SIX": 7.0}, now, bars=5)
        cursor.execute(PAST, (at(minute - MINUTES * 60), at(minute - 60)))
        for back in range(45, 0, -1):
            close_bar(cursor, ScreenMinute("AAPL", today - back * DAY, 100 + back % 7, "1d"))
        open_bar(cursor, ScreenMinute("AAPL", today, 101.0, "1d"))
    return made


@pytest.fixture
def page(tab: Tab, serve_to_all: Serve, dsn: str) -> Iterator[Page]:
    """A fresh visit; afterwards it must have been quiet and local."""
    with quiet_page(tab, serve_to_all(dsn, "simulated")) as opened:
        yield opened


def visible(page: Page) -> dict[str, Any]:
    """When the first and the last visible bar start, how many are loaded, whether newer ones are left out, and the
    newest close that is known."""
    found: dict[str, Any] = page.evaluate(VISIBLE)
    return found


@pytest.mark.parametrize(("symbol", "bars"), [("ONE", 1), ("SIX", 6)])
def test_few_bars_are_in_the_middle_and_as_wide_as_in_a_chart_of_twelve(
    page: Page, symbol: str, bars: int
) -> None:
    """Report: the only bar of a symbol was narrow, at the right of 20 empty places."""
    page.locator(f"#watch-rows [data-symbol='{symbol}']").click()
    seen(page, lambda chart: chart.symbol == symbol and chart.visible == bars)
    middle, places = page.evaluate(PLACE)
    assert 0.35 < middle < 0.65 and 11 < places < 14, (middle, places)
    words = "1 1-minute bar" if bars == 1 else "6 1-minute bars"
    expect(page.locator("#summary")).to_contain_text(f"{symbol}, {words} from")


def go_far_back(page: Page, now: int) -> int:
    """Show minutes of a day 40 days ago, by way of the days; when that day started."""
    press(page, "1d")
    seen(page, lambda chart: chart.interval == "1d")
    page.evaluate("deskCanvas.setRange({ from: -15, to: 5 })")
    seen(page, lambda chart: not chart.shows_newest)
    press(page, "1m")
    seen(page, lambda chart: chart.interval == "1m")
    return now - now % DAY - 40 * DAY


def test_window_far_in_the_past_is_shown_without_what_lies_between(page: Page, now: int) -> None:
    """Report: windows deeper than about 36,000 bars jumped to the newest bars."""
    day = go_far_back(page, now)
    shown = visible(page)
    assert shown["last"] == day + DAY - 60 and shown["first"] > day
    assert shown["has_newer"] and shown["loaded"] < 10_000
    assert shown["newest"] == 101.0 == seen(page, lambda _: True).tag
    expect(page.locator(".legend").first.locator(".value").nth(3)).to_have_text("101.00")


def test_price_that_comes_in_is_tagged_over_a_window_far_in_the_past(page: Page, dsn: str, now: int) -> None:
    """Scenario: what is loaded is old; the last price is of now."""
    go_far_back(page, now)
    before = visible(page)
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        quote(cursor, "AAPL", 104.5, now)
        open_bar(cursor, ScreenMinute("AAPL", now - now % 60, 104.5))
    seen(page, lambda chart: chart.tag == 104.5)
    assert visible(page) == before | {"newest": 104.5}
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        quote(cursor, "AAPL", 101.0, now)
        open_bar(cursor, ScreenMinute("AAPL", now - now % 60, 101.0))
    seen(page, lambda chart: chart.tag == 101.0)


@pytest.mark.parametrize("way", ["older", "newer"])
def test_window_far_in_the_past_goes_on_to_both_sides_without_a_jump(page: Page, now: int, way: str) -> None:
    """Scenario: somebody pans on from there."""
    go_far_back(page, now)
    before = visible(page)["loaded"]
    at_edge = "from: 5, to: 105" if way == "older" else f"from: {before - 105}, to: {before - 5}"
    moved = page.evaluate(f"""() => {{
        const range = {{ {at_edge} }};
        deskCanvas.setRange(range);
        return deskChart.view().bars[range.from].start;
    }}""")
    seen(page, lambda chart: chart.loaded > before)
    shown = visible(page)
    assert shown["first"] == moved and shown["last"] == moved + 100 * 60
    starts = page.evaluate("() => deskChart.view().bars.map((bar) => bar.start)")
    assert {after - one for one, after in pairwise(starts)} == {60}


def test_latest_leads_back_from_a_window_far_in_the_past(page: Page, now: int) -> None:
    """Scenario: one press from forty days ago to now."""
    go_far_back(page, now)
    page.locator("#latest").click()
    seen(page, lambda chart: chart.shows_newest and chart.last == 101.0)
    assert not visible(page)["has_newer"]


@pytest.mark.parametrize("width", [1440, 390])
def test_time_axis_dragged_to_its_end_leaves_all_bars_over_a_quarter_of_the_width(
    page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    press(page, "1d")
    seen(page, lambda chart: chart.interval == "1d" and chart.loaded > 40)
    chart = page.locator("#chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    axis = box["y"] + box["height"] * 0.985
    for _ in range(3):
        page.mouse.move(box["x"] + box["width"] * 0.3, axis)
        page.mouse.down()
        page.mouse.move(box["x"] + page.evaluate("deskCanvas.width()") - 1, axis, steps=5)
        page.mouse.up()
    share = "(deskChart.view().bars.length * deskCanvas.chart().timeScale().options().barSpacing) / deskCanvas.width()"
    page.wait_for_function(f"{share} < 0.5")
    assert page.evaluate(share) > 0.2
