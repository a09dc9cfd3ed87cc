"""The accuracy shown on the forecast card and in the summary is that of the named model, over enough forecasts."""

import pytest

from dashboard.presenters.forecasts.accuracy import MIN_SCORES
from dashboard.presenters.forecasts.card import forecast_card
from dashboard.read.rows import ModelAccuracy, SeriesAccuracy
from dashboard.text.summary import summary
from tests.inputs.forecast_rows import FORECAST, KEY, TRAINED, reading
from tests.inputs.page_rows import CLOSED, CONTEXT

MODELS = ("arima", "linear_regression", "lstm", "random_forest", "smoothing", "xgboost")
UNDECIDED = "not distinguishable from no change"
BEST = ModelAccuracy(12, 0.006, UNDECIDED, 11 / 12)
"""The model with the most skill, of which hardly a forecast has come due."""


def accuracy_of(champion: str, best: ModelAccuracy = BEST) -> SeriesAccuracy:
    """Seven models: "no change" over 3,753 closes, the others over as many as `best`."""
    accuracy = {"naive": ModelAccuracy(3753, None, None, 0.953)} | dict.fromkeys(MODELS, best)
    return SeriesAccuracy(4000, 50, (champion, "naive"), 0.95, accuracy)


def texts_for(found: SeriesAccuracy) -> list[str]:
    """The card's text, and the words below the chart."""
    known = reading(found, FORECAST._replace(models=FORECAST.models | {"xgboost": TRAINED}))
    return [forecast_card(known, *KEY)["text"], summary(CONTEXT, known, KEY, [CLOSED])]


def test_figures_of_no_change_are_its_own_and_those_of_the_best_other_model_are_not_beside_them() -> None:
    """Report: "best of 6, skill 0.6 %, 7 forecasts; the interval held 95.3 %", where the 95.3 was of "no change"."""
    for text in texts_for(accuracy_of("naive")):
        assert "95.3" in text and "3,753" in text
        assert "none of the 6 other models" in text.lower()
        assert not any(figure in text for figure in ("91.7", "0.6\u00a0%", " 12 ", " 7 "))


def test_figures_of_a_champion_are_its_own() -> None:
    """Report: the coverage beside a model's skill was that of another one."""
    for text in texts_for(accuracy_of("xgboost", ModelAccuracy(400, 0.006, "better than no change", 0.917))):
        assert "91.7" in text and "400" in text
        assert "95.3" not in text and "3,753" not in text


@pytest.mark.parametrize("scores", [1, 12, MIN_SCORES - 1])
def test_no_share_is_shown_for_too_few_forecasts(scores: int) -> None:
    """Report: a skill of 0.6 % over 7 forecasts, and a coverage of 91.7 % over 12."""
    for text in texts_for(accuracy_of("xgboost", BEST._replace(scores=scores))):
        assert f"{scores} forecast" in text and f"accuracy is shown from {MIN_SCORES} on" in text
        assert not any(figure in text for figure in ("91.7", "skill", "covered"))
