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


@pytest.mark.parametrize(
    ("address", "signs"),
    [
        (f"mailtos://user:p@{SECRET}.com@example.com", "@ as %40"),
        (f"mailtos://me@example.com:{SECRET}@example.com", "@ as %40"),
        (f"mailtos://user:a:{SECRET}@example.com", ": as %3A"),
        (f"mailtos://user:a;{SECRET}@example.com", "; as %3B"),
        (f"mailtos://user:a&{SECRET}@example.com", "& as %26"),
        (f"mailtos://user:a?{SECRET}@example.com", "? as %3F"),
        (f"mailtos://first.last:12?{SECRET}=b@example.com", "? as %3F, @ as %40"),
        (f"mailtos://user:a#{SECRET}@example.com", "# as %23"),
        (f"mailtos://user:12/#{SECRET}@example.com", "/ as %2F, @ as %40"),
        (f"mailtos://first.last:12/{SECRET}@example.com", "/ as %2F, @ as %40"),
        (f"mailtos://first.last:12/@{SECRET}", "/ as %2F, @ as %40"),
        (f"json://first.last/{SECRET}:b@example.com", "/ as %2F, @ as %40"),
        (f"mailtos://user:50%{SECRET}@example.com", "% as %25"),
        (f"mailtos://example.com?user=u&pass={SECRET}&b&to=me@example.com", "& as %26"),
        (f"mailtos://example.com?user=u&pass={SECRET};b", "; as %3B"),
        (f"mailtos://example.com?user=u&pass={SECRET}?b", "? as %3F"),
        (f"mailtos://example.com?user=u&pass={SECRET}#b", "# as %23"),
        (f"mailtos://u@example.com?pass={SECRET}@b", "@ as %40"),
        (f"mailtos://u@example.com?pass={SECRET}%b", "% as %25"),
    ],
)
def test_an_address_whose_parts_can_be_mistaken_for_others_is_refused_without_its_text(
    env_file: Path, address: str, signs: str
) -> None:
    sentence = refusal(env_file, f'ALERT_URLS="json://x.org {address}"')
    assert "number 2, in which a part of a user name, password or token may be taken for the host" in sentence
    assert f"write {signs}" in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize(
    "address",
    [
        f"mailtos://user%40example.com:p%40%3A%2F%23%3F%26%3B%25{SECRET}@example.com?to=ME@example.com",
        f"mailtos://example.com:587?smtp=smtp.example.com&user=me@example.com&pass={SECRET}&to=ME@example.com",
        f"jsons://example.com:8080/{SECRET}?+Authorization={SECRET}&:body=text&-x=y",
        f"tgram://123456789:{SECRET}/@channel",
        f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET}/#channel",
        f"ses://me@example.com/KEY/{SECRET}/us-east-1/you@example.com",
        f"https://outlook.office.com/webhook/a@b/IncomingWebhook/{SECRET}/c",
        "json://[::1]:8080/path",
    ],
)
def test_an_address_whose_parts_are_certain_is_taken(env_file: Path, address: str) -> None:
    assert loaded(env_file, f'ALERT_URLS="{address}"').delivery.addresses == [address]
