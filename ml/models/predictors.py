"""Trained models as what they are once training is over: numbers, and plain arithmetic that makes forecasts of them.

Nothing here imports what trained them. `numbers` gives a model's numbers as JSON carries them, `predictor` makes them
a model again, and believes nothing it has not checked. A prediction is a log return over the model's horizon in units
of sigma * sqrt(horizon), see `ml.models.features.target`, and never more than 3 of them: next to nothing of so large a
move can be foreseen, so that more would say that the model is wrong.
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
    """intercept + the sum of weight * feature; what a feature was centred and scaled by is in them already."""

    form = "linear"
    intercept: float
    weights: tuple[float, ...]

    def predict(self, features: Features) -> float:
        """Raises ValueError where there are not as many features as weights."""
        if len(features.values) != len(self.weights):
            raise ValueError(f"{len(features.values)} features where the model knows {len(self.weights)}")
        return bounded(self.intercept + fsum(map(mul, self.weights, features.values)))

    def numbers(self) -> dict[str, Any]:
        """What `of_numbers` makes the same model of."""
        return {"form": self.form, "intercept": self.intercept, "weights": list(self.weights)}

    @classmethod
    def of_numbers(cls, numbers: dict[str, Any]) -> "Linear":
        """Raises ValueError where they are none of this form."""
        weights = finite_list("weights", numbers.get("weights"))
        if not 1 <= len(weights) <= MAX_FEATURES:
            raise ValueError(f"a linear model has 1 to {MAX_FEATURES} weights, not {len(weights)}")
        return cls(finite("intercept", numbers.get("intercept")), tuple(weights))


@dataclass(frozen=True)
class Smoothing:
    """Simple exponential smoothing of the returns: level' = level + alpha * (r - level), from a level of 0 on.

    Beginning at 0, which is what "no change" says, means that a small alpha, which trusts single returns little, says
    little. Every bar ahead is forecast to return the level, so the model's horizon h is worth h levels, and `scale` is
    h / sqrt(h). Source: Brown, "Exponential smoothing for predicting demand" (1956).
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
        """What `of_numbers` makes the same model of."""
        return {"form": self.form, "alpha": self.alpha, "scale": self.scale}

    @classmethod
    def of_numbers(cls, numbers: dict[str, Any]) -> "Smoothing":
        """Raises ValueError where they are none of this form."""
        alpha, scale = (finite(name, numbers.get(name)) for name in ("alpha", "scale"))
        if not (0.0 <= alpha <= 1.0 and scale > 0.0):
            raise ValueError(f"alpha is a share and scale positive, not {alpha} and {scale}")
        return cls(alpha, scale)


Predictor = Linear | Trees | Smoothing | Recurrent


class Served(NamedTuple):
    """A model that forecasts: its kind and version, how many bars ahead it looks, and which features it was given.

    The latest close that it was trained or tested on is that of `known_until`, epoch seconds: of bars that ended
    before, it knows what came after, and has nothing to say.
    """

    model: str
    version: int
    horizon: int
    window_size: int
    known_until: int
    predictor: Predictor


FORMS: dict[str, Callable[[dict[str, Any]], Predictor]] = {
    form.form: form.of_numbers for form in (Linear, Trees, Smoothing, Recurrent)
}


def predictor(numbers: dict[str, Any]) -> Predictor:
    """The model with these numbers. Raises ValueError where they are no model's."""
    form = numbers.get("form") if isinstance(numbers, dict) else None
    if not isinstance(form, str) or form not in FORMS:
        raise ValueError(f"a model is one of {', '.join(FORMS)}, not {str(form)[:40]!r}")
    return FORMS[form](numbers)
