"""Each record is in the log once, wherever a producer is killed; waiting while the broker does not answer."""

import socket
from collections.abc import Iterable, Iterator
from threading import Event
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.publishing.lease import Lease
from producer.publishing.publisher import MARKS_UNDER_WAY, NOTHING, Publisher
from shared.errors import Unavailable
from shared.kafka import Log, LogWriter, partition_of
from shared.market.messages import decode
from shared.market.records import Record, TimeMark
from shared.progress.epochs import EarlierEpochs
from shared.settings.brokers import Brokers
from tests.inputs.records import moment, quote

PARTITIONS = 3
NOBODY = "127.0.0.1:9"
LATER_MS = 2**42

Sent = list[tuple[int, bytes | None, bytes]]


class ListWriter:
    """A writer whose log is a list. It acknowledges by `answers`, then always; it fails after `lives` messages."""

    def __init__(self, answers: Iterable[bool] = (), lives: int = 1 << 30, stop: Event | None = None) -> None:
        self.log: Sent = []
        self.marks = self.most_marks = 0
        self._answers, self._lives, self._stop = list(answers), lives, stop

    @property
    def sent(self) -> int:
        return len(self.log)

    def send(self, partition: int, key: bytes | None, value: bytes) -> None:
        if self.sent >= self._lives:
            raise Unavailable("killed")
        self.log.append((partition, key, value))

    def first_offsets(self) -> dict[int, int]:
        return {partition: 0 for partition, _, _ in self.log}

    def mark(self) -> None:
        self.marks += 1
        self.most_marks = max(self.marks, self.most_marks)

    def outstanding(self) -> int:
        return self.marks

    def waited(self) -> float:
        return 0.0

    def settle(self, seconds: float) -> bool:
        answer = self._answers.pop(0) if self._answers else True
        if answer:
            self.marks -= 1
        elif self._stop is not None:
            self._stop.set()
        return answer


@pytest.fixture
def bootstrap() -> Iterator[str]:
    """An address where a broker accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"127.0.0.1:{silent.getsockname()[1]}"


def publisher(
    writer: ListWriter, positions: dict[int, int] | None = None, limit: int = 0, bootstrap: str = NOBODY
) -> Publisher:
    before = dict.fromkeys(range(PARTITIONS), NOTHING)
    lease = Lease(1, dict.fromkeys(before, 0), EarlierEpochs({}))
    topic = Log(Brokers(bootstrap), "test", PARTITIONS, "cluster", "topic")
    return Publisher(topic, cast(LogWriter, writer), lease, {**before, **(positions or {})}, limit)


def sequence(symbols: Iterable[str | None]) -> list[Record]:
    """One record a position: a quote of the symbol, or a time mark for None."""
    return [
        TimeMark(time=moment(number), source="test", position=number, received_time=moment(number))
        if symbol is None
        else quote(number, 1.0, symbol, position=number)
        for number, symbol in enumerate(symbols)
    ]


def partitions_of(log: Sent) -> list[list[bytes]]:
    return [[value for partition, _, value in log if partition == number] for number in range(PARTITIONS)]


def test_record_lies_in_the_partition_of_its_symbol_under_its_symbol() -> None:
    writer = ListWriter()
    publisher(writer).publish(sequence(["AAPL", "BTC-USD", "AAPL"]), Event())
    assert [(partition, key) for partition, key, _ in writer.log] == [
        (partition_of(key, PARTITIONS), key) for key in (b"AAPL", b"BTC-USD", b"AAPL")
    ]


def test_time_mark_goes_to_every_partition_without_a_key() -> None:
    writer = ListWriter()
    publisher(writer).publish(sequence([None]), Event())
    assert [(partition, key) for partition, key, _ in writer.log] == [(0, None), (1, None), (2, None)]


def test_records_at_or_below_the_last_position_are_left_out_by_partition() -> None:
    place = partition_of(b"A", PARTITIONS)
    writer = ListWriter()
    publisher(writer, {place: 1}).publish(sequence(["A", None, "A"]), Event())
    positions = [
        (partition, decode(value, LATER_MS).position)
        for partition, _, value in writer.log
        if partition == place
    ]
    assert positions == [(place, 2)]
    assert writer.sent == 3


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["A", "B", "C", "D", None]), max_size=40),
    st.lists(st.integers(0, 30), max_size=5),
    st.data(),
)
def test_killed_at_any_place_it_publishes_nothing_twice_and_leaves_nothing_out(
    symbols: list[str | None], lives: list[int], data: st.DataObject
) -> None:
    records, whole = sequence(symbols), ListWriter()
    publisher(whole).publish(records, Event())
    parts: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
    for life in [*lives, 1 << 30]:
        positions = {
            number: decode(part[-1], LATER_MS).position if part else NOTHING
            for number, part in enumerate(parts)
        }
        writer = ListWriter(lives=life)
        try:
            publisher(writer, positions).publish(records, Event())
        except Unavailable:
            reached = [data.draw(st.integers(0, len(sent))) for sent in partitions_of(writer.log)]
        else:
            reached = [writer.sent] * PARTITIONS
        for part, sent, count in zip(parts, partitions_of(writer.log), reached, strict=True):
            part += sent[:count]
    assert parts == partitions_of(whole.log)


def test_stop_ends_between_two_records_with_all_of_them_settled() -> None:
    stop, writer = Event(), ListWriter()

    def source() -> Iterable[Record]:
        for number, record in enumerate(sequence(["A"] * 10)):
            if number == 3:
                stop.set()
            yield record

    some = publisher(writer)
    some.publish(source(), stop)
    assert (writer.sent, writer.marks, some.ended, some.health) == (4, 0, False, "running")


def test_limit_ends_the_run() -> None:
    writer = ListWriter()
    publisher(writer, limit=2).publish(sequence(["A"] * 10), Event())
    assert writer.sent == 2


def test_finished_source_makes_the_part_finished() -> None:
    some = publisher(ListWriter())
    some.publish(sequence(["A"]), Event())
    assert (some.ended, some.health) == (True, "finished")


def test_no_more_marks_are_under_way_than_it_waits_for() -> None:
    writer = ListWriter()
    publisher(writer).publish(sequence(["A"] * 30_000), Event())
    assert writer.sent == 30_000
    assert writer.most_marks == MARKS_UNDER_WAY + 1
    assert writer.marks == 0


def test_slow_broker_is_waited_for_and_named(bootstrap: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tickstream.producer")
    writer = ListWriter(answers=[False, False, True])
    some = publisher(writer, bootstrap=bootstrap)
    some.publish(sequence(["A"]), Event())
    assert [record.message for record in caplog.records] == [
        "Kafka does not acknowledge messages: waiting.",
        "Kafka acknowledges messages again.",
    ]
    assert (some.waiting, writer.marks) == (False, 0)


def test_stop_takes_effect_while_the_broker_is_silent(bootstrap: str) -> None:
    stop = Event()
    writer = ListWriter(answers=[False] * 100, stop=stop)
    some = publisher(writer, bootstrap=bootstrap)
    some.publish(sequence(["A"] * 9), stop)
    assert some.waiting
    assert writer.marks == 1


def test_unreachable_broker_ends_the_run() -> None:
    with pytest.raises(Unavailable, match="accepts no connection"):
        publisher(ListWriter(answers=[False])).publish(sequence(["A"]), Event())
