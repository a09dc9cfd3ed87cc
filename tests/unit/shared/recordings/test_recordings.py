"""The name of a recording depends on its content."""

import re
from pathlib import Path

from shared.recordings.digest import digest


def test_recording_is_known_by_content_and_name_and_not_by_where_it_lies(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "aapl" / "day.csv", tmp_path / "b" / "aapl" / "day.csv"]
    other = tmp_path / "a" / "msft" / "day.csv"
    for file in (*files, other):
        file.parent.mkdir(parents=True)
        file.write_text("1")
    assert digest(files[:1]) == digest(files[1:]) != digest([other])
    files[0].write_text("2")
    assert digest(files[:1]) != digest(files[1:])
    assert re.fullmatch("[0-9a-f]{8}", digest(files))
