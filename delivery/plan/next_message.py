"""What is sent to a route next. Pure."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from delivery.plan.texts import MessageText, TextSettings, digest, single
from delivery.plan.waiting import WaitingAlert
from shared.settings.delivery_settings import SEVERITIES

KEY_BYTES = 16
MOST_AT_ONCE = 2_000
"""Alerts that are looked at for one digest."""
SEVERAL = 3
"""After so many failed attempts an alert may be the reason for them."""


class SendingRules(NamedTuple):
    """How alerts are sent; see `DeliverySettings`."""

    texts: TextSettings
    digest_above: int


class OutgoingMessage(NamedTuple):
    """A message with the alerts that it reports. `key` is the same at each attempt to send the same alerts."""

    key: str
    alerts: tuple[WaitingAlert, ...]
    text: MessageText

    @property
    def severity(self) -> str:
        """The highest one of its alerts."""
        return max((alert.severity for alert in self.alerts), key=SEVERITIES.index)


def next_message(
    waiting: Sequence[WaitingAlert],
    rules: SendingRules,
    limit: int,
    now: datetime,
    most: int = MOST_AT_ONCE,
) -> OutgoingMessage | None:
    """The next message of a route whose messages hold `limit` characters; None if nothing waits. `waiting` are the
    alerts that may be sent now; a digest has at most `most` of them.

    The alerts that were tried least come first. One that failed several times is sent only with others that failed as
    often, after all others: so one which is always refused holds up no other.
    """
    if not waiting:
        return None
    least = min(map(_doubt, waiting))
    alerts = sorted(
        (alert for alert in waiting if _doubt(alert) == least),
        key=lambda each: (each.attempts, *_urgency(each)),
    )
    if len(alerts) > rules.digest_above and most > 1:
        alerts = sorted(alerts[:most], key=_urgency)
        text, count = digest(alerts, rules.texts, now, limit)
        return OutgoingMessage(_key(alerts[:count]), tuple(alerts[:count]), text)
    return OutgoingMessage(alerts[0].id, (alerts[0],), single(alerts[0], rules.texts, now, limit))


def _doubt(alert: WaitingAlert) -> int:
    """How likely it is that the alert itself is the reason for failures; 0 for one that was tried a few times."""
    return max(0, alert.attempts - SEVERAL + 1)


def _urgency(alert: WaitingAlert) -> tuple[bool, datetime, str]:
    """Critical alerts come first, then the oldest."""
    return not alert.is_critical, alert.published_at, alert.id


def _key(alerts: Sequence[WaitingAlert]) -> str:
    return blake2b("".join(alert.id for alert in alerts).encode(), digest_size=KEY_BYTES).hexdigest()
