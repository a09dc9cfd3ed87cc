"""The figure of past forecasts, while that of another symbol is still on its way."""

from contextlib import closing

import pytest
from playwright.sync_api import Page, Route, expect

from shared.postgres.database import connect, transaction
from tests.at_the_desk import open_tab
from tests.pages import Serve
from tests.screen_rows import ScreenMinute, forecast, record
from tests.tab import Look
from tests.walk.market import DrawnMarket, copy_of

MINUTES = {"AAPL": 4, "BTC/USD": 6, "DOGE": 0}
"""So many minutes of a symbol were forecast: its figure holds one less."""
KEEP_CALLS = """() => {
    const { follow } = deskOutcomes;
    window.followed = [];
    deskOutcomes.follow = (...given) => window.followed[window.followed.push(follow(...given)) - 1];
}"""
IS_SEEN_AFTER_ALL_ANSWERS = """() => Promise.all(window.followed).then(
    () => document.getElementById('outcomes').checkVisibility({ visibilityProperty: true })
)"""


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, untouched_market: DrawnMarket, embedded_postgres: str) -> str:
    """The page of a market in which two symbols were forecast for some minutes, and the others never."""
    market = copy_of(untouched_market, embedded_postgres, "past_forecasts")
    last = market.now - market.now % 60 - 60
    with closing(connect(market.dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute("delete from forecasts")
        for symbol, count in MINUTES.items():
            for number in range(count):
                minute = ScreenMinute(symbol, last - 60 * (count - 1 - number), market.prices[symbol])
                forecast(cursor, minute, number=number + 1)
            record(cursor, symbol)
    return serve_to_all(market.dsn, "simulated")


@pytest.fixture
def page(look: Look, address: str) -> Page:
    """A fresh visit with the figure of AAPL; it keeps what the figure has been asked to follow."""
    opened = look(address)
    open_tab(opened, "Forecast")
    expect_figure_of(opened, "AAPL")
    opened.evaluate(KEEP_CALLS)
    return opened


def choose(page: Page, symbol: str) -> None:
    page.locator(f"#watch-rows [data-symbol='{symbol}']").click()


def expect_figure_of(page: Page, symbol: str) -> None:
    expect(page.locator("#outcomes-text")).to_contain_text(f"of the last {MINUTES[symbol] - 1} closes")
    expect(page.locator("#outcomes")).to_be_visible()


def held_back(page: Page, symbol: str) -> Route:
    """Choose a symbol; the request for its figure, which has no answer yet."""
    held: list[Route] = []
    page.route("**/forecasts/**", lambda route: held.append(route), times=1)
    choose(page, symbol)
    while not held:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    return held[0]


@pytest.mark.parametrize("is_answered", [True, False])
def test_figure_is_shown_again_when_another_symbol_is_left_before_its_own_has_come(
    page: Page, is_answered: bool
) -> None:
    """Scenario: somebody clicks on the wrong symbol and at once back; the figure of the first came under the second,
    or none."""
    request = held_back(page, "BTC/USD")
    expect(page.locator("#outcomes")).to_be_hidden()
    choose(page, "AAPL")
    expect_figure_of(page, "AAPL")
    if is_answered:
        request.continue_()
    else:
        request.fulfill(
            status=503, json={"detail": "PostgreSQL: canceling statement due to statement timeout"}
        )
    assert page.evaluate(IS_SEEN_AFTER_ALL_ANSWERS)
    expect_figure_of(page, "AAPL")


def test_figure_that_comes_late_is_not_drawn_under_a_symbol_without_forecasts(page: Page) -> None:
    request = held_back(page, "BTC/USD")
    choose(page, "DOGE")
    expect(page.locator("#symbol")).to_have_text("DOGE")
    expect(page.locator("#forecast-note")).to_contain_text("DOGE")
    request.continue_()
    assert not page.evaluate(IS_SEEN_AFTER_ALL_ANSWERS)
