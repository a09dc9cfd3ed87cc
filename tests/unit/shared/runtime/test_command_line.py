"""The command line of every part: recordings with any path, and messages for mistakes."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.runtime.command_line import parser_of, settings_of
from shared.settings.config import load
from start_pipeline import PARTS, children_of
from tests.conftest import PROJECT
from tests.slowness import PATIENCE

ODD = ("a,b.csv", "c:d.csv", "e f.csv")


@pytest.mark.parametrize("name", ODD)
def test_recording_is_found_whatever_signs_its_path_holds(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("symbol,event_time,price\n")
    config = load(None, settings_of(parser_of(None).parse_args(["--replay", str(file)])))
    assert config.producer.replay_files == (file,)


def test_folder_stands_for_every_recording_below_it(tmp_path: Path) -> None:
    for name in (*ODD, "no.txt"):
        (tmp_path / name).write_text("symbol,event_time,price\n")
    settings = settings_of(parser_of(None).parse_args(["--replay", str(tmp_path), "--speed", "60"]))
    assert settings == {
        "SOURCES": "replay",
        "REPLAY_FILES": tuple(str(tmp_path / name) for name in ODD),
        "REPLAY_SPEED": "60",
    }


def test_missing_recording_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recording found"):
        settings_of(parser_of(None).parse_args(["--replay", str(tmp_path / "gone.csv")]))


def test_every_part_of_a_pipeline_gets_the_recordings_as_they_were_named(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ODD]
    arguments = parser_of(None).parse_args(["--replay", *names, "--speed", "max"])
    children = children_of(arguments, load(None, {"SOURCES": "simulated"}))
    assert [child.part for child in children] == list(PARTS)
    for child in children:
        assert list(child.command)[-8:-2] == ["--replay", *names, "--speed", "max"]


@pytest.mark.parametrize(
    "command",
    [
        "-m analytics.replay",
        "-m analytics.market",
        "-m analytics.rules",
        "-m consumer.consumer",
        "-m db.realign",
        "start_pipeline.py",
    ],
)
def test_help_names_the_command_as_it_is_typed(command: str) -> None:
    """Scenario: the usage began with replay.py, which is in no folder of the reader's."""
    call = [sys.executable, *command.split(), "--help"]
    done = subprocess.run(call, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.startswith(f"usage: {command.replace('-m', 'python -m')} [-h]")


def test_part_does_not_outlive_a_thread_that_died() -> None:
    code = """
import sys, threading
from shared.runtime.command_line import run_part
def work(config, stop):
    threading.Thread(target=lambda: 1 / 0, name="history").start()
    stop.wait()
sys.argv = ["part"]
run_part("part", "", work)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1
    assert "The thread history failed" in ended.stderr
    assert "ZeroDivisionError" in ended.stderr
