"""Duration of a warm start, from the command to the first quote on the page.

    python -m benchmarks.start

`start_pipeline.py` runs twice with embedded servers in a temporary folder, which is removed at the end. The first run
creates their data folders. The second one, with a new topic and database, is measured with a headless Chromium.
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

from benchmarks.staging.stage import say, until
from benchmarks.staging.tables import table
from shared.embedded.ports import free_port
from shared.settings.config import KEYS, OTHER_NAMES

PROJECT = Path(__file__).resolve().parent.parent
CHROMIUMS = ("chromium", "chrome", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TARGET_SECONDS = 15.0
STOP_SECONDS = 20.0
LINES = ("Kafka and PostgreSQL are ready", "producer publishes", "storage runs", "analytics runs")


class StartedPipeline:
    """A running pipeline, with the time of each of the LINES in its log in seconds since its start."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.seen_at: dict[str, float] = {}
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
        assert self.process.stderr is not None, "it is a pipe"
        for line in self.process.stderr:
            for expected in LINES:
                if expected in line:
                    self.seen_at.setdefault(expected, self.now())

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began


@contextmanager
def running(settings: dict[str, str]) -> Iterator[StartedPipeline]:
    """A running pipeline, which is stopped at the end as by Ctrl-C."""
    pipeline = StartedPipeline(settings)
    try:
        yield pipeline
    finally:
        pipeline.process.terminate()
        pipeline.process.wait(STOP_SECONDS)


def settings_in(data: Path) -> dict[str, str]:
    """The environment of a pipeline with all its data in `data`; the user's own settings are not used."""
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
    """Whether the server of the page answers."""
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def phases(settings: dict[str, str], browser: Browser) -> list[tuple[str, float]]:
    """Start, watch the page until it shows a quote, stop; returns the phases with their times in seconds."""
    address = f"http://127.0.0.1:{settings['DASHBOARD_PORT']}"
    with running(settings) as pipeline:
        until(lambda: is_served(address), "the page is served")
        served = pipeline.now()
        page: Page = browser.new_page()
        page.goto(address)
        expect(page.locator("#last")).not_to_have_text("–", timeout=60_000)
        seen = pipeline.now()
        page.close()
        until(lambda: len(pipeline.seen_at) == len(LINES), "every part is running")
        ready, *parts = (pipeline.seen_at[expected] for expected in LINES)
    return [
        ("Kafka and PostgreSQL ready", ready),
        ("page served", served),
        ("producer, storage and analytics running", max(parts)),
        ("first quote on the page", seen),
    ]


def main() -> int:
    """Measure and print the table; returns the exit status."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        print(f"No Chromium found on the PATH ({', '.join(CHROMIUMS)}).", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="tickstream-benchmark-") as folder,
        sync_playwright() as playwright,
    ):
        settings = settings_in(Path(folder))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        say("first start, which creates the data folders")
        phases(settings, browser)
        say("warm start")
        found = phases(settings | {"KAFKA_TOPIC": "warm", "POSTGRES_DB": "warm"}, browser)
        browser.close()
    rows = [(name, f"{seconds:.1f}") for name, seconds in sorted(found, key=lambda phase: phase[1])]
    print(table(f"Warm start, seconds (target: below {TARGET_SECONDS:.0f})", ("phase", "after"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
