"""The life cycle of a part: how it is stopped, and its name."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.runtime.lifecycle import instance_name, stop_on_signals

NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture
def handlers_restored() -> Iterator[None]:
    """The handlers as they were, whatever the test sets."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers_restored")
@pytest.mark.parametrize("number", NUMBERS)
def test_each_signal_that_ends_a_part_lets_it_end_gently(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    stop = stop_on_signals()
    with stop.gently():
        signal.raise_signal(number)
    assert stop.is_set()


@pytest.mark.usefixtures("handlers_restored")
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this platform has no SIGHUP")
def test_part_under_nohup_goes_on_when_its_terminal_is_closed() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = stop_on_signals()
    signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()


def test_place_is_the_same_after_a_restart_and_another_for_another_checkout(tmp_path: Path) -> None:
    with (
        instance_name("storage", "topic", tmp_path / "a") as first,
        instance_name("storage", "topic", tmp_path / "b") as other,
    ):
        assert first != other
    with instance_name("storage", "topic", tmp_path / "a") as again:
        assert again == first
