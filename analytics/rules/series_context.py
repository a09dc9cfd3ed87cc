"""What the values of a rule need to know of an exchange, looked up only if they do: its calendar takes a second."""

from collections.abc import Callable
from math import nan

from analytics.alerts.language.functions import INDICATOR_FUNCTIONS
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import Call
from analytics.alerts.language.values_read import values_read
from analytics.engine.series import context_of
from analytics.indicators.series.sessions import session_of
from analytics.indicators.spec import Context
from shared.calendars.calendars import SessionCalendar

CalendarOf = Callable[[str | None], SessionCalendar]
"""The calendar for an exchange's name."""


def context_for(rule: Rule, exchange: str | None, calendar_of: CalendarOf) -> Context:
    """The context of a series of this exchange; its number of bars in a year is not a number if no value in the rule is
    annualised."""
    if _is_annualised(rule):
        return context_of(calendar_of(exchange), rule.interval)
    return Context(nan, session_of(lambda start: calendar_of(exchange).at(start).day_start))


def _is_annualised(rule: Rule) -> bool:
    called = {
        node.function for each in rule.conditions for node in values_read(each) if isinstance(node, Call)
    } & INDICATOR_FUNCTIONS.keys()
    return any("periods_per_year" in INDICATOR_FUNCTIONS[name].spec.needs for name in called)
