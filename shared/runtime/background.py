"""A thread that works beside its owner."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def in_background(
    work: Callable[[Event], None], name: str, join_seconds: float | None = None
) -> Iterator[None]:
    """Run `work` in a thread while this context is open; at its end set the event that `work` got, and wait for it.

    With `join_seconds` it is waited for no longer than that, and does not prevent the process from ending.
    """
    over = Event()
    thread = Thread(target=work, args=(over,), name=name, daemon=join_seconds is not None)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(join_seconds)
