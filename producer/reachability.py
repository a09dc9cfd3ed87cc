"""Whether Yahoo can be reached from this machine: one quick request, and in words why not."""

from queue import Queue
from threading import Thread
from urllib.parse import urlsplit

from curl_cffi import requests
from curl_cffi.requests.exceptions import DNSError, RequestException, SSLError, Timeout

from shared.errors import NoNetwork, SourceDown, SourceError

PATH = "/v8/finance/chart/AAPL?range=1d&interval=1d"
LIMIT_SECONDS = 4.0
"""From the first look-up of a name to the end of the answer."""
TOO_MANY_REQUESTS = 429
SERVER_FAILS = 500


def obstacle(yahoo_url: str) -> SourceError | None:
    """Why no quotes can come from Yahoo just now, None where it answers; takes at most LIMIT_SECONDS.

    A refusal is an answer: it comes from Yahoo, whose own page then says what to do about it.
    """
    host = urlsplit(yahoo_url).hostname
    try:
        answer = requests.get(yahoo_url + PATH, timeout=LIMIT_SECONDS, impersonate="chrome")
    except SSLError:
        return SourceDown(f"something else answers in the place of {host}: its certificate does not hold.")
    except Timeout:
        return NoNetwork(f"{host} gave no answer within {LIMIT_SECONDS:.0f} s.")
    except DNSError:
        return NoNetwork(f"the address of {host} can't be found.")
    except RequestException as error:
        return NoNetwork(f"{host} takes no connection ({type(error).__name__}).")
    return _judged(answer.status_code, answer.headers.get("content-type") or "", host)


def _judged(status: int, content_type: str, host: str | None) -> SourceError | None:
    """What an answer says. The log-in page of a hotel's or an office's network is no answer of Yahoo's; Yahoo itself
    answers in JSON, only its "too many requests" comes as HTML."""
    if status >= SERVER_FAILS:
        return SourceDown(f"{host} answers with status {status}.")
    if "html" in content_type.lower() and status != TOO_MANY_REQUESTS:
        return NoNetwork(f"a web page answers in the place of {host}: does this network want a log-in first?")
    return None


def obstacle_now(yahoo_url: str) -> SourceError | None:
    """As `obstacle`; a signal breaks the wait off at once, which no request in the main thread would let happen."""
    answers: Queue[SourceError | None] = Queue()
    Thread(target=lambda: answers.put(obstacle(yahoo_url)), name="probe", daemon=True).start()
    return answers.get()
