"""The id of a topic is stored, and has one text whichever client asked for it."""

import random
import uuid

import pytest


def test_id_of_a_topic_is_the_text_of_its_uuid() -> None:
    client = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    admin = pytest.importorskip("shared.kafka.clients.confluent.admin")
    chance = random.Random(1)
    for value in [0, 1, 2**128 - 1, 2**63, *(chance.getrandbits(128) for _ in range(500))]:
        halves = (
            int.from_bytes(half, "big", signed=True)
            for half in (value.to_bytes(16, "big")[:8], value.to_bytes(16, "big")[8:])
        )
        assert admin.uuid_text(client.Uuid(*halves)) == str(uuid.UUID(int=value))
