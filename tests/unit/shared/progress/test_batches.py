"""A batch accounts for every offset: as a record of its kind or as a dead letter with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kafka import Message
from shared.market.messages import encode
from shared.progress.batches import decoded
from tests.inputs.records import (
    acknowledgement,
    headline,
    mark,
    quote,
    recorded_bar,
    rule_change,
    second,
    split,
)

PARTITIONS = 5
"""The symbol A belongs to the last but one of these."""
MORNING = second("2024-01-03T15:00")
"""Ten o\'clock in New York."""
KINDS = {
    "quotes": encode(quote(MORNING, 1.0)),
    "bars": encode(recorded_bar(MORNING, "1m", (2.0, 4.0, 1.0, 3.0))),
    "actions": encode(split(MORNING, 2.0)),
    "time_marks": encode(mark(MORNING)),
    "rule_changes": encode(rule_change(MORNING, 1, "close > 2")),
    "handlings": encode(acknowledgement(MORNING)),
    "headlines": encode(headline(MORNING, 0.5)),
    "dead_letters": b"{",
}


@dataclass
class EncodedMessage:
    """A message as the log gives it."""

    offset: int
    value: bytes | None
    timestamp: int = (MORNING + 200_000) * 1000
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**12), st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=30))
def test_every_offset_is_counted_as_exactly_one_thing(first: int, kinds: list[str]) -> None:
    messages: list[Message] = [
        EncodedMessage(first + number, KINDS[kind]) for number, kind in enumerate(kinds)
    ]
    batch = decoded(3, first, messages, PARTITIONS)
    step = batch.step
    assert {name: getattr(step, name) for name in KINDS} == {name: kinds.count(name) for name in KINDS}
    assert (batch.partition, step.partition, step.expected, step.reached) == (3, 3, first, first + len(kinds))
    offsets = sorted(
        [offset for offset, _ in batch.records] + [letter.message.offset for letter in batch.dead]
    )
    assert offsets == [message.offset for message in messages]


def test_messages_without_a_time_have_none() -> None:
    """A topic that takes the times of its writers takes any."""
    times = {7: 1_700_000_000_123, 8: -1, 9: 2**62, 10: 0, 11: 253_370_764_799_999}
    messages: list[Message] = [EncodedMessage(offset, b"{", time) for offset, time in times.items()]
    appended = decoded(0, 7, messages, PARTITIONS).appended
    assert appended([11, 8, 7, 9]) == {7: times[7], 11: times[11]}
    assert appended({10}) == {10: 0}
    assert appended(()) == {}


def test_dead_letter_keeps_the_message_and_the_reason() -> None:
    message = EncodedMessage(7, None)
    batch = decoded(0, 7, [message], PARTITIONS)
    assert batch.dead == [(message, "empty message")]
    assert batch.records == []


def test_gap_in_the_log_shows_in_what_was_reached() -> None:
    batch = decoded(
        3, 7, [EncodedMessage(7, KINDS["quotes"]), EncodedMessage(9, KINDS["quotes"])], PARTITIONS
    )
    assert batch.step.reached - batch.step.expected == 3
    assert batch.step.quotes == 2


@pytest.mark.parametrize(
    "wrong", [*(KINDS[kind] for kind in ("quotes", "bars", "actions")), encode(mark(MORNING, "A"))]
)
def test_symbol_in_a_partition_that_is_not_its_own_is_a_dead_letter(wrong: bytes) -> None:
    message = EncodedMessage(7, wrong)
    batch = decoded(0, 7, [message, EncodedMessage(8, KINDS["time_marks"])], PARTITIONS)
    assert batch.dead == [(message, "in the wrong partition: A belongs to partition 3")]
    assert [offset for offset, _ in batch.records] == [8]
    assert (batch.step.quotes, batch.step.bars, batch.step.time_marks, batch.step.dead_letters) == (
        0,
        0,
        1,
        1,
    )
