"""With which settings each record of a partition is folded again."""

from dataclasses import replace

from analytics.engine.engine_settings import EngineSettings
from analytics.runtime.comparison.stretches import plan_of
from analytics.runtime.settings import encoded_settings
from analytics.store.settings_tables import SettingsFrom
from shared.progress.offsets import Reached
from tests.inputs.records import periods

AT = Reached(10, 100, None)
NOW = EngineSettings()
PATIENT = replace(NOW, grace=60.0)
OTHER_PERIODS = replace(NOW, indicators=periods(rsi_period=7))


def entry(offset: int, settings: EngineSettings, starts_over: bool = False) -> SettingsFrom:
    return SettingsFrom(offset, starts_over, encoded_settings(settings))


def graces(*history: SettingsFrom) -> list[tuple[int, int, float, bool]]:
    """First offset, end, grace and whether alerts and forecasts are compared, of each stretch."""
    stretches = plan_of(AT, history, NOW).stretches
    return [(each.first, each.end, each.settings.grace, each.is_whole) for each in stretches]


def test_settings_change_at_their_offsets() -> None:
    found = graces(entry(10, NOW, starts_over=True), entry(40, PATIENT), entry(70, NOW))
    assert found == [(10, 40, 2.0, True), (40, 70, 60.0, True), (70, 100, 2.0, True)]


def test_a_log_that_was_read_again_is_folded_with_the_settings_of_that_time() -> None:
    found = graces(entry(10, NOW, starts_over=True), entry(40, PATIENT, starts_over=True), entry(70, NOW))
    assert found == [(10, 40, 60.0, False), (40, 70, 60.0, True), (70, 100, 2.0, True)]


def test_a_log_that_was_read_again_and_has_not_grown_since_has_one_stretch() -> None:
    found = graces(entry(10, NOW, starts_over=True), entry(100, PATIENT, starts_over=True))
    assert found == [(10, 100, 60.0, False)]


def test_settings_before_the_first_stored_ones_are_assumed() -> None:
    assert graces(entry(40, PATIENT)) == [(10, 40, 60.0, True), (40, 100, 60.0, True)]
    assert plan_of(AT, [entry(40, PATIENT)], NOW).assumed_until == 40
    assert plan_of(AT, [], NOW) == ([(10, 100, NOW, True)], 100, False)
    assert plan_of(AT, [entry(10, NOW, starts_over=True)], NOW).assumed_until is None


def test_indicators_have_their_current_periods_and_a_change_is_noted() -> None:
    history = [entry(10, OTHER_PERIODS, starts_over=True), entry(40, NOW)]
    plan = plan_of(AT, history, NOW)
    assert [each.settings for each in plan.stretches] == [NOW, NOW]
    assert plan.has_other_periods
    assert not plan_of(AT, history[1:], NOW).has_other_periods
