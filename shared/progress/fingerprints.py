"""A hash that distinguishes a message of the log from another one at the same offset."""

from hashlib import blake2b
from struct import pack
from typing import Protocol

DIGEST_BYTES = 16


class StoredMessage(Protocol):
    """A message as the broker stored it; `timestamp` in epoch milliseconds."""

    timestamp: int
    key: bytes | None
    value: bytes | None


def fingerprint(message: StoredMessage) -> str:
    """BLAKE2b of append time, key and value, in hexadecimal: every client of the log can compute it."""
    digest = blake2b(pack(">q", message.timestamp), digest_size=DIGEST_BYTES)
    for part in (message.key, message.value):
        digest.update(pack(">q", -1 if part is None else len(part)))
        digest.update(part or b"")
    return digest.hexdigest()
