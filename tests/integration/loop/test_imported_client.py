"""Only the Kafka client that is used is loaded: each costs every part memory and a moment at its start."""

import subprocess
import sys
from pathlib import Path

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

START = """
import sys
from pathlib import Path
from shared.embedded import lease_kafka
from shared.embedded.ports import free_port

folder, client = sys.stdin.read().splitlines()
with lease_kafka(Path(folder), lambda sentence: None, free_port(), client) as brokers:
    assert brokers.client == client
print([name for name in ("kafka", "confluent_kafka") if name in sys.modules])
"""


def printed(script: str, text: str) -> str:
    """What a script prints that reads this text."""
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, cwd=PROJECT, input=text, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    ("client", "package"),
    [("auto", "confluent_kafka"), ("confluent", "confluent_kafka"), ("kafka-python", "kafka")],
)
def test_everything_that_parts_do_with_the_log_loads_one_client(
    embedded_kafka: Brokers, client: ClientChoice, package: str
) -> None:
    pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    assert printed(WORK, " ".join(embedded_kafka._replace(client=client))) == str([package])


def test_the_first_start_of_the_embedded_kafka_loads_the_chosen_client(tmp_path: Path) -> None:
    """It creates the login of all clients."""
    assert printed(START, f"{tmp_path}\nkafka-python") == "['kafka']"
