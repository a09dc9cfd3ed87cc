"""A part that dies again and again: longer and longer pauses, whether it dies at once or a little later."""

import time

import pytest

from shared import supervising
from shared.sections import Errors
from shared.supervising import Child

ERRORS = Errors(max_retries=2, retry_delay=0.0)


def die(child: Child, until: float) -> None:
    """Look after a child until it has died once more."""
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
        die(child, time.monotonic() + 30)
    assert (child.deaths, child.instant_deaths) == (4, 0)


def test_part_that_lived_long_begins_to_count_anew(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    die(child, time.monotonic() + 30)
    die(child, time.monotonic() + 30)
    monkeypatch.setattr(supervising, "INSTANT_SECONDS", 0.0)
    monkeypatch.setattr(supervising, "STEADY_SECONDS", 0.0)
    while child.deaths == 2:
        child.look(ERRORS)
    assert child.deaths == 1
