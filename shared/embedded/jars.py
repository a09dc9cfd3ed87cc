"""The broker's jars: fetched once into the user's cache, each checked against its SHA-256.

A jar gets its real name only when its bytes are right, in one rename, so a fetch that was cut off is
never used and two fetches at once do no harm.
"""

import contextlib
import hashlib
import os
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import platformdirs
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from shared.errors import Unavailable

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
LIST = Path(__file__).with_name("kafka_jars.txt")
ATTEMPTS = 3
SOCKET_LIMIT = 15.0  # seconds without a byte
FETCH_LIMIT = 300.0  # seconds for one jar, however it trickles
PAUSE = 0.5  # seconds before the second attempt, doubled before the third
PARALLEL = 8


@dataclass(frozen=True)
class Jar:
    """One jar by its Maven coordinates and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """The name it has in a Maven repository and in the cache."""
        return f"{self.artifact}-{self.version}.jar"

    def url(self, base: str) -> str:
        """Its address in the Maven repository at `base`."""
        folders = self.group.replace(".", "/")
        return f"{base.rstrip('/')}/{folders}/{self.artifact}/{self.version}/{self.filename}"


def read_list(path: Path = LIST) -> list[Jar]:
    """The jars named in a list of `group:artifact:version SHA-256` lines; `#` starts a comment."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    pairs = [line.split() for line in lines]
    jars = []
    for coordinates, sha256 in pairs:
        group, artifact, version = coordinates.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def kafka_version() -> str:
    """The version of Kafka that the list holds."""
    return next(jar.version for jar in read_list() if jar.artifact.startswith("kafka_"))


def kafka_folder() -> Path:
    """The cache folder of exactly this list of jars, so that nothing else is ever on the class path."""
    digest = hashlib.sha256(LIST.read_bytes()).hexdigest()[:12]
    return platformdirs.user_cache_path("tickstream") / f"kafka-{kafka_version()}-{digest}"


def ensure_jars(jars: Sequence[Jar], folder: Path) -> None:
    """Leave every jar in `folder`, fetching those that are absent or damaged.

    The repository is Maven Central, or the mirror whose base address is in TICKSTREAM_MAVEN_URL.
    Raises Unavailable where a jar can't be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(PARALLEL) as pool:
        right = pool.map(lambda jar: is_right(jar, folder / jar.filename), jars)
        missing = [jar for jar, ok in zip(jars, right, strict=True) if not ok]
    if missing:
        fetch_all(missing, folder, os.environ.get("TICKSTREAM_MAVEN_URL") or MAVEN_CENTRAL)


def is_right(jar: Jar, path: Path) -> bool:
    """Whether the file is there with the bytes it should have."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256


def fetch_all(jars: Sequence[Jar], folder: Path, base: str) -> None:
    """Fetch the jars in parallel behind a progress bar; the first that fails ends the fetch."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} jars"),
    )
    with (
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
        ThreadPoolExecutor(PARALLEL) as pool,
    ):
        task = progress.add_task(f"Fetching Kafka {kafka_version()}", total=len(jars))
        fetches = [pool.submit(fetch, jar, folder, base) for jar in jars]
        try:
            for one in fetches:
                one.result()
                progress.advance(task)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def fetch(jar: Jar, folder: Path, base: str) -> None:
    """Fetch one jar into `folder`. Raises Unavailable after the last of a few attempts."""
    reasons = []
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            content = download(jar.url(base))
        except (OSError, HTTPException) as error:
            reasons.append(str(error) or type(error).__name__)
            continue
        if hashlib.sha256(content).hexdigest() == jar.sha256:
            put_in_place(content, folder / jar.filename)
            return
        reasons.append(f"the {len(content)} bytes that came have a wrong SHA-256")
    raise Unavailable(explain(jar.url(base), reasons))


def download(url: str) -> bytes:
    """The bytes at an address. Raises OSError or HTTPException where they don't come whole."""
    request = urllib.request.Request(url, headers={"User-Agent": "tickstream"})  # noqa: S310 the user's mirror
    deadline = time.monotonic() + FETCH_LIMIT
    content = bytearray()
    with urllib.request.urlopen(request, timeout=SOCKET_LIMIT) as response:  # noqa: S310
        while piece := response.read1(65536):
            content += piece
            if time.monotonic() > deadline:
                raise TimeoutError(f"not whole after {FETCH_LIMIT:.0f} s")
    return bytes(content)


def put_in_place(content: bytes, path: Path) -> None:
    """Write beside the real name and rename, so that nobody ever sees half a jar."""
    handle, temporary = tempfile.mkstemp(suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()


def explain(url: str, reasons: Iterable[str]) -> str:
    """What failed, and the three ways out."""
    return (
        f"Kafka is not on this machine yet and {url} could not be fetched: "
        f"{'; '.join(dict.fromkeys(reasons))}. Check the network and start again (what came is kept), or set "
        "TICKSTREAM_MAVEN_URL to a Maven mirror that you can reach, or set KAFKA_BOOTSTRAP_SERVERS to a "
        "Kafka of your own."
    )
