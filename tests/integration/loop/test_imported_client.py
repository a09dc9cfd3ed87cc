"""Only the Kafka client that is used is loaded: each costs every part memory and a moment at its start."""

import subprocess
import sys

import pytest

from shared.settings.brokers import Brokers, ClientChoice
from tests.conftest import PROJECT

WORK = """
import sys
from contextlib import closing
from shared.kafka import GroupReader, LogWriter, make_lease_topic, make_topics, open_log, require_topic
import shared.kafka.login
from shared.settings.brokers import Brokers

brokers = Brokers(*sys.stdin.read().split(" "))
log = make_topics(brokers, "loaded-" + brokers.client, 1)
make_lease_topic(log)
require_topic(log)
with closing(LogWriter(log)) as writer, closing(GroupReader(log, "loaded-" + brokers.client, "one")) as member:
    writer.append(0, b"key", b"value", 30.0)
    member.poll(20, 10)
with open_log(log) as reader:
    assert len(list(reader.backwards(0))) == reader.ends()[0]
print([name for name in ("kafka", "confluent_kafka") if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("client", "package"),
    [("auto", "confluent_kafka"), ("confluent", "confluent_kafka"), ("kafka-python", "kafka")],
)
def test_everything_that_parts_do_with_the_log_loads_one_client(
    embedded_kafka: Brokers, client: ClientChoice, package: str
) -> None:
    pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    run = subprocess.run(
        [sys.executable, "-c", WORK],
        cwd=PROJECT,
        input=" ".join(embedded_kafka._replace(client=client)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == str([package])
