"""The rule that a command was given: its text, its number in the list, or the name of a threshold."""

from argparse import ArgumentTypeError

from analytics.alerts.evaluation.rule_book import rule_of
from analytics.alerts.language.functions import HALF_LIFE
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule import Rule
from analytics.alerts.rule_names import THRESHOLDS, alert_name
from analytics.alerts.threshold_rules import threshold_rules
from analytics.indicators.spec import Parameters
from analytics.runtime.settings import alert_settings
from analytics.store.rules.rule_requests import listed_rules
from shared.errors import ConfigError
from shared.market.records import Interval
from shared.postgres.database import Cursor
from shared.settings.config import Config


def name_argument(text: str) -> str:
    """The type of an argument: the name that the alerts of a rule have."""
    if name := alert_name(text):
        return name
    raise ArgumentTypeError(f"{text!r} is neither the number of a rule nor one of {', '.join(THRESHOLDS)}")


def number_argument(text: str) -> int:
    """The type of an argument: the number of a rule."""
    if text in THRESHOLDS:
        raise ArgumentTypeError(f"{text} is a threshold: thresholds are changed in .env")
    if alert_name(text):
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not the number of a rule")


def rule_defaults(config: Config) -> Parameters:
    """What a rule has where its text leaves something out: the periods of indicators in the settings, and the half-life
    of headlines."""
    return {**config.indicators.values, HALF_LIFE: config.news.half_life}


def written_rule(text: str, config: Config) -> Rule | None:
    """The rule with this text, None for a number; a threshold on the first interval of the settings that has them.

    Raises RuleError if it can't be read, ConfigError for a threshold that no interval has.
    """
    name = alert_name(text)
    if name is None:
        return read_rule(text, rule_defaults(config))
    return _threshold(name, config) if name in THRESHOLDS else None


def _threshold(name: str, config: Config) -> Rule:
    settings = alert_settings(config)
    if not settings.intervals:
        raise ConfigError("ALERT_INTERVALS has no interval: no threshold is evaluated.")
    interval: Interval = settings.intervals[0]
    return next(
        each.rule for each in threshold_rules(settings, rule_defaults(config), interval) if each.name == name
    )


def listed_rule(cursor: Cursor, rule_id: int) -> Rule:
    """The rule with this number in the list, disabled and removed ones too. Raises ConfigError if there is none."""
    found = next((each for each in listed_rules(cursor) if each.rule_id == rule_id), None)
    rule = None if found is None else rule_of(found.text)
    if rule is None:
        raise ConfigError(f"There is no rule {rule_id} that can be read: python -m analytics.rules list")
    return rule
