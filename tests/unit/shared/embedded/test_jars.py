"""Download of jars from a local repository with faults."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.embedded.kafka.jars import Jar, ensure_jars, read_list
from shared.errors import Unavailable
from shared.files import downloads
from tests.unit.faulty_downloads import FAULTS, Downloads, contents, downloads_of

CONTENT = {"left-1.0.jar": b"left" * 5000, "right-2.0.jar": b"right" * 7000}
JARS = [
    Jar("org.example.parts", name.split("-")[0], name[:-4].split("-")[1], hashlib.sha256(content).hexdigest())
    for name, content in CONTENT.items()
]


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Downloads]:
    monkeypatch.setattr(downloads, "FIRST_PAUSE", 0.0)
    with downloads_of(CONTENT) as server:
        monkeypatch.setenv("TICKSTREAM_MAVEN_URL", f"{server.url}/maven2/")
        yield server


def test_jars_are_fetched_from_the_mirror_by_their_coordinates(repository: Downloads, tmp_path: Path) -> None:
    ensure_jars(JARS, tmp_path / "cache")
    assert contents(tmp_path / "cache") == CONTENT
    assert "/maven2/org/example/parts/left/1.0/left-1.0.jar" in repository.asked


def test_jars_that_are_right_are_not_fetched_again(repository: Downloads, tmp_path: Path) -> None:
    ensure_jars(JARS, tmp_path)
    repository.asked.clear()
    ensure_jars(JARS, tmp_path)
    assert repository.asked == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fetch_that_fails_twice_is_made_a_third_time(
    repository: Downloads, tmp_path: Path, fault: str
) -> None:
    repository.faults["left-1.0.jar"] = [fault, fault]
    ensure_jars(JARS, tmp_path)
    assert contents(tmp_path) == CONTENT


@pytest.mark.parametrize("fault", FAULTS)
def test_a_jar_that_stays_damaged_is_not_left_in_the_cache(
    repository: Downloads, tmp_path: Path, fault: str
) -> None:
    repository.faults["left-1.0.jar"] = [fault] * downloads.ATTEMPTS
    with pytest.raises(Unavailable, match="TICKSTREAM_MAVEN_URL"):
        ensure_jars(JARS, tmp_path)
    assert "left-1.0.jar" not in contents(tmp_path)
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_jar_in_the_cache_is_replaced(repository: Downloads, tmp_path: Path) -> None:
    (tmp_path / "left-1.0.jar").write_bytes(CONTENT["left-1.0.jar"][:100])
    ensure_jars(JARS, tmp_path)
    assert contents(tmp_path) == CONTENT


def test_two_fetches_at_once_leave_whole_jars(repository: Downloads, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ensure_jars(JARS, tmp_path), range(2)))
    assert contents(tmp_path) == CONTENT


def test_without_a_network_the_error_names_what_to_do(
    monkeypatch: pytest.MonkeyPatch, repository: Downloads, tmp_path: Path
) -> None:
    repository.socket.close()
    with pytest.raises(Unavailable, match=r"Check the network .* KAFKA_BOOTSTRAP_SERVERS"):
        ensure_jars(JARS[:1], tmp_path)


def test_the_list_names_every_jar_once_with_its_digest() -> None:
    listed = read_list()
    assert len({jar.filename for jar in listed}) == len(listed) == 46
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in listed)
