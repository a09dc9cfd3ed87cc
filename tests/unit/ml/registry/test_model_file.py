"""Model files: used only if complete, signed here and as expected; their code is never executed."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from ml.models.features import RETURNS, Features
from ml.models.predictors import Linear
from ml.registry import model_file
from ml.registry.model_file import LARGEST_BYTES, libraries_of, read, write
from ml.registry.signing import Key
from shared.errors import ModelRefused
from tests.inputs.model_files import PREDICTOR, Hostile, estimator, expected, manifest

KEY = Key(bytes(range(32)))


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Of a good file."""
    path = tmp_path_factory.mktemp("good") / "1.joblib"
    write(path, manifest(version=1), PREDICTOR, estimator(), KEY)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "1.joblib"


def refusal(path: Path, **changes: Any) -> str:
    with pytest.raises(ModelRefused) as found:
        read(path, KEY, expected(**changes))
    message = str(found.value)
    assert message.startswith(f"The model file {path} is not served: ")
    assert message.endswith("; train the model again")
    assert KEY.secret.hex() not in message
    assert repr(KEY.secret) not in message
    return message


def resealed(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The file with other contents and a right signature, put together by the description of the format."""
    footer = content[-64:-32]
    (length,) = struct.unpack(">Q", footer[16:24])
    header = json.loads(content[-64 - length : -64])
    change(header)
    new = json.dumps(header).encode()
    body = content[: -64 - length] + new + footer[:16] + struct.pack(">Q", len(new)) + footer[24:]
    return body + KEY.sign("model", body)


def test_a_written_model_is_read_to_the_last_bit(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    found = read(path, KEY, expected())
    assert found.manifest == manifest(version=1)
    assert found.served == ("linear_regression", 1, 1, 5, 1_699_900_000, PREDICTOR)


def test_a_person_loads_the_estimator_with_joblib(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    loaded = joblib.load(path)
    assert isinstance(loaded, LinearRegression)
    assert loaded.coef_.tolist() == estimator().coef_.tolist()


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_anywhere_is_refused(content: bytes, path: Path, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(changed)
    refusal(path)


def test_a_flipped_bit_in_every_byte_of_footer_and_signature_is_refused(content: bytes, path: Path) -> None:
    for position in range(len(content) - 64, len(content)):
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        refusal(path)


def test_a_file_cut_off_anywhere_is_refused(content: bytes, path: Path) -> None:
    for length in range(len(content)):
        path.write_bytes(content[:length])
        message = refusal(path)
        assert "its end is missing" in message


def test_a_file_with_more_at_its_end_is_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content + b"\n")
    assert "it was not written by Tickstream" in refusal(path)
    path.write_bytes(content[:100] + content)
    assert "signature is wrong" in refusal(path)


def test_a_foreign_file_is_distinguished_from_a_damaged_one(content: bytes, path: Path) -> None:
    write(path, manifest(), PREDICTOR, estimator(), Key(bytes(32)))
    assert "it was signed with another key: it was trained on another machine" in refusal(path)
    path.write_bytes(content[:10] + b"?" + content[11:])
    assert "its signature is wrong: it was changed or damaged" in refusal(path)


def test_a_plain_pickle_is_refused_and_not_run(path: Path, tmp_path: Path) -> None:
    marker = tmp_path / "was run"
    joblib.dump(Hostile(marker), path)
    assert "it was not written by Tickstream" in refusal(path)
    assert not marker.exists()


@pytest.mark.parametrize("identity", [KEY.identity, bytes(8)], ids=["our identity", "another"])
def test_a_pickle_with_a_forged_trailer_is_refused_and_not_run(
    content: bytes, path: Path, tmp_path: Path, identity: bytes
) -> None:
    marker = tmp_path / "was run"
    joblib.dump(Hostile(marker), path)
    (length,) = struct.unpack(">Q", content[-48:-40])
    contents = content[-64 - length : -64]
    signed = path.read_bytes() + contents + b"tickstream model" + struct.pack(">Q", length) + identity
    path.write_bytes(signed + Key(bytes(32)).sign("model", signed))
    refusal(path)
    assert not marker.exists()


def test_even_a_rightly_signed_pickle_is_not_run(path: Path, tmp_path: Path) -> None:
    marker = tmp_path / "was run"
    write(path, manifest(), PREDICTOR, Hostile(marker), KEY)
    assert read(path, KEY, expected()).served.predictor == PREDICTOR
    assert not marker.exists()
    joblib.load(path)
    assert marker.exists(), "it would have run"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"libraries": {"scikit-learn": "9.9"}},
            r"libraries scikit-learn \d[\w.]+, but .* scikit-learn 9\.9",
        ),
        ({"libraries": {}}, r"libraries scikit-learn \d[\w.]+, but libraries is now none"),
        (
            {"features": ("return_1", "volume", "return_2")},
            "features return_1, return_2, volume, but features is now return_1, volume, return_2",
        ),
        ({"window_size": 6}, "ML_WINDOW_SIZE 5, but ML_WINDOW_SIZE is now 6"),
        ({"horizon": 3}, "PREDICTION_HORIZON 1, but PREDICTION_HORIZON is now 3"),
        ({"interval": "5m"}, "interval 1d, but interval is now 5m"),
        ({"model": "xgboost"}, "model linear_regression, but model is now xgboost"),
    ],
)
def test_a_file_made_for_something_else_is_refused_naming_both(
    content: bytes, path: Path, changes: dict[str, Any], sentence: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelRefused, match=sentence):
        read(path, KEY, expected(**changes))


def _newer(header: dict[str, Any]) -> None:
    header["manifest"] = {"format": 2, "unknown": "of old"}


def _without_rows(header: dict[str, Any]) -> None:
    del header["manifest"]["rows"]


def _infinite(header: dict[str, Any]) -> None:
    header["predictor"]["intercept"] = 1e300


def _wide(header: dict[str, Any]) -> None:
    header["predictor"]["weights"].append(1.0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_newer, "it has format 2, but this version of Tickstream reads format 1"),
        (_without_rows, "missing required field `rows`"),
        (_infinite, "intercept is not a finite number"),
        (_wide, "3 features, but the model has 4"),
    ],
)
def test_signed_contents_that_make_no_sense_are_refused(
    content: bytes, path: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    path.write_bytes(resealed(content, change))
    assert sentence in refusal(path)


def test_a_missing_file_or_a_folder_is_refused(path: Path) -> None:
    assert "file not found" in refusal(path)
    path.mkdir()
    assert "file not found" in refusal(path)


def test_a_huge_file_is_refused_before_it_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    assert "it has 200,000,001 bytes" in refusal(path)
    monkeypatch.setattr(model_file, "LARGEST_BYTES", 2000)
    with pytest.raises(ModelRefused, match="Train it on fewer samples"):
        write(path.with_name("2.joblib"), manifest(), PREDICTOR, b"x" * 2000, KEY)


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        ({"scores": {"skill": float("nan")}}, PREDICTOR),
        ({}, Linear(float("nan"), (1.0, 2.0, 3.0))),
        ({}, Linear(0.0, (1.0, 2.0))),
    ],
)
def test_a_model_that_could_not_be_read_again_is_not_written(
    path: Path, changes: dict[str, Any], numbers: Linear
) -> None:
    with pytest.raises(ValueError):
        write(path, manifest(**changes), numbers, estimator(), KEY)
    assert list(path.parent.iterdir()) == []


def test_an_estimator_that_cannot_be_pickled_leaves_no_file(path: Path) -> None:
    path.write_bytes(b"what was there")
    with pytest.raises(Exception, match="pickle"):
        write(path, manifest(), PREDICTOR, lambda: None, KEY)
    assert [each.name for each in path.parent.iterdir()] == ["1.joblib"]
    assert path.read_bytes() == b"what was there"


def test_a_model_read_again_forecasts_the_same_bits(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    features = Features((0.1, -0.7, 1.3), (0.0,) * RETURNS, 0.01)
    assert read(path, KEY, expected()).served.predictor.predict(features) == PREDICTOR.predict(features)


def test_libraries_are_identified_by_their_installed_versions() -> None:
    assert list(libraries_of("random_forest")) == ["scikit-learn"]
    assert list(libraries_of("xgboost")) == ["xgboost-cpu"]
    assert libraries_of("exponential_smoothing") == {}


def test_a_network_is_served_where_pytorch_is_not_installed() -> None:
    assert libraries_of("lstm") == {}
