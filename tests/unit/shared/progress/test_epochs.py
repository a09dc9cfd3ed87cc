"""Which producer's records count, decided by the log alone."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from shared.market.messages import decode, encode
from shared.progress.epochs import (
    NO_EPOCH,
    EarlierEpochs,
    Epoch,
    EpochStart,
    EpochTracker,
    epoch_of,
    stamp,
)
from tests.inputs.records import moment, quote

FIRST, SECOND = Epoch(1, 0), Epoch(2, 3)


@dataclass
class NumberedMessage:
    """A message as the log gives it."""

    offset: int
    value: bytes | None


def by(*epochs: Epoch, first: int = 0) -> list[NumberedMessage]:
    """Consecutive messages of these epochs."""
    raw = encode(quote(1, 1.0))
    return [
        NumberedMessage(first + number, raw if epoch == NO_EPOCH else raw[:-1] + stamp(epoch))
        for number, epoch in enumerate(epochs)
    ]


@given(st.integers(1, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_a_record_carries_its_epoch_and_stays_the_same_record(number: int, begin: int) -> None:
    raw = encode(quote(1, 1.0))
    stamped = raw[:-1] + stamp(Epoch(number, begin))
    assert epoch_of(stamped) == (number, begin)
    assert decode(stamped, 2**42) == decode(raw, 2**42)
    assert moment(1) == decode(stamped, 2**42).received_time


@given(st.binary(max_size=200))
def test_invalid_record_has_no_epoch(raw: bytes) -> None:
    assert epoch_of(raw) == NO_EPOCH
    assert epoch_of(None) == NO_EPOCH


def test_records_of_an_older_producer_after_a_newer_one_began_are_set_aside() -> None:
    epochs = EpochTracker(NO_EPOCH, since=0)
    aside, began = epochs.follow(by(FIRST, FIRST, FIRST, SECOND, FIRST, SECOND, NO_EPOCH))
    assert began == [EpochStart(0, FIRST), EpochStart(3, SECOND)]
    assert aside == {
        4: "from an older producer: epoch 1, but epoch 2 has begun",
        6: "from an older producer: it carries no epoch, and epoch 2 has begun",
    }


def test_a_newer_producer_that_missed_a_record_does_not_begin() -> None:
    epochs = EpochTracker(FIRST, since=0)
    aside, began = epochs.follow(by(FIRST, SECOND, SECOND, FIRST, first=3))
    assert (list(aside), began, epochs.current) == ([4, 5], [], FIRST)
    assert "did not know all before it: epoch 2 was to begin at offset 3" in aside[4]


def test_records_of_before_there_were_epochs_count_until_one_begins() -> None:
    epochs = EpochTracker(NO_EPOCH, since=0)
    assert epochs.follow(by(*[NO_EPOCH] * 3)) == ({}, [])
    assert epochs.follow(by(SECOND, NO_EPOCH, first=3))[1] == [EpochStart(3, SECOND)]


def test_a_reader_that_begins_within_an_epoch_accepts_it() -> None:
    epochs = EpochTracker(NO_EPOCH, since=5)
    assert epochs.follow(by(SECOND, SECOND, FIRST, first=5)) == (
        {7: "from an older producer: epoch 1, but epoch 2 has begun"},
        [EpochStart(5, SECOND)],
    )


def test_a_producer_that_reads_the_tail_skips_records_set_aside() -> None:
    earlier = EarlierEpochs({0: [FIRST, SECOND]})
    messages = by(FIRST, FIRST, SECOND, SECOND, FIRST, NO_EPOCH)
    assert [earlier.counts(0, message) for message in messages] == [True, True, False, True, False, False]
    assert all(EarlierEpochs({}).counts(0, message) for message in messages)
    untouched = EarlierEpochs({0: [NO_EPOCH]})
    assert [untouched.counts(0, message) for message in messages] == [False] * 5 + [True]


@given(st.lists(st.sampled_from([NO_EPOCH, FIRST, SECOND, Epoch(3, 6), Epoch(3, 7)]), max_size=12), st.data())
def test_it_makes_no_difference_where_batches_are_cut(epochs: list[Epoch], data: st.DataObject) -> None:
    messages = by(*epochs)
    cut = data.draw(st.integers(0, len(messages)))
    whole, parts = EpochTracker(NO_EPOCH, since=0), EpochTracker(NO_EPOCH, since=0)
    aside, began = whole.follow(messages)
    (left, first), (right, then) = parts.follow(messages[:cut]), parts.follow(messages[cut:])
    assert (left | right, first + then, parts.current) == (aside, began, whole.current)
