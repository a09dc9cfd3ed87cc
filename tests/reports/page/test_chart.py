"""Problems that an analyst met on the price chart: blank charts, scales that did not change, wrong last prices."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.tab import Look
from tests.walk.market import COUNTS, KINDS, DrawnMarket
from tests.walk.seeing import candle_columns, press, seen

WALKS = {
    "1 year, 3 hours, 1 year": ["1 year", "3 hours", "1 year"],
    "1h, 1d, 1h": ["1h", "1d", "1h"],
    "mixed": [
        "1d",
        "3 hours",
        "15m",
        "All",
        "1h",
        "1 day",
        "1m",
        "1 year",
        "5m",
        "1 hour",
        "1d",
        "5 days",
        "1m",
    ],
}
SIZES = [(1440, 900), (1024, 768), (390, 844)]
GUIDES_SEEN = """() => {
    const { symbol, interval, bars } = deskChart.view(), series = deskCanvas.series("rsi");
    if (symbol !== "NEW" || interval !== "1d" || !bars.length || !series) return false;
    const heights = [30, 70].map((level) => series.priceToCoordinate(level));
    return heights.every((height) => height !== null && height > 0 && height < series.getPane().getHeight());
}"""
CLICK_AS_ROWS_CHANGE = """(symbol) => {
    const update = [{ ...deskWatchlist.row("AAPL") }];
    deskWatchlist.apply(update, true);
    document.querySelector(`#watch-rows [data-symbol='${symbol}']`).click();
    deskWatchlist.apply(update, true);
}"""
PRICES_IN_LINES = """(price) => {
    const values = [...document.querySelectorAll(".prices .value")];
    const before = values.map((value) => value.textContent);
    for (const value of values) value.textContent = price;
    const tops = values.map((value) => value.getBoundingClientRect().top);
    for (const [index, value] of values.entries()) value.textContent = before[index];
    return tops;
}"""


@pytest.fixture
def page(shared_page: Page) -> Page:
    """The page of the tests before, with AAPL on the chart."""
    return shared_page


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    """An empty page in which pictures are taken apart."""
    opened = browser.new_page()
    yield opened
    opened.close()


def interval_after(label: str) -> str:
    """The interval that a button leads to."""
    ranges = {"1 hour": "1m", "3 hours": "1m", "1 day": "5m", "5 days": "15m", "1 month": "1h"}
    return label if label in COUNTS else ranges.get(label, "1d")


@pytest.mark.parametrize("walk", WALKS)
def test_chart_is_never_blank_however_ranges_and_intervals_are_changed(
    page: Page, reader: Page, walk: str
) -> None:
    """Load, 1Y, 3H, 1Y: an empty chart, 6 times of 6; 1h, 1d, 1h: 3 of 3; a mixed walk: 19 of 44."""
    for label in WALKS[walk]:
        press(page, label)
        chart = seen(page, lambda chart, label=label: chart.interval == interval_after(label))  # type: ignore[misc]
        assert chart.visible >= 10 and chart.drawn == chart.loaded and chart.holds_last, (label, chart)
        columns = candle_columns(page, reader, chart)
        assert columns >= 0.2 * min(chart.visible, chart.x), (label, columns, chart)


def test_next_symbol_scales_itself_after_the_price_axis_was_dragged(page: Page) -> None:
    """The scale stayed as it was dragged: the next symbol was drawn outside it."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 260, steps=4)
    page.mouse.up()
    seen(page, lambda chart: not chart.follows)
    page.locator("#watch-rows [data-symbol='BTC/USD']").click()
    chart = seen(page, lambda chart: chart.symbol == "BTC/USD")
    assert chart.follows and chart.holds_last


def test_price_on_the_axis_is_the_last_one_also_where_the_chart_was_panned(
    page: Page, market: DrawnMarket
) -> None:
    """A panned chart tagged the last visible bar's close as the price."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 150, steps=5)
    page.mouse.up()
    assert seen(page, lambda chart: not chart.shows_newest).tag == pytest.approx(KINDS[0].price)
    market.move("AAPL", 232.5)
    assert not seen(page, lambda chart: chart.tag == 232.5).shows_newest
    market.move("AAPL", KINDS[0].price)


def test_guide_lines_are_seen_also_where_the_values_do_not_reach_them(page: Page) -> None:
    """Report: a quiet RSI had a pane of 55 to 60, and neither of its guide lines in it."""
    page.locator("#watch-rows [data-symbol='NEW']").click()
    press(page, "1d")
    page.wait_for_function(GUIDES_SEEN)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => deskCanvas.width() < 390")
    page.wait_for_function(GUIDES_SEEN)


def test_click_on_a_symbol_counts_also_while_the_rows_of_the_watchlist_change(page: Page) -> None:
    """The grid's component reports no selection while it restores its own one: now and then a click did nothing."""
    page.evaluate(CLICK_AS_ROWS_CHANGE, "NEW")
    seen(page, lambda chart: chart.symbol == "NEW")
    expect(page.locator("#watch-rows [aria-selected=true]")).to_have_attribute("data-symbol", "NEW")


def test_prices_of_the_legend_break_only_between_high_and_low(page: Page) -> None:
    """Report: on a phone the closing price of a bar stood alone in the next line."""
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".prices .value")).to_have_count(4)
    assert len({*page.evaluate(PRICES_IN_LINES, "64,210.00")}) == 1
    opened, high, low, close = page.evaluate(PRICES_IN_LINES, "123,456,789.00")
    assert opened == high < low == close


@pytest.mark.parametrize("end", ["on the price axis", "outside the chart"])
def test_legend_shows_the_newest_bar_again_after_a_drag_that_ended_beside_its_pane(
    page: Page, end: str
) -> None:
    """The crosshair stayed where the drag had left the pane, and the legend with it."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 80)
    page.mouse.down()
    right = box["x"] + box["width"]
    page.mouse.move(right - 20 if end == "on the price axis" else right + 60, box["y"] + 80, steps=6)
    page.mouse.up()
    page.mouse.move(1, 1)
    close = page.locator(".legend").first.locator(".value").nth(3)
    expect(close).to_have_text(f"{seen(page, lambda _: True).last:.2f}")
    assert page.evaluate("deskCanvas.pointed().time") is None


@pytest.mark.parametrize("size", SIZES)
def test_attribution_covers_no_legend_and_leads_to_its_makers(
    look: Look, address: str, size: tuple[int, int]
) -> None:
    """The logo of the chart library lay over the legend of the lowest pane."""
    page = look(address, size)
    seen(page, lambda chart: chart.visible > 0)
    link = page.locator(".attribution")
    expect(link).to_have_attribute("href", "https://www.tradingview.com/")
    assert page.locator("#tv-attr-logo").count() == 0
    own = link.bounding_box()
    assert own is not None and own["x"] + own["width"] <= size[0]
    for legend in page.locator(".legend > span").all():
        box = legend.bounding_box()
        assert box is None or box["y"] + box["height"] <= own["y"] or box["x"] + box["width"] <= own["x"]
