"""Invalid messages are stored with their reason and sent to the dead-letter topic once; the pipeline continues."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from confluent_kafka import Producer

from consumer.consumer import store
from consumer.dead_letters import LETTERS_PER_BATCH, DeadLetterTopic
from consumer.storage import Storage
from shared.errors import StopPart
from shared.kafka import Log, LogWriter
from shared.kafka.clients.calls import RangeClient
from shared.kafka.clients.choice import range_client
from shared.kafka.clients.confluent.settings import confluent_settings
from shared.kafka.clients.kafka_python.ranges import PythonRanges
from shared.market.messages import MAX_MESSAGE_BYTES
from shared.postgres.database import connect, transaction
from shared.progress.batches import DeadLetter, decoded
from shared.progress.offsets import GroupOnTopic, advance
from tests.integration.desk import Desk
from tests.slowness import PATIENCE
from tests.waiting import wait_for

GOOD: dict[str, Any] = {
    "kind": "quote.v1",
    "symbol": "AAA",
    "event_time": "2024-01-02T12:00:00Z",
    "price": 10.5,
    "source": "test",
    "position": 1,
    "received_time": "2024-01-02T12:00:00Z",
}
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def but(**changed: object) -> bytes:
    """A good quote with fields changed; None takes the field away."""
    fields = {name: value for name, value in (GOOD | changed).items() if value is not None}
    return json.dumps(fields).encode()


BAD: list[tuple[bytes | None, str]] = [
    (b"nonsense", "not JSON"),
    (b"", "not JSON"),
    (None, "empty message"),
    (b"\xff\xfe\x00", "not JSON"),
    (b"[1, 2]", "not a JSON object but list"),
    (but(kind="quote.v2"), "unknown kind or version 'quote.v2'"),
    (but(kind=None), "unknown kind or version None"),
    (but(price=None), "missing required field `price`"),
    (but(price=-1.0), "price is not a finite positive number: -1.0"),
    (but(price=0), "price is not a finite positive number: 0.0"),
    (but(price=float("nan")), "not JSON"),
    (but(price=float("inf")), "not JSON"),
    (but(price="10.5"), "Expected `float`, got `str`"),
    (but(price=1e16), "price is not a finite positive number"),
    (but(symbol="AC ME"), "regex"),
    (but(symbol=""), "regex"),
    (but(event_time=TOMORROW), "from the future"),
    (but(event_time=TOMORROW, received_time=TOMORROW), "from the future"),
    (but(event_time="1969-12-31T23:59:59Z"), "before 1970"),
    (but(event_time="2024-01-02T12:00:00+16:00"), "more than 15:59 hours"),
    (but(received_time="2024-01-02T12:00:00-17:30"), "more than 15:59 hours"),
    (but(event_time="2024-01-02T12:00:00"), "timezone"),
    (but(currency="U\0D"), "NUL character"),
    (but(source="x" * 65), "length <= 64"),
    (but(note="x" * MAX_MESSAGE_BYTES), "over-long"),
]


def letters(desk: Desk) -> list[tuple[int, int, str, bytes | None]]:
    """Partition, offset, reason and message of every dead letter in the table."""
    rows = desk.rows(
        'select partition, "offset", reason, message from dead_letters order by partition, "offset"'
    )
    return [(*row[:3], None if row[3] is None else bytes(row[3])) for row in rows]


def published(desk: Desk) -> list[tuple[int, int, str, bytes | None]]:
    """The same from the dead-letter topic."""
    return [
        (partition, int(headers["offset"]), headers["reason"].decode(), message.value)
        for partition, messages in desk.messages(desk.dead_log).items()
        for message in messages
        for headers in [dict(message.headers)]
    ]


def test_each_bad_message_is_kept_with_its_reason_and_the_pipeline_goes_on(desk: Desk) -> None:
    for number, (raw, _) in enumerate(BAD):
        desk.publish([raw], partition=number % 2)
    desk.publish([but()])
    with desk.at_work(store):
        desk.wait_until_read("storage")
        wait_for(lambda: len(published(desk)) >= len(BAD))
    kept = {(partition, offset): (message, reason) for partition, offset, reason, message in letters(desk)}
    assert len(kept) == len(BAD)
    for number, (raw, reason) in enumerate(BAD):
        message, found = kept[number % 2, number // 2]
        assert message == raw
        assert reason in found
    assert published(desk) == letters(desk)
    assert desk.rows("select count(*) from quotes") == [(1,)]
    assert desk.rows("select sum(dead_letters), sum(quotes) from progress") == [(len(BAD), 1)]


def store_without_publishing(desk: Desk, first_offset: int) -> None:
    """What a storage part does until it is killed between the table and the topic."""
    storage = Storage(DeadLetterTopic(desk.log))
    reading = GroupOnTopic(f"{desk.config.kafka.group_id}-quotes", desk.log.topic)
    batch = decoded(0, first_offset, desk.messages(desk.log)[0][first_offset:], desk.log.partitions)
    storage.fold(batch)
    with closing(connect(desk.database(), "test")) as connection:
        storage.prepare(connection)
        with transaction(connection) as cursor:
            storage.write(cursor)
            advance(cursor, reading, [batch.step])


def test_a_kill_between_the_table_and_the_topic_loses_no_letter_and_doubles_none(desk: Desk) -> None:
    desk.publish([b"first"])
    with desk.at_work(store):
        wait_for(lambda: len(published(desk)) == 1)
    desk.publish([b"second", but(), b"third"])
    store_without_publishing(desk, first_offset=1)
    assert (len(letters(desk)), len(published(desk))) == (3, 1)
    for _ in range(2):
        with desk.at_work(store):
            wait_for(lambda: len(published(desk)) == 3)
    assert published(desk) == letters(desk)


def test_more_letters_than_are_fetched_at_once_are_published_in_order_after_a_kill(desk: Desk) -> None:
    desk.publish([b"first"])
    with desk.at_work(store):
        wait_for(lambda: len(published(desk)) == 1)
    count = 2 * LETTERS_PER_BATCH + 1
    desk.publish([b"bad %d" % number for number in range(count)])
    store_without_publishing(desk, first_offset=1)
    with desk.at_work(store):
        wait_for(lambda: len(published(desk)) > count)
    assert published(desk) == letters(desk)


def test_a_storage_part_killed_among_dead_letters_publishes_each_once(desk: Desk) -> None:
    desk.settings["BATCH_SIZE"] = "1"
    desk.publish([b"bad %d" % number for number in range(3_000)])
    storage = desk.start("storage")
    for count in (1, 1_000, 2_000):
        wait_for(lambda count=count: len(letters(desk)) >= count)  # type: ignore[misc]
        storage.kill()
        storage.communicate(timeout=PATIENCE)
        storage = desk.start("storage")
    wait_for(lambda: len(published(desk)) >= 3_000)
    storage.terminate()
    storage.communicate(timeout=PATIENCE)
    assert published(desk) == letters(desk)
    assert len(letters(desk)) == 3_000


def test_message_of_a_stranger_on_the_dead_letter_topic_is_ignored(desk: Desk) -> None:
    """Scenario: a tool of the user's writes there too, with a header of its own by that name: no start succeeded."""
    desk.publish([b"first"])
    with desk.at_work(store):
        wait_for(lambda: len(published(desk)) == 1)
    strange_headers: list[list[tuple[str, bytes]]] = [[("offset", b"twelve")], [("offset", b"9" * 5_000)], []]
    with closing(LogWriter(desk.dead_log)) as writer:
        for headers in strange_headers:
            writer.send(0, b"key", b"stranger", headers)
        assert writer.flush(PATIENCE)
    desk.publish([b"second"])
    with desk.at_work(store):
        wait_for(lambda: len(desk.messages(desk.dead_log)[0]) > len(strange_headers) + 1)
    values = [message.value for message in desk.messages(desk.dead_log)[0]]
    assert values == [b"first", *[b"stranger"] * len(strange_headers), b"second"]


def test_start_looks_into_all_partitions_of_the_dead_letter_topic_through_one_connection(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[RangeClient] = []

    def open_one(log: Log) -> RangeClient:
        opened.append(range_client(log))
        return opened[-1]

    monkeypatch.setattr("shared.kafka.log_reader.range_client", open_one)
    with (
        closing(DeadLetterTopic(desk.log)) as topic,
        closing(connect(desk.database(), "test")) as connection,
        transaction(connection) as cursor,
    ):
        for partition in range(desk.log.partitions):
            topic.resume(cursor, partition)
    assert desk.log.partitions > len(opened) == 1


def test_letters_that_the_topic_has_before_the_tables_are_passed_over_and_then_forgotten(desk: Desk) -> None:
    """Scenario: the tables are an older copy; what was noted of the topic was kept for as long as the part ran."""
    desk.publish([b"bad 0", b"bad 1", b"bad 2"])
    dead = [DeadLetter(message, "not JSON") for message in desk.messages(desk.log)[0]]
    with (
        closing(DeadLetterTopic(desk.log)) as before,
        closing(DeadLetterTopic(desk.log)) as topic,
        closing(connect(desk.database(), "test")) as connection,
    ):
        before.add(0, dead[:2])
        before.publish()
        with transaction(connection) as cursor:
            topic.resume(cursor, 0)
        topic.add(0, dead)
        topic.publish()
        assert not topic._ahead[0]
        with transaction(connection) as cursor:
            topic.resume(cursor, 0)
        topic.forget(0)
        assert topic._ahead == {}
    assert [message for *_, message in published(desk)] == [b"bad 0", b"bad 1", b"bad 2"]


def test_compressed_letter_that_is_too_large_for_the_topic_is_published_as_its_digest(desk: Desk) -> None:
    """Scenario: 20 kB of gzip in the log are 20 MB as a message; storage failed at each start and read no more."""
    large = b"{" + b" " * 20_000_000
    publish_compressed(desk.log, large, "gzip")
    for _ in range(2):  # the second start finds the letter in the topic
        desk.publish([but()], partition=0)
        with desk.at_work(store):
            desk.wait_until_read("storage")
            wait_for(lambda: len(published(desk)) >= 1)
    (letter,) = desk.messages(desk.dead_log)[0]
    assert (letter.key, letter.value) == (b"", None)
    assert dict(letter.headers)["sha256"].decode() == sha256(large).hexdigest()
    assert [message for *_, message in letters(desk)] == [large]
    assert desk.rows("select count(*) from quotes") == [(2,)]


def publish_compressed(log: Log, value: bytes, codec: str) -> None:
    settings = {**confluent_settings(log.brokers), "compression.type": codec, "message.max.bytes": 50_000_000}
    producer = Producer(settings)
    producer.produce(log.topic, value, b"AAA", 0)
    assert producer.flush(PATIENCE) == 0


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_compression_that_kafka_python_can_not_read_stops_the_part_with_the_remedy(
    desk: Desk, codec: str
) -> None:
    publish_compressed(desk.log, but(), codec)
    with closing(PythonRanges(desk.log)) as ranges, pytest.raises(StopPart, match="KAFKA_CLIENT=confluent"):
        ranges.start(0, 0, 1)
        while not ranges.is_read():
            ranges.poll(PATIENCE)
