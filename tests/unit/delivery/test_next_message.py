"""What is sent to a route next."""

from datetime import UTC, datetime, time

import pytest

from delivery.plan.next_message import SendingRules, next_message
from delivery.plan.quiet_hours import is_quiet
from delivery.plan.texts import TextSettings
from delivery.plan.waiting import takes
from shared.settings.delivery_settings import BODY, SUBJECT, QuietHours
from tests.unit.delivery.alerts import NOON, alerts

RULES = SendingRules(TextSettings(SUBJECT, BODY, "UTC", is_simulated=False), digest_above=3)
NIGHT = QuietHours(time(22), time(7))
NOON_BREAK = QuietHours(time(11, 30), time(12, 30))


def test_a_few_alerts_are_sent_singly_and_more_as_one_message() -> None:
    few, many = next_message(alerts(3), RULES, 9_999, NOON), next_message(alerts(4), RULES, 9_999, NOON)
    assert few is not None and [alert.id for alert in few.alerts] == ["0000"]
    assert many is not None and len(many.alerts) == 4


def test_the_alert_that_was_tried_least_comes_first() -> None:
    first, *others = alerts(3)
    message = next_message([first._replace(attempts=2), *others], RULES, 9_999, NOON)
    assert message is not None and message.alerts == (others[0],)
    for most in (1, 2, 9):
        part = next_message(alerts(9), RULES, 9_999, NOON, most)
        assert part is not None and len(part.alerts) == most


def test_alerts_that_failed_several_times_are_sent_after_the_others_and_not_with_them() -> None:
    failed = [alert._replace(attempts=3, severity="critical") for alert in alerts(9)]
    fresh = [alert._replace(id=f"fresh {alert.id}", attempts=2) for alert in alerts(4)]
    for waiting, expected in (([*failed, *fresh], fresh), ([*failed, fresh[0]], fresh[:1]), (failed, failed)):
        message = next_message(waiting, RULES, 9_999, NOON)
        assert message is not None and list(message.alerts) == expected


def test_the_key_is_the_same_for_the_same_alerts() -> None:
    first, again, other = (next_message(alerts(n), RULES, 9_999, NOON) for n in (5, 5, 6))
    assert first is not None and again is not None and other is not None
    assert first.key == again.key != other.key


def test_nothing_is_sent_while_nothing_waits() -> None:
    assert next_message([], RULES, 9_999, NOON) is None


@pytest.mark.parametrize(
    ("hours", "zone", "hour", "minute", "quiet"),
    [
        (NIGHT, "UTC", 22, 0, True),
        (NIGHT, "UTC", 6, 59, True),
        (NIGHT, "UTC", 7, 0, False),
        (NIGHT, "America/New_York", 3, 0, True),
        (NIGHT, "America/New_York", 12, 0, False),
        (NOON_BREAK, "UTC", 12, 0, True),
        (NOON_BREAK, "UTC", 12, 30, False),
        (None, "UTC", 0, 0, False),
    ],
)
def test_hours_are_those_of_the_zone(
    hours: QuietHours | None, zone: str, hour: int, minute: int, quiet: bool
) -> None:
    assert is_quiet(hours, zone, datetime(2026, 7, 1, hour, minute, tzinfo=UTC)) == quiet


@pytest.mark.parametrize(
    ("selection", "severity", "rule", "taken"),
    [
        ((), "info", "rule 1", True),
        (("critical",), "critical", "rule 1", True),
        (("critical",), "warning", "rule 1", False),
        (("rule 1", "price_change"), "info", "price_change", True),
        (("rule 1",), "critical", "rule 11", False),
        (("rule 1", "critical"), "critical", "rule 1", True),
        (("rule 1", "critical"), "warning", "rule 1", False),
        (("rule 1", "critical"), "critical", "rule 2", False),
    ],
)
def test_a_route_takes_what_matches_severities_and_rules(
    selection: tuple[str, ...], severity: str, rule: str, taken: bool
) -> None:
    assert takes(selection, severity, rule) == taken
