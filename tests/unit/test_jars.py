"""Fetching jars from a repository that misbehaves, on this machine."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared import downloads
from shared.embedded.jars import Jar, ensure_jars, read_list
from shared.errors import Unavailable

CONTENT = {"left-1.0.jar": b"left" * 5000, "right-2.0.jar": b"right" * 7000}
JARS = [
    Jar("org.example.parts", name.split("-")[0], name[:-4].split("-")[1], hashlib.sha256(content).hexdigest())
    for name, content in CONTENT.items()
]


class Repository(ThreadingHTTPServer):
    """A Maven repository. `faults` says how the next requests for a jar go wrong; then they go well."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.faults: dict[str, list[str]] = {}
        self.asked: list[str] = []


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Repository

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[1]
        self.server.asked.append(self.path)
        faults = self.server.faults.get(name, [])
        fault = faults.pop(0) if faults else ""
        body = b"<html>not a jar</html>" if fault == "wrong bytes" else CONTENT[name]
        self.send_response(500 if fault == "error" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault == "truncated" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setattr(downloads, "PAUSE", 0.0)
    with Repository() as server:
        monkeypatch.setenv("TICKSTREAM_MAVEN_URL", f"http://127.0.0.1:{server.server_port}/maven2/")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_jars_are_fetched_from_the_mirror_by_their_coordinates(
    repository: Repository, tmp_path: Path
) -> None:
    ensure_jars(JARS, tmp_path / "cache")
    assert contents(tmp_path / "cache") == CONTENT
    assert "/maven2/org/example/parts/left/1.0/left-1.0.jar" in repository.asked


def test_jars_that_are_right_are_not_fetched_again(repository: Repository, tmp_path: Path) -> None:
    ensure_jars(JARS, tmp_path)
    repository.asked.clear()
    ensure_jars(JARS, tmp_path)
    assert repository.asked == []


@pytest.mark.parametrize("fault", ["truncated", "wrong bytes", "error"])
def test_a_fetch_that_fails_twice_is_made_a_third_time(
    repository: Repository, tmp_path: Path, fault: str
) -> None:
    repository.faults["left-1.0.jar"] = [fault, fault]
    ensure_jars(JARS, tmp_path)
    assert contents(tmp_path) == CONTENT


@pytest.mark.parametrize("fault", ["truncated", "wrong bytes", "error"])
def test_a_jar_that_never_comes_right_is_not_left_in_the_cache(
    repository: Repository, tmp_path: Path, fault: str
) -> None:
    repository.faults["left-1.0.jar"] = [fault] * downloads.ATTEMPTS
    with pytest.raises(Unavailable, match="TICKSTREAM_MAVEN_URL"):
        ensure_jars(JARS, tmp_path)
    assert "left-1.0.jar" not in contents(tmp_path)
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_jar_in_the_cache_is_replaced(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "left-1.0.jar").write_bytes(CONTENT["left-1.0.jar"][:100])
    ensure_jars(JARS, tmp_path)
    assert contents(tmp_path) == CONTENT


def test_two_fetches_at_once_leave_whole_jars(repository: Repository, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ensure_jars(JARS, tmp_path), range(2)))
    assert contents(tmp_path) == CONTENT


def test_without_a_network_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, repository: Repository, tmp_path: Path
) -> None:
    repository.socket.close()
    with pytest.raises(Unavailable, match=r"Check the network .* KAFKA_BOOTSTRAP_SERVERS"):
        ensure_jars(JARS[:1], tmp_path)


def test_the_list_names_every_jar_once_with_its_digest() -> None:
    listed = read_list()
    assert len({jar.filename for jar in listed}) == len(listed) == 46
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in listed)
