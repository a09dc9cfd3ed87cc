"""The settings of delivery, and the errors for wrong ones."""

from pathlib import Path

import pytest

from tests.inputs.env_files import loaded, refusal

SECRET = "hunter2hunter2"


def test_without_addresses_nothing_is_delivered(env_file: Path) -> None:
    assert not loaded(env_file).delivery.is_on


def test_alerts_of_a_replay_are_not_delivered(env_file: Path) -> None:
    address = "ALERT_URLS=json://x.org"
    assert loaded(env_file, address).delivers
    recording = env_file.with_name("quotes.csv")
    recording.write_text("", "utf-8")
    assert not loaded(env_file, address, "SOURCES=replay", f"REPLAY_FILES={recording}").delivers


def test_addresses_are_separated_by_spaces_and_never_shown(env_file: Path) -> None:
    config = loaded(env_file, f'ALERT_URLS="json://a:{SECRET}@x.org/?to=a,b  mailto://c.org"')
    assert config.delivery.addresses == [f"json://a:{SECRET}@x.org/?to=a,b", "mailto://c.org"]
    assert SECRET not in repr(config)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"ALERT_URLS=json://x.org {SECRET}", "number 2 is none"),
        ("ALERT_BODY={symbl} fell", "has no field {symbl} (at character 1); did you mean {symbol}?"),
        ("ALERT_SUBJECT=a {price:.2f}", "has no field {price:.2f} (at character 3)"),
        ("ALERT_SUBJECT=a { b", "has a single { at character 3"),
        ("ALERT_SUBJECT=a }", "has a single } at character 3"),
        ("ALERT_BODY={symbol.__class__}", "has no field {symbol.__class__}"),
        ("ALERT_QUIET_HOURS=22-7", "must be hours such as 22:00-07:00"),
        ("ALERT_QUIET_HOURS=24:00-07:00", "each from 00:00 to 23:59"),
        ("ALERT_QUIET_HOURS=07:00-07:00", "must begin and end at different times"),
        ("ALERT_ZONE=Berlin", "must be a time zone such as UTC or America/New_York"),
        ("ALERT_ROUTES=critical", "must be numbers of routes"),
        ("ALERT_ROUTES=2:critical", "ALERT_URLS has 0 addresses"),
        (
            "ALERT_ROUTES=1:critcal",
            "has 'critcal', which is neither a severity (info, warning, critical) nor",
        ),
        ("ALERT_ROUTES=1:Critical", "did you mean critical?"),
        ("ALERT_ROUTES=1:rule3", "did you mean rule 3?"),
        ("ALERT_ROUTES=1:3", "did you mean rule 3?"),
        ("ALERT_ROUTES=1:rsi_oversld", "did you mean rsi_oversold?"),
        ("ALERT_GIVE_UP_HOURS=0", "must be a number"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(env_file: Path, line: str, words: str) -> None:
    sentence = refusal(env_file, line)
    assert words in sentence and line.partition("=")[0] in sentence
    assert SECRET not in sentence
