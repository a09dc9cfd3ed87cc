"""Which partition a key belongs to."""

import struct

SEED = 0x9747B28C
FACTOR = 0x5BD1E995
WORD = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key by Kafka's default murmur2 rule, so that other tools agree."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """MurmurHash2 with the seed of Kafka's clients, an unsigned number of 32 bits."""
    found = SEED ^ len(data)
    whole = len(data) // 4 * 4
    for (part,) in struct.iter_unpack("<I", data[:whole]):
        part = part * FACTOR & WORD
        found = (found * FACTOR & WORD) ^ ((part ^ part >> 24) * FACTOR & WORD)
    if whole < len(data):
        found = (found ^ int.from_bytes(data[whole:], "little")) * FACTOR & WORD
    found = (found ^ found >> 13) * FACTOR & WORD
    return found ^ found >> 15
