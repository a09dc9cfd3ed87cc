"""Files of a user's own indicators with the mistakes of everyday Python: each is refused with its reason, and none
stops a part or leaves a process behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.indicators.own.loading import OwnFile
from analytics.indicators.own.made_bars import KINDS, random_bars
from analytics.indicators.own.own_indicators import OwnIndicators
from analytics.indicators.own.subject import CONTEXT
from analytics.runtime.own_files import MAX_BYTES, file_at, verdict_on
from shared.errors import ConfigError
from shared.settings.server_types import PROJECT
from tests.inputs.own_files import EXAMPLE, UPDATE, own, variant
from tests.waiting import wait_for

ENUM = "from enum import StrEnum\nclass Names(StrEnum):\n    RANGE = 'average_range'\n"
AS_MEMBER = ENUM + EXAMPLE.replace('Output("average_range"', "Output(Names.RANGE")
ENDS = "class End(BaseException): pass\n" + variant(UPDATE, "raise End(5)")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (variant("(period,)", "period"), "warm_after must be a tuple with one count for each output"),
        (variant('"distance"', "['distance']"), "it needs outputs, and each one a unit of price"),
        (AS_MEMBER, "the name <Names.RANGE: 'average_range'> must be a plain string"),
        (EXAMPLE.replace('"average_range",\n', "None,\n"), "the name None must be a plain string"),
        (
            EXAMPLE.replace('"average_range",\n', "'a\\ud800',\n"),
            r"the name 'a\ud800' must be a plain string",
        ),
        (
            f"def __getattr__(name): raise RuntimeError(name)\n{EXAMPLE.replace('INDICATOR', 'INDICATORS')}",
            "must define INDICATOR",
        ),
        (variant(UPDATE, "raise GeneratorExit"), "update() of bar 1: GeneratorExit"),
    ],
    ids=["count", "unit", "enum", "no name", "half a character", "module", "base exception"],
)
def test_the_reason_names_what_is_wrong(text: str, reason: str) -> None:
    (found,) = verdict_on(OwnFile("own.py", text.encode())).reasons
    assert reason in found


def test_an_exception_that_no_program_expects_sets_the_indicator_aside() -> None:
    (bar,) = random_bars(KINDS[0], 1, seed=1)
    found = OwnIndicators([own(ENDS)], CONTEXT)
    (reason,) = found.update(bar).set_aside
    assert reason.startswith("average_range has no values from here on: own_indicator_")
    assert reason.endswith("End: 5")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    os.mkfifo(path)
    with pytest.raises(ConfigError, match=r"own\.py can't be read: it is no file"):
        file_at(path)


def test_a_file_larger_than_a_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match=r"own\.py is larger than 1,000,000 bytes"):
        file_at(path)


def test_a_link_to_a_file_is_read_and_one_to_nothing_is_refused(tmp_path: Path) -> None:
    target, good, broken = tmp_path / "kept.txt", tmp_path / "good.py", tmp_path / "broken.py"
    target.write_text(EXAMPLE)
    good.symlink_to(target)
    broken.symlink_to(tmp_path / "gone")
    assert file_at(good).content == target.read_bytes()
    with pytest.raises(ConfigError, match=r"broken\.py can't be read: No such file"):
        file_at(broken)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_the_process_of_a_check_ends_with_a_command_that_is_killed(tmp_path: Path) -> None:
    path, place = tmp_path / "own.py", tmp_path / "pid"
    path.write_text(
        f"import os, pathlib\npathlib.Path({str(place)!r}).write_text(str(os.getpid()))\nwhile True: pass"
    )
    command = [sys.executable, "-m", "analytics.indicators", "check", str(path)]
    with subprocess.Popen(command, cwd=PROJECT) as checking:
        wait_for(lambda: place.exists() and place.read_text() != "")
        child = int(place.read_text())
        assert is_running(child)
        checking.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_running(child))
