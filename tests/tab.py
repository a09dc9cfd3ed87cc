"""One page of the browser for all tests, loaded again for each: its process has compiled the page's scripts already."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.e2e.visit import Visit
from tests.pages import Serve

Size = tuple[int, int]
"""Width and height of the page in pixels."""
DESKTOP = (1440, 900)
PARK = "/parked"
EMPTY = "<!DOCTYPE html><title>parked</title><link rel=icon href=data:,>"


class Tab:
    """The page. Each visit finds it as a new one would be: nothing stored, no request held up, the pointer away."""

    def __init__(self, browser: Browser, script: str = "") -> None:
        """`script` runs before those of the page at each visit."""
        self._browser = browser
        self._script = script
        self._page: Page | None = None
        self._stay: tuple[str, Visit] | None = None
        self._staying = ExitStack()

    @contextmanager
    def visit(self, address: str, size: Size = DESKTOP) -> Iterator[Visit]:
        """A fresh visit of an address while this is open."""
        self.end_stay()
        page = self._usable()
        _resize(page, size)
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
            noise = _noise(visit)
        assert noise == ([], [])

    @contextmanager
    def quiet_stay(self, address: str, size: Size = DESKTOP) -> Iterator[Visit]:
        """The page as the last stay at this address left it, with the pointer away; it must have been quiet and local.

        It is visited afresh if this is the first stay, or if somebody visited the page since then.
        """
        if self._stay is None or self._stay[0] != address:
            self.end_stay()
            self._stay = address, self._staying.enter_context(self.visit(address, size))
        visit = self._stay[1]
        _resize(visit.page, size)
        _release_pointer(visit.page)
        yield visit
        visit.page.unroute_all(behavior="ignoreErrors")  # of a test that failed, too
        complaints, outside = _noise(visit)
        visit.complaints.clear()
        visit.outside.clear()
        assert (complaints, outside) == ([], [])

    def end_stay(self) -> None:
        """Leave the page of the last stay, if there was one: the next one is a fresh visit."""
        self._stay = None
        self._staying.close()

    def close(self) -> None:
        """Close the page."""
        self.end_stay()
        if self._page is not None:
            self._page.close()

    def _usable(self) -> Page:
        if self._page is None or self._page.is_closed():
            self._page = self._browser.new_page()
            self._page.add_init_script(self._script)
        return self._page

    def _leave(self, page: Page, address: str) -> None:
        """Go to an empty page of the same server, which need not run, and forget what the visit stored."""
        page.unroute_all(behavior="ignoreErrors")
        page.route(f"**{PARK}", _answer_nothing)
        page.goto(urljoin(address, PARK))
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.context.clear_cookies()
        _release_pointer(page)
        page.unroute_all(behavior="ignoreErrors")


def _noise(visit: Visit) -> tuple[list[str], list[str]]:
    """What the visit complained of, and what it asked other servers for."""
    visit.page.evaluate("0")  # messages from before have been received after this
    return [*visit.complaints], [*visit.outside]


def _resize(page: Page, size: Size) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def _release_pointer(page: Page) -> None:
    page.mouse.up()
    page.mouse.move(0, 0)


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


Stay = Callable[..., AbstractContextManager[Visit]]
"""Stays at an address, at a size if one is given; see `Tab.quiet_stay`."""


@pytest.fixture(scope="module")
def stay(tab: Tab, serve_to_all: Serve) -> Iterator[Stay]:
    """Lets the tests of a module share one visit. Each has to bring the page back to where it begins."""
    yield tab.quiet_stay
    tab.end_stay()
