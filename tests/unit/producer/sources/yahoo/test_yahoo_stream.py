"""Yahoo's messages, real and constructed, and its stream over a faulty connection."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.server import ServerConnection
from yfinance.pricing_pb2 import PricingData  # type: ignore[import-untyped]

from producer.sources.answers import Received
from producer.sources.yahoo import stream as stream_module
from producer.sources.yahoo.prices import plain_price
from producer.sources.yahoo.stream import open_stream, quote_of
from producer.transport import websocket as connection_module
from shared.errors import SourceDown
from tests.slowness import PATIENCE
from tests.unit.local_stream import cut, gather, half_open, serving, until_closed

TIME = datetime(2026, 8, 5, 13, 43, 15, tzinfo=UTC)
NOW = TIME + timedelta(seconds=1)


def frame(**fields: Any) -> str:
    """A message of Yahoo's; a field of None is left out."""
    given = {"id": "AAPL", "price": 307.2, "time": round(TIME.timestamp() * 1000), "price_hint": 2, **fields}
    message = PricingData(**{name: value for name, value in given.items() if value is not None})
    return json.dumps({"type": "pricing", "message": b64encode(message.SerializeToString()).decode()})


@pytest.fixture(scope="module")
def real_frames(real_data: Path) -> list[dict[str, Any]]:
    path = real_data / "providers" / "yahoo_ws" / "frames.json"
    if not path.is_file():
        pytest.skip(f"no recorded frames at {path}")
    frames: list[dict[str, Any]] = json.loads(path.read_text())["frames"]
    return frames


@pytest.mark.real_data
def test_real_frames_are_read_without_the_noise_and_the_doubled_volumes(
    real_frames: list[dict[str, Any]],
) -> None:
    now = datetime(2026, 9, 1, tzinfo=UTC)
    quotes = [quote_of(frame["json_envelope"], now) for frame in real_frames]
    read = [(quote.price, quote.day_volume, quote.session) for quote in quotes if quote is not None]
    assert read == [
        (314.765, 17_557_274, "regular"),
        (314.79, 17_557_426, "regular"),
        (168.99, 53_985_930, "regular"),
        (276.34, None, "overnight"),
        (305.76, None, "pre"),
        (307.2, 5_422_202, "regular"),
    ]


@pytest.mark.real_data
def test_real_frames_have_times_in_milliseconds_and_no_size(real_frames: list[dict[str, Any]]) -> None:
    now = datetime(2026, 9, 1, tzinfo=UTC)
    for real in real_frames:
        quote = quote_of(real["json_envelope"], now)
        assert quote is not None
        assert quote.event_time == datetime.fromisoformat(real["decoded_with_pricing_proto"]["_utc"])
        assert (quote.symbol, quote.exchange, quote.source, quote.size) == ("AAPL", "NMS", "yahoo", None)


@pytest.mark.real_data
def test_no_beginning_of_a_real_frame_gives_another_price_or_time(real_frames: list[dict[str, Any]]) -> None:
    for real in real_frames:
        whole = quote_of(real["json_envelope"], NOW)
        for length in range(len(real["base64"])):
            quote = quote_of(json.dumps({"type": "pricing", "message": real["base64"][:length]}), NOW)
            assert quote is None or (
                whole is not None and (quote.price, quote.event_time) == (whole.price, whole.event_time)
            )


def test_every_field_of_yahoo_is_in_the_quote() -> None:
    text = frame(
        currency="USD",
        exchange="NMS",
        market_hours=1,
        day_volume=5_422_202,
        last_size=49,
        day_high=309.99,
        day_low=301.1,
        open_price=303.05,
        previous_close=309.38,
        bid=307.19,
        ask=307.21,
    )
    quote = quote_of(text, NOW)
    assert quote is not None
    assert (quote.event_time, quote.received_time, quote.position) == (TIME, NOW, 0)
    assert (quote.price, quote.bid, quote.ask, quote.previous_close) == (307.2, 307.19, 307.21, 309.38)
    assert (quote.day_open, quote.day_high, quote.day_low) == (303.05, 309.99, 301.1)
    assert (quote.day_volume, quote.size, quote.trade_id) == (5_422_202, None, None)
    assert (quote.currency, quote.exchange, quote.session) == ("USD", "NMS", "regular")


@pytest.mark.parametrize(
    ("price", "hint", "expected"),
    [
        (67_187.34, 2, 67_187.34),
        (0.00123, 2, 0.00123),
        (307.200_03, 2, 307.2),
        (1.23456e-5, None, 1.23456e-5),
        (0.0712345, 4, 0.0712345),
        (0.07123455, 4, 0.07123455),
    ],
)
def test_rounding_takes_the_noise_and_nothing_else(price: float, hint: int | None, expected: float) -> None:
    quote = quote_of(frame(price=price, price_hint=hint), NOW)
    assert quote is not None
    assert quote.price == expected


@given(st.floats(2.0**-10, 1e6, width=32), st.integers(0, 6))
def test_a_price_is_the_same_number_in_the_stream_and_in_an_answer(price: float, hint: int) -> None:
    quote = quote_of(frame(price=price, price_hint=hint), NOW)
    assert quote is not None
    assert quote.price == plain_price(price, hint)


def test_the_volume_of_a_moving_window_is_no_days_volume() -> None:
    quote = quote_of(frame(id="BTC-USD", day_volume=37_456_789_504, vol_24hr=37_456_789_504), NOW)
    assert quote is not None
    assert quote.day_volume is None


def test_market_hours_that_nobody_knows_are_no_session() -> None:
    quote = quote_of(frame(market_hours=9), NOW)
    assert quote is not None
    assert quote.session is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "[" * 200_000,
        "{}",
        '{"type":"pricing","message":17}',
        '{"type":"pricing","message":"not Base64!"}',
        '{"type":"pricing","message":"AAAA"}',
        '{"type":"pricing","message":""}',
        '{"type":"error","message":"no such symbol"}',
        frame().replace("pricing", "heartbeat"),
        frame()[:-9],
        frame(price=0.0),
        frame(price=None),
        frame(price=float("nan")),
        frame(price=float("inf")),
        frame(price=-1.0),
        frame(time=None),
        frame(time=round(NOW.timestamp() * 1000) + 60_000),
        frame(time=2**62),
        frame(id=None),
        frame(id="two words"),
    ],
)
def test_invalid_price_is_refused(text: str) -> None:
    assert quote_of(text, NOW) is None


def test_bad_messages_are_counted_and_the_others_come_in_order() -> None:
    def speak(server: ServerConnection) -> None:
        server.recv()
        for text in (frame(price=1.0), "garbage", frame(price=2.0), '{"type":"new"}', frame(price=3.0)):
            server.send(text)
        server.send(b"\xff\xfe")
        until_closed(server)

    with serving(speak) as url:
        stream = open_stream(url, ["AAPL"], clock=lambda: NOW)
        received = gather(stream, 6)
        stream.close()
    assert ([quote.price for quote in received.quotes], received.refused) == ([1.0, 2.0, 3.0], 3)


def test_following_others_unsubscribes_from_removed_symbols() -> None:
    asked: SimpleQueue[dict[str, list[str]]] = SimpleQueue()

    def note(server: ServerConnection) -> None:
        for text in server:
            asked.put(json.loads(text))
            server.send(frame(id="AAPL"))
            server.send(frame(id="MSFT"))

    with serving(note) as url:
        stream = open_stream(url, ["AAPL", "MSFT"], clock=lambda: NOW)
        first = asked.get(timeout=PATIENCE)
        assert {quote.symbol for quote in gather(stream, 2).quotes} == {"AAPL", "MSFT"}
        stream.follow(["MSFT", "IBM"])
        assert asked.get(timeout=PATIENCE) == {"unsubscribe": ["AAPL"]}
        again = asked.get(timeout=PATIENCE)
        assert {quote.symbol for quote in gather(stream, 2).quotes} == {"MSFT"}
        stream.close()
    assert sorted(first["subscribe"]) == ["AAPL", "MSFT"]
    assert sorted(again["subscribe"]) == ["IBM", "MSFT"]


def test_the_subscription_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "SUBSCRIBE_SECONDS", 0.05)
    asked: SimpleQueue[str | bytes] = SimpleQueue()

    def note(server: ServerConnection) -> None:
        for text in server:
            asked.put(text)

    with serving(note) as url:
        stream = open_stream(url, ["AAPL"])
        while asked.qsize() < 3:
            assert stream.receive(0.05) == Received([])
        stream.close()
    assert {asked.get() for _ in range(3)} == {'{"subscribe": ["AAPL"]}'}


def test_a_close_right_after_the_subscription_is_reported() -> None:
    def leave(server: ServerConnection) -> None:
        server.recv()
        server.send(frame())
        server.close(1001)

    with serving(leave) as url:
        stream = open_stream(url, ["AAPL"], clock=lambda: NOW)
        assert len(gather(stream, 1).quotes) == 1
        with pytest.raises(SourceDown, match="code 1001"):
            stream.receive(PATIENCE)
        with pytest.raises(SourceDown, match="code 1001"):
            stream.follow(["MSFT"])
        stream.close()


def test_an_abort_is_reported() -> None:
    def leave(server: ServerConnection) -> None:
        server.recv()
        cut(server)

    with serving(leave) as url:
        stream = open_stream(url, ["AAPL"])
        with pytest.raises(SourceDown, match="dropped the stream"):
            stream.receive(PATIENCE)
        stream.close()


def test_a_half_open_stream_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "PING_SECONDS", 0.1)
    with half_open() as url:
        stream = open_stream(url, ["AAPL"])
        with pytest.raises(SourceDown, match="ping timeout"):
            stream.receive(PATIENCE)
        stream.close()


def test_a_burst_comes_whole_and_in_order() -> None:
    burst = 10_000

    def speak(server: ServerConnection) -> None:
        server.recv()
        for number in range(1, burst + 1):
            server.send(frame(market_hours=1, day_volume=number))
        server.close()

    with serving(speak) as url:
        stream = open_stream(url, ["AAPL"], clock=lambda: NOW)
        received = gather(stream, burst)
        stream.close()
    assert [quote.day_volume for quote in received.quotes] == list(range(1, burst + 1))
