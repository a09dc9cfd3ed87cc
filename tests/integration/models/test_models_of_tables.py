"""The commands of trained models with the pipeline's own tables."""

import pytest

from ml import evaluate, train
from ml.datasets.inputs import inputs
from ml.registry.model_folder import registry_of
from shared.errors import ConfigError
from tests.integration.desk import Desk
from tests.integration.stored_bars import give_bars


def test_bars_of_the_tables_are_trained_on_and_evaluated(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for symbol, count in (("ACME", 200), ("OTHER", 250)):
        give_bars(desk, symbol, count)
    arguments = train.parser().parse_args(["--from-database", "--model", "linear_regression"])
    assert [len(history.made_at) for history in inputs(desk.config, arguments).histories] == [200, 250]
    assert train.run(desk.config, arguments) == 0
    assert registry_of(desk.config).live("1d") == {"linear_regression": 1}
    query = "select interval, model, version, parent, is_live from model_trainings"
    assert desk.rows(query) == [("1d", "linear_regression", 1, None, True)]
    asked = evaluate.parser().parse_args(["--from-database", "--models", "linear_regression", "--folds", "2"])
    assert evaluate.run(desk.config, asked) == 0
    assert "2 symbols, bars of 1d, horizon 1:" in capsys.readouterr().out


def test_tables_without_bars_of_that_length_are_reported_in_one_sentence(desk: Desk) -> None:
    give_bars(desk, "ACME", 10)
    arguments = evaluate.parser().parse_args(["--from-database", "--interval", "5m"])
    with pytest.raises(ConfigError, match="There are no closed bars of 5m"):
        evaluate.run(desk.config, arguments)


def test_feed_without_tables_is_reported_with_what_to_do(desk: Desk) -> None:
    arguments = evaluate.parser().parse_args(["--from-database"])
    with pytest.raises(ConfigError, match=r"Run start_pipeline.py first, or name files"):
        evaluate.run(desk.config, arguments)
