"""How Yahoo is asked: charts want nothing, quotes and companies a cookie and the crumb that belongs to it."""

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
LONGEST_CRUMB = 64
THROTTLED_SECONDS = 60.0
"""How long to leave Yahoo alone that says "Too Many Requests" in the place of a crumb."""

log = logging.getLogger("tickstream.producer")

Wire = TypeVar("Wire")
Epoch = Annotated[int, msgspec.Meta(ge=0, lt=253_370_764_800)]
"""Seconds since 1970, before the year 9999: so they are a date in every time zone."""
PriceHint = Annotated[int, msgspec.Meta(ge=0, le=12)]
"""How many decimals a price is shown with."""
Delay = Annotated[float, msgspec.Meta(ge=0, le=1440)]
"""By how many minutes an exchange's data are late."""


class Problem(msgspec.Struct):
    """What Yahoo says is wrong."""

    description: str


class Failure(msgspec.Struct):
    """The one thing in the body of an answer that is an error."""

    error: Problem


class YahooSession:
    """One session with cookie and crumb, for every thread; both are fetched when first needed, and anew when refused.

    Raises what HttpClient raises, but Refused: Yahoo knows no keys, so whom it turns away it may serve again later.
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
        """The decoded body of an answer that wants no crumb."""
        try:
            return self._http.get(path, params).json
        except Refused as refused:
            raise _turned_away(refused) from None

    def get_with_crumb(self, path: str, params: Params) -> Any:
        """The decoded body of an answer that wants one; it runs out after a while, which the refusal tells."""
        crumb = self._crumb_after("")
        try:
            return self._http.get(path, {**params, "crumb": crumb}).json
        except Refused:
            crumb = self._crumb_after(crumb)
            return self.get(path, {**params, "crumb": crumb})

    def _crumb_after(self, refused: str) -> str:
        """A crumb that is not this refused one; several threads that were refused fetch one between them."""
        with self._lock:
            if self._crumb == refused:
                self._crumb = self._fetch_crumb()
            return self._crumb

    def _fetch_crumb(self) -> str:
        self._fetch_cookie()
        try:
            crumb = self._http.get_text(self._crumb_url).strip()
        except Refused as refused:
            raise _turned_away(refused) from None
        # A sentence or a web page may come with status 200.
        if crumb.lower() == "too many requests":
            raise Throttled("Yahoo wants fewer requests.", THROTTLED_SECONDS)
        if not crumb or len(crumb) > LONGEST_CRUMB or any(sign.isspace() or sign == "<" for sign in crumb):
            raise SourceDown("Yahoo gave no crumb for its session.")
        return crumb

    def _fetch_cookie(self) -> None:
        """What becomes of it, the crumb tells: an older cookie may still do."""
        try:
            self._http.get_text(self._cookie_url)
        except Rejected:
            pass  # The address gives a cookie, and no page.
        except (NoNetwork, SourceDown) as error:
            # Blockers of advertisements know this address: it may be all that can't be reached.
            log.warning(
                "Yahoo's cookie can't be had: %s YAHOO_COOKIE_URL may name another page of Yahoo's.", error
            )


def _turned_away(refused: Refused) -> SourceDown:
    return SourceDown(f"{refused} Yahoo turns this machine away for now.")


def understood(body: Any, kind: type[Wire]) -> Wire:
    """`body` in the form of `kind`. Raises Unanswered where it has another."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise Unanswered(f"Yahoo's answer has another form than it should: {error}.") from error


def reason_of(rejected: Rejected) -> str:
    """Why Yahoo rejected a request, in its own words. Raises SourceDown where they are not Yahoo's."""
    try:
        failures = msgspec.convert(rejected.body, dict[str, Failure])
    except msgspec.ValidationError:
        failures = {}
    for failure in failures.values():
        return failure.error.description
    raise SourceDown(str(rejected)) from rejected
