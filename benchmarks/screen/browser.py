"""A headless Chromium, and pages in it with a probe."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.screen.desk import CHARTED
from benchmarks.screen.painted import PricePaint
from benchmarks.staging.stage import until
from benchmarks.start import CHROMIUMS, FLAGS

PROBE = Path(__file__).with_name("probe.js").read_text("utf-8")
BROWSERS = ("chromium-headless-shell", *CHROMIUMS)
WIDTH, HEIGHT = 1440, 900


class ProbedPage:
    """A page of the browser, its probe, and the bytes that it has loaded."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        self.bytes = 0
        self._session = context.new_cdp_session(self.page)
        self._session.send("Network.enable")
        self._session.on("Network.loadingFinished", self._add)
        self.page.add_init_script(PROBE)
        self.page.goto(address, wait_until="commit")
        until(self._is_drawn, "the chart is drawn")

    def _add(self, finished: dict[str, Any]) -> None:
        self.bytes += int(finished["encodedDataLength"])

    def _is_drawn(self) -> bool:
        return bool(self.page.evaluate("Boolean(window.screenProbe && screenProbe.drawnAt)"))

    @property
    def drawn_ms(self) -> float:
        """Milliseconds from the start of the navigation until the chart was drawn."""
        return float(self.page.evaluate("screenProbe.drawnAt"))

    @property
    def shift(self) -> float:
        """The layout shift so far."""
        return float(self.page.evaluate("screenProbe.shift"))

    def long_tasks(self) -> list[float]:
        """Milliseconds of the tasks over 50 ms that began after the chart was drawn."""
        found = self.page.evaluate("screenProbe.longTasks")
        drawn = self.drawn_ms
        return [duration for start, duration in found if start > drawn]

    def paints(self) -> list[PricePaint]:
        """The prices painted so far."""
        return [
            PricePaint(at / 1000, float(text.replace(",", "")))
            for at, text in self.page.evaluate("screenProbe.paints")
            if text and text != "–"
        ]

    def switch(self, symbol: str) -> float:
        """Milliseconds until the chart of another symbol is drawn."""
        return float(self.page.evaluate("symbol => screenProbe.switchTo(symbol)", symbol))

    def show_charted(self) -> None:
        """Show the symbol whose states are noted."""
        if self.page.evaluate("(window.deskChart ? deskChart.view().symbol : null)") not in (None, CHARTED):
            self.switch(CHARTED)

    def memory(self) -> tuple[float, int]:
        """Megabytes of the heap after a collection, and the number of nodes."""
        self._session.send("HeapProfiler.collectGarbage")
        self._session.send("Performance.enable")
        found = {
            each["name"]: each["value"] for each in self._session.send("Performance.getMetrics")["metrics"]
        }
        return found["JSHeapUsedSize"] / 2**20, int(found["Nodes"])


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium while this is open. Raises FileNotFoundError without one on the PATH."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise FileNotFoundError(f"no Chromium on the PATH ({', '.join(BROWSERS)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
