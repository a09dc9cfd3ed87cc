"""Sentences about the past accuracy of a model, and about the choice of the model that is shown. Pure."""

from collections.abc import Iterator

from dashboard.presenters.forecasts.model_names import kind_name
from dashboard.presenters.numbers import percent, plain
from dashboard.read.expected_closes import NAIVE
from dashboard.read.rows import ModelAccuracy, SeriesAccuracy

MIN_SCORES = 100
"""Figures of a model are shown once this many of its forecasts were scored: fewer give a coverage off by points."""


def accuracy_text(accuracy: SeriesAccuracy, shown: str) -> str:
    """The past accuracy of the shown model, from its own figures only."""
    found = accuracy.models.get(shown)
    if found is None or found.scores < MIN_SCORES:
        return too_few_scores(found)
    level = percent(accuracy.level, 0)
    coverage = (
        ""
        if found.coverage is None
        else f"Its {level} interval covered {percent(found.coverage, 1)} of closes."
    )
    if shown == NAIVE:
        return f"{plain(found.scores, 0)} forecasts evaluated. {coverage} {_capitalised(why_no_change(accuracy))}."
    verdict = f"{_capitalised(found.verdict or 'not compared yet')} ({', '.join(_basis(accuracy, found))})."
    return f"{verdict} {coverage}".strip()


def _capitalised(clause: str) -> str:
    return clause[0].upper() + clause[1:]


def too_few_scores(found: ModelAccuracy | None) -> str:
    """The text in place of a model's figures while too few of its forecasts have been scored."""
    if found is None or not found.scores:
        return "No forecast has been evaluated yet."
    count = f"{plain(found.scores, 0)} {'forecast' if found.scores == 1 else 'forecasts'} evaluated"
    return f"{count}; accuracy is shown from {MIN_SCORES} on."


def why_no_change(accuracy: SeriesAccuracy) -> str:
    """Why "no change" is shown and not another model."""
    champion, models = accuracy.champions[0], compared_models(accuracy)
    if champion != NAIVE:
        return f"{kind_name(champion)}, the selected model, has no forecast for this close"
    if not models:
        return "no other model has been compared yet"
    if len(models) == 1:
        return f"the only other model compared so far, {kind_name(models[0])}, has not proven better"
    return f"none of the {plain(len(models), 0)} other models has proven better"


def _basis(accuracy: SeriesAccuracy, found: ModelAccuracy) -> Iterator[str]:
    """The basis of a champion's verdict: number of models, its skill and number of forecasts."""
    if len(compared_models(accuracy)) > 1:
        yield selected_from(accuracy)
    if found.skill is not None:
        yield f"skill {percent(found.skill, 1)}"
    yield f"{plain(found.scores, 0)} forecasts"


def compared_models(accuracy: SeriesAccuracy) -> list[str]:
    """The models that are compared with "no change"."""
    return [model for model, found in accuracy.models.items() if model != NAIVE and found.scores > 0]


def selected_from(accuracy: SeriesAccuracy) -> str:
    """From how many models the champion was selected."""
    return f"selected from {plain(len(compared_models(accuracy)), 0)} models"
