"""The texts of messages: of one alert, and of a digest that lists many. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from delivery.plan.waiting import WaitingAlert
from shared.market.alert_texts import STATE_TEXTS, condition_text, threshold_sentence, values_text
from shared.settings.delivery_settings import filled

LATE = timedelta(minutes=1)
"""From this delay on a message states how late it is."""
LEAST_LISTED = 3
"""A route whose messages can't list so many alerts gets their number by symbol."""
LONGEST_LISTED = 200
"""Characters of a subject, and of a sentence in a digest; longer ones are cut."""
SUBJECT_BYTES = 280
"""In a mail a subject is one line, in which each byte of a letter that is not ASCII takes three signs. A line of a mail
has at most 998 (RFC 5322, 2.1.1)."""
SIMULATED = "Simulated: "


class TextSettings(NamedTuple):
    """The templates, the time zone of times, and whether the market is simulated, which each message then states."""

    subject: str
    body: str
    zone: str
    is_simulated: bool


class MessageText(NamedTuple):
    """Subject and text of a message."""

    subject: str
    body: str


def sentence(alert: WaitingAlert) -> str:
    """What the alert reports: the condition of its rule, or its threshold with the value."""
    if alert.value is None or alert.threshold is None:
        ending = STATE_TEXTS["provisional"] if alert.is_provisional else ""
        return f"{condition_text(alert.text or alert.rule)}{ending}"
    return threshold_sentence(alert.rule, alert.value, alert.threshold)


def fields_of(alert: WaitingAlert, zone: str) -> dict[str, str]:
    """The values of the fields of a template."""
    return {
        "symbol": alert.symbol,
        "interval": alert.interval,
        "rule": alert.rule,
        "text": sentence(alert),
        "severity": alert.severity,
        "price": f"{alert.price:.10g}",
        "time": _time(alert, zone),
        "values": values_text(alert.text or alert.rule, alert.named_values),
        "id": alert.id,
    }


def lateness(alert: WaitingAlert, now: datetime) -> str:
    """How many minutes ago the alert was caused, such as "12 minutes late"; empty below a minute."""
    late = now - alert.published_at
    if late < LATE:
        return ""
    minutes = int(late / timedelta(minutes=1))
    return f"{minutes} minute{'s' if minutes > 1 else ''} late"


def single(alert: WaitingAlert, settings: TextSettings, now: datetime, limit: int) -> MessageText:
    """The message of one alert, with a text of at most `limit` characters."""
    fields, late = fields_of(alert, settings.zone), lateness(alert, now)
    body = _cut(filled(settings.body, fields).strip(), max(1, limit - len(late) - 1))
    subject = _cut_bytes(_cut(_one_line(filled(settings.subject, fields)), LONGEST_LISTED))
    return MessageText(_prefixed(subject, settings), "\n".join(filter(None, (body, late))))


def digest(
    alerts: Sequence[WaitingAlert], settings: TextSettings, now: datetime, limit: int
) -> tuple[MessageText, int]:
    """A message that lists alerts, as many of the first ones as its text can hold (`limit` characters), and their
    number. If only a few fit, it counts all of them instead."""
    lines: list[str] = []
    room = limit - len(_heading(alerts))
    for alert in alerts:
        line = _line(alert, settings.zone, now)
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    if len(lines) < min(LEAST_LISTED, len(alerts)):
        return _counted(alerts, settings, limit), len(alerts)
    heading = _heading(alerts[: len(lines)])
    return MessageText(_prefixed(heading, settings), "\n".join([heading, *lines])), len(lines)


def _counted(alerts: Sequence[WaitingAlert], settings: TextSettings, limit: int) -> MessageText:
    counts = Counter(alert.symbol for alert in alerts).most_common()
    text = f"{_heading(alerts)} " + ", ".join(f"{symbol} {count}" for symbol, count in counts)
    return MessageText(_prefixed(_heading(alerts), settings), text[:limit])


def _heading(alerts: Sequence[WaitingAlert]) -> str:
    critical = sum(alert.is_critical for alert in alerts)
    return f"{len(alerts)} alerts" + (f", {critical} of them critical" if critical else "") + ":"


def _line(alert: WaitingAlert, zone: str, now: datetime) -> str:
    late, text = lateness(alert, now), _cut(_one_line(sentence(alert)), LONGEST_LISTED)
    line = f"{_time(alert, zone)} {alert.symbol} {alert.interval} {alert.severity}: {text}"
    return f"{line} ({late})" if late else line


def _time(alert: WaitingAlert, zone: str) -> str:
    local = alert.event_time.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {local.tzname() or zone}"


def _prefixed(subject: str, settings: TextSettings) -> str:
    subject = subject.removesuffix(":")
    return SIMULATED + subject if settings.is_simulated else subject


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _cut_bytes(text: str) -> str:
    encoded = text.encode()
    return text if len(encoded) <= SUBJECT_BYTES else encoded[:SUBJECT_BYTES].decode(errors="ignore") + "…"


def _one_line(text: str) -> str:
    """A subject is a header of a mail, and has no line breaks."""
    return " ".join(text.split())
