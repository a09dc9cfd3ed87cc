"""The display names of models. Pure."""

from dashboard.presenters.numbers import plain
from dashboard.read.expected_closes import NAIVE
from dashboard.read.rows import ForecastPath

NAMES = {NAIVE: "No change", "arima": "ARIMA", "xgboost": "XGBoost", "lstm": "LSTM"}
"""Display names of the models whose stored name can't be converted by rule."""


def kind_name(model: str) -> str:
    """The display name of a model."""
    return NAMES.get(model) or model.replace("_", " ").capitalize()


def model_name(model: str, path: ForecastPath | None) -> str:
    """The display name of a model with its version, for ARIMA its order and the bar of its order search."""
    name = kind_name(model)
    if model == NAIVE or path is None:
        return name
    if model != "arima" or path.order is None:
        return f"{name}, version {plain(path.version, 0)}"
    origin = f"order search at bar {plain(path.version, 0)}" if path.version else "no order search yet"
    return f"{name}({','.join(map(str, path.order))}), {origin}"
