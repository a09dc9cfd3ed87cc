"""Deployments: which trained models forecast from which offset on, live and in a later fold."""

from math import inf

from analytics.engine.deployments import Deployment, Deployments, Versions
from analytics.engine.engine import Engine
from tests.inputs.forecast_minutes import MINUTES, minutes
from tests.inputs.trained_models import Stock
from tests.unit.quick_search import QuickSearches

MODEL, OTHER = "linear_regression", "xgboost"


def engine() -> Engine:
    return Engine(MINUTES, QuickSearches())


def test_live_version_is_deployed_at_the_given_offset() -> None:
    deployments = Deployments(Stock({}), {}, [])
    made = deployments.update_live({"1m": {OTHER: 2, MODEL: 1}}, 40, engine())
    assert made == [Deployment(40, "1m", MODEL, 1), Deployment(40, "1m", OTHER, 2)]
    assert deployments.versions == {"1m": {MODEL: 1, OTHER: 2}}
    assert deployments.update_live({"1m": {OTHER: 2, MODEL: 1}}, 50, engine()) == []


def test_previous_version_stays_if_a_live_version_cannot_be_served() -> None:
    deployments = Deployments(Stock({}, gone=frozenset({2})), {"1m": {MODEL: 1}}, [])
    assert deployments.update_live({"1m": {MODEL: 2}}, 40, engine()) == []
    assert deployments.versions == {"1m": {MODEL: 1}}


def test_version_incompatible_with_the_settings_is_withdrawn_by_a_stored_deployment() -> None:
    live: Versions = {"1m": {MODEL: 1}}
    deployments = Deployments(Stock({}, outdated=frozenset({1})), live, [])
    assert deployments.update_live(live, 40, engine()) == [Deployment(40, "1m", MODEL, None)]
    assert deployments.update_live(live, 50, engine()) == []
    assert deployments.versions == {"1m": {}}


def test_version_missing_after_a_start_is_withdrawn_by_a_stored_deployment() -> None:
    deployments = Deployments(Stock({}, gone=frozenset({1})), {"1m": {MODEL: 1}}, [])
    assert deployments.update_live({"1m": {MODEL: 1}}, 40, engine()) == [Deployment(40, "1m", MODEL, None)]


def test_version_that_is_no_longer_live_is_withdrawn() -> None:
    deployments = Deployments(Stock({}), {"1m": {MODEL: 1}, "1d": {MODEL: 3}}, [])
    assert deployments.update_live({"1m": {}}, 40, engine()) == [Deployment(40, "1m", MODEL, None)]
    assert deployments.versions == {"1m": {}, "1d": {MODEL: 3}}, "of days nothing is known"


def test_known_deployments_are_applied_in_order_and_not_earlier() -> None:
    known = [Deployment(10, "1m", MODEL, 1), Deployment(20, "1m", MODEL, 2), Deployment(20, "1m", OTHER, 1)]
    deployments = Deployments(Stock({}), {}, known)
    assert deployments.next_offset == 10
    deployments.catch_up(9, engine())
    assert deployments.versions == {}
    deployments.catch_up(12, engine())
    assert (deployments.versions, deployments.next_offset) == ({"1m": {MODEL: 1}}, 20)
    deployments.catch_up(30, engine())
    assert (deployments.versions, deployments.next_offset) == ({"1m": {MODEL: 2, OTHER: 1}}, inf)


def test_missing_version_makes_no_forecast_while_the_log_is_reprocessed() -> None:
    folding = engine()
    Deployments(Stock({}, gone=frozenset({1})), {"1m": {MODEL: 1, OTHER: 2}}, []).start(folding)
    for offset, record in enumerate(minutes(70)):
        folding.fold(record, offset)
    step = [event.step for event in folding.take_events() if event.step is not None][-1]
    assert [made.model for made in step.made] == ["naive", "arima", OTHER]
