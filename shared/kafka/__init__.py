"""Access to the log. No other package uses a Kafka client, so that it can be replaced in one place."""

from shared.kafka.connection import DEAD_LETTER_BYTES, Log, reachable, require_reachable
from shared.kafka.fetch_pace import Gathering
from shared.kafka.group_reader import GroupReader
from shared.kafka.log_reader import LogReader, open_log
from shared.kafka.message import Message
from shared.kafka.partitions import partition_of
from shared.kafka.topics import (
    DEAD_LETTER_SUFFIX,
    LEASE_SUFFIX,
    existing_log,
    make_lease_topic,
    make_topics,
    require_topic,
)
from shared.kafka.writer import LogWriter

__all__ = [
    "DEAD_LETTER_BYTES",
    "DEAD_LETTER_SUFFIX",
    "LEASE_SUFFIX",
    "Gathering",
    "GroupReader",
    "Log",
    "LogReader",
    "LogWriter",
    "Message",
    "existing_log",
    "make_lease_topic",
    "make_topics",
    "open_log",
    "partition_of",
    "reachable",
    "require_reachable",
    "require_topic",
]
