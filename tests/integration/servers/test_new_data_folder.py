"""The data folder of a new Kafka, compared with that of Kafka's own tool."""

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.embedded.kafka.data_folder import CHECKPOINT, create_data_folder
from shared.embedded.kafka.server import SETTINGS, Kafka
from shared.embedded.ports import free_port
from tests.integration.servers.server_user import silent

CLUSTER = "T4y63zbAtmDEjwRh8yXx3w"
BATCH = struct.Struct(">qiibIhiqq")
LENGTH_ENDS = struct.calcsize(">qi")
"""Base offset, length, leader epoch, version, checksum, attributes, last offset, first and last time."""


@pytest.fixture
def made_by_the_tool(tmp_path: Path) -> Path:
    """What `kafka-storage format` makes of the broker's settings."""
    kafka = Kafka(tmp_path / "kafka", free_port())
    kafka.folder.mkdir()
    kafka.prepare(silent)
    lines = SETTINGS | {
        "listeners": "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": "1@127.0.0.1:9093",
        "log.dirs": "formatted",
    }
    (kafka.folder / "format.properties").write_text(
        "".join(f"{key}={value}\n" for key, value in lines.items())
    )
    tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", "format.properties"]
    subprocess.run([*kafka.java(), *tool], cwd=kafka.folder, check=True, capture_output=True)
    return kafka.folder / "formatted"


def timeless(checkpoint: bytes) -> Iterator[tuple[int, ...] | bytes]:
    """The batches of records without their times and checksums."""
    while checkpoint:
        offset, length, epoch, version, _, attributes, last_offset, _, _ = BATCH.unpack_from(checkpoint)
        yield offset, length, epoch, version, attributes, last_offset
        end = LENGTH_ENDS + length
        yield checkpoint[BATCH.size : end]
        checkpoint = checkpoint[end:]


def properties(path: Path) -> dict[str, str]:
    """The lines of a properties file but for comments."""
    lines = (path / "meta.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_a_new_data_folder_has_the_files_of_kafkas_own_tool(made_by_the_tool: Path, tmp_path: Path) -> None:
    own = tmp_path / "data"
    create_data_folder(own)
    assert {path.name for path in own.iterdir()} == {path.name for path in made_by_the_tool.iterdir()}
    theirs, ours = properties(made_by_the_tool), properties(own)
    assert ours.keys() == theirs.keys()
    assert (ours["node.id"], ours["version"]) == (theirs["node.id"], theirs["version"])
    assert len(ours["cluster.id"]) == len(ours["directory.id"]) == len(CLUSTER)
    wanted = [*timeless((made_by_the_tool / CHECKPOINT.name).read_bytes())]
    assert [*timeless(CHECKPOINT.read_bytes())] == wanted, (
        "this Kafka version enables other features: copy the checkpoint that its tool made"
    )


def test_each_new_data_folder_is_another_cluster_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "new-of-a-killed-start").mkdir()
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        create_data_folder(folder)
    ids = [properties(folder)[name] for folder in folders for name in ("cluster.id", "directory.id")]
    assert len({*ids}) == 4
    assert not any(each.startswith("-") for each in ids)
    assert sorted(tmp_path.iterdir()) == folders


def test_an_empty_data_folder_is_filled_like_a_new_one(tmp_path: Path) -> None:
    """Scenario: the folder was created beforehand, as one does for a volume; the broker did not start."""
    kafka = Kafka(tmp_path / "kafka", free_port())
    (kafka.folder / "data").mkdir(parents=True)
    kafka.prepare(silent)
    assert (kafka.folder / "data" / "meta.properties").exists()
