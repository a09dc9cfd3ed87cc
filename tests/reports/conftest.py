"""Fixtures that the tests of reports share with the unit tests and each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.pages import Serve
from tests.tab import Tab
from tests.unit.conftest import clean_environment, env_file
from tests.walk.market import DrawnMarket, market_in
from tests.walk.seeing import quiet_page

__all__ = ["clean_environment", "env_file"]


@pytest.fixture
def cases(real_data: Path) -> Path:
    """The folder of inputs with the right value."""
    return real_data / "cases"


@pytest.fixture(scope="session")
def market(admin_dsn: str) -> DrawnMarket:
    """Four symbols with a long past."""
    return market_in(admin_dsn, "chart_reports", seed=1)


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market: DrawnMarket) -> str:
    """The page of that market."""
    return serve_to_all(market.dsn, "simulated")


@pytest.fixture
def page(tab: Tab, address: str) -> Iterator[Page]:
    """A fresh visit with AAPL on the chart; afterwards it must have been quiet and local."""
    with quiet_page(tab, address) as opened:
        yield opened
