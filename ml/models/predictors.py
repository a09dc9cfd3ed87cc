"""Trained models as plain numbers, and the arithmetic that forecasts with them.

No training library is imported here. `numbers` returns a model's numbers as JSON-compatible values; `predictor`
restores the model from them and validates everything. A prediction is a log return over the model's horizon in units of
sigma * sqrt(horizon), see `ml.models.features.target`. It is limited to 3 of them, because so large a move can hardly
be predicted and a larger value would indicate a faulty model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum
from operator import mul
from typing import Any, NamedTuple

from ml.models.checked_numbers import bounded, finite, finite_list
from ml.models.features import Features
from ml.models.recurrent import Recurrent
from ml.models.trees import Trees

__all__ = ["Linear", "Predictor", "Recurrent", "Served", "Smoothing", "Trees", "predictor"]

MAX_FEATURES = 1000


@dataclass(frozen=True)
class Linear:
    """intercept + the sum of weight * feature; the weights include the centring and scaling of the features."""

    form = "linear"
    intercept: float
    weights: tuple[float, ...]

    def predict(self, features: Features) -> float:
        """Raises ValueError if the number of features differs from that of the weights."""
        if len(features.values) != len(self.weights):
            raise ValueError(f"{len(features.values)} features, but the model has {len(self.weights)}")
        return bounded(self.intercept + fsum(map(mul, self.weights, features.values)))

    def numbers(self) -> dict[str, Any]:
        """The input of `from_numbers` that restores this model."""
        return {"form": self.form, "intercept": self.intercept, "weights": list(self.weights)}

    @classmethod
    def from_numbers(cls, numbers: dict[str, Any]) -> "Linear":
        """Raises ValueError if they are not valid for this form."""
        weights = finite_list("weights", numbers.get("weights"))
        if not 1 <= len(weights) <= MAX_FEATURES:
            raise ValueError(f"a linear model has 1 to {MAX_FEATURES} weights, not {len(weights)}")
        return cls(finite("intercept", numbers.get("intercept")), tuple(weights))


@dataclass(frozen=True)
class Smoothing:
    """Simple exponential smoothing of the returns: level' = level + alpha * (r - level), starting from a level of 0.

    The start at 0, which corresponds to "no change", means that a small alpha, which gives single returns little
    weight, predicts little. Every future bar is forecast to return the level, so that h bars return h levels, and
    `scale` is h / sqrt(h). Source: Brown, "Exponential smoothing for predicting demand" (1956).
    """

    form = "smoothing"
    alpha: float
    scale: float

    def predict(self, features: Features) -> float:
        """From all returns of the window."""
        level, alpha = 0.0, self.alpha
        for each in features.returns:
            level += alpha * (each - level)
        return bounded(level * self.scale)

    def numbers(self) -> dict[str, Any]:
        """The input of `from_numbers` that restores this model."""
        return {"form": self.form, "alpha": self.alpha, "scale": self.scale}

    @classmethod
    def from_numbers(cls, numbers: dict[str, Any]) -> "Smoothing":
        """Raises ValueError if they are not valid for this form."""
        alpha, scale = (finite(name, numbers.get(name)) for name in ("alpha", "scale"))
        if not (0.0 <= alpha <= 1.0 and scale > 0.0):
            raise ValueError(f"alpha must be 0 to 1 and scale positive, not {alpha} and {scale}")
        return cls(alpha, scale)


Predictor = Linear | Trees | Smoothing | Recurrent


class Served(NamedTuple):
    """A deployed model: its kind and version, its horizon in bars, and its window size, which determines its features.

    `known_until` is the latest close that it was trained or tested on, epoch seconds. It makes no forecast for bars
    that ended before, because it was trained on what came after them.
    """

    model: str
    version: int
    horizon: int
    window_size: int
    known_until: int
    predictor: Predictor


FORMS: dict[str, Callable[[dict[str, Any]], Predictor]] = {
    form.form: form.from_numbers for form in (Linear, Trees, Smoothing, Recurrent)
}


def predictor(numbers: dict[str, Any]) -> Predictor:
    """The model with these numbers. Raises ValueError if they are not valid."""
    form = numbers.get("form") if isinstance(numbers, dict) else None
    if not isinstance(form, str) or form not in FORMS:
        raise ValueError(f"a model is one of {', '.join(FORMS)}, not {str(form)[:40]!r}")
    return FORMS[form](numbers)
