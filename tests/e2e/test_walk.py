"""Random user actions: after each one everything on the page must be right. `make soak` runs more of them."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.pages import page_port
from tests.screen_rows import MINUTE
from tests.tab import Size, Tab
from tests.walk.market import DrawnMarket, copy_of
from tests.walk.server import WalkServer, served
from tests.walk.walking import SIZES, Walk

ACTIONS = 14
"""In each size; over the three sizes more than 40."""


@pytest.fixture(scope="module")
def market(embedded_postgres: str, untouched_market: DrawnMarket) -> DrawnMarket:
    """Four symbols with a long past, up to now."""
    found = copy_of(untouched_market, embedded_postgres, "walk")
    while found.now + MINUTE <= time.time():
        found.pass_minute()
    return found


@pytest.fixture(scope="module")
def server(market: DrawnMarket) -> Iterator[WalkServer]:
    """The server of the market's page, which the walks kill and start."""
    with served(market.dsn, page_port()) as started:
        yield started


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    """An empty page in which pictures are taken apart."""
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "size", [SIZES[0], *(pytest.param(size, marks=pytest.mark.variant) for size in SIZES[1:])]
)
def test_page_is_right_whatever_a_user_does(
    tab: Tab, reader: Page, market: DrawnMarket, server: WalkServer, size: Size
) -> None:
    with tab.visit(server.address, size) as visit:
        walk = Walk(visit, reader, market, server, seed=size[0], size=size)
        walk.go(ACTIONS, lambda _: None)
