"""Presents forecasts on the chart and in the forecast card: expected closes and past accuracy, no advice. Pure.

Each horizon has its own champion, the model that is shown. If it has no forecast for a close, "no change" is shown.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import prod
from typing import Any, NamedTuple

from dashboard.presenters.numbers import percent, plain
from dashboard.presenters.panels import Cell
from dashboard.presenters.sources import log_progress
from dashboard.read.rows import ActionRow, ForecastPath, ForecastRecordRow, ForecastRow, ModelAccuracy
from dashboard.read.snapshot import Reading
from shared.calendars.calendars import calendar_of
from shared.market.records import INTERVALS

Card = dict[str, Any]
NAIVE = "naive"
MIN_SCORES = 100
"""Figures of a model are shown once this many of its forecasts were scored: fewer give a coverage off by points."""
NAMES = {NAIVE: "No change", "arima": "ARIMA", "xgboost": "XGBoost", "lstm": "LSTM"}
"""Display names of the models whose stored name can't be converted by rule."""


class ExpectedClose(NamedTuple):
    """The forecast of one close: its model, mean, and the bounds of each interval, the narrowest first.

    In units of today's share.
    """

    model: str
    mean: float
    low: list[float]
    high: list[float]


def expected(
    forecast: ForecastRow, record: ForecastRecordRow, actions: Sequence[ActionRow]
) -> list[ExpectedClose]:
    """The forecasts of the next closes, up to the first close without one."""
    share = share_since(forecast.made_at, actions)
    found = []
    for step, champion in enumerate(record.champions):
        close = _expected(forecast, champion, step, share) or _expected(forecast, NAIVE, step, share)
        if close is None:
            break
        found.append(close)
    return found


def _expected(forecast: ForecastRow, model: str, step: int, share: float) -> ExpectedClose | None:
    """A model's forecast of the close `step` bars after the next; None if it has none."""
    path = forecast.models.get(model)
    if path is None or step >= len(path.mean):
        return None
    mean, low, high = path.mean[step], _scaled(path.lower[step], share), _scaled(path.upper[step], share)
    if mean is None or not len(low) == len(high) == len(forecast.levels):
        return None
    return ExpectedClose(model, mean * share, low, high)


def _scaled(bounds: Sequence[float | None], share: float) -> list[float]:
    return [bound * share for bound in bounds if bound is not None]


def share_since(time: int, actions: Sequence[ActionRow]) -> float:
    """The factor that converts a price of `time` to units of today's share: the splits since then."""
    return 1 / prod(each.value for each in actions if each.action == "split" and time <= each.time)


def fan(
    forecast: ForecastRow | None, record: ForecastRecordRow | None, actions: Sequence[ActionRow]
) -> dict[str, Any] | None:
    """The intervals of the next closes in units of today's share; None without a forecast.

    `start` is the start of the bar after whose close they were made. `low` and `high` hold one list per bar, the widest
    interval first.
    """
    steps = [] if forecast is None or record is None else expected(forecast, record, actions)
    if forecast is None or not steps:
        return None
    return {
        "start": forecast.start,
        "mean": [step.mean for step in steps],
        "low": [step.low[::-1] for step in steps],
        "high": [step.high[::-1] for step in steps],
    }


def forecast_card(reading: Reading, symbol: str, interval: str) -> Card:
    """The forecast of the next close, its interval and its model; `text` reports the model's past accuracy."""
    record, forecast = (
        reading.forecast_records.get((symbol, interval)),
        reading.forecasts.get((symbol, interval)),
    )
    if record is None:
        return {"cells": [], "text": _missing(reading, symbol, interval)}
    steps = [] if forecast is None else expected(forecast, record, reading.actions.get(symbol, ()))
    if forecast is None or not steps:
        return _warming(record)
    first = steps[0]
    cells: list[Cell] = [
        ("Next close", first.mean, "price"),
        ("After bar", bar_name(reading, symbol, interval, forecast.start), "words"),
        (f"{percent(forecast.levels[-1], 0)} interval", (first.low[-1], first.high[-1]), "range"),
        ("Model", model_name(first.model, forecast.models[first.model]), "words"),
    ]
    return {"cells": cells, "text": _accuracy(record, first.model)}


def _missing(reading: Reading, symbol: str, interval: str) -> str:
    """The text for a series that is not forecast, or not yet: in a history short bars come last."""
    others = [each for each in INTERVALS if (symbol, each) in reading.forecast_records]
    if not others or (symbol in reading.outdated and log_progress(reading) is not None):
        return "No forecast yet."
    return f"{interval} bars are not forecast; {' and '.join(others)} bars are."


def _warming(record: ForecastRecordRow) -> Card:
    """The card before the first forecast; with enough closes, a forecast is only missing if all closes are equal."""
    if record.seen >= record.needed:
        return {
            "cells": [("Next close", None, "price")],
            "text": "No forecast yet: the price has not changed.",
        }
    progress = f"{record.seen}/{record.needed}"
    return {
        "cells": [("Next close", progress, "text")],
        "text": f"Warming up: the first forecast needs {record.needed} closed bars.",
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


def _accuracy(record: ForecastRecordRow, shown: str) -> str:
    """The past accuracy of the shown model, from its own figures only."""
    found = record.accuracy.get(shown)
    if found is None or found.scores < MIN_SCORES:
        return too_few(found)
    level = percent(record.level, 0)
    coverage = (
        ""
        if found.coverage is None
        else f"Its {level} interval covered {percent(found.coverage, 1)} of closes."
    )
    if shown == NAIVE:
        return f"{plain(found.scores, 0)} forecasts evaluated. {coverage} {_capitalised(others(record))}."
    verdict = f"{_capitalised(found.verdict or 'not compared yet')} ({', '.join(_basis(record, found))})."
    return f"{verdict} {coverage}".strip()


def _capitalised(clause: str) -> str:
    return clause[0].upper() + clause[1:]


def too_few(found: ModelAccuracy | None) -> str:
    """The text in place of a model's figures while too few of its forecasts have been scored."""
    if found is None or not found.scores:
        return "No forecast has been evaluated yet."
    count = f"{plain(found.scores, 0)} {'forecast' if found.scores == 1 else 'forecasts'} evaluated"
    return f"{count}; accuracy is shown from {MIN_SCORES} on."


def others(record: ForecastRecordRow) -> str:
    """Why "no change" is shown and not another model."""
    champion, models = record.champions[0], compared(record)
    if champion != NAIVE:
        return f"{kind_name(champion)}, the selected model, has no forecast for this close"
    if not models:
        return "no other model has been compared yet"
    if len(models) == 1:
        return f"the only other model compared so far, {kind_name(models[0])}, has not proven better"
    return f"none of the {plain(len(models), 0)} other models has proven better"


def _basis(record: ForecastRecordRow, found: ModelAccuracy) -> Iterator[str]:
    """The basis of a champion's verdict: number of models, its skill and number of forecasts."""
    if len(compared(record)) > 1:
        yield choice(record)
    if found.skill is not None:
        yield f"skill {percent(found.skill, 1)}"
    yield f"{plain(found.scores, 0)} forecasts"


def compared(record: ForecastRecordRow) -> list[str]:
    """The models that are compared with "no change"."""
    return [model for model, found in record.accuracy.items() if model != NAIVE and found.scores > 0]


def choice(record: ForecastRecordRow) -> str:
    """From how many models the champion was selected."""
    return f"selected from {plain(len(compared(record)), 0)} models"
