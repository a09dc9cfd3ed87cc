"""Random user actions: after each one everything on the page must be right. `make soak` runs more of them."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from shared.embedded.ports import free_port
from tests.screen_rows import MINUTE
from tests.walk.market import DrawnMarket, copy_of
from tests.walk.server import WalkServer, served
from tests.walk.walking import SIZES, Walk

ACTIONS = 14
"""In each size; over the three sizes more than 40."""


@pytest.fixture
def market(admin_dsn: str, untouched_market: DrawnMarket, request: pytest.FixtureRequest) -> DrawnMarket:
    """Four symbols with a long past, up to now."""
    found = copy_of(untouched_market, admin_dsn, f"walk_{request.node.callspec.params['size'][0]}")
    while found.now + MINUTE <= time.time():
        found.pass_minute()
    return found


@pytest.fixture
def server(market: DrawnMarket) -> Iterator[WalkServer]:
    """The server of the market's page, which the walk kills and starts."""
    with served(market.dsn, free_port()) as started:
        yield started


@pytest.mark.parametrize("size", SIZES)
def test_page_is_right_whatever_a_user_does(
    browser: Browser, market: DrawnMarket, server: WalkServer, size: tuple[int, int]
) -> None:
    walk = Walk(browser, market, server, seed=size[0], size=size)
    walk.go(ACTIONS, lambda _: None)
    walk.close()
