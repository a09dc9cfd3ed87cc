"""Requests to Yahoo: charts need no login, quotes and company data need a cookie and its crumb."""

import logging
from threading import Event, Lock
from typing import Annotated, Any, Final, TypeVar

import msgspec

from producer.transport.http import HttpClient, Params, Rejected
from producer.transport.provider_clock import ProviderClock
from producer.transport.rate_limits import RequestLimit
from shared.errors import NoNetwork, Refused, SourceDown, Throttled, Unanswered
from shared.settings.provider_settings import Providers

BROWSER: Final = "chrome"
MAX_CRUMB = 64
THROTTLED_SECONDS = 60.0
"""Pause if Yahoo sends "Too Many Requests" instead of a crumb."""

log = logging.getLogger("tickstream.producer")

Wire = TypeVar("Wire")
Epoch = Annotated[int, msgspec.Meta(ge=0, lt=253_370_764_800)]
"""Seconds since 1970, before the year 9999, so that they are a valid date in all time zones."""
PriceHint = Annotated[int, msgspec.Meta(ge=0, le=12)]
"""Number of decimals with which a price is shown."""
Delay = Annotated[float, msgspec.Meta(ge=0, le=1440)]
"""Delay of an exchange's data in minutes."""


class Problem(msgspec.Struct):
    """Yahoo's description of an error."""

    description: str


class Failure(msgspec.Struct):
    """The content of an error response."""

    error: Problem


class YahooSession:
    """A thread-safe session with cookie and crumb; both are fetched when first needed, and again when rejected.

    Raises the errors of HttpClient, but SourceDown instead of Refused: Yahoo has no keys, so a rejection is temporary.
    """

    def __init__(self, providers: Providers, stop: Event, clock: ProviderClock) -> None:
        limit = RequestLimit(providers.yahoo_requests, stop.wait)
        self._http = HttpClient(
            providers.yahoo_url, limit, providers.http_timeout, impersonate=BROWSER, clock=clock
        )
        self._crumb_url = f"{providers.yahoo_url}/v1/test/getcrumb"
        self._cookie_url = providers.yahoo_cookie_url
        self._lock = Lock()
        self._crumb = ""

    def get(self, path: str, params: Params) -> Any:
        """The decoded body of a request that needs no crumb."""
        try:
            return self._http.get(path, params).json
        except Refused as refused:
            raise _rejected(refused) from None

    def get_with_crumb(self, path: str, params: Params) -> Any:
        """The decoded body of a request that needs a crumb; an expired crumb is rejected and then renewed."""
        crumb = self._crumb_after("")
        try:
            return self._http.get(path, {**params, "crumb": crumb}).json
        except Refused:
            crumb = self._crumb_after(crumb)
            return self.get(path, {**params, "crumb": crumb})

    def _crumb_after(self, refused: str) -> str:
        """A crumb other than the rejected one; if several threads were rejected, only one fetches a new crumb."""
        with self._lock:
            if self._crumb == refused:
                self._crumb = self._fetch_crumb()
            return self._crumb

    def _fetch_crumb(self) -> str:
        self._fetch_cookie()
        try:
            crumb = self._http.get_text(self._crumb_url).strip()
        except Refused as refused:
            raise _rejected(refused) from None
        # The response may be a sentence or a web page with status 200.
        if crumb.lower() == "too many requests":
            raise Throttled("Yahoo limits requests.", THROTTLED_SECONDS)
        if not crumb or len(crumb) > MAX_CRUMB or any(sign.isspace() or sign == "<" for sign in crumb):
            raise SourceDown("Yahoo sent no crumb for its session.")
        return crumb

    def _fetch_cookie(self) -> None:
        """Fetch the cookie. Errors are ignored, because an older cookie may still be valid."""
        try:
            self._http.get_text(self._cookie_url)
        except Rejected:
            pass  # The URL returns a cookie, but no page.
        except (NoNetwork, SourceDown) as error:
            # Ad blockers block this host, so it may be the only one that can't be reached.
            log.warning(
                "Yahoo's cookie can't be fetched: %s Set YAHOO_COOKIE_URL to another page of Yahoo if needed.",
                error,
            )


def _rejected(refused: Refused) -> SourceDown:
    return SourceDown(f"{refused} Yahoo rejects requests of this machine for now.")


def parsed(body: Any, kind: type[Wire]) -> Wire:
    """`body` as `kind`. Raises Unanswered if it has another format."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise Unanswered(f"Yahoo's response has an unexpected format: {error}.") from error


def reason_of(rejected: Rejected) -> str:
    """Yahoo's description of why it rejected a request. Raises SourceDown if the body is not Yahoo's error format."""
    try:
        failures = msgspec.convert(rejected.body, dict[str, Failure])
    except msgspec.ValidationError:
        failures = {}
    for failure in failures.values():
        return failure.error.description
    raise SourceDown(str(rejected)) from rejected
