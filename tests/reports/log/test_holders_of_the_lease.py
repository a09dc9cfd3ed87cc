"""Who may hold the lease of a topic: clones, earlier runs, and what other tools write among the claims."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from shutil import copytree
from threading import Event

import pytest

from producer.producer import produce
from producer.publishing.holder import Holder, holder_in, new_name
from producer.publishing.lease import leased
from shared.errors import ConfigError
from shared.kafka import LogWriter, make_lease_topic
from tests.integration.desk import Desk
from tests.integration.topic_changes import add_partitions
from tests.reports.log.folded_logs import assert_every_quote_counts_once
from tests.slowness import PATIENCE


def stands_by(feed: Desk, holder: Holder) -> bool:
    """Whether a producer of that name waits for another one; it gives up as soon as it does."""
    stop, waited = Event(), Event()

    @contextmanager
    def waiting(_: str) -> Iterator[None]:
        waited.set()
        stop.set()
        yield

    with leased(feed.log, holder, stop, waiting) as lease:
        return waited.is_set() and lease is None


@pytest.mark.parametrize("clone", ["of the data folder", "of the machine"])
def test_a_clone_with_the_same_name_and_data_folder_is_another_holder(
    clone: str, desk: Desk, tmp_path: Path
) -> None:
    """Scenario: clones of a virtual machine, same hostname, path and MAC, took the lease from each other in turn."""
    instance, places = "host-abcdef-producer-0", tmp_path / "data" / "places"
    places.mkdir(parents=True)
    first = holder_in(places, "topic", new_name(instance))
    (file,) = places.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    if clone == "of the data folder":
        places = copytree(tmp_path / "data", tmp_path / "copy") / "places"
    else:
        kept = json.loads(file.read_text())
        kept["here"][0] = "another start of the machine"
        file.write_text(json.dumps(kept))
    with leased(desk.log, first, Event(), lambda _: nullcontext()) as lease:
        assert lease is not None
        assert stands_by(desk, holder_in(places, "topic", new_name(instance)))
        assert not lease.is_lost


def test_a_producer_takes_over_from_its_own_earlier_run_at_once(desk: Desk, tmp_path: Path) -> None:
    """Scenario: a producer is killed and started again, also if the start after that was killed before it claimed."""
    with leased(desk.log, holder_in(tmp_path, "topic", "one"), Event(), lambda _: nullcontext()):
        holder_in(tmp_path, "topic", "two")
        assert not stands_by(desk, holder_in(tmp_path, "topic", "three"))


def test_a_producer_refuses_another_number_of_partitions(desk: Desk, recording: list[Path]) -> None:
    feed = desk.replaying(recording)
    feed.run_to_its_end(produce)
    add_partitions(feed, 4)
    with pytest.raises(ConfigError, match="has 4 partitions, but had 2"):
        feed.run_to_its_end(produce)


def test_messages_of_others_among_the_claims_keep_no_producer_from_publishing(
    desk: Desk, recording: list[Path]
) -> None:
    """Scenario: somebody tries a tool of Kafka's on the topic of the lease; no producer started any more."""
    feed = desk.replaying(recording)
    claims = make_lease_topic(feed.log)
    with closing(LogWriter(claims)) as writer:
        for partition in range(claims.partitions):
            for stray in (b"", b"{", b"null", b'{"type":"claim"}', b'{"type":"other"}'):
                writer.append(partition, b"key", stray, PATIENCE)
    feed.run_to_its_end(produce)
    assert_every_quote_counts_once(feed, recording)
