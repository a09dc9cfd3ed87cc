"""Ten thousand random messages between valid ones, through the real parts."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from shared.errors import BadMessage
from shared.market.messages import decode, encode
from shared.market.records import Quote
from tests.integration.desk import Desk

COUNT = 10_000
START = datetime(2024, 1, 2, 15, 0, tzinfo=UTC)
SYMBOLS = ("AAPL", "BRK.B", "^GSPC", "EURUSD=X", "BTC-USD")
TEXTS = (
    "",
    "NULL",
    "\\N",
    "\\.",
    "a,b",
    '"',
    "'",
    "\t",
    "\r\n",
    "\u2028",
    "\ud800",
    "\0",
    "😀",
    "x" * 64,
    "x" * 65,
)
NUMBERS: tuple[object, ...] = (
    0,
    -0.0,
    -1,
    1e-320,
    1e-300,
    9.9e14,
    1e15,
    1e18,
    1e19,
    2**62,
    2**63,
    2**200,
    1e308,
    True,
    None,
    "1",
    [1],
    {},
)
TIMES = (
    *("1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    *(
        "2024-01-02T15:00:00+14:00",
        "2024-01-02T15:00:00.123456789Z",
        "2024-01-02T15:00:00",
        "2024-02-30T00:00:00Z",
    ),
    *("noon", "", 0, 1704207600, None),
)
NASTY = {
    **dict.fromkeys(("symbol", "source", "currency", "exchange", "session", "kind"), TEXTS),
    **dict.fromkeys(("price", "size", "bid", "day_volume", "previous_close", "position"), NUMBERS),
    **dict.fromkeys(("event_time", "received_time"), TIMES),
}


def good(number: int) -> Quote:
    """A real quote of its own second."""
    time = START + timedelta(milliseconds=200 * number)
    return Quote(
        symbol=SYMBOLS[number % len(SYMBOLS)],
        event_time=time,
        price=100 + number % 7,
        size=number % 3,
        source="test",
        position=number,
        received_time=time,
        currency="USD",
    )


def fuzzed(chance: random.Random, number: int) -> bytes | None:
    """Noise, or a real quote that something happened to."""
    raw = encode(good(number))
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.randrange(200)) or None
    if kind == 1:
        return raw[: chance.randrange(len(raw))]
    if kind == 2:
        return with_noise(chance, raw)
    if kind == 3:
        return b"[" * chance.randrange(1, 16_000)
    return with_nasty_values(chance, json.loads(raw))


def with_noise(chance: random.Random, raw: bytes) -> bytes:
    """Some bytes are others."""
    damaged = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def with_nasty_values(chance: random.Random, fields: dict[str, object]) -> bytes:
    """Some values are such as break tables, times and sums."""
    for name in chance.sample(sorted(NASTY), chance.randint(1, 3)):
        fields[name] = chance.choice(NASTY[name])
    return json.dumps(fields).encode()


def messages(chance: random.Random) -> Iterator[Quote | bytes | None]:
    """One good message after each fuzzed one."""
    for number in range(COUNT):
        yield fuzzed(chance, number)
        yield good(number)


def is_bad(raw: bytes | None, appended_ms: int) -> bool:
    """Whether the contract of the topic defines it."""
    try:
        decode(raw, appended_ms)
    except BadMessage:
        return True
    return False


def test_ten_thousand_fuzzed_messages_stop_nothing_and_lose_nothing(desk: Desk) -> None:
    desk.settings |= {"KAFKA_PARTITIONS": "1", "BATCH_SIZE": "1000"}
    desk.publish(list(messages(random.Random(1))))
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
    log = desk.messages(desk.log)[0]
    bad = [(message.offset, message.value) for message in log if is_bad(message.value, message.timestamp)]
    assert COUNT // 2 < len(bad) < COUNT
    letters = desk.rows('select "offset", message, reason from dead_letters order by "offset"')
    assert [(offset, raw if raw is None else bytes(raw)) for offset, raw, _ in letters] == bad
    assert all(reason for _, _, reason in letters)
    assert [message.value for message in desk.messages(desk.dead_log)[0]] == [raw for _, raw in bad]
    stored = desk.rows(
        'select "offset", symbol, event_time, price, size, currency, position from quotes order by 1'
    )
    assert [row[1:] for row in stored if row[0] % 2] == [
        (q.symbol, q.event_time, q.price, q.size, q.currency, q.position) for q in map(good, range(COUNT))
    ]
    assert {row[0] for row in stored} == {message.offset for message in log} - {offset for offset, _ in bad}
    counts = desk.rows("select quotes, dead_letters from progress")
    assert counts == [(len(stored), len(bad))] * 2
    assert desk.rows("select sum(quotes) from symbols") == [(len(stored),)]
    strange = "select count(*) from indicators i where i::text ~ 'NaN|Infinity'"
    assert desk.rows(strange) == [(0,)]
    assert desk.rows("select count(*) > 80 from indicators where rsi is not null") == [(True,)]
