"""Download of the charting library from a local registry with faults."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.api.libraries import CHART_LIBRARY, SWAGGER_UI, Package, ensure_library, read_package
from shared.errors import Unavailable
from shared.files import downloads
from tests.unit.faulty_downloads import FAULTS, Downloads, contents, downloads_of

FILES = {"dist/charts.js": b"draw()" * 900, "LICENSE": b"You may."}


def tarball_of(files: dict[str, bytes]) -> bytes:
    """A package as npm packs one."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


TARBALL = tarball_of(FILES)
PACKAGE = Package(
    "charts",
    "1.2.3",
    hashlib.sha256(TARBALL).hexdigest(),
    tuple((name, hashlib.sha256(content).hexdigest()) for name, content in FILES.items()),
)
CACHED = {"charts-1.2.3.js": FILES["dist/charts.js"], "LICENSE": FILES["LICENSE"]}


NAME = "charts-1.2.3.tgz"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Downloads]:
    monkeypatch.setattr(downloads, "FIRST_PAUSE", 0.0)
    with downloads_of({NAME: TARBALL}) as server:
        monkeypatch.setenv("TICKSTREAM_NPM_URL", f"{server.url}/npm/")
        yield server


def test_library_is_fetched_once_from_the_mirror(registry: Downloads, tmp_path: Path) -> None:
    ensure_library(PACKAGE, tmp_path / "cache")
    ensure_library(PACKAGE, tmp_path / "cache")
    assert contents(tmp_path / "cache") == CACHED
    assert registry.asked == ["/npm/charts/-/charts-1.2.3.tgz"]


def test_damaged_library_in_the_cache_is_replaced(registry: Downloads, tmp_path: Path) -> None:
    (tmp_path / PACKAGE.script).write_bytes(b"draw(")
    ensure_library(PACKAGE, tmp_path)
    assert contents(tmp_path) == CACHED


@pytest.mark.parametrize("fault", FAULTS)
def test_fetch_that_fails_twice_is_made_a_third_time(registry: Downloads, tmp_path: Path, fault: str) -> None:
    registry.faults[NAME] = [fault, fault]
    ensure_library(PACKAGE, tmp_path)
    assert contents(tmp_path) == CACHED


@pytest.mark.parametrize("fault", FAULTS)
def test_library_that_stays_damaged_leaves_nothing_and_the_error_names_what_to_do(
    registry: Downloads, tmp_path: Path, fault: str
) -> None:
    registry.faults[NAME] = [fault] * downloads.ATTEMPTS
    with pytest.raises(Unavailable, match=r"not on this machine yet .* TICKSTREAM_NPM_URL"):
        ensure_library(PACKAGE, tmp_path)
    assert contents(tmp_path) == {}


def test_list_names_the_script_and_its_licence_with_their_digests() -> None:
    package = read_package(CHART_LIBRARY)
    assert package.url("https://registry.npmjs.org") == (
        "https://registry.npmjs.org/lightweight-charts/-/lightweight-charts-5.2.1.tgz"
    )
    assert [package.cached(file) for file, _ in package.files] == ["lightweight-charts-5.2.1.js", "LICENSE"]
    assert all(len(bytes.fromhex(digest)) == 32 for _, digest in package.files)


def test_list_names_what_shows_the_api_with_its_licence() -> None:
    package = read_package(SWAGGER_UI)
    named = f"swagger-ui-dist-{package.version}"
    assert [package.cached(file) for file, _ in package.files] == [
        f"{named}.js", f"{named}.css", "LICENSE", "NOTICE",
    ]  # fmt: skip
