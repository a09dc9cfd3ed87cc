"""Asking a provider over HTTP, so that every way to fail ends as one of the errors of a source.

curl_cffi sends what a browser sends: some providers turn plain clients away.
"""

from collections.abc import Mapping
from errno import EHOSTUNREACH, ENETDOWN, ENETUNREACH
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

import msgspec
from curl_cffi import CurlInfo, CurlOpt
from curl_cffi.curl import CURL_WRITEFUNC_ERROR
from curl_cffi.requests import BrowserTypeLiteral, Response, Session
from curl_cffi.requests.exceptions import DNSError, RequestException, Timeout

from producer.transport.provider_clock import ProviderClock
from producer.transport.rate_limits import Breakers, RequestLimit
from producer.transport.retry_after import seconds_wanted
from shared.errors import NoNetwork, Refused, SourceError, Throttled
from shared.settings.addresses import stays_here

Params = Mapping[str, str | int]

THROTTLING = {418, 429}
"""418 is what Binance answers to those who go on after 429."""
REFUSING = {401, 403, 451}
CERTIFICATE_REFUSED = 60
"""Curl's number of the error."""
NO_ROUTE = {EHOSTUNREACH, ENETDOWN, ENETUNREACH}
ASKED_FOR = ("function", "symbol")
"""Parameters that name what a question is about."""
DEFAULT_PAUSE = 60.0
"""Seconds to leave a provider alone that does not say for how long."""
MOST_MEGABYTES = 16
"""Of a body, unpacked. The largest that a provider gives are below two; one without end would fill the memory."""


class HttpAnswer(NamedTuple):
    """What a provider answered: headers with names in lower case, and the decoded body."""

    status: int
    headers: dict[str, str]
    json: Any


class _Body:
    """The body of an answer, taken in piece by piece; the request ends where it is too large."""

    def __init__(self) -> None:
        self.content = bytearray()

    @property
    def is_too_large(self) -> bool:
        return len(self.content) > MOST_MEGABYTES << 20

    def take(self, piece: bytes) -> int:
        self.content += piece
        return CURL_WRITEFUNC_ERROR if self.is_too_large else len(piece)


class Rejected(SourceError):
    """The provider can't answer this request. What is wrong with it, its own module reads from `status` and `body`.

    `body` is decoded JSON, or the text where it was none.
    """

    def __init__(self, sentence: str, status: int, body: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.body = body


class HttpClient:
    """One provider's HTTP interface; may be used from any thread.

    Every request takes from `limit` first. `timeout` is that of a whole request, in seconds. `secrets` are taken
    out of every answer; they are to be sent in params or headers, which no error repeats, and with them no redirect
    is followed: it would take them along to wherever it leads. `impersonate` names the browser to look like.
    `clock` is told what time it is at the provider, as often as it answers.

    Raises, besides what RequestLimit.take does: Unanswered (5xx, a timeout, an answer that is no JSON or has no end,
    too many of these in a row to one question), SourceDown (a refused or broken connection, no answer to several
    questions, too many of these in a row), NoNetwork, Throttled, Refused and Rejected. Without a network no provider is
    spared by waiting: NoNetwork counts as no failure of it.
    """

    def __init__(
        self,
        base_url: str,
        limit: RequestLimit,
        timeout: float,
        secrets: tuple[str, ...] = (),
        impersonate: BrowserTypeLiteral | None = None,
        clock: ProviderClock | None = None,
    ) -> None:
        self._base_url, self._limit, self._timeout = base_url, limit, timeout
        self._secrets = tuple(secret for secret in secrets if secret)
        # What stays on this machine must not leave it by a proxy of the environment.
        direct = {CurlOpt.NOPROXY: "*"} if stays_here(base_url) else {}
        self._session: Session[Response] = Session(
            impersonate=impersonate, allow_redirects=not self._secrets, curl_options=direct
        )
        self._breakers = Breakers()
        self._clock = clock

    def get(self, path: str, params: Params, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """The answer to GET, its body decoded from JSON. `path` is put behind the base address."""
        url = self._base_url + path
        question = _question(url, params)
        response = self._fetch(question, url, params, headers)
        text = self._text(response)
        try:
            body = _decoded(text)
        except ValueError:
            sentence = f"{_place(url)} answered with {_kind(text)} where data belong."
            raise self._breakers.failed(question, sentence) from None
        self._breakers.succeeded(question)
        return HttpAnswer(response.status_code, _headers(response), body)

    def get_text(self, url: str) -> str:
        """The body of the answer to GET as it came. `url` is a whole address, which may be another host's."""
        question = _question(url, {})
        text = self._text(self._fetch(question, url, {}, None))
        self._breakers.succeeded(question)
        return text

    def _fetch(self, question: str, url: str, params: Params, headers: Mapping[str, str] | None) -> Response:
        self._breakers.check(question)
        self._limit.take()
        asked_at, body = self._clock.uncorrected() if self._clock else 0.0, _Body()
        try:
            response = self._session.get(
                url,
                params=dict(params),
                headers=dict(headers or {}),
                timeout=self._timeout,
                content_callback=body.take,
            )
        except RequestException as error:
            # Without its cause: what curl says may repeat the address with its key.
            raise self._unanswered(question, _place(url), error, body.is_too_large) from None
        except (ValueError, LookupError):  # headers that curl passes on and its wrapper can't read
            sentence = f"{_place(url)} answered with invalid headers."
            raise self._breakers.failed(question, sentence) from None
        response.content = bytes(body.content)
        if self._clock is not None:
            told = _headers(response)
            self._clock.answered(asked_at, told.get("date", ""), told.get("age", ""))
        if response.status_code >= 300:
            self._raise_status(question, _place(url), response)
        return response

    def _unanswered(
        self, question: str, place: str, error: RequestException, is_too_large: bool
    ) -> SourceError:
        if is_too_large:
            return self._breakers.failed(question, f"{place} answered with more than {MOST_MEGABYTES} MB.")
        if isinstance(error, DNSError):
            return NoNetwork(f"The address of {place} can't be resolved: no network.")
        if self._session.curl.getinfo(CurlInfo.OS_ERRNO) in NO_ROUTE:
            return NoNetwork(f"There is no route to {place}: no network.")
        if isinstance(error, Timeout):
            return self._breakers.timed_out(question, f"{place} did not answer within {self._timeout:g} s.")
        if int(error.code) == CERTIFICATE_REFUSED:
            doubt = "its certificate is not valid by the clock of this machine, or not its own"
            return self._breakers.unreachable(f"{place} can't be trusted: {doubt}.")
        return self._breakers.unreachable(f"{place} can't be reached (curl error {int(error.code)}).")

    def _raise_status(self, question: str, place: str, response: Response) -> NoReturn:
        """The error that a status of 300 or above stands for."""
        status = response.status_code
        if status < 400:
            sentence = f"{place} answered {status}: a redirect. It is not followed, so that no key is sent elsewhere."
            raise self._breakers.failed(question, sentence)
        sentence = f"{place} answered {status}."
        headers = _headers(response)
        pause = seconds_wanted(headers.get("retry-after", ""), headers.get("date", ""))
        if status in THROTTLING or (status == 503 and pause is not None):
            seconds = DEFAULT_PAUSE if pause is None else pause
            self._breakers.succeeded(question)
            self._limit.leave_alone(seconds)
            raise Throttled(f"{sentence} It wants no request for {seconds:.0f} s.", seconds)
        if status >= 500:
            raise self._breakers.failed(question, sentence)
        self._breakers.succeeded(question)
        if status in REFUSING:
            raise Refused(sentence)
        text = self._text(response)
        try:
            body = _decoded(text)
        except ValueError:
            body = text
        raise Rejected(sentence, status, body)

    def _text(self, response: Response) -> str:
        text = response.content.decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _question(url: str, params: Params) -> str:
    """What tells one question from another: the path, and the symbol or the function that it is about."""
    return " ".join([urlsplit(url).path, *(str(params[name]) for name in ASKED_FOR if name in params)])


def _place(url: str) -> str:
    """Host and path: what may be told of an address."""
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"


def _kind(text: str) -> str:
    if not text.strip():
        return "nothing"
    return "a web page" if text.lstrip().startswith("<") else "something else"


def _headers(response: Response) -> dict[str, str]:
    return {name.lower(): value or "" for name, value in response.headers.items()}


def _decoded(text: str) -> Any:
    """JSON as the standard has it: no NaN, and no halves of characters, which nothing could store.

    Raises ValueError, also for what is nested too deeply to be an answer.
    """
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
