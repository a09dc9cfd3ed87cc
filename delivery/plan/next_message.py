"""What is sent to a route next. Pure."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from delivery.plan.texts import MessageText, TextSettings, digest, single
from delivery.plan.waiting import WaitingAlert
from shared.settings.delivery_settings import SEVERITIES

KEY_BYTES = 16


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
    *,
    one_by_one: bool = False,
) -> OutgoingMessage | None:
    """The next message of a route whose messages hold `limit` characters; None if nothing waits. `waiting` are the
    alerts that may be sent now.

    `one_by_one` forbids digests: a route refused one, maybe because of one of its alerts. The alert that was tried
    least comes first then, so that one which is always refused holds up no other.
    """
    if not waiting:
        return None
    if len(waiting) > rules.digest_above and not one_by_one:
        alerts = sorted(waiting, key=lambda each: (not each.is_critical, each.published_at, each.id))
        text, count = digest(alerts, rules.texts, now, limit)
        return OutgoingMessage(_key(alerts[:count]), tuple(alerts[:count]), text)
    alert = min(waiting, key=lambda each: each.attempts)
    return OutgoingMessage(alert.id, (alert,), single(alert, rules.texts, now, limit))


def _key(alerts: Sequence[WaitingAlert]) -> str:
    return blake2b("".join(alert.id for alert in alerts).encode(), digest_size=KEY_BYTES).hexdigest()
