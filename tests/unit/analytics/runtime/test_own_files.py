"""Files of a user's own indicators: which are let in, and what is said of the others."""

import subprocess
import sys
from pathlib import Path

import pytest

from analytics.indicators.own import example
from analytics.indicators.own.loading import OwnFile
from analytics.runtime import own_files
from analytics.runtime.own_files import own_specs, verdict_on
from shared.errors import ConfigError
from shared.settings.server_types import PROJECT
from tests.inputs.own_files import EXAMPLE, UPDATE, named, variant
from tests.slowness import PATIENCE


def reasons(text: str) -> list[str]:
    return verdict_on(OwnFile("own.py", text.encode())).reasons


def test_without_a_folder_there_are_none() -> None:
    assert own_specs(None) == ()


def test_every_file_of_the_folder_is_an_indicator(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text(EXAMPLE)
    (tmp_path / "a.py").write_text(named(EXAMPLE, "other"))
    (tmp_path / "_shared.py").write_text("raise ValueError")
    (tmp_path / ".#b.py").write_text("raise ValueError")
    (tmp_path / "notes.txt").write_text("?")
    assert [each.spec.name for each in own_specs(tmp_path)] == ["other", "average_range"]
    assert own_specs(tmp_path)[0].digest != own_specs(tmp_path)[1].digest


def test_a_refused_file_stops_the_start_with_all_reasons(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(EXAMPLE)
    (tmp_path / "bad.py").write_text(variant(UPDATE, "return 1 / self.seen"))
    (tmp_path / "worse.py").write_text("INDICATOR = 5")
    with pytest.raises(ConfigError) as refusal:
        own_specs(tmp_path)
    heading, bad, worse = str(refusal.value).splitlines()
    assert heading == f"Indicators in INDICATORS_PATH={tmp_path} are refused:"
    assert bad == f"{tmp_path}/bad.py: update() of bar 1: ZeroDivisionError: division by zero."
    assert worse.startswith(f"{tmp_path}/worse.py: the file must define INDICATOR = Spec(...)")


def test_two_files_with_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(EXAMPLE)
    with pytest.raises(ConfigError, match="two indicators with the name average_range: rename one of them"):
        own_specs(tmp_path)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"INDICATORS_PATH=.*gone: must be a folder"):
        own_specs(tmp_path / "gone")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def", "the file can't be imported: SyntaxError"),
        ("import nothing_of_this_name", "the file can't be imported: ModuleNotFoundError"),
        ("raise SystemExit(0)", "the file can't be imported: SystemExit: 0"),
        ("import os; os._exit(0)", "the process of the check ended"),
        (named(EXAMPLE, "rsi"), "two indicators with the name rsi: rename one of them"),
        (named(EXAMPLE, "close"), "has a name that every bar or table uses already"),
        (named(EXAMPLE, "Range 1"), "needs a name of lower-case letters"),
        (variant(UPDATE, f"import time; time.sleep(1); {UPDATE}"), "it is too slow: bar 1 took 1.0"),
    ],
)
def test_a_file_that_is_no_indicator_is_refused(text: str, reason: str) -> None:
    (found,) = reasons(text)
    assert reason in found


def test_a_call_that_never_returns_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "CHECK_SECONDS", 5.0)
    (found,) = reasons(variant(UPDATE, "while True: pass"))
    assert found.startswith("the check took longer than 5 s: a call does not return")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analytics.indicators", *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_the_command_lets_the_example_of_its_help_in(tmp_path: Path) -> None:
    text = run("--help").stdout
    lines = text[text.index('    """An indicator of one') :].split("\n\npositional arguments")[0].splitlines()
    path = tmp_path / "pasted.py"
    path.write_text("\n".join(line[4:] for line in lines))
    done = run("check", path)
    assert done.stdout.startswith(f"{path}: let in, with average_range; a closed bar takes "), done.stderr
    assert done.returncode == 0


def test_the_command_prints_the_reasons_for_each_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text(variant(UPDATE, "return float('nan')"))
    done = run("check", path, example.__file__)
    assert done.returncode == 1
    refused, reason, let_in = done.stdout.splitlines()
    assert refused == f"{path}: refused."
    assert reason.startswith("  update() of bar 1: the value of average_range is nan")
    assert let_in.startswith(f"{example.__file__}: let in")


def test_the_command_uses_recorded_bars_too(tmp_path: Path) -> None:
    path, bars = tmp_path / "own.py", tmp_path / "bars.csv"
    path.write_text(variant(UPDATE, "assert bar.close < 1e6; return self._mean.update(bar.high - bar.low)"))
    rows = [f"A,{1704205800 + 60 * minute},2e6,3e6,1e6,2e6,10\n" for minute in range(5)]
    bars.write_text("symbol,start,open,high,low,close,volume\n" + "".join(rows))
    assert run("check", path).returncode == 0
    done = run("check", path, "--bars", bars)
    assert "update() of bar 1: AssertionError" in done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [(), ("check",), ("check", "gone.py")])
def test_the_command_ends_with_two_if_it_has_nothing_to_check(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2
