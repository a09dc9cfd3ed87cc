"""Labels of the features of trained models."""

from dashboard.presenters.forecasts.feature_names import LABELS, with_feature_labels
from ml.models.features import FeatureSettings, names


def test_importances_are_returned_by_label_and_other_features_keep_their_name() -> None:
    training = {"model": "xgboost", "importances": {"return_1": 0.5, "place": 0.3, "restlessness": 0.2}}
    assert with_feature_labels(training) == {
        "model": "xgboost",
        "importances": {"return_1": 0.5, "position in range": 0.3, "realized-volatility ratio": 0.2},
    }


def test_a_training_without_importances_has_none_afterwards() -> None:
    assert with_feature_labels({"importances": {}}) == {"importances": {}}


def test_every_label_is_that_of_a_feature() -> None:
    assert LABELS.keys() <= set(names(FeatureSettings()))
