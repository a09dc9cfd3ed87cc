"""A version of a trained model as one file: the numbers that are served, and the estimator for notebooks.

    estimator     a joblib pickle: `joblib.load(path)` loads it, because it stops at the end of the pickle
    contents      JSON: the manifest and the numbers that are served
    footer        MAGIC, the length of the contents (8 bytes, big-endian), the identity of the key (8 bytes)
    signature     32 bytes, HMAC-SHA256 over all of the above

Unpickling executes code from the file, so this module never unpickles: it checks the signature over every byte, then
reads only the JSON. Users who load the estimator must trust the file themselves.
"""

import os
import struct
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ml.models.features import RETURNS, Features
from ml.models.predictors import Predictor, Served, predictor
from ml.registry.atomic_files import write_atomically
from ml.registry.signing import IDENTITY_BYTES, SIGNATURE_BYTES, Key
from shared.errors import ModelRefused
from shared.market.records import Interval
from shared.settings.setting_types import TrainedModel

FORMAT = 1
MAGIC = b"tickstream model"
FOOTER = struct.Struct(f">{len(MAGIC)}sQ{IDENTITY_BYTES}s")
LARGEST_BYTES = 200_000_000
"""A larger file is not a model and is not read."""
PURPOSE = "model"

LIBRARIES: dict[TrainedModel, tuple[str, ...]] = {
    "linear_regression": ("scikit-learn",),
    "exponential_smoothing": (),
    "random_forest": ("scikit-learn",),
    "gradient_boosting": ("scikit-learn",),
    "xgboost": ("xgboost-cpu",),
    "lstm": (),
}
"""Libraries whose installed version the model's numbers depend on. A network is served by plain arithmetic, without
PyTorch, so a version trained with another PyTorch stays valid."""
FIELD_NAMES = {
    "model": "model",
    "interval": "interval",
    "features": "features",
    "window_size": "ML_WINDOW_SIZE",
    "horizon": "PREDICTION_HORIZON",
    "libraries": "libraries",
}
"""The names of the fields of `ExpectedModel` in messages to the user."""


@dataclass(frozen=True)
class ExpectedModel:
    """The properties that a file needs to be served. `features` are the names in order, `horizon` and `window_size` are
    in bars."""

    interval: Interval
    model: TrainedModel
    features: tuple[str, ...]
    window_size: int
    horizon: int
    libraries: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """The properties and origin of a version.

    `version` counts from 1 per interval and model, 0 if not assigned yet; `parent` is the live version at the time of
    training. It was trained on `rows` samples of `symbols`, made from `first_at` to `last_at`, and tested on closes up
    to `known_until`; all times are epoch seconds. `scores` and `importances` (of features) are by name.
    """

    model: TrainedModel
    interval: Interval
    version: int
    parent: int | None
    created_at: int
    features: tuple[str, ...]
    window_size: int
    horizon: int
    libraries: dict[str, str]
    rows: int
    first_at: int
    last_at: int
    known_until: int
    symbols: tuple[str, ...]
    scores: dict[str, float]
    importances: dict[str, float]
    format: int = FORMAT


class ModelFile(NamedTuple):
    """The contents of a valid file."""

    manifest: Manifest
    served: Served


class _Contents(msgspec.Struct, frozen=True):
    manifest: Manifest
    predictor: dict[str, Any]


class _Format(msgspec.Struct, frozen=True):
    format: int


class _AnyFormat(msgspec.Struct, frozen=True):
    manifest: _Format


def libraries_of(model: TrainedModel) -> dict[str, str]:
    """The installed versions of a model's libraries; "not installed" for missing ones."""
    return {name: _installed(name) for name in LIBRARIES[model]}


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def write(path: Path, manifest: Manifest, numbers: Predictor, estimator: object, key: Key) -> None:
    """Write a version atomically.

    Raises ValueError if the contents could not be read back, such as a score that is not finite, ModelRefused if the
    estimator is too large, and OSError.
    """
    contents = msgspec.json.encode({"manifest": manifest, "predictor": numbers.numbers()})
    try:
        _checked(_decoded(contents), len(manifest.features))
    except msgspec.DecodeError as error:
        raise ValueError(f"the {manifest.model} model could not be read back: {error}") from error
    content = _pickled(estimator) + contents + FOOTER.pack(MAGIC, len(contents), key.identity)
    if len(content) + SIGNATURE_BYTES > LARGEST_BYTES:
        raise ModelRefused(
            f"The {manifest.model} model is not stored: it takes {len(content):,} bytes, and the limit is "
            f"{LARGEST_BYTES:,}. Train it on fewer samples."
        )
    write_atomically(content + key.sign(PURPOSE, content), path)


def read(path: Path, key: Key, expected: ExpectedModel | None) -> ModelFile:
    """The contents of a file, after checking that it is complete, was signed by this installation and matches
    `expected`, unless that is None.

    Raises ModelRefused otherwise; the caller adds how to retrain the model. No code of the file is executed.
    """
    try:
        found = _decoded(_signed_contents(_content(path), key))
        if expected is not None:
            _require(found.manifest, expected)
        checked = _checked(found, len(found.manifest.features))
    except OSError as error:
        raise _refusal(path, error.strerror or "it can't be read") from error
    except (ValueError, msgspec.DecodeError) as error:
        raise _refusal(path, str(error)) from error
    manifest = found.manifest
    served = Served(
        *(manifest.model, manifest.version, manifest.horizon, manifest.window_size),
        *(manifest.known_until, checked),
    )
    return ModelFile(manifest, served)


def _refusal(path: Path, reason: str) -> ModelRefused:
    return ModelRefused(f"The model file {path} is not served: {reason}; train the model again")


def _pickled(estimator: object) -> bytes:
    import joblib  # needed only for training; serving starts faster without it

    stream = BytesIO()
    joblib.dump(estimator, stream)
    return stream.getvalue()


def _content(path: Path) -> memoryview:
    """Raises ValueError if there is no file or it is too large, and OSError."""
    if not path.is_file():
        raise ValueError("file not found")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST_BYTES:
            raise ValueError(f"it has {size:,} bytes, and the limit is {LARGEST_BYTES:,}")
        return memoryview(file.read(LARGEST_BYTES))


def _signed_contents(content: memoryview, key: Key) -> memoryview:
    """The JSON of a file whose bytes were all signed with `key`. Raises ValueError otherwise."""
    signed, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
    body, footer = signed[: -FOOTER.size], signed[-FOOTER.size :]
    if len(footer) < FOOTER.size or footer[: len(MAGIC)] != MAGIC:
        raise ValueError("it was not written by Tickstream, or its end is missing or was changed")
    _, length, identity = FOOTER.unpack(footer)
    if identity != key.identity:
        raise ValueError(
            "it was signed with another key: it was trained on another machine, or before the key was replaced; "
            "only models trained here are trusted"
        )
    if not key.has_signed(PURPOSE, signed, signature):
        raise ValueError("its signature is wrong: it was changed or damaged after it was written")
    return body[len(body) - length :]


def _decoded(contents: bytes | memoryview) -> _Contents:
    """Raises ValueError if the format is another one, DecodeError if a field is missing."""
    found = msgspec.json.decode(contents, type=_AnyFormat).manifest.format
    if found != FORMAT:
        raise ValueError(f"it has format {found}, but this version of Tickstream reads format {FORMAT}")
    return msgspec.json.decode(contents, type=_Contents)


def _require(manifest: Manifest, expected: ExpectedModel) -> None:
    """Raises ValueError, with both values, if the manifest differs from what is expected."""
    for field, name in FIELD_NAMES.items():
        found, wanted = getattr(manifest, field), getattr(expected, field)
        if found != wanted:
            raise ValueError(f"it was trained for {name} {_text(found)}, but {name} is now {_text(wanted)}")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items()) or "none"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _checked(found: _Contents, features: int) -> Predictor:
    """The model, after one test forecast. Raises ValueError if the numbers are not valid for this many features."""
    model = predictor(found.predictor)
    model.predict(Features((0.0,) * features, (0.0,) * RETURNS, 1.0))
    return model
