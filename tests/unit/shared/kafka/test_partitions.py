"""The partition of a key is the one that every other Kafka client gives it."""

import random

import pytest
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from shared.kafka.partitions import murmur2, partition_of

OF_KAFKA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}
"""The signed numbers of Kafka's own test, `UtilsTest.testMurmur2`."""


@pytest.mark.parametrize("key", OF_KAFKA)
def test_hash_is_that_of_kafka(key: bytes) -> None:
    assert murmur2(key) == OF_KAFKA[key] % 2**32


@pytest.mark.parametrize("size", range(20))
def test_hash_of_any_bytes_is_that_of_kafka_python(size: int) -> None:
    chance = random.Random(size)
    for key in [bytes(size), b"\xff" * size, *(chance.randbytes(size) for _ in range(50))]:
        assert murmur2(key) == murmur2_of_kafka_python(key)


def test_partition_is_not_negative_where_the_hash_is() -> None:
    assert {partition_of(key, 7) for key in OF_KAFKA} <= set(range(7))
    assert partition_of(b"21", 4) == (OF_KAFKA[b"21"] & 0x7FFFFFFF) % 4
