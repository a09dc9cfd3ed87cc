"""The broker's jars: downloaded once into the user's cache, each verified by its SHA-256."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from shared.errors import Unavailable
from shared.files.downloads import fetch, has_digest, put_in_place

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
LIST = Path(__file__).with_name("jars.txt")
PARALLEL = 8
WAYS_OUT = (
    "Check the network and start again (completed downloads are kept), or set TICKSTREAM_MAVEN_URL to a Maven mirror "
    "that you can reach, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka of your own."
)


@dataclass(frozen=True)
class Jar:
    """One jar by its Maven coordinates and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """Its file name in a Maven repository and in the cache."""
        return f"{self.artifact}-{self.version}.jar"

    def url(self, base: str) -> str:
        """Its address in the Maven repository at `base`."""
        folders = self.group.replace(".", "/")
        return f"{base.rstrip('/')}/{folders}/{self.artifact}/{self.version}/{self.filename}"


def read_list() -> list[Jar]:
    """The jars in the list, which has lines of `group:artifact:version SHA-256`; `#` starts a comment."""
    lines = [line for line in LIST.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    pairs = [line.split() for line in lines]
    jars = []
    for coordinates, sha256 in pairs:
        group, artifact, version = coordinates.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def kafka_version() -> str:
    """The version of Kafka in the list."""
    return next(jar.version for jar in read_list() if jar.artifact.startswith("kafka_"))


def kafka_folder() -> Path:
    """The cache folder of exactly this list of jars, so that no other jar is on the class path."""
    digest = hashlib.sha256(LIST.read_bytes()).hexdigest()[:12]
    return platformdirs.user_cache_path("tickstream") / f"kafka-{kafka_version()}-{digest}"


def ensure_jars(jars: Sequence[Jar], folder: Path) -> None:
    """Make sure that `folder` holds all jars; downloads missing or damaged ones.

    The repository is Maven Central, or the mirror whose base URL is in TICKSTREAM_MAVEN_URL.
    Raises Unavailable if a jar can't be downloaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(PARALLEL) as pool:
        right = pool.map(lambda jar: has_digest(folder / jar.filename, jar.sha256), jars)
        missing = [jar for jar, ok in zip(jars, right, strict=True) if not ok]
    if missing:
        fetch_all(missing, folder, os.environ.get("TICKSTREAM_MAVEN_URL") or MAVEN_CENTRAL)


def fetch_all(jars: Sequence[Jar], folder: Path, base: str) -> None:
    """Download the jars in parallel with a progress bar; the first failure cancels the rest."""
    # Imported here, because every part imports this module, and few starts download.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} jars"),
    )
    with (
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
        ThreadPoolExecutor(PARALLEL) as pool,
    ):
        task = progress.add_task(f"Downloading Kafka {kafka_version()}", total=len(jars))
        fetches = [pool.submit(fetch_jar, jar, folder, base) for jar in jars]
        try:
            for one in fetches:
                one.result()
                progress.advance(task)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def fetch_jar(jar: Jar, folder: Path, base: str) -> None:
    """Download one jar into `folder`. Raises Unavailable, with advice, if that fails."""
    try:
        put_in_place(fetch(jar.url(base), jar.sha256), folder / jar.filename)
    except Unavailable as error:
        raise Unavailable(f"Kafka is not installed on this machine yet, and {error} {WAYS_OUT}") from None
