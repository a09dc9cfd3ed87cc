"""Names of the features of trained models, as the API returns them. Pure."""

from typing import Any

LABELS = {
    "restlessness": "realized-volatility ratio",
    "place": "position in range",
    "distance": "deviation from SMA",
}
"""By the name in model files and tables; features that are not in it keep that name."""


def with_feature_labels(training: dict[str, Any]) -> dict[str, Any]:
    """A row of `model_trainings` whose importances have the labels of the features as keys."""
    shares = {LABELS.get(name, name): share for name, share in training["importances"].items()}
    return {**training, "importances": shares}
