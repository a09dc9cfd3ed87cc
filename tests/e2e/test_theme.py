"""The theme of the page: that of the system, unless the user chose one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages import Serve
from tests.tab import Stay
from tests.walk.seeing import seen

GROUND = "() => deskCanvas.chart().options().layout.background.color"
CANDLE = "() => deskCanvas.series('price').options().upColor"
COLUMN = "() => deskCanvas.series('volume').data().at(-1).color.slice(0, 7)"
LIGHT = ["#ffffff", "#077a66"]
DARK = ["#12171f", "#22b8a0"]
FONT = "() => document.fonts.check('13px Inter') && [...document.fonts].some((one) => one.family === 'Inter')"


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market_dsn: str) -> str:
    """The page of the small market."""
    return serve_to_all(market_dsn, "live")


@pytest.fixture
def page(stay: Stay, address: str) -> Iterator[Page]:
    """The page with a chart; afterwards it must have been quiet and local."""
    with stay(address) as visit:
        seen(visit.page, lambda chart: chart.visible > 0)
        yield visit.page


def colours(page: Page) -> list[str]:
    """What the chart is drawn on, and what its candles are drawn with."""
    return [page.evaluate(GROUND), page.evaluate(CANDLE)]


def theme(page: Page) -> str | None:
    """The theme that the document has."""
    return page.locator("html").get_attribute("data-theme")


def test_switch_goes_from_the_system_to_light_to_dark_and_back(page: Page) -> None:
    """The chart follows at once, and keeps its place."""
    switch = page.locator("#theme")
    expect(switch).to_have_attribute("aria-label", "Theme: as the system")
    before = page.evaluate("() => deskCanvas.range()")
    switch.click()
    expect(switch).to_have_attribute("aria-label", "Theme: light")
    assert (theme(page), colours(page)) == ("light", LIGHT)
    switch.click()
    expect(switch).to_have_attribute("aria-label", "Theme: dark")
    assert (theme(page), colours(page)) == ("dark", DARK)
    assert page.evaluate(COLUMN) in ("#22b8a0", "#f0616d")
    after = page.evaluate("() => deskCanvas.range()")
    assert abs(after["from"] - before["from"]) < 1 and abs(after["to"] - before["to"]) < 1
    switch.click()
    expect(switch).to_have_attribute("aria-label", "Theme: as the system")
    assert theme(page) == "light"


def test_chosen_theme_outlives_a_reload_and_is_there_before_the_first_paint(page: Page) -> None:
    page.evaluate("() => deskTheme.choose('dark')")
    page.reload(wait_until="commit")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    seen(page, lambda chart: chart.visible > 0)
    assert colours(page) == DARK
    page.evaluate("() => deskTheme.choose('system')")


def test_page_follows_the_theme_of_the_system(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    seen(page, lambda chart: chart.visible > 0)
    assert (theme(page), colours(page)) == ("dark", DARK)
    page.emulate_media(color_scheme="light")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    assert colours(page) == LIGHT
    page.close()


def test_typeface_comes_from_the_server_of_the_page(page: Page) -> None:
    page.wait_for_function(FONT)
    assert "Inter" in page.locator("#last").evaluate("(one) => getComputedStyle(one).fontFamily")
    assert (
        page.locator("#last").evaluate("(one) => getComputedStyle(one).fontVariantNumeric") == "tabular-nums"
    )
