"""One page of the browser for all tests, loaded again for each: its process has compiled the page's scripts already."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.visit import Visit
from tests.slowness import slowness

Size = tuple[int, int]
"""Width and height of the page in pixels."""
DESKTOP = (1440, 900)
PARK = "/parked"
EMPTY = "<!DOCTYPE html><title>parked</title><link rel=icon href=data:,>"
EXPECTED = 5_000
"""Milliseconds of a free machine in which what a test expects has to come, unless it says otherwise."""


class Tab:
    """The page. Each visit finds it as a new one would be: nothing stored, no request held up, the pointer away."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None

    @contextmanager
    def visit(self, address: str, size: Size = DESKTOP) -> Iterator[Visit]:
        """A fresh visit of an address while this is open."""
        expect.set_options(timeout=EXPECTED * slowness())
        page = self._usable()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        visit = Visit(page, address)
        try:
            yield visit
        finally:
            visit.end()
            self._leave(page, address)

    @contextmanager
    def quiet_visit(self, address: str, size: Size = DESKTOP) -> Iterator[Visit]:
        """A fresh visit while this is open; it must have been quiet and local."""
        with self.visit(address, size) as visit:
            yield visit
            visit.page.evaluate("0")  # messages from before have been received after this
            complaints, outside = [*visit.complaints], [*visit.outside]
        assert (complaints, outside) == ([], [])

    def _usable(self) -> Page:
        if self._page is None or self._page.is_closed():
            self._page = self._browser.new_page()
        return self._page

    def _leave(self, page: Page, address: str) -> None:
        """Go to an empty page of the same server, which need not run, and forget what the visit stored."""
        page.unroute_all(behavior="ignoreErrors")
        page.route(f"**{PARK}", _answer_nothing)
        page.goto(urljoin(address, PARK))
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.context.clear_cookies()
        page.mouse.up()
        page.mouse.move(0, 0)
        page.unroute_all(behavior="ignoreErrors")


def _answer_nothing(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body=EMPTY)


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Tab:
    """The page of all tests."""
    return Tab(browser)


Look = Callable[..., Page]
"""Visits an address, at a size if one is given, until the test ends; gives the page."""


@pytest.fixture
def look(tab: Tab) -> Iterator[Look]:
    """Visits an address in the page of all tests; noise is not looked at, as where a server goes away."""
    with ExitStack() as opened:
        yield lambda address, size=DESKTOP: opened.enter_context(tab.visit(address, size)).page
