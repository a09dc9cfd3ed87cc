"""A part that fails repeatedly, at once or a little later: growing pauses. How a part is started and ended."""

import os
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from shared.runtime import supervision as supervising
from shared.runtime.supervision import Child, supervise
from shared.settings.sections import Errors
from tests.slowness import PATIENCE
from tests.waiting import wait_for

ERRORS = Errors(max_retries=2, retry_delay=0.0)


def die(child: Child, until: float) -> None:
    """Look after a child until it has ended again."""
    before = child.deaths
    while child.deaths == before:
        assert time.monotonic() < until, "the child does not die"
        child.look(ERRORS)


@pytest.fixture
def child() -> Child:
    return Child("storage", ("-c", "raise SystemExit(1)"))


def test_deaths_that_are_not_instant_count_in_a_row_too(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "INSTANT_SECONDS", 0.0)
    for _ in range(4):
        die(child, time.monotonic() + PATIENCE)
    assert (child.deaths, child.instant_deaths) == (4, 0)


def test_part_that_ran_for_long_begins_to_count_again(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    die(child, time.monotonic() + PATIENCE)
    die(child, time.monotonic() + PATIENCE)
    monkeypatch.setattr(supervising, "INSTANT_SECONDS", 0.0)
    monkeypatch.setattr(supervising, "STEADY_SECONDS", 0.0)
    while child.deaths == 2:
        child.look(ERRORS)
    assert child.deaths == 1


def test_part_is_started_with_its_settings_and_gets_no_ctrl_c_of_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKSTREAM_FEED", "live")
    output = tmp_path / "output"
    words = "os.environ['TICKSTREAM_FEED'], os.getsid(0)"
    code = f"import os; print({words}, file=open({str(output)!r}, 'w'))"
    child = Child("storage", ("-c", code), {"TICKSTREAM_FEED": "simulated"})

    def has_ended() -> bool:
        child.look(ERRORS)
        return child.done

    wait_for(has_ended)
    feed, session = output.read_text().split()
    assert feed == "simulated"
    assert int(session) != os.getsid(0)


def test_switch_stops_the_parts_as_a_stop_does() -> None:
    child = Child("storage", ("-c", "import time; time.sleep(600)"))
    switch = Event()
    watch = Thread(target=supervise, args=([child], Event(), ERRORS, switch))
    watch.start()
    wait_for(lambda: child.process is not None)
    switch.set()
    watch.join(PATIENCE)
    assert child.process is not None and child.process.poll() is not None
