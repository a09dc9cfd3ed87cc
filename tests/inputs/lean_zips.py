"""Small zip files in LEAN's layout."""

import zipfile
from collections.abc import Iterable
from pathlib import Path


def write_zip(root: Path, place: str, lines: Iterable[str]) -> Path:
    """A zip at `place` below `root` that holds one CSV of these lines, the last without a line's end."""
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows.csv", "\n".join(lines))
    return path
