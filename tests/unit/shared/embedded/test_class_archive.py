"""The archive of the broker's classes: a real Java uses it, and starts without one that is damaged or does not fit."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from shared.embedded.kafka import class_archive
from shared.embedded.kafka.class_archive import ClassArchive, main
from shared.embedded.kafka.server import find_java

OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
SHOWING = ("-Xlog:class+load", "-version")
FROM_ARCHIVE = "source: shared objects file"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classes that Java itself loads."""
    path = tmp_path_factory.mktemp("listed") / "classes.lst"
    subprocess.run(
        [find_java(), f"-XX:DumpLoadedClassList={path}", "-version"], check=True, capture_output=True
    )
    return path


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClassArchive:
    monkeypatch.setattr(class_archive, "MIN_CLASSES", 100)
    jar = tmp_path / "one.jar"
    jar.write_bytes(b"PK\x05\x06" + bytes(18))  # an archive without any file
    return ClassArchive(find_java(), OPTIONS, (str(jar),))


def run(archive: ClassArchive, *options: str) -> str:
    """What a Java prints that starts with the archive if there is one."""
    command = [
        archive.java,
        *archive.options,
        *archive.java_options(),
        *options,
        "-cp",
        archive.jars[0],
        *SHOWING,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_archive_is_made_once_and_used(archive: ClassArchive, listed: Path) -> None:
    assert archive.is_wanted()
    assert FROM_ARCHIVE not in run(archive)
    main([str(listed), archive.java, *archive.options, "--", *archive.jars])
    found = archive.find()
    assert found is not None
    assert FROM_ARCHIVE in run(archive)
    archive.make(listed)
    assert {path.name for path in found.parent.iterdir()} == {"one.jar", "archive.lock", found.name}


def test_damaged_archive_is_removed_and_wanted_again(archive: ClassArchive, listed: Path) -> None:
    archive.make(listed)
    for kept, end in ((2_000_000, b""), (-1, b"?")):
        found = archive.find()
        assert found is not None
        found.write_bytes(found.read_bytes()[:kept] + end)
        assert archive.java_options() == []
        assert not found.exists()
        assert archive.is_wanted()
        archive.make(listed)


@pytest.mark.variant
def test_java_starts_without_an_archive_that_does_not_fit(archive: ClassArchive, listed: Path) -> None:
    archive.make(listed)
    assert FROM_ARCHIVE not in run(
        archive, "-XX:+UseParallelGC", "-XX:-UseSerialGC", "-XX:-UseCompressedOops"
    )
    found = archive.find()
    assert found is not None
    content = found.read_bytes()
    for other in (b"", content[: len(content) // 2], bytes(len(content))):
        found.write_bytes(other)
        command = [archive.java, *OPTIONS, f"-XX:SharedArchiveFile={found}", "-cp", archive.jars[0], *SHOWING]
        assert FROM_ARCHIVE not in subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.variant
def test_other_options_and_other_jars_have_another_archive(archive: ClassArchive, listed: Path) -> None:
    archive.make(listed)
    assert replace(archive, options=("-XX:+UseParallelGC",)).find() is None
    Path(archive.jars[0]).write_bytes(b"PK\x05\x06" + bytes(16) + b"\x01\x00?")
    assert archive.find() is None


def test_list_of_a_broker_that_ended_at_its_start_makes_no_archive(
    archive: ClassArchive, tmp_path: Path
) -> None:
    short = tmp_path / "short.lst"
    short.write_text("java/lang/Object id: 0\n")
    archive.make(short)
    assert archive.is_wanted()


def test_archive_that_can_not_be_made_is_not_tried_at_every_start(
    archive: ClassArchive, listed: Path
) -> None:
    unable = replace(archive, options=("-XX:NoSuchOption",))
    unable.make(listed)
    assert not unable.is_wanted()
    assert unable.java_options() == []
    os.utime(unable.failed, (0, 0))
    assert unable.is_wanted(), "a day later it is: there may have been too little memory"


def test_what_a_killed_process_left_is_removed(archive: ClassArchive, listed: Path) -> None:
    left = archive.folder / "new-1"
    left.mkdir()
    archive.make(listed)
    assert left.exists(), "another process may be at work in it"
    os.utime(left, (0, 0))
    archive.remove_leftovers()
    assert not left.exists()
    assert archive.find() is not None


def test_java_starts_without_an_archive_that_can_neither_be_read_nor_removed(archive: ClassArchive) -> None:
    """Scenario: root had made the archive, and Kafka no longer started for anybody else. A folder stands for it."""
    (archive.folder / f"{archive.name}-0.jsa").mkdir()
    assert archive.java_options() == []
    assert not archive.is_wanted()
