"""Forecasts -> what the chart and the card beside it say. Pure: it tells what is expected and how such forecasts
fared, and leaves to the reader what to do about it.

Each horizon has a champion of its own. What it said nothing of, "no change" speaks for.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import prod
from typing import Any, NamedTuple

from dashboard.presenters.numbers import percent, plain
from dashboard.presenters.panels import Cell
from dashboard.read.rows import ActionRow, Fared, ForecastPath, ForecastRow, RecordRow
from dashboard.read.snapshot import Reading
from shared.calendars.calendars import calendar_of
from shared.market.records import INTERVALS

Card = dict[str, Any]
NAIVE = "naive"
FEWEST_SCORES = 100
"""Before so many of a model's forecasts have come due, no figure of it is shown: a share would be off by points."""
NAMES = {NAIVE: "No change", "arima": "ARIMA", "xgboost": "XGBoost", "lstm": "LSTM"}
"""The models that are not written as their name in the tables."""


class ExpectedClose(NamedTuple):
    """What is expected of one close: by which model, and the bounds of each interval, the narrowest first.

    In units of today's share.
    """

    model: str
    mean: float
    low: list[float]
    high: list[float]


def expected(forecast: ForecastRow, record: RecordRow, actions: Sequence[ActionRow]) -> list[ExpectedClose]:
    """What is expected of the next closes, as far as something was said of each one before."""
    share = share_since(forecast.made_at, actions)
    found = []
    for step, champion in enumerate(record.champions):
        said = _expected(forecast, champion, step, share) or _expected(forecast, NAIVE, step, share)
        if said is None:
            break
        found.append(said)
    return found


def _expected(forecast: ForecastRow, model: str, step: int, share: float) -> ExpectedClose | None:
    """What a model said of a bar; None where it said nothing of it."""
    said = forecast.models.get(model)
    if said is None or step >= len(said.mean):
        return None
    mean, low, high = said.mean[step], _times(said.lower[step], share), _times(said.upper[step], share)
    if mean is None or not len(low) == len(high) == len(forecast.levels):
        return None
    return ExpectedClose(model, mean * share, low, high)


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
    return {"cells": cells, "text": _fared(record, first.model)}


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
    """When a bar starts, as its exchange writes it: the day where that is another than today, the year likewise."""
    zone = calendar_of(reading.symbols[symbol].exchange).zone
    begun, now = (
        datetime.fromtimestamp(start, zone),
        datetime.fromtimestamp(reading.now, UTC).astimezone(zone),
    )
    year = "" if begun.year == now.year else f" {begun.year}"
    day, time = f"{begun.day} {begun:%b}{year}", f"{begun:%H:%M}"
    if interval == "1d":
        return day
    return time if begun.date() == now.date() else f"{day} {time}"


def kind_name(model: str) -> str:
    """A model in plain words."""
    return NAMES.get(model) or model.replace("_", " ").capitalize()


def model_name(model: str, said: ForecastPath | None) -> str:
    """A model in plain words, with the version that spoke where one did."""
    name = kind_name(model)
    if model == NAIVE or said is None:
        return name
    if model != "arima" or said.order is None:
        return f"{name}, version {plain(said.version, 0)}"
    origin = f"search at bar {plain(said.version, 0)}" if said.version else "before its first search"
    return f"{name}({','.join(map(str, said.order))}), {origin}"


def _fared(record: RecordRow, shown: str) -> str:
    """How the model that is shown has fared, in its own figures and those of no other model."""
    found = record.fared.get(shown)
    if found is None or found.scores < FEWEST_SCORES:
        return too_few(found)
    level = percent(record.level, 0)
    held = "" if found.held is None else f"Its {level} interval held {percent(found.held, 1)} of them."
    if shown == NAIVE:
        return f"{plain(found.scores, 0)} forecasts have come due. {held} {_begun(others(record))}."
    verdict = f"{_begun(found.verdict or 'not compared yet')} ({', '.join(_counted(record, found))})."
    return f"{verdict} {held}".strip()


def _begun(clause: str) -> str:
    return clause[0].upper() + clause[1:]


def too_few(found: Fared | None) -> str:
    """Instead of figures of a model of which hardly a forecast has come due."""
    if found is None or not found.scores:
        return "No forecast has come due yet."
    count = f"{plain(found.scores, 0)} of its forecasts {'has' if found.scores == 1 else 'have'} come due"
    return f"{count}: too few to say how good they are, which takes {FEWEST_SCORES}."


def others(record: RecordRow) -> str:
    """Why "no change" is shown and none of the other models."""
    champion, count = record.champions[0], compared(record)
    if champion != NAIVE:
        return f"{kind_name(champion)}, which is chosen for this close, said nothing of it"
    if not count:
        return "no other model has been compared yet"
    if count == 1:
        return "the other model has not proven better"
    return f"none of {plain(count, 0)} other models has proven better"


def _counted(record: RecordRow, found: Fared) -> Iterator[str]:
    """Of how many models a champion is, its skill, and over how many forecasts."""
    if compared(record) > 1:
        yield choice(record)
    if found.skill is not None:
        yield f"skill {percent(found.skill, 1)}"
    yield f"{plain(found.scores, 0)} forecasts"


def compared(record: RecordRow) -> int:
    """How many models are compared with "no change"."""
    return sum(found.scores > 0 for model, found in record.fared.items() if model != NAIVE)


def choice(record: RecordRow) -> str:
    """How the champion came to be it."""
    return f"chosen of {plain(compared(record), 0)} models"
