"""Forecasts of one symbol as the page reads them, and the accuracy of their models."""

from dashboard.read.rows import ForecastPath, ForecastRow, ModelAccuracy, SeriesAccuracy
from dashboard.read.snapshot import Reading
from tests.inputs.page_rows import MONDAY_NOON, READING

KEY = ("AAA", "1m")
UNDECIDED = "not distinguishable from no change"
MODELS = {
    "naive": ModelAccuracy(3753, None, None, 0.953),
    "arima": ModelAccuracy(1204, -0.002, UNDECIDED, 0.948),
}
ACCURACY = SeriesAccuracy(1254, 50, ("naive", "naive"), 0.95, MODELS)
NAIVE = ForecastPath(
    (0, 1, 0),
    0,
    [100.0, 100.0],
    [[99.0, 98.0, 97.0], [98.5, 97.5, 96.5]],
    [[101.0, 102.0, 103.0], [101.5, 102.5, 103.5]],
)
ARIMA = NAIVE._replace(order=(0, 1, 1), version=1200, mean=[100.4, 100.5])
TRAINED = ForecastPath(
    None,
    3,
    [100.25, None],
    [[99.25, 98.25, 97.25], [None, None, None]],
    [[101.25, 102.25, 103.25], [None, None, None]],
)
FORECAST = ForecastRow(
    MONDAY_NOON - 60,
    MONDAY_NOON,
    [0.5, 0.8, 0.95],
    {"naive": NAIVE, "arima": ARIMA, "linear_regression": TRAINED},
)


def reading(accuracy: SeriesAccuracy | None = ACCURACY, forecast: ForecastRow | None = FORECAST) -> Reading:
    """The small market with what is known of its forecasts."""
    return READING._replace(
        series_accuracy={} if accuracy is None else {KEY: accuracy},
        forecasts={} if forecast is None else {KEY: forecast},
    )


def accuracy_with(model: str, found: ModelAccuracy, champion: str = "") -> SeriesAccuracy:
    """The accuracy with one more model, the champion of the next close where it is named."""
    champions = (champion or "naive", "naive")
    return ACCURACY._replace(champions=champions, models=MODELS | {model: found})
