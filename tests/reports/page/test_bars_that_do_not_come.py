"""Scenario: the bars of the chart can't be read for a while. The drawn chart stays, a note reports it, and the bars are
requested again after growing pauses."""

import re
import time
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from tests.slowness import PATIENCE
from tests.tab import Look
from tests.walk.seeing import SeenChart, chart_of, press, seen

LONGER_PAUSE = re.compile(r"Retrying in ([4-9]|\d\d) s")
"""What the note says after the third refusal, or a later one; it says 1 s after the first."""


@pytest.fixture
def page(look: Look, address: str) -> Page:
    """A fresh visit with AAPL on the chart."""
    opened = look(address)
    seen(opened, lambda chart: chart.symbol == "AAPL")
    return opened


SHORT_PATIENCE = """() => {
    const own = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = () => own(500);
}"""


class RefusedBars:
    """Answers of 503 in place of bars; `asked` holds when each was requested, in seconds."""

    def __init__(self, page: Page, addresses: str) -> None:
        self.asked: list[float] = []
        self._page, self._addresses = page, addresses
        page.route(addresses, self._refuse)

    def _refuse(self, route: Route) -> None:
        self.asked.append(time.monotonic())
        route.fulfill(status=503, json={"detail": "PostgreSQL: canceling statement due to statement timeout"})

    def wait_for(self, times: int) -> list[float]:
        """Wait until so many were refused; the seconds between them."""
        deadline = time.monotonic() + PATIENCE
        while len(self.asked) < times:
            assert time.monotonic() < deadline, self.asked
            self._page.wait_for_timeout(20)
        return [after - before for before, after in pairwise(self.asked)]

    def end(self) -> None:
        """From now on the server answers again."""
        self._page.unroute(self._addresses)


def drawn(page: Page) -> SeenChart:
    """What the chart shows at this moment; it is never empty."""
    chart = chart_of(page)
    assert chart is not None and chart.visible > 10 and chart.drawn == chart.loaded
    return chart


@pytest.mark.variant
def test_chart_stays_while_another_interval_can_not_be_read_and_comes_once_it_can(page: Page) -> None:
    """Report: the history was answered with 503 under load; the page asked twice a second and showed no reason."""
    refusal = RefusedBars(page, "**/history/AAPL?interval=1h**")
    press(page, "1h")
    note = page.locator("#late")
    expect(note).to_contain_text("Could not load the bars of AAPL, 1h. Retrying in")
    expect(note).to_contain_text("The chart still shows AAPL, 1m.")
    pauses = refusal.wait_for(3)
    assert pauses[0] >= 1 and pauses[1] >= 2, pauses
    expect(page.locator("#late")).to_contain_text(LONGER_PAUSE)
    assert drawn(page).interval == "1m"
    refusal.end()
    seen(page, lambda chart: chart.interval == "1h")
    expect(note).to_be_hidden()


def test_bars_that_are_never_answered_are_requested_again(page: Page) -> None:
    """Scenario: a connection was lost without a word; the chart waited for its bars without end and without a note."""
    unanswered: list[Route] = []
    page.route("**/history/AAPL?interval=1h**", lambda route: unanswered.append(route), times=2)
    page.evaluate(SHORT_PATIENCE)
    press(page, "1h")
    expect(page.locator("#late")).to_contain_text("Could not load the bars of AAPL, 1h. Retrying in")
    assert drawn(page).interval == "1m"
    seen(page, lambda chart: chart.interval == "1h")
    assert len(unanswered) == 2
    expect(page.locator("#late")).to_be_hidden()


def test_another_interval_is_requested_at_once_after_a_failure(page: Page) -> None:
    """Scenario: one symbol's bars can't be read; those of another are not kept waiting."""
    refusal = RefusedBars(page, "**/history/AAPL?interval=1h**")
    press(page, "1h")
    refusal.wait_for(2)
    press(page, "5m")
    seen(page, lambda chart: chart.interval == "5m")
    expect(page.locator("#late")).to_be_hidden()


def test_older_bars_that_can_not_be_read_leave_the_chart_where_it_is(page: Page) -> None:
    """Scenario: somebody pans into the past while the database is slow."""
    refusal = RefusedBars(page, "**/history/**before=**")
    page.evaluate("deskCanvas.setRange({ from: 5, to: 150 })")
    pauses = refusal.wait_for(3)
    assert pauses[0] >= 1 and pauses[1] >= 2, pauses
    expect(page.locator("#late")).to_contain_text(LONGER_PAUSE)
    expect(page.locator("#late")).to_contain_text("Could not load more bars.")
    before = drawn(page)
    refusal.end()
    after = seen(page, lambda chart: chart.loaded > before.loaded)
    assert (after.first, after.visible) == (before.first, before.visible)
    expect(page.locator("#late")).to_be_hidden()
