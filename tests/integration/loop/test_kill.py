"""Small chaos runs: parts and servers are killed, or the disk fills up under them, and the result is the same."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.errors import Unavailable
from shared.settings.brokers import ClientChoice
from tests.chaos.killing import KillAtWork, carry_out_at_work
from tests.chaos.models import SERVING
from tests.chaos.outcome import Left, first_difference, outcome
from tests.chaos.pipeline import ChaosPipeline, running
from tests.chaos.recording import made_up_with_split
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE
from tests.small_disk import SmallDisk
from tests.waiting import wait_for

PLAN = [
    ("analytics", 0.1),
    ("producer", 0.15),
    ("storage", 0.25),
    ("producer", 0.35),
    ("postgres", 0.4),
    ("analytics", 0.5),
    ("kafka", 0.5),
    ("storage", 0.6),
]
"""Who is killed, and the share of the log that it has behind it then. The producer's kills come first: while Kafka is
away the replay goes on, and would soon be through."""
QUOTES_BEFORE = 400
"""Read when the disk fills up, some seconds after the start."""


class Calm(NamedTuple):
    """A run left alone: what it replayed, and its outcome."""

    files: list[Path]
    outcome: list[Left]


def played(
    files: list[Path], speed: str, plan: Sequence[KillAtWork] = (), client: ClientChoice = "auto"
) -> list[Left]:
    """The outcome of a replay."""
    with running(files, speed, silent, client) as pipeline:
        carry_out_at_work(plan, pipeline)
        pipeline.wait_until_drained(PATIENCE)
        pipeline.stop_parts()
        return outcome(pipeline.config, pipeline.topic)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """What the disturbed runs are compared with."""
    files = made_up_with_split(tmp_path_factory.mktemp("recording"), minutes=90, quotes_a_minute=60)
    return Calm(files, played(files, "max"))


def differences(calm: Calm, disturbed: list[Left]) -> list[str]:
    """Where the tables and the log are not the same to the byte."""
    pairs = zip(calm.outcome, disturbed, strict=True)
    return [difference for pair in pairs if (difference := first_difference(*pair))]


def test_killed_parts_and_servers_leave_the_same_bytes_as_a_run_left_alone(
    calm: Calm, each_client: ClientChoice
) -> None:
    rows = {left.name: len(left.lines) for left in calm.outcome}
    assert rows["quotes"] + rows["bars"] + rows["log"] > 10_000
    assert rows["corporate_actions"] == 1
    assert rows["wrong times"] == 0
    assert rows["market_moves"] > 300 and rows["market_breadth"] > 90 and rows["market_changes"] == 0
    assert min(rows[name] for name in ("forecasts", "forecast_scores", "forecast_records")) > 30
    for table in ("forecasts", "forecast_scores", "forecast_records"):
        found = [line.split(b"\t") for left in calm.outcome if left.name == table for line in left.lines]
        assert all(sum(model.encode() in row for row in found) > 3 for model in SERVING), table
    plan = [KillAtWork(victim, int(share * rows["log"])) for victim, share in PLAN]
    assert differences(calm, played(calm.files, "500", plan, each_client)) == []


def has_read(pipeline: ChaosPipeline, count: int) -> bool:
    """Whether each group has read so many messages."""
    with suppress(Unavailable):
        return min(pipeline.read_by().values()) >= count
    return False


def go_on_quickly(pipeline: ChaosPipeline) -> None:
    """Let a producer in place of this one replay the rest without its pauses."""
    os.environ["REPLAY_SPEED"] = "max"  # of the parts that are started while the pipeline runs
    process = pipeline.children["producer"].process
    if process is not None:
        process.kill()


@pytest.mark.variant
def test_a_full_disk_is_waited_for_and_loses_and_doubles_no_record(
    small_disk: SmallDisk,
    calm: Calm,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk.folder))
    printed = ""

    def parts_wait() -> bool:
        nonlocal printed
        printed += capfd.readouterr().err
        return all(
            f"{part} waits and tries again" in printed for part in ("producer", "storage", "analytics")
        )

    # So slow that it does not end before every part has met the full disk, whatever else the machine does.
    with running(calm.files, "20", silent) as pipeline:
        wait_for(lambda: has_read(pipeline, QUOTES_BEFORE))
        small_disk.fill()
        wait_for(parts_wait)
        assert not pipeline.children["producer"].done
        small_disk.make_room()
        go_on_quickly(pipeline)
        pipeline.wait_until_drained(3 * PATIENCE)
        pipeline.stop_parts()
        filled = outcome(pipeline.config, pipeline.topic)
        assert [child.failure for child in pipeline.children.values()] == ["", "", ""]
    assert differences(calm, filled) == []
    assert "is full" in printed or "are free on the disk" in printed
