"""Scenario: a file is moved, and documents still have its old path. Files that documents name exist, and the README
shows every package."""

import re
from pathlib import Path

import pytest

from tests.conftest import PROJECT

DOCUMENTS = sorted([PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")])
ENDINGS = ("py", "js", "css", "md", "sql", "toml", "txt", "lock", "png")
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
MODULE = re.compile(r"python -m ([a-z_][\w.]*)")
TREE_LINE = re.compile(r"^( *)(\w+)/  +\S")
PARTS = (
    "shared",
    "producer",
    "consumer",
    "analytics",
    "ml",
    "dashboard",
    "delivery",
    "db",
    "tests",
    "benchmarks",
    "docs",
)


def is_path(name: str) -> bool:
    """Whether a quoted name is that of a file or folder of the project."""
    return bool(re.fullmatch(rf"[\w./-]+\.({'|'.join(ENDINGS)})|\w[\w/]*/", name))


def has_module(name: str) -> bool:
    path = PROJECT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def folders_of_the_tree(text: str) -> set[str]:
    """The folders that the tree of the README shows, two spaces for each level."""
    shown: set[str] = set()
    levels: list[str] = []
    for line in text.split("## Structure")[1].split("## ")[0].splitlines():
        if found := TREE_LINE.match(line):
            levels = [*levels[: len(found[1]) // 2], found[2]]
            shown.add("/".join(levels))
    return shown


def packages() -> set[str]:
    """The folders of the product that hold files; of tests only the groups."""
    files = (path for part in PARTS for path in (PROJECT / part).rglob("*") if path.is_file())
    folders = {path.parent.relative_to(PROJECT) for path in files}
    return {
        folder.as_posix()
        for folder in folders
        if "__pycache__" not in folder.parts and not (folder.parts[0] == "tests" and len(folder.parts) > 2)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_module_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    paths = {name for name in QUOTED.findall(text) if is_path(name)}
    missing = {name for name in paths if not (PROJECT / name).exists()}
    missing |= {name for name in LINK.findall(text) if not (document.parent / name).exists()}
    missing |= {name for name in MODULE.findall(text) if not has_module(name)}
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_line_of_prose_is_longer_than_one_of_code(document: Path) -> None:
    parts = document.read_text("utf-8").split("```")
    prose = [line for part in parts[::2] for line in part.splitlines() if not line.startswith(("|", "!["))]
    assert [line for line in prose if len(line) > 120] == []


def test_the_readme_shows_every_package_and_no_other() -> None:
    assert folders_of_the_tree((PROJECT / "README.md").read_text("utf-8")) == packages()
