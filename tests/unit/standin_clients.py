"""Clients of the stand-in for tests, over HTTP and WebSocket."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from curl_cffi import requests
from websockets.sync.client import ClientConnection, connect

from tests.slowness import PATIENCE
from tests.standin import BITCOIN, NVDA, TOYOTA, Instrument, StandIn

WEDNESDAY = datetime(2024, 7, 10, 15, 0, 7, tzinfo=UTC)
HALT = (datetime(2024, 7, 10, 14, 0, tzinfo=UTC), datetime(2024, 7, 10, 14, 5, tzinfo=UTC))
INSTRUMENTS = (NVDA, TOYOTA, BITCOIN, Instrument(name="HALT", price=10.0, halts=(HALT,)))
Session = requests.Session[requests.Response]
PricingData: Any = import_module("yfinance.pricing_pb2").PricingData


def ask(standin: StandIn, setting: str, path: str = "", /, **params: object) -> requests.Response:
    session: Session = requests.Session()
    with session:
        return ask_in(session, standin.settings[setting] + path, **params)


def ask_in(session: Session, address: str, /, **params: object) -> requests.Response:
    return session.get(address, params=params, timeout=PATIENCE)


@contextmanager
def with_cookie(standin: StandIn) -> Iterator[tuple[Session, str]]:
    """A session that has Yahoo's cookie, and the crumb that belongs to it."""
    session: Session = requests.Session()
    with session:
        ask_in(session, standin.settings["YAHOO_COOKIE_URL"])
        yield session, ask_in(session, standin.settings["YAHOO_URL"] + "/v1/test/getcrumb").text


def decoded(answer: requests.Response) -> Any:
    return json.loads(answer.content)


def chart(standin: StandIn, name: str, **params: object) -> Any:
    answer = ask(standin, "YAHOO_URL", f"/v8/finance/chart/{name}", **params)
    assert answer.status_code == 200, answer.text
    return decoded(answer)["chart"]["result"][0]


def closes(result: Any) -> list[float | None]:
    return list(result["indicators"]["quote"][0]["close"])


def volumes(result: Any) -> list[int | None]:
    return list(result["indicators"]["quote"][0]["volume"])


@contextmanager
def yahoo_stream(standin: StandIn, *names: str) -> Iterator[ClientConnection]:
    """A stream that already follows these."""
    with connect(standin.settings["YAHOO_STREAM_URL"], close_timeout=0.1) as stream:
        stream.send(json.dumps({"subscribe": names}))
        standin.streams.wait_until_followed("yahoo", *names)
        yield stream


def pricing(frame: str | bytes) -> Any:
    message = json.loads(frame)
    assert message["type"] == "pricing"
    return PricingData.FromString(base64.b64decode(message["message"]))
