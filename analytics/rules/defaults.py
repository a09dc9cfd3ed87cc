"""What a rule has where its text leaves something out."""

from analytics.alerts.language.functions import HALF_LIFE
from analytics.indicators.spec import Parameters
from shared.settings.config import Config


def rule_defaults(config: Config) -> Parameters:
    """The periods of indicators in the settings, and the half-life of headlines."""
    return {**config.indicators.values, HALF_LIFE: config.news.half_life}
