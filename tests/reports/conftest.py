"""Fixtures that the tests of reports share with other tests and each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.integration.two_databases import databases
from tests.pages import MadeForSession, Serve
from tests.tab import Stay, Tab
from tests.unit.conftest import clean_environment, env_file
from tests.walk.market import DrawnMarket, copy_of
from tests.walk.seeing import begin_again, quiet_page

__all__ = ["clean_environment", "databases", "env_file"]


@pytest.fixture
def cases(real_data: Path) -> Path:
    """The folder of inputs with the right value."""
    return real_data / "cases"


@pytest.fixture(scope="session")
def markets(
    embedded_postgres: str, untouched_markets: MadeForSession[DrawnMarket]
) -> MadeForSession[DrawnMarket]:
    """Copies of the markets that nobody is connected to."""
    return MadeForSession(
        lambda number: copy_of(untouched_markets.get(), embedded_postgres, f"chart_reports_{number}")
    )


@pytest.fixture(scope="module")
def market(markets: MadeForSession[DrawnMarket]) -> DrawnMarket:
    """Four symbols with a long past; their last quotes are current in the whole module."""
    return markets.get()


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market: DrawnMarket) -> str:
    """The page of that market."""
    return serve_to_all(market.dsn, "simulated")


@pytest.fixture
def fresh_page(tab: Tab, address: str) -> Iterator[Page]:
    """A fresh visit with AAPL on the chart; afterwards it must have been quiet and local."""
    with quiet_page(tab, address) as opened:
        yield opened


@pytest.fixture
def page(fresh_page: Page) -> Page:
    """A page that no test has used, where a module does not say otherwise."""
    return fresh_page


@pytest.fixture
def shared_page(stay: Stay, address: str) -> Iterator[Page]:
    """The page of the tests before, with AAPL on the chart; afterwards it must have been quiet and local."""
    with stay(address) as visit:
        begin_again(visit.page)
        yield visit.page
