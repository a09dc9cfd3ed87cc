"""A version of a trained model as one file: numbers that are served, and the estimator for people's notebooks.

    estimator     a pickle by joblib: `joblib.load(path)` gives it, for it reads to the pickle's own end and no further
    contents      JSON: the manifest and the numbers that are served
    footer        MAGIC, the length of the contents (8 bytes, big-endian), the identity of the key (8 bytes)
    signature     32 bytes, HMAC-SHA256 over all of the above

Unpickling runs whatever a file says, so nothing here ever does: the signature is checked over every byte, then the JSON
alone is read. A person who loads the estimator trusts the file on his own account.
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
"""A larger file is no model's, and is not read at all."""
PURPOSE = "model"

LIBRARIES: dict[TrainedModel, tuple[str, ...]] = {
    "linear_regression": ("scikit-learn",),
    "exponential_smoothing": (),
    "random_forest": ("scikit-learn",),
    "gradient_boosting": ("scikit-learn",),
    "xgboost": ("xgboost-cpu",),
    "lstm": (),
}
"""Whose installed version a model's numbers depend on. What a network learnt is served by plain arithmetic, PyTorch or
not; a version trained with another PyTorch is as good as ever."""
FIELD_NAMES = {
    "model": "model",
    "interval": "interval",
    "features": "features",
    "window_size": "ML_WINDOW_SIZE",
    "horizon": "PREDICTION_HORIZON",
    "libraries": "libraries",
}
"""What a user calls the fields of `ExpectedModel`."""


@dataclass(frozen=True)
class ExpectedModel:
    """What a file must be of to be served. `features` are the names in order, `horizon` and `window_size` bars."""

    interval: Interval
    model: TrainedModel
    features: tuple[str, ...]
    window_size: int
    horizon: int
    libraries: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """What a version is and what it came from.

    `version` counts from 1 within interval and model, 0 where nobody counted yet; `parent` is the version that served
    when this one was trained. It learnt from `rows` samples of `symbols`, made from `first_at` to `last_at`, and was
    tested on closes up to `known_until`; all times are epoch seconds. `scores` and `importances` (of features) are by
    name.
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
    """What a file that may be served says."""

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
    """The installed versions of what a model is trained with; those that are not installed are "not installed"."""
    return {name: _installed(name) for name in LIBRARIES[model]}


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def write(path: Path, manifest: Manifest, numbers: Predictor, estimator: object, key: Key) -> None:
    """Put a version in place, whole or not at all.

    Raises ValueError where what is given could not be read again, such as a score that is not finite, ModelRefused
    where the estimator is too large, and OSError.
    """
    contents = msgspec.json.encode({"manifest": manifest, "predictor": numbers.numbers()})
    try:
        _checked(_decoded(contents), len(manifest.features))
    except msgspec.DecodeError as error:
        raise ValueError(f"the {manifest.model} model could not be read again: {error}") from error
    content = _pickled(estimator) + contents + FOOTER.pack(MAGIC, len(contents), key.identity)
    if len(content) + SIGNATURE_BYTES > LARGEST_BYTES:
        raise ModelRefused(
            f"The {manifest.model} model is not kept: it takes {len(content):,} bytes, and the most is "
            f"{LARGEST_BYTES:,}. Train it on fewer samples."
        )
    write_atomically(content + key.sign(PURPOSE, content), path)


def read(path: Path, key: Key, expected: ExpectedModel | None) -> ModelFile:
    """What the file says, once it is known to be whole, this installation's own and what is expected, which
    may be anything where `expected` is None.

    Raises ModelRefused otherwise; how to train it anew is for the caller to add. Nothing in the file is run.
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
    return ModelRefused(f"The model file {path} is not served: {reason}; train the model anew")


def _pickled(estimator: object) -> bytes:
    import joblib  # only who trains needs it; who serves starts sooner without

    stream = BytesIO()
    joblib.dump(estimator, stream)
    return stream.getvalue()


def _content(path: Path) -> memoryview:
    """Raises ValueError where there is no file or one too large, and OSError."""
    if not path.is_file():
        raise ValueError("there is no such file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST_BYTES:
            raise ValueError(f"it has {size:,} bytes, and no model has over {LARGEST_BYTES:,}")
        return memoryview(file.read(LARGEST_BYTES))


def _signed_contents(content: memoryview, key: Key) -> memoryview:
    """The JSON in a file of which every byte was signed with `key`. Raises ValueError otherwise."""
    signed, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
    body, footer = signed[: -FOOTER.size], signed[-FOOTER.size :]
    if len(footer) < FOOTER.size or footer[: len(MAGIC)] != MAGIC:
        raise ValueError("it is none that Tickstream wrote, or its end is missing or was changed")
    _, length, identity = FOOTER.unpack(footer)
    if identity != key.identity:
        raise ValueError(
            "it was signed with another key, so it was trained elsewhere, or before the key here was made anew, and "
            "only what was trained here is trusted"
        )
    if not key.has_signed(PURPOSE, signed, signature):
        raise ValueError("its signature is wrong: it was changed or damaged after it was written")
    return body[len(body) - length :]


def _decoded(contents: bytes | memoryview) -> _Contents:
    """Raises ValueError where it is of another format, DecodeError where it lacks something."""
    found = msgspec.json.decode(contents, type=_AnyFormat).manifest.format
    if found != FORMAT:
        raise ValueError(f"it is of format {found}, and this version of Tickstream reads format {FORMAT}")
    return msgspec.json.decode(contents, type=_Contents)


def _require(manifest: Manifest, expected: ExpectedModel) -> None:
    """Raises ValueError, naming both, where the manifest tells anything else than what is expected."""
    for field, word in FIELD_NAMES.items():
        found, wanted = getattr(manifest, field), getattr(expected, field)
        if found != wanted:
            raise ValueError(f"it was made for {word} {_text(found)}, and here {word} is {_text(wanted)}")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items()) or "none"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _checked(found: _Contents, features: int) -> Predictor:
    """The model, having made one forecast. Raises ValueError where the numbers are no model's of so many features."""
    model = predictor(found.predictor)
    model.predict(Features((0.0,) * features, (0.0,) * RETURNS, 1.0))
    return model
