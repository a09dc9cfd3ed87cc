"""The log. Nothing outside this package knows the Kafka client, so that it can be changed in one place."""

from shared.kafka.connection import Log, reachable
from shared.kafka.reader import GroupReader, Message, end_offsets, read_backwards
from shared.kafka.topics import DEAD_LETTER_SUFFIX, make_topics, partition_of, require_topic
from shared.kafka.writer import LogWriter

__all__ = [
    "DEAD_LETTER_SUFFIX",
    "GroupReader",
    "Log",
    "LogWriter",
    "Message",
    "end_offsets",
    "make_topics",
    "partition_of",
    "reachable",
    "read_backwards",
    "require_topic",
]
