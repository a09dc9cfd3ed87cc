"""The forecast card: the next close, its interval, its model, and the past accuracy of that model. Pure."""

from datetime import UTC, datetime
from typing import Any

from dashboard.presenters.forecasts.accuracy import accuracy_text
from dashboard.presenters.forecasts.model_names import model_name
from dashboard.presenters.numbers import percent
from dashboard.presenters.panels import Cell
from dashboard.presenters.sources import log_progress
from dashboard.read.expected_closes import expected_closes
from dashboard.read.rows import SeriesAccuracy
from dashboard.read.snapshot import Reading
from shared.calendars.calendars import calendar_of
from shared.market.records import INTERVALS

Card = dict[str, Any]


def forecast_card(reading: Reading, symbol: str, interval: str) -> Card:
    """The forecast of the next close, its interval and its model; `text` reports the model's past accuracy."""
    accuracy, forecast = (
        reading.series_accuracy.get((symbol, interval)),
        reading.forecasts.get((symbol, interval)),
    )
    if accuracy is None:
        return {"cells": [], "text": _missing(reading, symbol, interval)}
    steps = [] if forecast is None else expected_closes(forecast, accuracy, reading.actions.get(symbol, ()))
    if forecast is None or not steps:
        return _warming(accuracy)
    first = steps[0]
    cells: list[Cell] = [
        ("Next close", first.mean, "price"),
        ("After bar", bar_name(reading, symbol, interval, forecast.start), "words"),
        (f"{percent(forecast.levels[-1], 0)} interval", (first.low[-1], first.high[-1]), "range"),
        ("Model", model_name(first.model, forecast.models[first.model]), "words"),
    ]
    return {"cells": cells, "text": accuracy_text(accuracy, first.model)}


def _missing(reading: Reading, symbol: str, interval: str) -> str:
    """The text for a series that is not forecast, or not yet: in a history short bars come last."""
    forecast_intervals = [each for each in INTERVALS if (symbol, each) in reading.series_accuracy]
    if not forecast_intervals or (symbol in reading.outdated and log_progress(reading) is not None):
        return "No forecast yet."
    return f"{interval} bars are not forecast; {' and '.join(forecast_intervals)} bars are."


def _warming(accuracy: SeriesAccuracy) -> Card:
    """The card before the first forecast; with enough closes, a forecast is only missing if all closes are equal."""
    if accuracy.seen >= accuracy.needed:
        return {
            "cells": [("Next close", None, "price")],
            "text": "No forecast yet: the price has not changed.",
        }
    progress = f"{accuracy.seen}/{accuracy.needed}"
    return {
        "cells": [("Next close", progress, "text")],
        "text": f"Warming up: the first forecast needs {accuracy.needed} closed bars.",
    }


def bar_name(reading: Reading, symbol: str, interval: str, start: int) -> str:
    """When a bar starts in its exchange's time zone; with the day and the year if they differ from today's."""
    zone = calendar_of(reading.symbols[symbol].exchange).zone
    starts, now = (
        datetime.fromtimestamp(start, zone),
        datetime.fromtimestamp(reading.now, UTC).astimezone(zone),
    )
    year = "" if starts.year == now.year else f" {starts.year}"
    day, time = f"{starts.day} {starts:%b}{year}", f"{starts:%H:%M}"
    if interval == "1d":
        return day
    return time if starts.date() == now.date() else f"{day} {time}"
