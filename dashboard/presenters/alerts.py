"""The text of an alert, and alerts as entries of the list. Pure."""

from typing import Any

import msgspec

from dashboard.presenters.numbers import percent
from dashboard.presenters.sources import with_names
from dashboard.read.rows import AlertRow, DataAlertRow
from shared.market.alert_texts import (
    DEFAULT_SEVERITY,
    STATE_TEXTS,
    condition_text,
    threshold_sentence,
    threshold_title,
    values_text,
)

KINDS = {
    "disagreement": "Sources disagree",
    "failover": "Source failover",
    "currency": "Currency mismatch",
    "delisted": "Delisted",
    "doubtful": "Suspect prices",
    "indicator": "Indicator set aside",
    "left out": "Incomplete history",
    "set aside": "Quote set aside",
    "split": "Unconfirmed split",
    "below zero": "Negative price",
    "volume": "Invalid volume",
}
"""Labels of data alerts, by the kind that the producer, analytics or a migration stores."""
DEFAULT_TEXTS = {
    "disagreement": "Prices of the sources differ",
    "failover": "Another source is in use",
    "currency": "Prices were received in another currency",
    "delisted": "No longer traded",
    "doubtful": "Some prices are ambiguous and are not used",
    "left out": "Invalid rows of the history were skipped",
    "split": "Split not applied: the prices do not reflect it",
}
"""Texts of alerts that are stored without a detail."""


def alert_item(alert: AlertRow, zone: str) -> dict[str, Any]:
    """An entry of the alert list; `tone` is up, down or warn, `side` where its marker is, below a bar that rose or is
    oversold and above any other; `start` is that of its bar, `known_at` when the log got the record that caused it,
    `by` who acknowledged it, and `storm` the grouped alert that it belongs to."""
    text, tone = alert_sentence(alert)
    return {
        "symbol": alert.symbol,
        "text": text,
        "tone": tone,
        "side": "below" if tone == "up" or alert.rule == "rsi_oversold" else "above",
        "interval": alert.interval,
        "price": alert.price,
        "start": alert.start,
        "time": alert.event_time,
        "known_at": alert.known_at,
        "zone": zone,
        "severity": alert.severity or DEFAULT_SEVERITY,
        "by": alert.acknowledged_by,
        "key": f"{alert.symbol} {alert.interval} {alert.rule} {alert.start}",
        "storm": None if alert.members is None else _storm(alert),
    }


def _storm(alert: AlertRow) -> dict[str, Any]:
    """The line above the members of a grouped alert."""
    text = condition_text(alert.text) if alert.text else threshold_title(alert.rule)
    return {
        "key": f"storm {alert.interval} {alert.rule} {alert.event_time}",
        "name": f"{alert.members} symbols",
        "text": f"{text}: {alert.members} of {alert.symbols} symbols",
    }


def alert_sentence(alert: AlertRow) -> tuple[str, str]:
    """The text and the tone of an alert."""
    if alert.value is None or alert.threshold is None:
        return _rule_sentence(alert), "warn"
    tone = ("up" if alert.value > 0 else "down") if alert.rule == "price_change" else "warn"
    return threshold_sentence(alert.rule, alert.value, alert.threshold), tone


def _rule_sentence(alert: AlertRow) -> str:
    """The condition of the rule, and the values that it read."""
    rule, values = alert.text or alert.rule, msgspec.json.decode(alert.named_values or "{}")
    shown = ": ".join(filter(None, (condition_text(rule), values_text(rule, values))))
    return f"{shown}{STATE_TEXTS.get(alert.state or '', '')}"


def data_alert_item(alert: DataAlertRow, zone: str) -> dict[str, Any]:
    """A data alert as an entry of the alert list: with its end in `cleared` if it is cleared, and with the price of a
    quote that was set aside."""
    is_over = alert.cleared_at is not None or alert.kind == "set aside"
    return {
        "symbol": alert.symbol,
        "text": _alert_text(alert),
        "tone": "over" if is_over else "data",
        "interval": KINDS.get(alert.kind, alert.kind.capitalize()),
        "time": alert.raised_at,
        "cleared": alert.cleared_at,
        "zone": zone,
        "key": f"{alert.symbol} data {alert.kind} {alert.raised_at}",
        **({"price": alert.value} if alert.kind == "set aside" else {}),
    }


def _alert_text(alert: DataAlertRow) -> str:
    text = with_names(alert.detail) or DEFAULT_TEXTS.get(alert.kind, "")
    if alert.kind == "disagreement" and alert.value is not None:
        return f"{text} by {percent(alert.value, 1)}"
    if alert.kind == "left out" and alert.value is not None:
        return f"{text} ({alert.value:.0f} in total)"
    if alert.kind == "doubtful" and alert.value is not None:
        return f"{text} ({alert.value:.0f} bar{'s' if alert.value > 1 else ''})"
    return text
