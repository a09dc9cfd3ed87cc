"""Messages as confluent-kafka has fetched them."""

from collections.abc import Sequence

import msgspec


class Fetched(msgspec.Struct, gc=False):
    """See `Message`. Without garbage collection, which would visit each of thousands that live for one step."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
