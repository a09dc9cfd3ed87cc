"""Forecasts -> what the chart and the card beside it say. Pure: it tells what is expected and how such forecasts
fared, and leaves to the reader what to do about it.

Each horizon has a champion of its own. What it said nothing of, "no change" speaks for.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import prod
from typing import Any, NamedTuple

from dashboard.numbers import percent, plain
from dashboard.panels import Cell
from dashboard.rows import ActionRow, ForecastRow, RecordRow, Said
from dashboard.snapshot import Reading
from shared.calendars import calendar_of
from shared.market import INTERVALS

Card = dict[str, Any]
NAMES = {"naive": "No change", "arima": "ARIMA", "xgboost": "XGBoost", "lstm": "LSTM"}
"""The models that are not written as their name in the tables."""


class Expected(NamedTuple):
    """What is expected of one close: by which model, and the bounds of each interval, the narrowest first.

    In units of today's share.
    """

    model: str
    mean: float
    low: list[float]
    high: list[float]


def expected(forecast: ForecastRow, record: RecordRow, actions: Sequence[ActionRow]) -> list[Expected]:
    """What is expected of the next closes, as far as something was said of each one before."""
    share = share_since(forecast.made_at, actions)
    found = []
    for step, champion in enumerate(record.champions):
        said = _expected(forecast, champion, step, share) or _expected(forecast, "naive", step, share)
        if said is None:
            break
        found.append(said)
    return found


def _expected(forecast: ForecastRow, model: str, step: int, share: float) -> Expected | None:
    """What a model said of a bar; None where it said nothing of it."""
    said = forecast.models.get(model)
    if said is None or step >= len(said.mean):
        return None
    mean, low, high = said.mean[step], _times(said.lower[step], share), _times(said.upper[step], share)
    if mean is None or not len(low) == len(high) == len(forecast.levels):
        return None
    return Expected(model, mean * share, low, high)


def _times(bounds: Sequence[float | None], share: float) -> list[float]:
    return [bound * share for bound in bounds if bound is not None]


def share_since(time: int, actions: Sequence[ActionRow]) -> float:
    """What a price as it was at `time` is multiplied by: a share was split since then."""
    return 1 / prod(each.value for each in actions if each.action == "split" and time <= each.time)


def fan(
    forecast: ForecastRow | None, record: RecordRow | None, actions: Sequence[ActionRow]
) -> dict[str, Any] | None:
    """The intervals of the next bars' closes in units of today's share; None where nothing is forecast.

    `start` is that of the bar at whose close they were said. `low` and `high` have a list a bar, the widest interval
    first.
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
    """The next close, the interval it is expected in, the model, and in `text` how its forecasts fared."""
    record, forecast = reading.records.get((symbol, interval)), reading.forecasts.get((symbol, interval))
    if record is None:
        return {"cells": [], "text": _nothing(reading, symbol, interval)}
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
    return {"cells": cells, "text": _fared(record, forecast, first.model)}


def _nothing(reading: Reading, symbol: str, interval: str) -> str:
    """Why there is neither a forecast nor one on its way."""
    others = [each for each in INTERVALS if (symbol, each) in reading.records]
    if not others:
        return "Nothing yet"
    return f"Closes of {interval} bars are not forecast. Those of {' and '.join(others)} are."


def _warming(record: RecordRow) -> Card:
    """Before the first forecast; where there are closes enough, none of them differed from another."""
    if record.seen >= record.needed:
        return {"cells": [("Next close", None, "price")], "text": "The price has not moved yet."}
    progress = f"{record.seen}/{record.needed}"
    return {
        "cells": [("Next close", progress, "text")],
        "text": f"Warming up: the first forecast comes with closed bar {record.needed}.",
    }


def bar_name(reading: Reading, symbol: str, interval: str, start: int) -> str:
    """When a bar starts, as its exchange writes it: the day where that is another than today."""
    zone = calendar_of(reading.symbols[symbol].exchange).zone
    begun, now = (
        datetime.fromtimestamp(start, zone),
        datetime.fromtimestamp(reading.now, UTC).astimezone(zone),
    )
    day, time = f"{begun.day} {begun:%b}", f"{begun:%H:%M}"
    if interval == "1d":
        return day
    return time if begun.date() == now.date() else f"{day} {time}"


def kind_name(model: str) -> str:
    """A model in plain words."""
    return NAMES.get(model) or model.replace("_", " ").capitalize()


def model_name(model: str, said: Said | None) -> str:
    """A model in plain words, with the version that spoke where one did."""
    name = kind_name(model)
    if model == "naive" or said is None:
        return name
    if model != "arima" or said.order is None:
        return f"{name}, version {plain(said.version, 0)}"
    origin = f"search at bar {plain(said.version, 0)}" if said.version else "before its first search"
    return f"{name}({','.join(map(str, said.order))}), {origin}"


def _fared(record: RecordRow, forecast: ForecastRow, shown: str) -> str:
    """The model that is shown, or else the best other one, against no change, and how often the interval held: since
    ever, for the next close."""
    if record.model is None or not record.scores or record.verdict is None:
        return "No forecast has come due yet."
    verdict = f"{record.verdict} ({', '.join(_counted(record))})"
    if shown == record.model:
        text = verdict[0].upper() + verdict[1:]
    else:
        text = f"{model_name(record.model, forecast.models.get(record.model))}: {verdict}"
    if record.held is not None:
        text += f"; the {percent(record.level, 0)} interval held {percent(record.held, 1)}"
    return f"{text}."


def _counted(record: RecordRow) -> Iterator[str]:
    """Of how many models the compared one is, its skill, and over how many forecasts."""
    if record.compared > 1:
        yield choice(record)
    if record.skill is not None:
        yield f"skill {percent(record.skill, 1)}"
    yield f"{plain(record.scores, 0)} forecasts"


def choice(record: RecordRow) -> str:
    """How the compared one of several models came to be it."""
    chosen = "best" if record.champions[0] == "naive" else "chosen"
    return f"{chosen} of {plain(record.compared, 0)} models"
