"""Scenario: TICKSTREAM_DATA names a folder with other uses, such as /opt, a home directory or the project itself."""

import sys
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.files.private_files import take_data_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no modes there")


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def test_a_folder_that_others_use_keeps_its_mode_and_the_start_is_refused(tmp_path: Path) -> None:
    (tmp_path / "programs of others").mkdir()
    tmp_path.chmod(0o755)
    with pytest.raises(ConfigError, match="holds programs of others, which is not Tickstream's"):
        take_data_folder(tmp_path)
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("mark", ["places", "kafka/start.lock", "postgres/start.lock"])
def test_a_folder_of_the_version_before_is_ours_whatever_lies_beside(mark: str, tmp_path: Path) -> None:
    (tmp_path / mark).mkdir(parents=True)
    (tmp_path / "backups").mkdir()
    tmp_path.chmod(0o755)
    take_data_folder(tmp_path)
    assert mode(tmp_path) & 0o707 == 0o700


@pytest.mark.parametrize("already", ["", "logs", "lost+found", "desk.log"])
def test_a_new_folder_is_taken_even_with_a_log_or_on_a_disk_of_its_own(already: str, tmp_path: Path) -> None:
    (tmp_path / already).mkdir(exist_ok=True) if "." not in already else (tmp_path / already).touch()
    tmp_path.chmod(0o755)
    take_data_folder(tmp_path)
    assert mode(tmp_path) & 0o707 == 0o700
