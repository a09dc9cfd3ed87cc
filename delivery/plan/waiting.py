"""Alerts that wait for a route, and the alerts that a route takes. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from shared.settings.delivery_settings import SEVERITIES


class WaitingAlert(NamedTuple):
    """An alert of the outbox. `text` is that of its rule, empty for a threshold of the settings, which has `value` and
    `threshold` instead of `named_values`. `published_at` is when the record that caused it was published.

    `attempts` have failed on the route that it waits for. `is_provisional` is true if a live rule raised it at the open
    bar.
    """

    id: str
    symbol: str
    interval: str
    rule: str
    text: str
    event_time: datetime
    published_at: datetime
    severity: str
    price: float
    value: float | None = None
    threshold: float | None = None
    named_values: Mapping[str, float | None] = {}
    attempts: int = 0
    is_provisional: bool = False

    @property
    def is_critical(self) -> bool:
        """Whether it is sent in quiet hours too."""
        return self.severity == "critical"


def takes(selection: Sequence[str], severity: str, rule: str) -> bool:
    """Whether a route with a selection takes an alert: one of the severities and one of the rules that it names; where
    it names none of a kind, any."""
    severities = [name for name in selection if name in SEVERITIES]
    rules = [name for name in selection if name not in SEVERITIES]
    return (not severities or severity in severities) and (not rules or rule in rules)
