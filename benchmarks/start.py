"""How long a warm start takes, from the command to the first quote on the page.

    python -m benchmarks.start

`start_pipeline.py` runs twice on servers of its own in a temporary folder, removed at the end. The first run makes
their data folders; the second, on a topic and database of its own, is the one measured, in a headless Chromium.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.stage import say, until
from benchmarks.tables import table
from shared.embedded.daemon import free_port
from shared.settings.config import KEYS, OTHER_NAMES

PROJECT = Path(__file__).resolve().parent.parent
CHROMIUMS = ("chromium", "chrome", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AIM_SECONDS = 15.0
STOP_SECONDS = 20.0
WORDS = ("Kafka and PostgreSQL are ready", "producer publishes", "storage runs", "analytics runs")


class StartedPipeline:
    """A running pipeline and when it said what, in seconds since its start."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.said: dict[str, float] = {}
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "start_pipeline.py"],
            cwd=PROJECT,
            env=settings,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None, "it was asked for"
        for line in self.process.stderr:
            for words in WORDS:
                if words in line:
                    self.said.setdefault(words, self.now())

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began


@contextmanager
def running(settings: dict[str, str]) -> Iterator[StartedPipeline]:
    """A pipeline that is stopped at the end, as Ctrl-C does."""
    pipeline = StartedPipeline(settings)
    try:
        yield pipeline
    finally:
        pipeline.process.terminate()
        pipeline.process.wait(STOP_SECONDS)


def settings_in(data: Path) -> dict[str, str]:
    """The environment of a pipeline with everything in `data`; the user's own settings don't count."""
    return (
        os.environ
        | dict.fromkeys([*KEYS, *OTHER_NAMES], "")
        | {
            "TICKSTREAM_DATA": str(data),
            "EMBEDDED_KAFKA_PORT": str(free_port()),
            "EMBEDDED_POSTGRES_PORT": str(free_port()),
            "DASHBOARD_PORT": str(free_port()),
            "SOURCES": "simulated",
        }
    )


def is_served(address: str) -> bool:
    """Whether the page answers."""
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def phases(settings: dict[str, str], browser: Browser) -> list[tuple[str, float]]:
    """Start, look at the page until it shows a quote, stop: what was reached when, in seconds."""
    address = f"http://127.0.0.1:{settings['DASHBOARD_PORT']}"
    with running(settings) as pipeline:
        until(lambda: is_served(address), "the page is served")
        served = pipeline.now()
        page: Page = browser.new_page()
        page.goto(address)
        expect(page.locator("#last")).not_to_have_text("–", timeout=60_000)
        seen = pipeline.now()
        page.close()
        until(lambda: len(pipeline.said) == len(WORDS), "every part is at work")
        ready, *parts = (pipeline.said[words] for words in WORDS)
    return [
        ("Kafka and PostgreSQL ready", ready),
        ("page served", served),
        ("producer, storage and analytics at work", max(parts)),
        ("first quote on the page", seen),
    ]


def main() -> int:
    """Measure and print."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        print(f"no Chromium on the PATH ({', '.join(CHROMIUMS)})", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="tickstream-benchmark-") as folder,
        sync_playwright() as playwright,
    ):
        settings = settings_in(Path(folder))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        say("a first start, which makes the data folders")
        phases(settings, browser)
        say("a warm start")
        found = phases(settings | {"KAFKA_TOPIC": "warm", "POSTGRES_DB": "warm"}, browser)
        browser.close()
    rows = [(name, f"{seconds:.1f}") for name, seconds in sorted(found, key=lambda phase: phase[1])]
    print(table(f"A warm start, seconds (aim: below {AIM_SECONDS:.0f})", ("reached", "after"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
