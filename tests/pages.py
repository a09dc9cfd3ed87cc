"""A real database, a real server and a real browser for the tests of the page."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, Generic, TypeVar

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from dashboard.api.guard import Names
from dashboard.api.socket_protocol import SOCKET_OPTIONS
from dashboard.app import NAMES, build
from dashboard.presenters.delta import PageContext
from dashboard.read.read_model import ReadModel
from shared.calendars.calendars import calendar_of
from shared.calendars.next_session import next_session
from shared.embedded.ports import free_port, is_free
from shared.market.exchanges import SIMULATED
from shared.postgres.database import connect, transaction
from shared.settings.analysis_settings import Alerts, Indicators
from tests.copied import database_with_tables
from tests.screen_rows import alert, fill
from tests.slowness import PATIENCE
from tests.waiting import wait_for
from tests.walk.market import DrawnMarket, market_in

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

BROWSERS = ("chromium-headless-shell", "chromium", "chrome", "google-chrome")
"""The first of these is used. The headless shell draws pages alike, and spends no time on windows, tabs, extensions."""

EXPECTED = 100.0
"""Seconds in which what a test expects of a page comes, also on a busy machine; one that is wrong fails then."""

_left_ports: list[int] = []
"""Ports of page servers that ended. The browser has compiled the scripts of their addresses."""

Made = TypeVar("Made")
Serve = Callable[[str, str], str]
"""Serves the screen of a database (its DSN) and a feed; gives the page's address."""


def until(page: Page, expression: str, *, arg: object = None) -> None:
    """Wait until a script gives something true.

    Playwright's own way asks within the page with `eval`, which the page's policy forbids; asked from outside, the
    policy stays in force in every test.
    """
    began = time.monotonic()
    while not _gives(page, expression, arg):
        if time.monotonic() - began > EXPECTED:
            raise PlaywrightTimeoutError(f"waited in vain for {expression}")
        page.wait_for_timeout(40)


def _gives(page: Page, expression: str, arg: object) -> bool:
    try:
        return bool(page.evaluate(expression, arg))
    except PlaywrightError as error:
        if "context was destroyed" not in error.message:
            raise
        return False  # the page is being loaded again


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium while this is open. Raises FileNotFoundError where there is none on the PATH."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise FileNotFoundError("no Chromium on the PATH: the page can't be looked at")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS), timeout=1000 * PATIENCE)
        yield started
        started.close()


def patient(make: Callable[..., Any]) -> Callable[..., Any]:
    """Makes the same page or context, in which an action may take as long as a busy machine needs; without service
    workers, which would answer in place of a test."""

    def made(*given: Any, **options: Any) -> Any:
        found = make(*given, **options)
        if "service_workers" not in options and not isinstance(given[0], BrowserContext):
            found.add_init_script("delete Navigator.prototype.serviceWorker")
        found.set_default_timeout(1000 * EXPECTED)
        return found

    return made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; without one the test is skipped, on the build server it fails."""
    with ExitStack() as opened:
        try:
            started = opened.enter_context(chromium())
        except FileNotFoundError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error))
            pytest.skip(str(error))
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        expect.set_options(timeout=1000 * EXPECTED)
        patch.setattr(Page, "wait_for_function", until)
        for kind, name in ((Browser, "new_page"), (Browser, "new_context"), (BrowserContext, "new_page")):
            patch.setattr(kind, name, patient(getattr(kind, name)))
        yield started


class MadeForSession(Generic[Made]):
    """What `make` gave for a number, given again until the simulated exchange opens: soon after that the last quotes
    of before are outdated. From then on it is what `make` gives for the next number."""

    def __init__(self, make: Callable[[int], Made]) -> None:
        self._make, self._given = make, list[Made]()
        self._until = 0

    def get(self) -> Made:
        """What is current now."""
        if (now := int(time.time())) >= self._until:
            self._until = next_session(calendar_of(SIMULATED), now)
            self._given.append(self._make(len(self._given)))
        return self._given[-1]


@pytest.fixture(scope="session")
def small_markets(embedded_postgres: str) -> MadeForSession[str]:
    """Databases with three symbols of 300 minutes each."""

    def make(number: int) -> str:
        dsn = database_with_tables(embedded_postgres, f"market_{number}")
        with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
            now = int(time.time())
            fill(cursor, {"AAA": 101.0, "BBB": 250.0, "BTC/USD": 64000.0}, now, bars=300)
            alert(cursor, "AAA", now - now % 60 - 60, 74.3)
        return dsn

    return MadeForSession(make)


@pytest.fixture(scope="module")
def market_dsn(small_markets: MadeForSession[str]) -> str:
    """A database with three symbols of 300 minutes each, whose last quotes are current in the whole module."""
    return small_markets.get()


@pytest.fixture(scope="session")
def untouched_markets(embedded_postgres: str) -> MadeForSession[DrawnMarket]:
    """Markets for copies."""
    return MadeForSession(lambda number: market_in(embedded_postgres, f"untouched_{number}", seed=1))


@pytest.fixture(scope="module")
def untouched_market(untouched_markets: MadeForSession[DrawnMarket]) -> DrawnMarket:
    """Four symbols with a long past, for copies: nobody is connected to its database. Their last quotes are current in
    the whole module."""
    return untouched_markets.get()


def model_of(dsn: str, feed: str) -> ReadModel:
    """What the screen reads of a database."""
    return ReadModel(lambda: dsn, feed, 1000, time.time_ns() // 1_000_000, "test", "test")


def page_port() -> int:
    """A free port for a page's server, one that had such a server before if there is one."""
    while _left_ports:
        if is_free(port := _left_ports.pop()):
            return port
    return free_port()


@contextmanager
def serving(model: ReadModel, port: int, names: Names = NAMES) -> Iterator[str]:
    """Serve the screen of a read model at a port while this is open; gives the page's address."""
    context = PageContext(model.feed, "The database of the test", Indicators(), Alerts())
    app = build(model, context, names=names)
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=port, log_level="warning", lifespan="on", timeout_graceful_shutdown=1, **SOCKET_OPTIONS
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        _left_ports.append(port)


@pytest.fixture
def serve_model(embedded_postgres: str) -> Iterator[Callable[[ReadModel], str]]:
    """Serves the screen of a read model until the test ends; gives the page's address."""
    with ExitStack() as open_servers:
        yield lambda model: open_servers.enter_context(serving(model, page_port()))


@pytest.fixture
def serve(serve_model: Callable[[ReadModel], str]) -> Serve:
    """Serves the screen of a database and a feed until the test ends; gives the page's address."""
    return lambda dsn, feed: serve_model(model_of(dsn, feed))


@pytest.fixture(scope="module")
def serve_to_all(embedded_postgres: str) -> Iterator[Serve]:
    """Serves the screen of a database and a feed to all tests of a module: each is served once."""
    addresses: dict[tuple[str, str], str] = {}
    with ExitStack() as open_servers:

        def start(dsn: str, feed: str) -> str:
            if (dsn, feed) not in addresses:
                addresses[dsn, feed] = open_servers.enter_context(serving(model_of(dsn, feed), page_port()))
            return addresses[dsn, feed]

        yield start
