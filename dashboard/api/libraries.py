"""Provides libraries for browsers: downloaded once from the npm registry into the user's cache, then served locally.

A list names the version of each, its files and their SHA-256.
"""

import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from shared.errors import Unavailable
from shared.files.downloads import fetch, has_digest, put_in_place

NPM_REGISTRY = "https://registry.npmjs.org"
CHART_LIBRARY = Path(__file__).with_name("chart_library.txt")
SWAGGER_UI = Path(__file__).with_name("swagger_ui.txt")
WAYS_OUT = "Check the network and wait, or set TICKSTREAM_NPM_URL to a reachable mirror of the npm registry."


@dataclass(frozen=True)
class Package:
    """A package of the npm registry, with the SHA-256 of its tarball and of its served files."""

    name: str
    version: str
    sha256: str
    files: tuple[tuple[str, str], ...]

    def url(self, base: str) -> str:
        """The URL of the tarball in the registry at `base`."""
        return f"{base.rstrip('/')}/{self.name}/-/{self.name}-{self.version}.tgz"

    @property
    def script(self) -> str:
        """The script's file name in the cache and on the page; it includes the version, so browsers may cache it."""
        return f"{self.name}-{self.version}.js"

    def cached(self, file: str) -> str:
        """The name of a file of the package in the cache."""
        suffix = Path(file).suffix
        return f"{self.name}-{self.version}{suffix}" if suffix in (".js", ".css") else Path(file).name


def read_package(listed: Path) -> Package:
    """The package in a list: a line `name:version SHA-256`, then one line per file; `#` starts a comment."""
    lines = [line for line in listed.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    (coordinates, sha256), *files = (line.split() for line in lines)
    name, version = coordinates.split(":")
    return Package(name, version, sha256, tuple((file, digest) for file, digest in files))


def library_folder(package: Package) -> Path:
    """The cache folder of this package version."""
    return (
        platformdirs.user_cache_path("tickstream") / f"{package.name}-{package.version}-{package.sha256[:12]}"
    )


def ensure_library(package: Package, folder: Path) -> None:
    """Ensure that the package's files are in `folder`; download them if one is missing or damaged.

    The registry is npm's, or the mirror at TICKSTREAM_NPM_URL. Raises Unavailable, with instructions, if the download
    fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if all(has_digest(folder / package.cached(file), digest) for file, digest in package.files):
        return
    from rich.console import Console  # here, because few starts download

    url = package.url(os.environ.get("TICKSTREAM_NPM_URL") or NPM_REGISTRY)
    try:
        with Console(stderr=True).status(f"Downloading {package.name} {package.version}"):
            tarball = fetch(url, package.sha256)
    except Unavailable as error:
        raise Unavailable(f"{package.name} is not on this machine yet and {error} {WAYS_OUT}") from None
    unpack(tarball, package, folder)


def unpack(tarball: bytes, package: Package, folder: Path) -> None:
    """Extract the package's files into `folder`. The tarball's hash was checked, so its contents are known."""
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        for file, _ in package.files:
            member = archive.extractfile(f"package/{file}")
            assert member is not None
            put_in_place(member.read(), folder / package.cached(file))
