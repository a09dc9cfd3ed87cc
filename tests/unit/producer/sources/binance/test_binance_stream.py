"""Binance's stream of trades over a faulty connection."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from producer.sources.answers import Received
from producer.sources.binance import Binance
from producer.sources.binance import stream as stream_module
from producer.sources.binance.stream import BinanceStream
from producer.transport import websocket as connection_module
from shared.errors import SourceDown
from shared.market.records import Quote
from shared.settings.provider_settings import Providers
from tests.slowness import PATIENCE
from tests.standing_clock import standing_at
from tests.unit.local_stream import Handler, cut, gather, half_open, serving, until_closed

TIME = datetime(2024, 3, 25, 10, 7, 30, 250_000, tzinfo=UTC)
NOW = TIME + timedelta(seconds=1)


def frame(number: int, pair: str = "BTCUSDT", **fields: Any) -> str:
    """A message with a trade."""
    data = {"e": "aggTrade", "E": 0, "s": pair, "a": number, "p": "67187.34000000", "q": "0.00150000"}
    data |= {"f": 1, "l": 2, "T": round(TIME.timestamp() * 1000), "m": True, "M": True, **fields}
    return json.dumps({"stream": f"{pair.lower()}@aggTrade", "data": data})


def binance(url: str) -> Binance:
    return Binance(Providers(binance_stream_url=url), standing_at(NOW), Event())


@contextmanager
def streaming(handler: Handler, *names: str) -> Iterator[BinanceStream]:
    """A stream of these from a server that does what `handler` does."""
    with serving(handler) as url:
        stream = binance(url).connect(names or ("BTCUSDT",))
        yield stream
        stream.close()


def speaking(*messages: str | bytes) -> Handler:
    """A server that answers the first request and then sends these."""

    def speak(server: ServerConnection) -> None:
        request = json.loads(server.recv())
        server.send(json.dumps({"result": None, "id": request["id"]}))
        for message in messages:
            server.send(message)
        until_closed(server)

    return speak


def test_a_trade_is_a_quote_with_its_number_time_and_size() -> None:
    with streaming(speaking(frame(15_683_430)), "btcusdt") as stream:
        received = gather(stream, 1)
    assert received == Received(
        [
            Quote(
                symbol="btcusdt",
                event_time=TIME,
                price=67187.34,
                size=0.0015,
                trade_id=15_683_430,
                source="binance",
                position=0,
                received_time=NOW,
            )
        ]
    )


@pytest.mark.real_data
@pytest.mark.parametrize("recording", ["BINANCE.ws.1.0", "BINANCE_US.ws.1.0", "BINANCE_TR.ws.1.0"])
def test_real_trades_are_read_and_all_else_is_refused(real_data: Path, recording: str) -> None:
    path = real_data / "providers" / "binance_ws" / recording
    if not path.is_file():
        pytest.skip(f"no recorded frames at {path}")
    lines = [line.partition(": ")[2] for line in path.read_text().splitlines()]
    messages = [line for line in lines if line.startswith('{"stream"')]
    sent = [json.loads(message)["data"] for message in messages]
    trades = [data for data in sent if data.get("e") == "aggTrade"]
    with streaming(speaking(*messages), *{data["s"] for data in sent}) as stream:
        received = gather(stream, len(messages))
    assert received.refused == len(messages) - len(trades)
    assert [(q.symbol, q.trade_id, q.price, q.size) for q in received.quotes] == [
        (data["s"], data["a"], float(data["p"]), float(data["q"])) for data in trades
    ]


def test_following_others_changes_the_open_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "MESSAGE_SECONDS", 0.0)
    asked: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def note(server: ServerConnection) -> None:
        for text in server:
            asked.put(json.loads(text))
            server.send(frame(1, "BTCUSDT"))
            server.send(frame(2, "ETHUSDT"))

    with streaming(note, "BTCUSDT", "ETHUSDT") as stream:
        assert len(gather(stream, 2).quotes) == 2
        stream.follow(["ETHUSDT", "SOLUSDT"])
        assert {quote.symbol for quote in gather(stream, 2).quotes} == {"ETHUSDT"}
        requests = [asked.get(timeout=PATIENCE) for _ in range(3)]
    assert requests == [
        {"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade", "ethusdt@aggTrade"], "id": 1},
        {"method": "UNSUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": 2},
        {"method": "SUBSCRIBE", "params": ["solusdt@aggTrade"], "id": 3},
    ]


def test_many_pairs_are_requested_in_parts_and_no_faster_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_module, "MESSAGE_SECONDS", 0.05)
    asked: SimpleQueue[int] = SimpleQueue()

    def note(server: ServerConnection) -> None:
        for text in server:
            asked.put(len(json.loads(text)["params"]))

    started = time.monotonic()
    with streaming(note, *(f"C{number}USDT" for number in range(450))):
        assert time.monotonic() - started >= 0.1
        assert [asked.get(timeout=PATIENCE) for _ in range(3)] == [200, 200, 50]


def test_bad_messages_are_counted_and_the_others_come_in_order() -> None:
    bad: list[str | bytes] = [
        "garbage",
        "[]",
        "[" * 200_000,
        frame(2)[:-20],
        b"\xff\xfe",
        '{"stream":"btcusdt@depth","data":{"e":"depthUpdate","s":"BTCUSDT"}}',
        '{"stream":"!ticker@arr","data":[]}',
        frame(3, p="0.00000000"),
        frame(4, p="NaN"),
        frame(5, p="-1"),
        frame(-6),
        frame(7, T=round(NOW.timestamp() * 1000) + 60_000),
        frame(8, T="soon"),
    ]
    with streaming(speaking(frame(1), *bad, frame(9))) as stream:
        received = gather(stream, len(bad) + 2)
    assert ([quote.trade_id for quote in received.quotes], received.refused) == ([1, 9], len(bad))


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ('{"e":"serverShutdown","E":1}', "is shutting down this server"),
        ('{"stream":"","data":{"e":"serverShutdown","E":1}}', "is shutting down this server"),
        ('{"event":{"e":"serverShutdown","E":1}}', "is shutting down this server"),
        ('{"error":{"code":2,"msg":"Invalid request"},"id":1}', "code 2: Invalid request"),
        ('{"code":3,"msg":"Invalid JSON"}', "code 3: Invalid JSON"),
    ],
)
def test_an_announced_end_is_reported_after_the_trades_before_it(message: str, sentence: str) -> None:
    with streaming(speaking(frame(1), message)) as stream:
        assert len(gather(stream, 1).quotes) == 1
        end = time.monotonic() + PATIENCE
        with pytest.raises(SourceDown, match=sentence):
            while time.monotonic() < end:
                stream.receive(0.1)


def test_the_answer_to_a_request_is_neither_a_trade_nor_refused() -> None:
    with streaming(speaking()) as stream:
        assert stream.receive(PATIENCE) == Received([])


def test_a_close_right_after_the_subscription_is_reported() -> None:
    def leave(server: ServerConnection) -> None:
        server.recv()
        server.send(frame(1))
        server.close(1008, "too many")

    with streaming(leave) as stream:
        assert len(gather(stream, 1).quotes) == 1
        with pytest.raises(SourceDown, match="code 1008: too many"):
            stream.receive(PATIENCE)
        with pytest.raises(SourceDown, match="code 1008"):
            stream.follow(["ETHUSDT"])


def test_an_abort_is_reported() -> None:
    def leave(server: ServerConnection) -> None:
        server.recv()
        cut(server)

    with streaming(leave) as stream, pytest.raises(SourceDown, match="dropped the stream"):
        stream.receive(PATIENCE)


def test_a_half_open_stream_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "PING_SECONDS", 0.1)
    with half_open() as url:
        stream = binance(url).connect(["BTCUSDT"])
        with pytest.raises(SourceDown, match="ping timeout"):
            stream.receive(PATIENCE)
        stream.close()


def test_a_burst_comes_whole_and_in_order() -> None:
    burst = 10_000
    with streaming(speaking(*(frame(number) for number in range(burst)))) as stream:
        received = gather(stream, burst)
    assert [quote.trade_id for quote in received.quotes] == list(range(burst))
