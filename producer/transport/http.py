"""Requests to a provider over HTTP; all failures are raised as SourceError.

curl_cffi imitates a browser, because some providers reject other clients.
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
from shared.errors import NoNetwork, Refused, SourceError, Throttled
from shared.runtime.retry_after import seconds_wanted
from shared.settings.addresses import stays_here

Params = Mapping[str, str | int]
Named = Mapping[str, str] | None
"""Headers by name."""
Sent = dict[str, Any] | None
"""The body of a request, sent as JSON."""

THROTTLING = {418, 429}
"""Binance sends 418 to clients that continue after 429."""
REFUSING = {401, 403, 451}
CERTIFICATE_REFUSED = 60
"""Curl's error number."""
NO_ROUTE = {EHOSTUNREACH, ENETDOWN, ENETUNREACH}
ASKED_FOR = ("function", "symbol")
"""Parameters that identify the subject of a request."""
DEFAULT_PAUSE = 60.0
"""Seconds to pause if a throttling provider gives no number."""
MAX_MEGABYTES = 16
"""Limit of an uncompressed body. The largest normal bodies are below 2 MB; an endless one would fill the memory."""


class HttpAnswer(NamedTuple):
    """A provider's response: status, headers with lower-case names, and the decoded body."""

    status: int
    headers: dict[str, str]
    json: Any


class _Target(NamedTuple):
    """Where a request goes. `subject` is what it asks about; `place` names it in errors, without secrets."""

    url: str
    subject: str
    place: str


class _Body:
    """The body of a response, received in pieces; the request is aborted if it is larger than `limit` megabytes."""

    def __init__(self, limit: int) -> None:
        self.content, self._limit = bytearray(), limit

    @property
    def is_too_large(self) -> bool:
        return len(self.content) > self._limit << 20

    def take(self, piece: bytes) -> int:
        self.content += piece
        return CURL_WRITEFUNC_ERROR if self.is_too_large else len(piece)


class Rejected(SourceError):
    """The provider rejected this request. The provider's module derives the reason from `status` and `body`.

    `body` is decoded JSON, or the text if it is not JSON.
    """

    def __init__(self, sentence: str, status: int, body: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.body = body


class HttpClient:
    """HTTP client of one provider; thread-safe.

    Each request first takes a token from `limit`. `timeout` applies to a whole request, in seconds. `secrets` are
    removed from all responses; send them in params or headers, which no error text contains. With secrets, redirects
    are not followed, because they would send the secrets elsewhere. `impersonate` is the browser to imitate. `clock`
    receives the provider's time with each response.

    Raises, besides the errors of RequestLimit.take: Unanswered (5xx, a timeout, a response that is not JSON or too
    large, or several of these in a row for one request), SourceDown (a failed connection, no response to several
    requests, or several of these in a row), NoNetwork, Throttled, Refused and Rejected. NoNetwork does not count as a
    failure of the provider.
    """

    def __init__(
        self,
        base_url: str,
        limit: RequestLimit,
        timeout: float,
        secrets: tuple[str, ...] = (),
        impersonate: BrowserTypeLiteral | None = None,
        clock: ProviderClock | None = None,
        max_megabytes: int = MAX_MEGABYTES,
    ) -> None:
        self._max_megabytes = max_megabytes
        self._base_url, self._limit, self._timeout = base_url, limit, timeout
        self._secrets = tuple(secret for secret in secrets if secret)
        # Requests to this machine must not be sent through a proxy of the environment.
        direct = {CurlOpt.NOPROXY: "*"} if stays_here(base_url) else {}
        self._session: Session[Response] = Session(
            impersonate=impersonate, allow_redirects=not self._secrets, curl_options=direct
        )
        self._breakers = Breakers()
        self._clock = clock

    def get(self, path: str, params: Params, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Send a GET request for `path` below the base URL; returns the response with its JSON body decoded."""
        target = self._below(path, params)
        return self._answer(target, self._fetch(target, params, headers))

    def post(self, path: str, params: Params, body: dict[str, Any], subject: str) -> HttpAnswer:
        """Send a POST request with this body as JSON; `subject` is what it asks about."""
        target = self._below(path, params)
        target = target._replace(subject=f"{target.subject} {subject}")
        return self._answer(target, self._fetch(target, params, None, body))

    def _below(self, path: str, params: Params) -> _Target:
        """A path below the base URL. That of the base URL is not shown: a proxy of a provider may have a key in it."""
        host = urlsplit(self._base_url).hostname
        return _Target(url := self._base_url + path, _subject(url, params), f"{host}{path.partition('?')[0]}")

    def _answer(self, target: _Target, response: Response) -> HttpAnswer:
        """The response with its JSON body decoded."""
        text = self._text(response)
        try:
            body = _decoded(text)
        except ValueError:
            sentence = f"{target.place} sent {_kind(text)} instead of JSON."
            raise self._breakers.failed(target.subject, sentence) from None
        self._breakers.succeeded(target.subject)
        return HttpAnswer(response.status_code, _headers(response), body)

    def get_text(self, url: str) -> str:
        """Send a GET request for a complete URL, which may be of another host; returns the body as text."""
        target = _elsewhere(url)
        text = self._text(self._fetch(target, {}, None))
        self._breakers.succeeded(target.subject)
        return text

    def get_bytes(self, url: str) -> tuple[bytes, str]:
        """Send a GET request for a complete URL, as `get_text` does; returns the body as it was sent, and its
        Content-Type. Only for requests without secrets, because it may contain them."""
        assert not self._secrets
        target = _elsewhere(url)
        response = self._fetch(target, {}, None)
        self._breakers.succeeded(target.subject)
        return response.content, _headers(response).get("content-type", "")

    def _fetch(self, target: _Target, params: Params, headers: Named, sent: Sent = None) -> Response:
        self._breakers.check(target.subject)
        self._limit.take()
        asked_at, body = self._clock.uncorrected() if self._clock else 0.0, _Body(self._max_megabytes)
        try:
            response = self._session.request(
                *("GET" if sent is None else "POST", target.url),
                json=sent,
                params=dict(params),
                headers=dict(headers or {}),
                timeout=self._timeout,
                content_callback=body.take,
            )
        except RequestException as error:
            # Without its cause: curl's text may contain the URL with the key.
            raise self._connection_error(target.subject, target.place, error, body.is_too_large) from None
        except (ValueError, LookupError):  # headers that curl accepts but its wrapper can't parse
            sentence = f"{target.place} sent invalid headers."
            raise self._breakers.failed(target.subject, sentence) from None
        response.content = bytes(body.content)
        if self._clock is not None:
            names = _headers(response)
            self._clock.answered(asked_at, names.get("date", ""), names.get("age", ""))
        if response.status_code >= 300:
            self._raise_status(target.subject, target.place, response)
        return response

    def _connection_error(
        self, subject: str, place: str, error: RequestException, is_too_large: bool
    ) -> SourceError:
        if is_too_large:
            return self._breakers.failed(subject, f"{place} sent more than {self._max_megabytes} MB.")
        if isinstance(error, DNSError):
            return NoNetwork(f"The host name of {place} can't be resolved: no network.")
        if self._session.curl.getinfo(CurlInfo.OS_ERRNO) in NO_ROUTE:
            return NoNetwork(f"There is no route to {place}: no network.")
        if isinstance(error, Timeout):
            return self._breakers.timed_out(subject, f"{place} did not respond within {self._timeout:g} s.")
        if int(error.code) == CERTIFICATE_REFUSED:
            doubt = "its certificate is not valid at this machine's time, or belongs to another host"
            return self._breakers.unreachable(f"{place} can't be trusted: {doubt}.")
        return self._breakers.unreachable(f"{place} can't be reached (curl error {int(error.code)}).")

    def _raise_status(self, subject: str, place: str, response: Response) -> NoReturn:
        """Raise the error for a status of 300 or above."""
        status = response.status_code
        if status < 400:
            sentence = (
                f"{place} responded with {status}: a redirect, not followed so that no key is sent elsewhere."
            )
            raise self._breakers.failed(subject, sentence)
        sentence = f"{place} responded with status {status}."
        headers = _headers(response)
        pause = seconds_wanted(headers.get("retry-after", ""), headers.get("date", ""))
        if status in THROTTLING or (status == 503 and pause is not None):
            seconds = DEFAULT_PAUSE if pause is None else pause
            self._breakers.succeeded(subject)
            self._limit.pause(seconds)
            raise Throttled(f"{sentence} It requests a pause of {seconds:.0f} s.", seconds)
        if status >= 500:
            raise self._breakers.failed(subject, sentence)
        self._breakers.succeeded(subject)
        if status in REFUSING:
            raise Refused(sentence)
        raise Rejected(sentence, status, _json_or_text(self._text(response)))

    def _text(self, response: Response) -> str:
        text = response.content.decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _subject(url: str, params: Params) -> str:
    """The subject of a request: the path, and the symbol or function requested."""
    return " ".join([urlsplit(url).path, *(str(params[name]) for name in ASKED_FOR if name in params)])


def _elsewhere(url: str) -> _Target:
    """A complete URL, of which only scheme and host are shown: that of a feed may have a key in its path."""
    parts = urlsplit(url)
    return _Target(url, _subject(url, {}), f"{parts.scheme}://{parts.hostname}")


def _kind(text: str) -> str:
    if not text.strip():
        return "an empty body"
    return "a web page" if text.lstrip().startswith("<") else "other text"


def _headers(response: Response) -> dict[str, str]:
    return {name.lower(): value or "" for name, value in response.headers.items()}


def _json_or_text(text: str) -> Any:
    try:
        return _decoded(text)
    except ValueError:
        return text


def _decoded(text: str) -> Any:
    """Decode strict JSON: no NaN and no lone surrogates, which can't be stored.

    Raises ValueError, also if it is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
