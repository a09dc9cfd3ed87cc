"""Whether Yahoo can be reached from this machine: one quick question, and in words why not."""

from queue import Empty, Queue
from threading import Event, Thread

from producer.transport.http import HttpClient, Rejected
from producer.transport.rate_limits import RequestLimit
from shared.errors import Refused, SourceDown, SourceError, Throttled

PATH = "/v8/finance/chart/AAPL"
PARAMS = {"range": "1d", "interval": "1d"}
LIMIT_SECONDS = 4.0
"""From the look-up of the name to the end of the answer."""


def obstacle(yahoo_url: str) -> SourceError | None:
    """Why no quotes can come from Yahoo just now, None where it answers; takes at most LIMIT_SECONDS.

    A refusal is an answer too: the page of the live quotes says what it means. The log-in page of a hotel's network
    is none.
    """
    client = HttpClient(yahoo_url, RequestLimit(1, Event().wait), LIMIT_SECONDS, impersonate="chrome")
    try:
        client.get(PATH, PARAMS)
    except (Refused, Rejected, Throttled):
        return None
    except SourceError as error:
        return error
    return None


def obstacle_now(yahoo_url: str) -> SourceError | None:
    """As `obstacle`; a signal breaks the wait off at once, which no request in the main thread would let happen."""
    answers: Queue[SourceError | None] = Queue()
    Thread(target=lambda: answers.put(obstacle(yahoo_url)), name="probe", daemon=True).start()
    try:
        return answers.get(timeout=2 * LIMIT_SECONDS)
    except Empty:
        return SourceDown("The request to Yahoo did not finish.")
