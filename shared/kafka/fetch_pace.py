"""How long the broker waits with the answer to a fetch: short under load, longer while few messages come."""

from typing import NamedTuple


class Gathering(NamedTuple):
    """When the broker answers a fetch: once this many messages wait, or after this many milliseconds.

    This is better than a pause on our side: the answer then contains everything up to its own time.
    """

    messages: int = 100
    milliseconds: int = 15


USUAL = Gathering()
CALM_RATE = 50.0
"""Messages a second below which a fetch may wait longer. Each answer costs reader, broker and database the same work,
however few messages it holds."""
CALM_MILLISECONDS = 60
SILENCE = Gathering(0, 500)
"""While no message comes: the broker answers at the first one."""


class FetchPace:
    """The gathering of the next fetch, from what the polls before returned."""

    def __init__(self, usual: Gathering, now: float) -> None:
        self._usual, self._calm = (
            usual,
            usual._replace(milliseconds=max(CALM_MILLISECONDS, usual.milliseconds)),
        )
        self._received_at = now

    def after(self, messages: int, now: float) -> Gathering:
        """The gathering after a poll that returned this many messages at `now`, in monotonic seconds."""
        if not messages:
            return SILENCE
        seconds, self._received_at = now - self._received_at, now
        return self._calm if messages < seconds * CALM_RATE else self._usual
