"""The commands of trained models for their user: tables on standard output, messages on standard error."""

import csv
import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from ml import evaluate
from ml.registry.model_file import read
from ml.registry.registry import Registry
from ml.registry.signing import key_of
from ml.training.training_run import expected_of, round_settings
from shared.errors import ConfigError
from shared.settings.config import Config
from shared.settings.model_settings import Models
from shared.settings.server_types import PROJECT
from tests.slowness import PATIENCE

HOUR = 3_600
START = 1_704_205_800 // HOUR * HOUR
BARS = 240


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hours of three symbols whose prices walk at random."""
    path, draw = tmp_path_factory.mktemp("recorded") / "bars.csv", Random(1)
    lines = ["symbol,start,open,high,low,close,volume"]
    for symbol in ("A", "B", "C"):
        close = 100.0
        for number in range(BARS):
            before, close = close, close * (1.0 + draw.gauss(0.0, 0.01))
            high, low = max(before, close), min(before, close)
            lines.append(f"{symbol},{START + number * HOUR},{before},{high},{low},{close},{number % 7}")
    path.write_text("\n".join(lines) + "\n")
    return path


class FinishedCommand(NamedTuple):
    """A command that has ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., FinishedCommand]
"""The command, its arguments, and settings by name; its models are in the folder of the test."""


def settings_of(data: Path) -> dict[str, str]:
    """Models and their key in `data`."""
    return {"TICKSTREAM_DATA": str(data), "LR_MODEL_PATH": str(data / "regression.joblib")}


@pytest.fixture
def signals_restored() -> Iterator[None]:
    """What Ctrl-C and the end of a terminal do in this process, whatever a command makes of them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logging_restored: None,
    signals_restored: None,
) -> Run:
    """Runs a command of ours in this process, which has the libraries loaded."""

    def command(name: str, *arguments: str | Path, **settings: str) -> FinishedCommand:
        with monkeypatch.context() as patch:
            patch.chdir(PROJECT)
            patch.setattr(sys, "argv", [name, *map(str, arguments)])
            for setting, value in (settings_of(tmp_path) | settings).items():
                patch.setenv(setting, value)
            capsys.readouterr()
            try:
                status = importlib.import_module(f"ml.{name}").main()
            except SystemExit as ended:  # of the parser
                status = int(ended.code or 0)
            return FinishedCommand(status, *capsys.readouterr())

    return command


def process(data: Path, command: str, *arguments: str | Path) -> FinishedCommand:
    """The same as a process of its own, as its user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", f"ml.{command}", *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | settings_of(data),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return FinishedCommand(done.returncode, done.stdout, done.stderr)


def test_evaluate_prints_a_row_a_model_and_a_conclusion(bars: Path, run: Run) -> None:
    done = run("evaluate", bars, "--models", "linear_regression,exponential_smoothing", "--folds", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 symbols, bars of 1h, horizon 1" in done.stdout
    rows = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and line.strip()]
    assert rows == ["model", "naive", "linear_regression", "exponential_smoothing"]
    assert done.stdout.splitlines()[-1].startswith("There are too few days for a conclusion")


def test_evaluate_is_reproducible_and_prints_json(bars: Path, tmp_path: Path, run: Run) -> None:
    asked = (bars, "--models", "gradient_boosting", "--folds", "1", "--json")
    there, again = process(tmp_path, "evaluate", *asked).stdout, run("evaluate", *asked).stdout
    assert there == again
    found = json.loads(there)
    assert (found["interval"], found["horizon"], found["symbols"]) == ("1h", 1, ["A", "B", "C"])
    naive, boosting = found["models"]
    assert (naive["model"], naive["mase"], naive["skill"]) == ("naive", 1.0, 0.0)
    assert boosting["forecasts"] == naive["forecasts"] > 200
    assert boosting["rmse"] == pytest.approx(0.01, rel=0.2)


def test_train_promotes_the_first_version_and_prints_it(bars: Path, tmp_path: Path, run: Run) -> None:
    done = run("train", bars, "--model", "linear_regression", TICKSTREAM_FEED="simulated")
    assert (done.returncode, done.stderr) == (0, "")
    assert "linear_regression version 1: the first of its kind" in done.stdout
    models = tmp_path / "models"
    assert Registry(models / "stocks_simulated", key_of(models)).live("1h") == {"linear_regression": 1}


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
def test_train_goes_on_with_the_next_model_where_one_cannot_be_trained(bars: Path, run: Run) -> None:
    models = "lstm,linear_regression"
    done = run("train", bars, "--model", "all", TRAINED_MODELS=models)
    assert done.returncode == 1
    assert done.stderr.startswith("train: lstm was not trained. The model lstm needs PyTorch: pip install -r")
    assert "linear_regression version 1: the first of its kind" in done.stdout


def test_too_few_rows_to_train_on_are_reported_once(bars: Path, run: Run) -> None:
    done = run("train", bars, "--model", "all", MIN_TRAINING_SAMPLES="5000")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("train: There are 420 rows to train on, and a model needs 5000.")
    assert "or lower MIN_TRAINING_SAMPLES, or TEST_SIZE" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_path_that_cannot_be_written_is_reported_before_any_training(
    bars: Path, tmp_path: Path, run: Run
) -> None:
    done = run("train_linear_regression", tmp_path / "gone.csv", LR_MODEL_PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"LR_MODEL_PATH={tmp_path}: it is a folder. Name a file in a folder" in done.stderr
    inside = bars / "model.joblib"
    done = run("train_linear_regression", tmp_path / "gone.csv", LR_MODEL_PATH=str(inside))
    assert f"LR_MODEL_PATH={inside}: " in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_bars_that_cannot_be_forecast_are_no_empty_table(bars: Path, tmp_path: Path, run: Run) -> None:
    run("train_linear_regression", bars)
    few = tmp_path / "few.csv"
    few.write_text("".join(f"{line}\n" for line in bars.read_text().splitlines()[:4]))
    done = run("batch_predict_linear_regression", few, "--out", tmp_path / "out.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No bar can be forecast: a symbol needs 65 bars and a price that moves." in done.stderr
    done = run("batch_predict_linear_regression", bars, "--out", tmp_path)
    assert f"--out {tmp_path}: Is a directory. Name a file that you can write to." in done.stderr


def test_regression_is_trained_and_forecasts_every_bar(bars: Path, tmp_path: Path, run: Run) -> None:
    trained = run("train_linear_regression", bars)
    assert (trained.returncode, trained.stderr) == (0, "")
    assert "Wrote version 1, trained on 525 rows" in trained.stdout
    settings = round_settings(Models(), "1h")
    path, key = tmp_path / "regression.joblib", key_of(tmp_path / "models")
    assert read(path, key, expected_of("linear_regression", settings)).manifest.rows == 525
    out = tmp_path / "forecasts.csv"
    done = run("batch_predict_linear_regression", bars, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Wrote 528 forecasts of version 1 to {out}." in done.stdout
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["symbol"] for row in rows] == sorted(row["symbol"] for row in rows)
    assert [row["due_at"] for row in rows].count("") == 3
    assert all(float(row["lower"]) < float(row["predicted_close"]) < float(row["upper"]) for row in rows)
    assert "version 2" in run("train_linear_regression", bars).stdout


def test_forecasting_without_a_model_prints_how_to_train_one(bars: Path, tmp_path: Path, run: Run) -> None:
    done = run("batch_predict_linear_regression", bars, "--out", tmp_path / "out.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert "file not found" in done.stderr
    assert "python -m ml.train_linear_regression" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_forecasting_with_a_changed_file_is_refused(bars: Path, tmp_path: Path, run: Run) -> None:
    run("train_linear_regression", bars)
    path = tmp_path / "regression.joblib"
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    done = run("batch_predict_linear_regression", bars, "--out", tmp_path / "out.csv")
    assert done.returncode == 1
    assert "its signature is wrong" in done.stderr


@pytest.mark.parametrize(
    "command", ["evaluate", "train", "train_linear_regression", "batch_predict_linear_regression"]
)
def test_help_teaches_by_examples(command: str, tmp_path: Path) -> None:
    done = process(tmp_path, command, "--help")
    assert done.returncode == 0
    assert done.stdout.count(f"    python -m ml.{command} ") >= 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--models", "oracle"], "--models oracle: must be all, or some of naive, linear_regression"),
        (["--folds", "0"], "--folds 0: must be 1 or more."),
        (
            ["--interval", "1d"],
            "--interval 1d: the files contain bars of 1h. Leave it out, or name other files.",
        ),
        (["--since", "2030-01-01"], "There are no closed bars of 1h."),
        (["--since", "2024-01-11"], "rows to train on, and a model needs 100."),
    ],
)
def test_what_cannot_be_evaluated_gives_an_error_message(
    arguments: list[str], sentence: str, bars: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        evaluate.run(Config(), evaluate.parser().parse_args([str(bars), *arguments]))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_errors_are_printed_to_standard_error(tmp_path: Path) -> None:
    done = process(tmp_path, "evaluate", tmp_path / "gone.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"evaluate: {tmp_path}/gone.csv: file not found.\n"


def test_naming_no_bars_or_both_kinds_is_refused(bars: Path, run: Run) -> None:
    for arguments in ([], [str(bars), "--from-database"]):
        done = run("evaluate", *arguments)
        assert done.returncode == 2
        assert "name files of recorded bars, or use --from-database" in done.stderr
