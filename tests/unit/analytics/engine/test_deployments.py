"""Deployments: which trained models forecast from which offset on, live and in a later fold."""

from math import inf

from analytics.engine.deployments import Servings, Switch, Versions
from analytics.engine.engine import Engine
from tests.unit.analytics.forecasting.test_forecasts import MINUTES, minutes
from tests.unit.quick_search import QuickSearches
from tests.unit.trained_models import Stock

MODEL, OTHER = "linear_regression", "xgboost"


def engine() -> Engine:
    return Engine(MINUTES, QuickSearches())


def test_what_went_live_is_switched_to_at_the_offset_given() -> None:
    servings = Servings(Stock({}), {}, [])
    switches = servings.renew({"1m": {OTHER: 2, MODEL: 1}}, 40, engine())
    assert switches == [Switch(40, "1m", MODEL, 1), Switch(40, "1m", OTHER, 2)]
    assert servings.versions == {"1m": {MODEL: 1, OTHER: 2}}
    assert servings.renew({"1m": {OTHER: 2, MODEL: 1}}, 50, engine()) == []


def test_where_a_live_version_cannot_be_served_the_one_before_goes_on() -> None:
    servings = Servings(Stock({}, gone=frozenset({2})), {"1m": {MODEL: 1}}, [])
    assert servings.renew({"1m": {MODEL: 2}}, 40, engine()) == []
    assert servings.versions == {"1m": {MODEL: 1}}


def test_what_settings_do_not_admit_any_more_is_withdrawn_on_the_record() -> None:
    live: Versions = {"1m": {MODEL: 1}}
    servings = Servings(Stock({}, outdated=frozenset({1})), live, [])
    assert servings.renew(live, 40, engine()) == [Switch(40, "1m", MODEL, None)]
    assert servings.renew(live, 50, engine()) == []
    assert servings.versions == {"1m": {}}


def test_what_is_gone_after_a_start_is_withdrawn_on_the_record() -> None:
    servings = Servings(Stock({}, gone=frozenset({1})), {"1m": {MODEL: 1}}, [])
    assert servings.renew({"1m": {MODEL: 1}}, 40, engine()) == [Switch(40, "1m", MODEL, None)]


def test_what_is_live_no_more_is_withdrawn() -> None:
    servings = Servings(Stock({}), {"1m": {MODEL: 1}, "1d": {MODEL: 3}}, [])
    assert servings.renew({"1m": {}}, 40, engine()) == [Switch(40, "1m", MODEL, None)]
    assert servings.versions == {"1m": {}, "1d": {MODEL: 3}}, "of days nothing is known"


def test_known_switches_are_made_in_order_and_not_sooner() -> None:
    known = [Switch(10, "1m", MODEL, 1), Switch(20, "1m", MODEL, 2), Switch(20, "1m", OTHER, 1)]
    servings = Servings(Stock({}), {}, known)
    assert servings.next_offset == 10
    servings.catch_up(9, engine())
    assert servings.versions == {}
    servings.catch_up(12, engine())
    assert (servings.versions, servings.next_offset) == ({"1m": {MODEL: 1}}, 20)
    servings.catch_up(30, engine())
    assert (servings.versions, servings.next_offset) == ({"1m": {MODEL: 2, OTHER: 1}}, inf)


def test_what_is_gone_says_nothing_while_the_log_is_folded_again() -> None:
    folding = engine()
    Servings(Stock({}, gone=frozenset({1})), {"1m": {MODEL: 1, OTHER: 2}}, []).start(folding)
    for offset, record in enumerate(minutes(70)):
        folding.fold(record, offset)
    step = [event.step for event in folding.take_events() if event.step is not None][-1]
    assert [made.model for made in step.made] == ["naive", "arima", OTHER]
