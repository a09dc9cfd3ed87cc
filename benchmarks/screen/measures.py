"""The measurements of one page: each returns the cells of its rows by their names."""

import json
import time
from collections.abc import Callable, Sequence

import numpy as np
from playwright.sync_api import Browser

from benchmarks.screen.browser import ProbedPage
from benchmarks.screen.desk import ACT, SYMBOLS, ScreenDesk
from benchmarks.screen.painted import PricePaint, delays
from benchmarks.staging.part import Part
from benchmarks.staging.stage import say

RATE = 1_000
VISITS, SWITCHES = 5, 40
SETTLING_SECONDS = 5.0
SHIFT_SECONDS = 5.0
LONG_MS = 100.0
HOUR_SAMPLES = 12
VIEWERS = 200
PAUSE_MS = 300

Cells = dict[str, str]
COMMIT = f"live-view commit to painted, {SYMBOLS} symbols, {RATE:,} quotes/s: p50 / p99 ms"
QUOTE = "quote received to painted: p50 / p99 ms"
LOAD = "CPU meanwhile, core: page server / analytics / PostgreSQL"
LONG = f"long tasks over {LONG_MS:.0f} ms after load, a minute"
SWITCH = "switch of symbol until the chart is drawn: p50 / p95 ms"
VIEW = "first view until the chart is drawn: cold / warm s"
BYTES = "bytes of the first view, MB"
SHIFT = "layout shift"
SOCKETS = f"{VIEWERS} sockets at 1/s: CPU of the page server, core / push p95 ms"
MEMORY = "open page: heap MB / nodes, first and last quarter"


def spread(values: Sequence[float], *percents: float) -> str:
    """Percentiles of milliseconds; a dash without values."""
    return " / ".join(f"{value:.0f}" for value in np.percentile(values, percents)) if values else "–"


def painted(desk: ScreenDesk, browser: Browser, address: str, server: Part, seconds: float) -> Cells:
    """From the commit and from the receipt of a quote until it is painted, at a thousand quotes a second."""
    context = browser.new_context()
    with desk.trading(RATE):
        page = ProbedPage(context, address)
        page.show_charted()
        page.page.wait_for_timeout(1000 * SETTLING_SECONDS)
        earlier = len(page.long_tasks())
        since, load = time.time(), _load(desk, server)
        page.page.wait_for_timeout(1000 * seconds)
        shares = [
            (now - before) / (time.time() - since)
            for now, before in zip(_load(desk, server), load, strict=True)
        ]
        paints, tasks = page.paints(), page.long_tasks()[earlier:]
    found = delays(desk.commits(), desk.received(since), paints, since)
    context.close()
    say(
        f"{len(found.from_commit)} states, {len(found.from_quote)} quotes; longest task {max(tasks, default=0):.0f} ms"
    )
    return {
        COMMIT: spread(found.from_commit, 50, 99),
        QUOTE: spread(found.from_quote, 50, 99),
        LOAD: " / ".join(f"{share:.2f}" for share in shares),
        LONG: f"{sum(task > LONG_MS for task in tasks) * 60 / seconds:.0f}",
    }


def _load(desk: ScreenDesk, server: Part) -> tuple[float, ...]:
    """CPU seconds so far of the page's server, analytics and PostgreSQL."""
    return server.cpu_seconds(), desk.parts["analytics"].cpu_seconds(), desk.stage.server_cpu().postgres


def switched(desk: ScreenDesk, browser: Browser, address: str) -> Cells:
    """From a click on a symbol until its chart is drawn, each symbol quoted once a second."""
    context = browser.new_context()
    with desk.trading(SYMBOLS):
        page = ProbedPage(context, address)
        page.page.wait_for_timeout(1000 * SETTLING_SECONDS)
        found = []
        for number in range(SWITCHES):
            found.append(page.switch(f"S{1 + number % 8:05d}"))
            page.page.wait_for_timeout(PAUSE_MS)
    context.close()
    return {SWITCH: spread(found, 50, 95)}


def first_viewed(desk: ScreenDesk, browser: Browser, address: str) -> Cells:
    """The first view in a new browser profile, and again in one that has the files: each the median of some."""
    cold, warm, loaded, shifts = [], [], [], []
    with desk.trading(SYMBOLS):
        for _ in range(VISITS):
            context = browser.new_context()
            page = ProbedPage(context, address)
            page.page.wait_for_timeout(1000 * SHIFT_SECONDS)
            cold.append(page.drawn_ms)
            loaded.append(page.bytes)
            shifts.append(page.shift)
            page.page.close()
            again = ProbedPage(context, address)
            warm.append(again.drawn_ms)
            context.close()
    return {
        VIEW: f"{np.median(cold) / 1000:.1f} / {np.median(warm) / 1000:.1f}",
        BYTES: f"{np.median(loaded) / 1e6:.2f}",
        SHIFT: f"{np.median(shifts):.2f}",
    }


def opened(desk: ScreenDesk, browser: Browser, address: str, seconds: float) -> Cells:
    """The heap and the nodes of a page that stays open: their means in the first and the last quarter of the time."""
    context = browser.new_context()
    with desk.trading(RATE):
        page = ProbedPage(context, address)
        page.page.wait_for_timeout(1000 * SETTLING_SECONDS)
        found = []
        for _ in range(HOUR_SAMPLES):
            page.page.wait_for_timeout(1000 * seconds / HOUR_SAMPLES)
            found.append(page.memory())
            page.page.evaluate("screenProbe.paints.length = screenProbe.longTasks.length = 0")
    context.close()
    quarter = HOUR_SAMPLES // 4
    first, last = np.mean(found[:quarter], axis=0), np.mean(found[-quarter:], axis=0)
    return {MEMORY: f"{first[0]:.1f}, {last[0]:.1f} / {first[1]:.0f}, {last[1]:.0f}"}


def pushed(desk: ScreenDesk, address: str, server: Part, seconds: float) -> Cells:
    """Many viewers, each with a tick a second: from the commit until each of them has it. The charted symbol alone is
    quoted."""
    options = ("--address", address, "--viewers", str(VIEWERS), "--seconds", str(seconds + SETTLING_SECONDS))
    with desk.trading(1, symbols=1):
        process = desk.stage.start(ACT, "benchmarks.screen.sockets", *options)
        time.sleep(SETTLING_SECONDS)
        since, cpu = time.time(), server.cpu_seconds()
        printed = process.ended().printed
        share = (server.cpu_seconds() - cpu) / (time.time() - since)
    commits = desk.commits()
    found = [
        each
        for received in json.loads(printed)
        for each in delays(commits, [], [PricePaint(*tick) for tick in received], since).from_commit
    ]
    return {SOCKETS: f"{share:.2f} / {spread(found, 95)}"}


Measure = Callable[[ScreenDesk, Browser, str, Part, float], Cells]
MEASURES: dict[str, Measure] = {
    "painted": painted,
    "switch": lambda desk, browser, address, _, __: switched(desk, browser, address),
    "view": lambda desk, browser, address, _, __: first_viewed(desk, browser, address),
    "sockets": lambda desk, _, address, server, seconds: pushed(desk, address, server, seconds),
    "open": lambda desk, browser, address, _, seconds: opened(desk, browser, address, seconds),
}
AIMS = {
    COMMIT: "30 / 80",
    QUOTE: "60 / 150",
    LOAD: "",
    LONG: "0",
    SWITCH: "60 / 120",
    VIEW: "1.0 / 0.6",
    BYTES: "1.2",
    SHIFT: "0.05",
    SOCKETS: "0.15 / 30",
    MEMORY: "flat",
}
