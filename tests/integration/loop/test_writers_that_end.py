"""A writer that is closed, or one of whose messages was refused, writes nothing any more; with each Kafka client."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest

from shared.errors import Unavailable
from shared.kafka import Log, LogWriter, make_topics, open_log
from shared.kafka.connection import DEAD_LETTER_BYTES
from shared.settings.brokers import Brokers, ClientChoice
from tests.slowness import PATIENCE

TOO_LARGE = bytes(DEAD_LETTER_BYTES // 2)
numbers = count()


@pytest.fixture(params=["confluent", "kafka-python"])
def log(embedded_kafka: Brokers, request: pytest.FixtureRequest) -> Log:
    """A topic of two partitions for one of the clients."""
    client: ClientChoice = request.param
    if client == "confluent":
        pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    return make_topics(embedded_kafka._replace(client=client), f"writers-{next(numbers)}", 2)


@pytest.fixture
def writer(log: Log) -> Iterator[LogWriter]:
    with closing(LogWriter(log)) as opened:
        yield opened


def written(log: Log, partition: int) -> list[bytes]:
    """The values of a partition."""
    with open_log(log) as opened:
        return [each.value or b"" for each in opened.backwards(partition)][::-1]


def test_nothing_that_follows_a_refused_message_is_written(log: Log, writer: LogWriter) -> None:
    """The next run publishes what follows the last message of the log, and would not miss the refused one."""
    sent = [b"%d" % number for number in range(200)]
    sent[100] = TOO_LARGE
    with pytest.raises(Unavailable):
        for value in sent:
            writer.send(0, None, value)
        writer.flush(PATIENCE)
        pytest.fail("the large message is refused")
    writer.close()
    found = written(log, 0)
    assert found == sent[: len(found)]


def test_writer_that_failed_refuses_all_that_follows(log: Log, writer: LogWriter) -> None:
    writer.send(0, None, TOO_LARGE)
    with pytest.raises(Unavailable):
        writer.flush(PATIENCE)
    with pytest.raises(Unavailable):
        writer.append(1, b"key", b"value", PATIENCE)
    writer.close()
    assert written(log, 1) == []


def test_closed_writer_raises_the_error_that_its_thread_waits_out(writer: LogWriter) -> None:
    """Scenario: Kafka was away for twenty seconds; the thread that sends heartbeats wrote on and ended the producer."""
    writer.append(0, b"key", b"value", PATIENCE)
    writer.mark()
    writer.send(0, b"key", b"value")
    writer.mark()
    writer.close()
    with pytest.raises(Unavailable):
        writer.append(0, b"key", b"value", 1.0)
    writer.close()
