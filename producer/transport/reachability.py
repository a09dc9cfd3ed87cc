"""Checks with one quick request whether Yahoo can be reached, and why not."""

from queue import Empty, Queue
from threading import Event, Thread

from shared.errors import Refused, SourceDown, SourceError, Throttled

PATH = "/v8/finance/chart/AAPL"
PARAMS = {"range": "1d", "interval": "1d"}
LIMIT_SECONDS = 4.0
"""Time limit from the name lookup to the end of the response."""


def obstacle(yahoo_url: str) -> SourceError | None:
    """Why Yahoo can't provide quotes now, None if it responds; takes at most LIMIT_SECONDS.

    A rejection counts as a response: the page of the live feed shows its reason. The login page of a hotel network
    does not.
    """
    # Imported here, because few starts of the pipeline ask, and it runs as long as all parts.
    from producer.transport.http import HttpClient, Rejected
    from producer.transport.rate_limits import RequestLimit

    client = HttpClient(yahoo_url, RequestLimit(1, Event().wait), LIMIT_SECONDS, impersonate="chrome")
    try:
        client.get(PATH, PARAMS)
    except (Refused, Rejected, Throttled):
        return None
    except SourceError as error:
        return error
    return None


def obstacle_now(yahoo_url: str) -> SourceError | None:
    """Like `obstacle`, but in another thread, so that a signal interrupts the wait at once."""
    answers: Queue[SourceError | None] = Queue()
    Thread(target=lambda: answers.put(obstacle(yahoo_url)), name="probe", daemon=True).start()
    try:
        return answers.get(timeout=2 * LIMIT_SECONDS)
    except Empty:
        return SourceDown("The request to Yahoo did not finish.")
