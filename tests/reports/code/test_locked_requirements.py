"""The installed packages, indirect ones included, are those that were tested: checked by the hashes of their files."""

import re

import pytest

from tests.conftest import PROJECT

LISTS = ["requirements", "requirements-dev", "requirements-lstm"]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;#\\]+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def name_of(found: re.Match[str]) -> str:
    """A package's name as the registry compares it."""
    return re.sub(r"[-_.]+", "-", found["name"]).lower()


def pins(name: str) -> dict[str, str]:
    """What a readable list pins, including those of the list it includes."""
    found: dict[str, str] = {}
    for line in (PROJECT / f"{name}.txt").read_text().splitlines():
        if line.startswith("-r "):
            found |= pins(line.removeprefix("-r ").removesuffix(".txt"))
        elif pin := PIN.match(line):
            found[name_of(pin)] = pin["version"]
        else:
            assert not line or line.startswith("#"), f"{line} pins nothing"
    return found


def locked(name: str) -> dict[str, set[str]]:
    """The versions that a lock file has of each package; one may have several, each for its own Pythons."""
    found: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?=\S)", (PROJECT / f"{name}.lock").read_text().strip()):
        if pin := PIN.match(entry):
            assert HASH.search(entry), f"{pin[0]} has no hash"
            found.setdefault(name_of(pin), set()).add(pin["version"])
    return found


@pytest.mark.parametrize("name", LISTS)
def test_every_pin_of_a_list_is_in_its_lock_file_at_that_version(name: str) -> None:
    """Scenario: a pin was changed, and the lock file was not renewed: `make lock`."""
    found = locked(name)
    assert {package: found.get(package) for package in pins(name)} == {
        package: {version} for package, version in pins(name).items()
    }


def test_lock_files_agree_with_one_another() -> None:
    """Scenario: tests pass with other versions than those that run."""
    run = locked("requirements")
    for name in LISTS[1:]:
        assert {package: versions for package, versions in locked(name).items() if package in run} == run


@pytest.mark.parametrize("name", LISTS)
def test_lock_file_names_no_package_index(name: str) -> None:
    """Scenario: a lock file that was made beside a mirror, which nobody else reaches."""
    text = (PROJECT / f"{name}.lock").read_text()
    assert not re.search(r"://|^--?(i|f|extra|index|find|trusted)", text, re.MULTILINE)


def test_everything_is_installed_by_its_hashes() -> None:
    """Scenario: one of the ways to install takes what the registry gives."""
    for path in ("Makefile", "docker-compose.yml", "tests/pythons.py"):
        text = (PROJECT / path).read_text()
        installs = re.findall(r"pip[ \",]+install.*", text)
        assert installs, path
        assert all("--require-hashes" in line for line in installs)
