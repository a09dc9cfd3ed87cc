"""Finnhub's stream: every trade counts, even equal ones, and the key is never shown."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from producer.sources.answers import Received
from producer.sources.finnhub.provider import Finnhub, exchange_of, received
from producer.sources.provider import QuoteStream
from shared.errors import ConfigError, Refused, SourceDown, SourceError, Throttled
from shared.settings.provider_settings import Providers
from tests.standing_clock import standing_at

KEY = "K3Y5ECRET"
NOW = datetime(2023, 3, 31, 18, 15, 45, tzinfo=UTC)
TRADED_AT = datetime(2023, 3, 31, 18, 15, 38, 64_000, tzinfo=UTC)
PATIENCE = 60.0
"""Seconds; how long a test waits for what must come."""
SILENT = logging.getLogger("tests.silent")
"""Of the server here, which would log the addresses that it is asked for."""
SILENT.setLevel(logging.CRITICAL + 1)


def trade(**changed: object) -> dict[str, object]:
    return {"c": ["1"], "p": 164.06, "s": "AAPL", "t": 1680286538064, "v": 4} | changed


def trades(*data: object) -> str:
    return json.dumps({"data": data, "type": "trade"})


def finnhub(url: str = "ws://127.0.0.1:1", key: str = KEY, silence: float = 1.0) -> Finnhub:
    settings = Providers(finnhub_stream_url=url, finnhub_api_key=SecretStr(key), stream_silence=silence)
    return Finnhub(settings, standing_at(NOW), Event())


class Streaming:
    """A WebSocket server: the addresses and messages that came, the connections that are open."""

    def __init__(self) -> None:
        self.paths: Queue[str] = Queue()
        self.messages: Queue[dict[str, Any]] = Queue()
        self.connections: Queue[ServerConnection] = Queue()
        self.refusal: HTTPStatus | None = None
        self.url = ""

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.put(request.path)
        return connection.respond(self.refusal, "no") if self.refusal else None

    def talk(self, connection: ServerConnection) -> None:
        self.connections.put(connection)
        for message in connection:
            self.messages.put(json.loads(message))


@pytest.fixture
def streaming() -> Iterator[Streaming]:
    local = Streaming()
    with serve(local.talk, "127.0.0.1", 0, process_request=local.check, logger=SILENT) as server:
        local.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield local
        server.shutdown()
        thread.join()


@contextmanager
def connected(streaming: Streaming, *names: str) -> Iterator[tuple[QuoteStream, ServerConnection]]:
    """An open stream, and its other end."""
    stream = finnhub(streaming.url).connect(names)
    try:
        yield stream, streaming.connections.get(timeout=PATIENCE)
    finally:
        stream.close()


def test_missing_key_is_reported_before_any_request() -> None:
    sentence = "FINNHUB_API_KEY is empty: finnhub needs a key, get one at finnhub.io"
    with pytest.raises(ConfigError, match=sentence):
        finnhub(key="")


@pytest.mark.real_data
def test_every_recorded_trade_is_a_quote_however_alike(real_data: Path) -> None:
    file = real_data / "providers" / "finnhub_ws" / "aapl_2023-03-31_trades.jsonl"
    messages = file.read_text().splitlines()
    raw = [one for message in messages for one in json.loads(message)["data"]]
    reply_to = [received(message, NOW) for message in messages]
    quotes = [quote for part in reply_to for quote in part.quotes]
    assert [(q.price, q.size, round(q.event_time.timestamp() * 1000)) for q in quotes] == [
        (one["p"], one["v"], one["t"]) for one in raw
    ]
    assert len(quotes) == 61
    assert len(set(quotes)) < len(quotes)
    assert sum(part.refused for part in reply_to) == 0


@pytest.mark.real_data
def test_recorded_shares_and_coins_of_one_message_keep_their_sessions(real_data: Path) -> None:
    file = real_data / "providers" / "finnhub_ws" / "other_messages.jsonl"
    reply_to = [received(message, datetime.now(UTC)) for message in file.read_text().splitlines()]
    exchanges = {quote.symbol: quote.exchange for part in reply_to for quote in part.quotes}
    assert exchanges == {"AAPL": "XNYS", "BINANCE:ETHUSDT": None}
    assert sum(part.refused for part in reply_to) == 0


def test_trade_is_a_quote_with_its_size_and_no_number() -> None:
    [quote] = received(trades(trade()), NOW).quotes
    assert (quote.symbol, quote.price, quote.size, quote.event_time) == ("AAPL", 164.06, 4, TRADED_AT)
    assert (quote.source, quote.position, quote.received_time) == ("finnhub", 0, NOW)
    assert (quote.trade_id, quote.currency, quote.conditions) == (None, None, None)


@pytest.mark.parametrize(
    ("numbers", "conditions"),
    [
        (["1", "8", "24", "12"], "FTI"),
        (["1", "36"], "6"),
        (["12", "12"], "I"),
        (None, None),
        ([], None),
        (["99", "x", None, 12, ["12"]], None),
        ("12", None),
    ],
)
def test_trade_has_the_conditions_that_are_known(numbers: object, conditions: str | None) -> None:
    [quote] = received(trades(trade(c=numbers)), NOW).quotes
    assert quote.conditions == conditions


@pytest.mark.parametrize(
    "bad",
    [
        trade(p=None),
        trade(p="164"),
        trade(p=0),
        trade(t=-1),
        trade(t=10**18),
        trade(t=1680286600000),
        trade(p=-1),
        trade(s="a b"),
        {},
        7,
    ],
)
def test_bad_trade_is_refused_and_spoils_no_other(bad: object) -> None:
    part = received(trades(trade(), bad, trade(v=15)), NOW)
    assert [quote.size for quote in part.quotes] == [4, 15]
    assert part.refused == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 200_000,
        '{"type": 5}',
        '{"data": 5, "type": "trade"}',
        '{"type": "news"}',
        "\ufffd",
    ],
)
def test_malformed_message_is_refused(text: str) -> None:
    assert received(text, NOW) == Received([], refused=1)


def test_ping_is_a_heartbeat_and_no_more() -> None:
    assert received('{"type":"ping"}', NOW) == Received([])


def test_refused_subscription_leaves_the_others_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    for sentence in ("Subscribing to too many symbols", f"Invalid symbol {KEY}"):
        assert received(json.dumps({"type": "error", "msg": sentence}), NOW) == Received([], refused=1)
    assert "symbol limit" in caplog.text
    assert "does not know one of the symbols" in caplog.text
    assert KEY not in caplog.text


def test_refused_key_ends_the_stream() -> None:
    with pytest.raises(Refused) as raised:
        received(json.dumps({"type": "error", "msg": f"Invalid API key {KEY}"}), NOW)
    assert KEY not in repr(raised.value)


@pytest.mark.parametrize(
    ("name", "exchange"),
    [("AAPL", "XNYS"), ("BRK.B", "XNYS"), ("BINANCE:BTCUSDT", None), ("OANDA:EUR_USD", "CCY")],
)
def test_sessions_follow_from_the_name(name: str, exchange: str | None) -> None:
    assert exchange_of(name) == exchange


def test_stream_subscribes_to_new_symbols_and_unsubscribes_from_removed_ones(streaming: Streaming) -> None:
    with connected(streaming, "AAPL", "MSFT") as (stream, _):
        stream.follow(["MSFT", "IBM"])
        sent = [streaming.messages.get(timeout=PATIENCE) for _ in range(4)]
    assert sent == [
        {"type": "subscribe", "symbol": "AAPL"},
        {"type": "subscribe", "symbol": "MSFT"},
        {"type": "unsubscribe", "symbol": "AAPL"},
        {"type": "subscribe", "symbol": "IBM"},
    ]
    assert streaming.paths.get(timeout=PATIENCE) == f"/?token={KEY}"


def test_stream_brings_trades_in_their_order(streaming: Streaming) -> None:
    with connected(streaming, "AAPL") as (stream, server):
        server.send(trades(trade(v=1), trade(v=2)))
        server.send(trades(trade(v=3)))
        sizes = [quote.size for _ in range(2) for quote in stream.receive(PATIENCE).quotes]
    assert sizes == [1, 2, 3]


def test_silence_and_a_ping_are_no_quotes(streaming: Streaming) -> None:
    with connected(streaming, "AAPL") as (stream, server):
        assert stream.receive(0.01) == Received([])
        server.send('{"type":"ping"}')
        assert stream.receive(PATIENCE) == Received([])


def test_stream_closed_by_the_provider_is_down(streaming: Streaming) -> None:
    with connected(streaming, "AAPL") as (stream, server):
        server.close(1001, f"bye {KEY}")
        with pytest.raises(SourceDown) as raised:
            stream.receive(PATIENCE)
    assert KEY not in repr(raised.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (HTTPStatus.UNAUTHORIZED, Refused),
        (HTTPStatus.TOO_MANY_REQUESTS, Throttled),
        (HTTPStatus.BAD_GATEWAY, SourceDown),
    ],
)
def test_error_of_a_stream_that_does_not_open_names_what_to_do_next_and_never_the_key(
    streaming: Streaming, status: HTTPStatus, error: type[SourceError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    streaming.refusal = status
    with pytest.raises(error) as raised:
        finnhub(streaming.url).connect(["AAPL"])
    assert KEY not in f"{raised.value!r} {raised.value} {caplog.text}"


def test_pings_come_so_seldom_that_silence_is_longer() -> None:
    assert finnhub(silence=30.0).silent_after >= 120
    assert finnhub(silence=600.0).silent_after == 600


def test_key_is_in_no_text_of_the_provider() -> None:
    assert KEY not in f"{finnhub()!r}"
