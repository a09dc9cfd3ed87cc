"""Trained models to store in files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sklearn.linear_model import LinearRegression

from ml.models.predictors import Linear
from ml.registry.model_file import ExpectedModel, Manifest, libraries_of
from ml.registry.registry import Registry
from ml.registry.signing import key_of

FEATURES = ("return_1", "return_2", "volume")
PREDICTOR = Linear(0.1 + 0.2, (0.25, -1e-300, 1 / 3))
"""Numbers that a careless writer would round."""


class Hostile:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


def manifest(**changes: Any) -> Manifest:
    whole = Manifest(
        model="linear_regression",
        interval="1d",
        version=0,
        parent=None,
        created_at=1_700_000_000,
        features=FEATURES,
        window_size=5,
        horizon=1,
        libraries=libraries_of("linear_regression"),
        rows=1000,
        first_at=1_600_000_000,
        last_at=1_699_000_000,
        known_until=1_699_900_000,
        symbols=("AAPL", "BTC-USD"),
        scores={"skill": 0.01},
        importances={"volume": 0.5},
    )
    return replace(whole, **changes)


def expected(**changes: Any) -> ExpectedModel:
    libraries = libraries_of("linear_regression")
    return replace(ExpectedModel("1d", "linear_regression", FEATURES, 5, 1, libraries), **changes)


def estimator() -> LinearRegression:
    return LinearRegression().fit([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.5]], [0.0, 1.0, 0.5])


def add_versions(folder: Path, count: int) -> list[int]:
    """What a process of its own does in the tests."""
    registry = Registry(folder, key_of(folder))
    return [registry.add(manifest(), PREDICTOR, {"made": "for people"}) for _ in range(count)]
