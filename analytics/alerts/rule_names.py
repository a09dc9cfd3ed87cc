"""How a rule is named where its alerts are: by its number, or a threshold of the settings by its own name. Pure."""

import re
from typing import get_args

from analytics.alerts.threshold_rules import ThresholdName
from shared.market.alert_texts import rule_name

THRESHOLDS: tuple[str, ...] = get_args(ThresholdName)


def alert_name(text: str) -> str | None:
    """The name that the alerts of a rule have, of a number such as 3 or the name of a threshold; None if it is
    neither."""
    if text in THRESHOLDS:
        return text
    return rule_name(int(text)) if re.fullmatch("[0-9]{1,18}", text) else None
