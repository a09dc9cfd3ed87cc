"""A random walk of a user: after each action everything on the page has to be right. `make soak` goes further."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from db.migrate import migrate
from shared.database import make_database
from shared.embedded.daemon import free_port
from tests.walk.market import Market
from tests.walk.server import Server, served
from tests.walk.walking import SIZES, Walk

ACTIONS = 14
"""In each size; over the three sizes more than 40."""


@pytest.fixture
def market(admin_dsn: str, request: pytest.FixtureRequest) -> Market:
    """Four symbols with a long past."""
    dsn = make_database(admin_dsn, f"walk_{request.node.callspec.params['size'][0]}")
    migrate(dsn)
    made = Market(dsn, int(time.time()))
    made.fill(seed=1)
    return made


@pytest.fixture
def server(market: Market) -> Iterator[Server]:
    """The server of the market's page, which the walk kills and starts."""
    with served(market.dsn, free_port()) as started:
        yield started


@pytest.mark.parametrize("size", SIZES)
def test_page_is_right_whatever_a_user_does(
    browser: Browser, market: Market, server: Server, size: tuple[int, int]
) -> None:
    walk = Walk(browser, market, server, seed=size[0], size=size)
    walk.go(ACTIONS, lambda _: None)
    walk.close()
