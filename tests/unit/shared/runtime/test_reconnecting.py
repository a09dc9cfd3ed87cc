"""Work on the database that begins again after the database was away."""

import logging
from collections.abc import Callable
from threading import Event

import pytest

from shared.errors import StopPart, TickstreamError, Unavailable
from shared.runtime.reconnecting import Reconnecting, Refusal

log = logging.getLogger("tickstream.test")


def attempts(over: Event, *errors: TickstreamError) -> Callable[[], None]:
    """Work that fails once with each of these errors, and then is done."""
    left = list(errors)

    def attempt() -> None:
        if left:
            raise left.pop(0)
        over.set()

    return attempt


def test_work_begins_again_after_every_loss_of_the_database(caplog: pytest.LogCaptureFixture) -> None:
    over = Event()
    work = attempts(over, Unavailable("away"), StopPart("refused"), Unavailable("away again"))
    with caplog.at_level(logging.DEBUG, log.name):
        Reconnecting(log, "not yet", Refusal("not at all", 0.0), 0.0).run(work, over)
    assert over.is_set()
    assert caplog.messages == ["not yet: away", "not at all: refused", "not yet: away again"]


def test_work_that_the_database_refuses_is_given_up_where_no_pause_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    over = Event()
    Reconnecting(log, "not yet", Refusal("not at all", None)).run(attempts(over, StopPart("refused")), over)
    assert not over.is_set()
    assert caplog.messages == ["not at all: refused"]
