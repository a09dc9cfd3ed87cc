"""The visible time of the chart: interval and range, older bars, labels, and swipes on a phone."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.tab import Look, Tab
from tests.walk.market import COUNTS
from tests.walk.seeing import pan, press, seen

HOUR = 3600
LABELS_DRAWN = """
    window.drawn = [];
    window.written = [];
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        const half = this.measureText(text).width / 2, { offsetWidth: width, offsetHeight: height } = this.canvas;
        window.written.push(text);
        if (this.textAlign === 'center' && height < 40) window.drawn.push([text, x - half, x + half, width]);
        return draw.apply(this, arguments);
    };
"""
SWIPE = """([right, down]) => {
    const box = document.querySelector('#chart').getBoundingClientRect();
    const pane = document.elementFromPoint(box.x + 100, box.y + 200), taken = [];
    const send = (type, step) => {
        const place = { clientX: box.x + 100 + right * step / 6, clientY: box.y + 200 + down * step / 6 };
        const touch = new Touch({ identifier: 1, target: pane, ...place, pageX: place.clientX, pageY: place.clientY });
        const touches = type === 'touchend' ? [] : [touch];
        const event = new TouchEvent(type, { touches, changedTouches: [touch], bubbles: true, cancelable: true });
        pane.dispatchEvent(event);
        return event.defaultPrevented;
    };
    send('touchstart', 0);
    for (let step = 1; step <= 6; step += 1) taken.push(send('touchmove', step));
    send('touchend', 6);
    return taken;
}"""
"""A finger moves over the chart; gives of each of its moves whether the chart took it from the page."""


@pytest.fixture
def page(shared_page: Page) -> Page:
    """The page of the tests before, with AAPL on the chart."""
    return shared_page


@pytest.fixture(scope="module")
def noting(browser: Browser) -> Iterator[Tab]:
    """A page of its own that notes the texts it draws."""
    with closing(Tab(browser, LABELS_DRAWN)) as opened:
        yield opened


def highlighted(page: Page) -> list[str]:
    """The labels of the interval and of the range that are highlighted."""
    return page.locator(".segments [aria-pressed='true']").all_inner_texts()


def test_range_sets_its_interval_and_another_interval_highlights_no_range(page: Page) -> None:
    """1D with 3H highlighted showed 15 days."""
    assert highlighted(page) == ["1m", "3 hours"]
    press(page, "1d")
    seen(page, lambda chart: chart.interval == "1d")
    assert highlighted(page) == ["1d"]
    press(page, "1 month")
    seen(page, lambda chart: chart.interval == "1h")
    assert highlighted(page) == ["1h", "1 month"]
    pan(page, 0.3)
    expect(page.locator("#ranges [aria-pressed='true']")).to_have_count(0)
    press(page, "1 month")
    seen(page, lambda chart: chart.shows_newest)
    assert highlighted(page) == ["1h", "1 month"]


def test_another_interval_shows_the_time_that_was_visible(page: Page) -> None:
    """A choice of the interval keeps what is looked at, at the newest bar and in the past."""
    minutes = seen(page, lambda chart: 150 < chart.visible < 200)
    press(page, "5m")
    fives = seen(page, lambda chart: chart.interval == "5m")
    assert fives.shows_newest and abs(fives.first - minutes.first) <= 600
    press(page, "1 month")
    seen(page, lambda chart: chart.interval == "1h")
    for _ in range(3):
        pan(page, 0.6)
    hours = seen(page, lambda chart: not chart.shows_newest)
    press(page, "1d")
    days = seen(page, lambda chart: chart.interval == "1d")
    assert not days.shows_newest and abs(days.first - hours.first) < 5 * 24 * HOUR


def test_finer_interval_keeps_the_last_day_that_was_visible(page: Page) -> None:
    """The last visible day was dropped: its bar starts where the day does."""
    press(page, "1d")
    seen(page, lambda chart: chart.interval == "1d")
    page.evaluate("deskCanvas.setRange({ from: 900, to: 960 })")
    day = page.evaluate("deskChart.view().bars[960].start")
    press(page, "1h")
    seen(page, lambda chart: chart.interval == "1h" and not chart.shows_newest)
    last, following = page.evaluate("""() => {
        const { bars } = deskChart.view(), right = Math.floor(deskCanvas.range().to);
        return [bars[right].start, bars[right + 1].start];
    }""")
    assert day < last < day + 24 * HOUR <= following


def test_numbers_on_the_price_axis_have_thousands_separators(noting: Tab, address: str) -> None:
    """The header showed 64,210.00, the axis and its tags 64210.00."""
    with noting.visit(address) as visit:
        page = visit.page
        seen(page, lambda chart: chart.visible > 0)
        page.locator("#watch-rows [data-symbol='BTC/USD']").click()
        seen(page, lambda chart: chart.symbol == "BTC/USD")
        page.locator("#chart").hover(position={"x": 300, "y": 150})
        page.wait_for_function(
            "() => window.written.filter((text) => /^\\d\\d,\\d{3}\\.\\d\\d$/.test(text)).length > 3"
        )
        assert page.evaluate("window.written.filter((text) => /\\d{4}\\./.test(text))") == []
        expect(page.locator("#summary")).to_contain_text("BTC/USD, 1,001 1-minute bars from")


def test_all_means_every_day_that_is_stored(page: Page) -> None:
    """All of 3,799 bars were 1,395."""
    press(page, "All")
    chart = seen(page, lambda chart: chart.interval == "1d")
    assert chart.loaded == COUNTS["1d"] + 1 and not chart.has_older
    assert chart.visible == chart.loaded


def test_no_two_labels_differ_only_in_their_case(page: Page) -> None:
    """1m and 1M, 1h and 1H, two 1D could be mistaken for each other."""
    labels = page.locator(".segments button").all_inner_texts()
    assert len(labels) == 13 == len({label.lower() for label in labels})


def test_macd_values_have_the_colours_of_their_lines_in_the_usual_order(page: Page) -> None:
    """All three were white, the histogram first."""
    values = page.locator(".legend").last.locator(".value")
    shown = [round(float(text.replace("\u2212", "-")), 4) for text in values.all_inner_texts()]
    names = ["macd", "macd_signal", "macd_histogram"]
    assert shown == page.evaluate(
        "(names) => names.map((name) => +deskChart.view().bars.at(-1)[name].toFixed(4))", names
    )
    colours = [value.evaluate("(one) => getComputedStyle(one).color") for value in values.all()]
    assert colours == ["rgb(26, 104, 152)", "rgb(179, 80, 15)", "rgb(79, 106, 143)"]


@pytest.mark.parametrize(
    "size", [pytest.param((1440, 900), marks=pytest.mark.variant), (1024, 768), (390, 844)]
)
def test_no_label_of_the_time_axis_is_cut(noting: Tab, address: str, size: tuple[int, int]) -> None:
    """At 1024 pixels the last label was cut in half."""
    with noting.visit(address, size) as visit:
        page = visit.page
        for label, interval in (("3 hours", "1m"), ("1 day", "5m"), ("5 days", "15m"), ("1 month", "1h")):
            press(page, label)
            seen(page, lambda chart, interval=interval: chart.interval == interval and chart.shows_newest)  # type: ignore[misc]
            pan(page, 0.2)
            seen(page, lambda chart: not chart.shows_newest)
        drawn = page.evaluate("window.drawn.filter(([text]) => text)")
        assert len(drawn) > 20
        assert [one for one in drawn if one[1] < 0 or one[2] > one[3]] == []


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_every_range_and_interval_fits_the_screen(look: Look, address: str, size: tuple[int, int]) -> None:
    """Labels that can't be mistaken are longer; none may lie beyond its row."""
    page = look(address, size)
    seen(page, lambda chart: chart.visible > 0)
    for row in ("#interval", "#ranges"):
        assert page.locator(row).evaluate("(one) => one.scrollWidth <= one.clientWidth")


def test_vertical_swipe_over_the_chart_is_left_to_a_phones_page(browser: Browser, address: str) -> None:
    """The chart took every swipe: the page below it could not be reached. A horizontal one moves the chart."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    seen(page, lambda chart: chart.shows_newest)
    assert page.evaluate(SWIPE, [0, -120]) == [False] * 6
    assert seen(page, lambda _: True).shows_newest
    assert page.evaluate(SWIPE, [150, 0]) == [True] * 6
    seen(page, lambda chart: not chart.shows_newest)
    context.close()


@pytest.mark.parametrize("label", ["15m", "1h", "1d"])
def test_longer_interval_shows_more_than_the_few_bars_of_the_visible_hours(page: Page, label: str) -> None:
    """Report: a click from three hours of minutes to days drew twenty wide candles."""
    press(page, label)
    chart = seen(page, lambda chart: chart.interval == label)
    assert chart.shows_newest and chart.visible > 150
    assert highlighted(page) == [label]
