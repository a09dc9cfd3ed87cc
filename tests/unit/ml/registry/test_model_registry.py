"""The registry of trained models: its versions and the live one, after any kill."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from ml.registry.registry import KEPT_VERSIONS, Registry
from ml.registry.signing import Key, key_of
from shared.errors import ModelRefused
from shared.settings.setting_types import TrainedModel
from tests.inputs.model_files import PREDICTOR, add_versions, expected, manifest

KEY = Key(bytes(range(32)))
LR: TrainedModel = "linear_regression"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models", KEY)


def add(registry: Registry, **changes: Any) -> int:
    return registry.add(manifest(**changes), PREDICTOR, "for people")


def promoted(registry: Registry, **changes: Any) -> int:
    version = add(registry, **changes)
    registry.promote(changes.get("interval", "1d"), changes.get("model", LR), version)
    return version


def place(tmp_path: Path) -> Path:
    return tmp_path / "models" / "1d" / LR


def test_a_missing_folder_holds_no_models(registry: Registry) -> None:
    assert registry.live("1d") == {}
    assert registry.versions("1d", LR) == []
    assert not registry.changed()
    with pytest.raises(ModelRefused, match="does not exist"):
        registry.load("1d", LR, 1, expected())


def test_a_version_serves_only_once_it_is_promoted(registry: Registry) -> None:
    assert [add(registry), add(registry)] == [1, 2]
    assert registry.live("1d") == {}
    registry.promote("1d", LR, 2)
    assert registry.live("1d") == {LR: 2}
    assert add(registry, parent=2) == 3
    assert registry.live("1d") == {LR: 2}
    assert registry.load("1d", LR, 2, expected()).served == (LR, 2, 1, 5, 1_699_900_000, PREDICTOR)
    assert registry.load("1d", LR, 3, expected()).manifest == manifest(version=3, parent=2)


def test_each_model_and_interval_counts_for_itself(registry: Registry) -> None:
    promoted(registry)
    promoted(registry, model="xgboost")
    promoted(registry, model="xgboost")
    promoted(registry, interval="5m")
    assert registry.live("1d") == {LR: 1, "xgboost": 2}
    assert registry.live("5m") == {LR: 1}
    assert registry.live("1h") == {}


def test_an_older_version_can_be_made_live_again(registry: Registry) -> None:
    promoted(registry)
    promoted(registry)
    registry.promote("1d", LR, 1)
    assert registry.live("1d") == {LR: 1}
    assert add(registry) == 3


def test_a_version_that_is_not_there_cannot_go_live(registry: Registry) -> None:
    promoted(registry)
    with pytest.raises(ModelRefused, match="no version 7 of linear_regression on 1d bars"):
        registry.promote("1d", LR, 7)
    assert registry.live("1d") == {LR: 1}


def test_twenty_promoted_versions_and_the_newest_candidate_are_kept(registry: Registry) -> None:
    add(registry)
    for _ in range(KEPT_VERSIONS + 3):
        promoted(registry)
    for _ in range(4):
        add(registry)
    assert registry.versions("1d", LR) == [*range(5, 25), 28]
    registry.promote("1d", LR, 28)
    assert registry.versions("1d", LR) == [*range(6, 25), 28]
    assert add(registry) == 29


def test_candidates_do_not_pile_up_where_none_ever_goes_live(registry: Registry) -> None:
    for _ in range(5):
        add(registry)
    assert registry.versions("1d", LR) == [5]


def test_pollers_see_each_change_once(registry: Registry, tmp_path: Path) -> None:
    poller = Registry(tmp_path / "models", KEY)
    promoted(registry)
    assert poller.changed()
    assert not poller.changed()
    add(registry)
    assert not poller.changed(), "a candidate serves nobody"
    promoted(registry)
    assert poller.changed()
    promoted(registry, interval="5m")
    assert poller.changed()
    (place(tmp_path) / "live").unlink()
    assert poller.changed()
    assert not poller.changed()


def test_unknown_files_are_ignored(registry: Registry, tmp_path: Path) -> None:
    promoted(registry)
    folder = place(tmp_path)
    for name in ["notes.txt", "07.joblib", "9.joblib.bak", "x.joblib", "-3.joblib", ".DS_Store", "٣.joblib"]:
        (folder / name).write_text("?")
    (tmp_path / "models" / "1d" / "other").mkdir()
    (tmp_path / "models" / "desktop.ini").touch()
    assert registry.live("1d") == {LR: 1}
    assert registry.versions("1d", LR) == [1]
    assert promoted(registry) == 2
    assert (folder / "notes.txt").exists()


def test_a_refusal_names_how_to_train_the_model_again(registry: Registry) -> None:
    promoted(registry)
    with pytest.raises(ModelRefused) as found:
        registry.load("1d", LR, 1, expected(horizon=2))
    command = "python -m ml.train --model linear_regression --from-database --interval 1d"
    assert str(found.value).endswith(f"PREDICTION_HORIZON is now 2; train the model again: {command}")


def test_a_file_under_another_versions_name_is_refused(registry: Registry, tmp_path: Path) -> None:
    promoted(registry)
    folder = place(tmp_path)
    (folder / "5.joblib").write_bytes((folder / "1.joblib").read_bytes())
    with pytest.raises(
        ModelRefused,
        match="it contains version 1 of linear_regression on 1d bars, which does not match its name",
    ):
        registry.load("1d", LR, 5, expected())


def test_the_live_file_is_trusted_only_unchanged(registry: Registry, tmp_path: Path) -> None:
    promoted(registry)
    promoted(registry, model="xgboost")
    live = place(tmp_path) / "live"
    good = live.read_bytes()
    foreign = good[:-32] + Key(bytes(32)).sign("live", good[:-32])
    of_another = (tmp_path / "models" / "1d" / "xgboost" / "live").read_bytes()
    of_a_file = good[:-32] + KEY.sign("model", good[:-32])
    changed = [good.replace(b"[1]", b"[7]"), good[:-1], good + b" ", b"", foreign, of_another, of_a_file]
    for content in changed:
        live.write_bytes(content)
        with pytest.raises(ModelRefused, match="can't be read from"):
            registry.live("1d")
    live.unlink()
    live.mkdir()
    with pytest.raises(ModelRefused, match="can't be read from"):
        registry.live("1d")
    live.rmdir()
    live.write_bytes(good)
    assert registry.live("1d") == {LR: 1, "xgboost": 1}


def test_a_promotion_repairs_a_damaged_live_file_and_loses_no_version(
    registry: Registry, tmp_path: Path
) -> None:
    for _ in range(3):
        promoted(registry)
    (place(tmp_path) / "live").write_bytes(b"damaged")
    version = add(registry)
    registry.promote("1d", LR, version)
    assert registry.live("1d") == {LR: 4}
    assert registry.versions("1d", LR) == [1, 2, 3, 4]


def test_processes_that_add_at_once_get_different_numbers(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        both = [pool.submit(add_versions, tmp_path, 15) for _ in range(2)]
        numbers = [number for each in both for number in each.result()]
    assert sorted(numbers) == [*range(1, 31)]
    found = Registry(tmp_path, key_of(tmp_path))
    assert found.load("1d", LR, 30, expected()).manifest.version == 30


ADD_THEN_WAIT = """
import sys
from pathlib import Path
from shared.settings.setting_types import TrainedModel
from tests.inputs.model_files import add_versions
add_versions(Path(sys.argv[1]), 1)
print("added", flush=True)
sys.stdin.read()
"""
DIE_WHILE_WRITING = """
import os, sys
from pathlib import Path
from shared.settings.setting_types import TrainedModel
from tests.inputs.model_files import add_versions
os.fsync = lambda _: os._exit(9)
add_versions(Path(sys.argv[1]), 1)
"""


def test_a_kill_between_adding_and_promoting_leaves_the_old_version_live(tmp_path: Path) -> None:
    registry = Registry(tmp_path, key_of(tmp_path))
    promoted(registry)
    command = [sys.executable, "-c", ADD_THEN_WAIT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline().strip() == b"added"
        killed.kill()
    assert registry.live("1d") == {LR: 1}
    assert registry.versions("1d", LR) == [1, 2]
    assert promoted(registry) == 3
    assert registry.live("1d") == {LR: 3}


def test_a_half_written_file_is_never_a_model_and_is_cleaned_up(tmp_path: Path) -> None:
    registry = Registry(tmp_path, key_of(tmp_path))
    promoted(registry)
    folder = tmp_path / "1d" / LR
    ended = subprocess.run([sys.executable, "-c", DIE_WHILE_WRITING, str(tmp_path)], check=False)
    assert ended.returncode == 9
    assert len(list(folder.glob("*.part"))) == 1
    assert registry.versions("1d", LR) == [1]
    assert registry.live("1d") == {LR: 1}
    assert promoted(registry) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["1.joblib", "2.joblib", "live", "lock"]
