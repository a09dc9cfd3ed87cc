"""A commit that runs beside the loop, and what its end brings."""

import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Event

import pytest

from shared.consumer_loop.background_commit import BackgroundCommit
from shared.errors import PartitionLost
from shared.observability import heartbeat
from tests.slowness import PATIENCE


@pytest.fixture
def background() -> Iterator[BackgroundCommit]:
    with closing(BackgroundCommit()) as made:
        yield made


def test_caller_goes_on_while_the_commit_runs(background: BackgroundCommit) -> None:
    went_on = Event()
    background.start(lambda: assert_set(went_on))
    went_on.set()
    assert background.wait()


def assert_set(event: Event) -> None:
    """Wait for an event that the thread of the caller sets."""
    assert event.wait(60.0)


def test_without_a_commit_nothing_is_waited_for(background: BackgroundCommit) -> None:
    assert not background.wait()
    background.start(lambda: None)
    assert background.wait()
    assert not background.wait()


def test_error_of_a_commit_is_raised_once_where_it_is_waited_for(background: BackgroundCommit) -> None:
    def lose() -> None:
        raise PartitionLost("another member has it")

    background.start(lose)
    with pytest.raises(PartitionLost, match="another member"):
        background.wait()
    assert not background.wait()


def test_closing_waits_for_the_commit_that_runs() -> None:
    background, may_end, ended = BackgroundCommit(), Event(), Event()

    def commit() -> None:
        assert_set(may_end)
        ended.set()

    background.start(commit)
    may_end.set()
    background.close()
    assert ended.is_set()


def test_heartbeats_of_a_long_commit_reach_the_supervisor(background: BackgroundCommit) -> None:
    """Scenario: a commit that wrote all bars of a reprocessed log took a minute, and the part was killed as hanging."""
    ours, theirs = os.pipe()
    heartbeat.begin(theirs)
    os.read(ours, 100)
    os.set_blocking(ours, False)
    received = Event()

    def write_long() -> None:
        until = time.monotonic() + PATIENCE
        while not received.is_set() and time.monotonic() < until:
            heartbeat.beat()
            with suppress(BlockingIOError):
                os.read(ours, 100)
                received.set()

    background.start(write_long)
    background.wait()
    heartbeat.begin(None)
    os.close(ours)
    os.close(theirs)
    assert received.is_set()
