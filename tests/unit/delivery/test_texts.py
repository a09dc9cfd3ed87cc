"""The texts of messages."""

from datetime import timedelta

import pytest

from delivery.plan.texts import TextSettings, digest, lateness, single
from shared.settings.delivery_settings import BODY, FIELDS, SUBJECT
from tests.unit.delivery.alerts import ALERT, NOON, alerts

SETTINGS = TextSettings(SUBJECT, BODY, "America/New_York", is_simulated=False)


def test_a_rule_is_reported_with_the_values_that_it_read_and_the_time_of_the_zone() -> None:
    assert single(ALERT, SETTINGS, NOON, 9_999) == (
        "AAPL: rsi(14) < 30",
        "rsi(14) < 30\nAAPL at 168.6, 2026-07-01 08:00 EDT (5m)\nrsi(14) 28.3",
    )


@pytest.mark.parametrize(("text", "shown"), [("rsi(14) < 30 on 5m", "rsi(14) < 30"), ("", "rule 3")])
def test_a_provisional_alert_is_marked_and_names_its_rule(text: str, shown: str) -> None:
    alert = ALERT._replace(text=text, is_provisional=True)
    subject = single(alert, SETTINGS, NOON, 9_999).subject
    assert subject == f"AAPL: {shown} (provisional, the bar is still open)"


def test_a_threshold_is_reported_with_its_value() -> None:
    alert = ALERT._replace(rule="price_change", text="", value=-0.0612, threshold=0.05, named_values={})
    assert single(alert, SETTINGS, NOON, 9_999).subject == "AAPL: Price down 6.1% in one bar (threshold 5.0%)"


def test_every_field_can_be_used_and_braces_are_written_twice() -> None:
    template = "{{" + " ".join(f"{{{field}}}" for field in FIELDS) + "}}"
    text = single(ALERT, SETTINGS._replace(body=template), NOON, 9_999).body
    assert text.startswith("{AAPL 5m rule 3 rsi(14) < 30 warning 168.6 2026-07-01 08:00 EDT")
    assert text.endswith("0a1b}")


def test_braces_in_the_text_of_an_alert_are_no_fields() -> None:
    assert single(ALERT._replace(text="{id}"), SETTINGS, NOON, 9_999).subject == "AAPL: {id}"


def test_a_simulated_market_is_named_in_every_subject() -> None:
    simulated = SETTINGS._replace(is_simulated=True)
    assert single(ALERT, simulated, NOON, 9_999).subject.startswith("Simulated: AAPL")
    assert digest(alerts(9), simulated, NOON, 10_000)[0].subject == "Simulated: 9 alerts"


def test_a_subject_has_one_line() -> None:
    assert (
        single(ALERT, SETTINGS._replace(subject="{symbol}\r\nBcc: me"), NOON, 9_999).subject == "AAPL Bcc: me"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, ""), (60, "1 minute late"), (179, "2 minutes late"), (7200, "120 minutes late")],
)
def test_lateness_is_reported_from_a_minute_on(seconds: int, words: str) -> None:
    assert lateness(ALERT, NOON + timedelta(seconds=seconds)) == words
    body = single(ALERT, SETTINGS, NOON + timedelta(seconds=seconds), 9_999).body
    assert body.endswith(words or "28.3")


def test_a_digest_lists_as_many_alerts_as_the_message_holds() -> None:
    waiting = alerts(100)
    text, count = digest(waiting, SETTINGS, NOON, 1_000)
    lines = text.body.splitlines()
    assert 5 < count < 100
    assert lines[0] == f"{count} alerts:"
    assert len(lines) == count + 1 and len(text.body) <= 1_000
    assert digest(waiting, SETTINGS, NOON, 100_000)[1] == 100


def test_a_short_message_counts_all_alerts_by_symbol() -> None:
    text, count = digest(alerts(100), SETTINGS, NOON, 130)
    assert (text.body, count) == ("100 alerts: S0 34, S1 33, S2 33", 100)


def test_a_long_sentence_is_cut_in_a_digest() -> None:
    long = [alert._replace(text="x" * 2_000) for alert in alerts(9)]
    assert digest(long, SETTINGS, NOON, 32_000)[1] == 9
    assert max(map(len, digest(long, SETTINGS, NOON, 32_000)[0].body.splitlines())) < 300


def test_long_texts_are_cut_to_what_the_message_holds() -> None:
    long = ALERT._replace(text="x" * 2_000)
    text = single(long, SETTINGS, NOON + timedelta(minutes=5), 160)
    assert len(text.body) == 160 and text.body.endswith("…\n5 minutes late")
    assert len(text.subject) == 200
