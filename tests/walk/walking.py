"""A walk: actions drawn from a seed, with the checks after each one."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from tests.e2e.visit import Visit
from tests.tab import Size
from tests.walk.actions import ACTIONS, Walker
from tests.walk.checks import faults
from tests.walk.market import KINDS, DrawnMarket
from tests.walk.server import WalkServer

LATE = 100.0  # seconds after which the page is wrong and not only late
SIZES = ((1440, 900), (1024, 768), (390, 844))
AWAY = "net::ERR_", "Failed to fetch", "the server did not respond"
"""What a browser complains of while the server is away."""
Report = Callable[[str], None]


class WalkFailed(AssertionError):
    """The page is wrong after some action; the text holds what leads there again."""


class Walk:
    """A user's walk over a page of a size. The same seed makes the same walk."""

    def __init__(
        self, visit: Visit, reader: Page, market: DrawnMarket, server: WalkServer, seed: int, size: Size
    ) -> None:
        """`visit` is a fresh one of that size, `reader` an empty page in which pictures are taken apart."""
        self.seed, self.size = seed, size
        self.done: list[str] = []
        self._visit, self._reader = visit, reader
        self._dice = random.Random(seed)
        self._walker = Walker(visit.page, market, server, self._dice)

    @property
    def page(self) -> Page:
        """The page that is walked over."""
        return self._walker.page

    def go(self, actions: int, report: Report) -> None:
        """Take so many actions. Raises WalkFailed with seed, size and actions where the page is wrong afterwards."""
        self._walker.begin()
        self._check("load")
        for _ in range(actions):
            action = self._dice.choices([one for one, _ in ACTIONS], [weight for _, weight in ACTIONS])[0]
            try:
                text = action(self._walker)
            except BrowserError as error:
                raise self._failure([f"{action.__name__}: {error}"]) from error
            self._check(text)
            report(text)

    def _check(self, text: str) -> None:
        """A quote comes in, and then the page has to be right; the pointer is outside the chart."""
        self.done.append(text)
        walker = self._walker
        kind = self._dice.choice([kind for kind in KINDS if kind.symbol == walker.symbol] * 2 + list(KINDS))
        walker.market.move(kind.symbol, kind.price * (1 + self._dice.uniform(-0.004, 0.004)))
        walker.page.mouse.move(1, 1)
        deadline = time.monotonic() + LATE
        while found := faults(walker, self._reader):
            if time.monotonic() > deadline:
                raise self._failure(found)
            walker.page.evaluate("() => new Promise((done) => setTimeout(done, 40))")
        self._listen(walker)

    def _listen(self, walker: Walker) -> None:
        complaints = [
            text for text in self._visit.complaints if not (walker.is_down and _is_of_absence(text))
        ]
        if complaints or self._visit.outside:
            raise self._failure([*complaints, *self._visit.outside])
        self._visit.complaints.clear()
        walker.is_down = False

    def _failure(self, found: list[str]) -> WalkFailed:
        picture = Path(gettempdir()) / f"walk-{self.seed}-{self.size[0]}.png"
        self.page.screenshot(path=picture)
        walk = "\n".join(f"{number:4} {text}" for number, text in enumerate(self.done))
        lines = (f"seed {self.seed}, size {self.size}", walk, *found, f"picture: {picture}")
        return WalkFailed("\n".join(lines))


def _is_of_absence(text: str) -> bool:
    return any(sign in text for sign in AWAY)
