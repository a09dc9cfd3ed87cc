"""User actions on the page, each with its expected result. A walk is a list of actions drawn from a seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page

from dashboard.presenters.figures import studies
from shared.settings.analysis_settings import Indicators
from tests.at_the_desk import choose
from tests.at_the_desk import switch_study as press_study
from tests.walk.market import KINDS, SECONDS, DrawnMarket
from tests.walk.seeing import press
from tests.walk.server import WalkServer

RANGES = {
    "1 hour": "1m",
    "3 hours": "1m",
    "1 day": "5m",
    "5 days": "15m",
    "1 month": "1h",
    "3 months": "1d",
    "1 year": "1d",
    "All": "1d",
}
"""The ranges and the interval that each sets."""
STUDIES = {study.label: study for study in studies(Indicators())}
"""All that can be shown beside the price, by their labels."""
FIRST_STUDIES = frozenset(label for label, study in STUDIES.items() if study.shown)
FIRST_RANGES = {"1m": "3 hours", "5m": "1 day", "15m": "5 days", "1h": "1 month", "1d": "1 year"}
MOVED = "?"
"""In a range's place where the chart was moved: whether it still shows the range depends on how far."""


@dataclass
class Walker:
    """A user at a page: its actions, and what the page has to show by now. `range` is None where none may be
    highlighted; `is_down` while the server is away and the browser complains of it."""

    page: Page
    market: DrawnMarket
    server: WalkServer
    dice: random.Random
    symbol: str = KINDS[0].symbol
    interval: str = "1m"
    range: str | None = None
    studies: set[str] = field(default_factory=lambda: set(FIRST_STUDIES))
    is_down: bool = False

    def begin(self) -> None:
        """What the page shows at a first visit."""
        width = (self.page.viewport_size or {"width": 1440})["width"]
        is_narrow = self.interval == "1m" and width < 600
        self.range = "1 hour" if is_narrow else FIRST_RANGES[self.interval]

    def box(self) -> tuple[float, float, float, float]:
        """Where the chart is on the screen: left, top, width and height in pixels."""
        chart = self.page.locator("#chart")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        return box["x"], box["y"], box["width"], box["height"]

    def drag(self, start: tuple[float, float], by: tuple[float, float]) -> None:
        """Drag from a point of the chart, given as shares of its width and height, by shares of them."""
        left, top, width, height = self.box()
        x, y = left + width * start[0], top + height * start[1]
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + width * by[0], y + height * by[1], steps=5)
        self.page.mouse.up()


Action = Callable[[Walker], str]
"""Does something and gives it in words."""


def choose_symbol(walker: Walker) -> str:
    """A click on a row of the watchlist."""
    walker.symbol = walker.dice.choice(KINDS).symbol
    choose(walker.page, walker.symbol)
    return f"symbol {walker.symbol}"


def choose_interval(walker: Walker) -> str:
    """A press of an interval: another one lights no range."""
    label = walker.dice.choice(list(SECONDS))
    if label != walker.interval:
        walker.range = None
    walker.interval = label
    press(walker.page, label)
    return f"interval {label}"


def choose_range(walker: Walker) -> str:
    """A press of a range, which sets its interval."""
    walker.range = walker.dice.choice(list(RANGES))
    walker.interval = RANGES[walker.range]
    press(walker.page, walker.range)
    return f"range {walker.range}"


def switch_study(walker: Walker) -> str:
    """A study is shown or hidden."""
    study = walker.dice.choice(list(STUDIES))
    press_study(walker.page, study)
    walker.studies ^= {study}
    return f"study {study}"


def zoom(walker: Walker) -> str:
    """The wheel is turned over the chart."""
    left, top, width, _ = walker.box()
    walker.page.mouse.move(left + width * walker.dice.uniform(0.2, 0.7), top + 60)
    turn = walker.dice.choice((-900, -400, -150, 150, 400, 900))
    walker.page.mouse.wheel(0, turn)
    walker.range = MOVED
    return f"zoom {turn}"


def pan(walker: Walker) -> str:
    """The chart is dragged to and fro."""
    by = walker.dice.choice((-0.6, -0.3, 0.3, 0.6, 0.6))
    walker.drag((0.2 if by > 0 else 0.8, 0.25), (by, 0))
    walker.range = MOVED
    return f"pan {by}"


def pan_far(walker: Walker) -> str:
    """The chart is dragged far into the past."""
    for _ in range(6):
        walker.drag((0.1, 0.25), (0.7, 0))
    walker.range = MOVED
    return "pan far back"


def drag_price_axis(walker: Walker) -> str:
    """The price axis is dragged: the scale does not follow by itself any more."""
    by = walker.dice.choice((-0.12, 0.12, 0.2))
    walker.drag((0.97, 0.25), (0, by))
    return f"price axis {by}"


def drag_time_axis(walker: Walker) -> str:
    """The time axis is dragged."""
    by = walker.dice.choice((-0.2, 0.2))
    walker.drag((0.5, 0.985), (by, 0))
    walker.range = MOVED
    return f"time axis {by}"


def go_to_latest(walker: Walker) -> str:
    """Back to the newest bar."""
    walker.page.locator("#latest").click()
    walker.range = MOVED
    return "latest"


def resize(walker: Walker) -> str:
    """The window gets another size."""
    size = walker.page.viewport_size
    assert size is not None
    width = max(390, round(size["width"] * walker.dice.choice((0.9, 0.97, 1.03, 1.1))))
    height = max(700, min(1000, round(size["height"] * walker.dice.choice((0.92, 1.08)))))
    walker.page.set_viewport_size({"width": width, "height": height})
    return f"size {width}x{height}"


def hide(walker: Walker) -> str:
    """The tab is frozen as a browser freezes one that nobody looks at; meanwhile the market goes on."""
    session = walker.page.context.new_cdp_session(walker.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    for _ in range(walker.dice.randint(1, 3)):
        walker.market.pass_minute()
    session.send("Page.setWebLifecycleState", {"state": "active"})
    session.detach()
    return "hidden for some minutes"


def reload(walker: Walker) -> str:
    """The page is loaded again: it shows what its address names."""
    walker.page.reload()
    return "reload"


def kill_server(walker: Walker) -> str:
    """The server is killed; a symbol is chosen while it is away."""
    walker.is_down = True
    walker.server.kill()
    walker.market.pass_minute()
    chosen = choose_symbol(walker)
    walker.server.start()
    return f"server killed, {chosen}, server started"


def pass_minute(walker: Walker) -> str:
    """Bars close and the next ones open."""
    walker.market.pass_minute()
    return "a minute passes"


ACTIONS: tuple[tuple[Action, int], ...] = (
    (choose_symbol, 16),
    (choose_interval, 16),
    (choose_range, 18),
    (switch_study, 10),
    (zoom, 10),
    (pan, 8),
    (pan_far, 5),
    (drag_price_axis, 6),
    (drag_time_axis, 4),
    (go_to_latest, 4),
    (resize, 4),
    (hide, 3),
    (reload, 3),
    (kill_server, 2),
    (pass_minute, 6),
)
"""The actions, and how often of 115 each is taken."""
