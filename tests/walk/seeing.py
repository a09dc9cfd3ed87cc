"""What the chart shows, by its objects and by the pixels of its picture."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from playwright.sync_api import Page, expect

from tests.at_the_desk import choose
from tests.tab import Tab

CHART = """() => {
    const view = window.deskChart?.view(), series = view && window.deskCanvas.series('price');
    if (!series || !view.bars.length || !window.deskCanvas.isSettled()) return null;
    const range = window.deskCanvas.range(), newest = view.bars.length - 1, scale = series.priceScale();
    if (!range) return null;
    const first = Math.max(0, Math.ceil(range.from)), last = Math.min(newest, Math.floor(range.to));
    const { symbol, interval, hasOlder, bars } = view, prices = scale.getVisibleRange();
    return {
        symbol, interval, has_older: hasOlder, loaded: bars.length, visible: last - first + 1,
        drawn: series.data().length, first: bars[Math.max(0, first)]?.start, shows_newest: last === newest,
        low: prices?.from ?? null, high: prices?.to ?? null, follows: scale.options().autoScale,
        last: bars.at(-1).close, tag: series.priceLines().at(-1)?.options().price ?? null,
        x: window.deskCanvas.chart().timeScale().width(), y: window.deskCanvas.chart().panes()[0].getHeight(),
    };
}"""
COLUMNS = """async ([data, colours]) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: image.width, height: image.height });
    const brush = canvas.getContext('2d');
    brush.drawImage(image, 0, 0);
    const { data: bytes, width, height } = brush.getImageData(0, 0, image.width, image.height);
    const is = (at, colour) => colour.every((part, index) => Math.abs(bytes[at + index] - part) < 14);
    let columns = 0;
    for (let x = 0; x < width; x += 1) {
        let found = 0;
        for (let y = 0; y < height && found < 2; y += 1) {
            if (colours.some((colour) => is(4 * (y * width + x), colour))) found += 1;
        }
        if (found > 1) columns += 1;
    }
    return columns;
}"""
LATE = 100.0  # seconds after which a chart is wrong and not only late
CANDLES = [
    [0x07, 0x7A, 0x66],
    [0xC0, 0x30, 0x3B],
]  # of the light theme, which the browser of the tests asks for


class SeenChart(NamedTuple):
    """The values of the chart's objects: bars that are loaded, drawn and visible, the visible prices, the price that is
    tagged on the axis, whether the scale follows by itself, and the size of the price pane in pixels."""

    symbol: str
    interval: str
    has_older: bool
    loaded: int
    visible: int
    drawn: int
    first: int
    shows_newest: bool
    low: float | None
    high: float | None
    follows: bool
    last: float
    tag: float | None
    x: float
    y: float

    @property
    def holds_last(self) -> bool:
        """Whether the last price lies in the visible prices."""
        return self.low is not None and self.high is not None and self.low <= self.last <= self.high


def chart_of(page: Page) -> SeenChart | None:
    """The values of the chart; None while it is empty or between two frames."""
    values: dict[str, Any] | None = page.evaluate(CHART)
    return None if values is None else SeenChart(**values)


def candle_columns(page: Page, reader: Page, chart: SeenChart) -> int:
    """How many columns of the price pane's picture hold pixels of candles, more than the line of the last price has.

    `reader` is an empty page, in which the picture is taken apart.
    """
    page.locator("#chart").scroll_into_view_if_needed()
    box = page.locator("#chart").bounding_box()
    assert box is not None
    clip = {"x": box["x"], "y": box["y"], "width": chart.x, "height": chart.y}
    picture = page.screenshot(clip=clip)  # type: ignore[arg-type]
    columns: int = reader.evaluate(COLUMNS, [base64.b64encode(picture).decode(), CANDLES])
    return columns


def seen(page: Page, is_shown: Callable[[SeenChart], bool]) -> SeenChart:
    """The values of the chart once it shows what is waited for; AssertionError if it never does."""
    deadline = time.monotonic() + LATE
    while (chart := chart_of(page)) is None or not is_shown(chart):
        assert time.monotonic() < deadline, f"waited in vain: {chart}"
        page.wait_for_timeout(40)
    return chart


def press(page: Page, label: str) -> None:
    """Press an interval or a range of the chart."""
    page.locator(".segments").get_by_text(label, exact=True).click()


def pan(page: Page, by: float) -> None:
    """Drag the chart by a share of its width."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * (0.1 if by > 0 else 0.8), box["y"] + 60
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * by, y, steps=6)
    page.mouse.up()


def begin_again(page: Page) -> None:
    """Bring a page that was used back to the last three hours of AAPL, with the field of symbols closed."""
    page.keyboard.press("Escape")
    choose(page, "AAPL")
    press(page, "3 hours")
    seen(page, _is_first_chart)
    expect(page.locator("#symbol")).to_have_text("AAPL")


def _is_first_chart(chart: SeenChart) -> bool:
    shown = (chart.symbol, chart.interval, chart.shows_newest, chart.follows)
    return shown == ("AAPL", "1m", True, True) and 150 < chart.visible < 200


@contextmanager
def quiet_page(tab: Tab, address: str) -> Iterator[Page]:
    """A fresh visit with AAPL on the chart; afterwards it must have been quiet and local."""
    with tab.quiet_visit(address) as visit:
        seen(visit.page, lambda chart: chart.symbol == "AAPL")
        yield visit.page
