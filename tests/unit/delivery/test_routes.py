"""Names of routes without secrets, words for what happened, and pauses between attempts."""

import smtplib
import socket
from datetime import timedelta
from queue import SimpleQueue

import pytest
import requests

from delivery.lane import Lane
from delivery.routes.receiver_answer import ReceiverAnswer
from delivery.routes.results import SendingResult, broken, result_of
from delivery.routes.route import Route, open_routes
from delivery.store.route_tables import RouteState
from shared.errors import ConfigError
from tests.unit.delivery.alerts import NOON

SECRET = "T0psecretT0psecretT0psecr"
ADDRESSES = {
    f"json://user:{SECRET}@hooks.example.org:8080/{SECRET}?-token={SECRET}&+X-Key={SECRET}": "json://hooks.example.org",
    f"jsons://HOOKS.example.org/{SECRET}": "jsons://hooks.example.org",
    f"mailtos://user:{SECRET}@example.org": "mailtos://example.org",
    f"mailto://user:{SECRET}@127.0.0.1?from=me@example.org&to=me@example.org": "mailto://127.0.0.1",
    f"ntfy://{SECRET}": "ntfy://",
    f"ntfys://ntfy.example.org/{SECRET}": "ntfys://ntfy.example.org",
    f"tgram://123456789:{SECRET}abcdefghij/12315544/": "tgram://",
    f"discord://{SECRET}/{SECRET}": "discord://",
    f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET[:24]}/#chan": "slack://",
    f"gotify://push.example.org/{SECRET}": "gotify://push.example.org",
    f"pover://{SECRET * 2}@{SECRET * 2}": "pover://",
    f"mailtos://user:p@{SECRET}.word@example.org": "mailtos://",
    f"jsons://{SECRET}.last/@example.org": "jsons://",
    "json://[::1]:8080/path": "json://[::1]",
    f"notica://{SECRET}.x": "notica://",
    f"notica://notica.example.org/{SECRET}": "notica://notica.example.org",
    f"json://user:{SECRET}@example.org/": "json://example.org",
}


def test_no_name_of_a_route_contains_a_secret() -> None:
    routes = open_routes(ADDRESSES, "UTC", 5.0)
    assert [route.label for route in routes] == list(ADDRESSES.values())
    assert SECRET[:8].lower() not in " ".join(map(repr, routes)).lower()


def test_addresses_of_the_same_host_have_different_names() -> None:
    hosts = ["json://a.example.org/x", "json://b.example.org", "json://a.example.org/y"]
    assert [route.name for route in open_routes(hosts, "UTC", 5.0)] == [
        "route 1 (json://a.example.org)",
        "route 2 (json://b.example.org)",
        "route 3 (json://a.example.org 2)",
    ]


def test_each_receiver_of_an_address_has_one_of_its_own_that_does_not_change_with_the_others() -> None:
    both = "mailtos://user:pw@example.org?to=a@example.com,b@example.com&cc=c@example.com"
    routes = open_routes([both], "UTC", 5.0)
    assert len({route.address for route in routes}) == 3
    (alone,) = open_routes(["mailtos://user:pw@example.org?to=b@example.com"], "UTC", 60.0)
    assert alone.address in [route.address for route in routes]


@pytest.mark.parametrize("address", [f"nonsense://{SECRET}", f"tgram://{SECRET}", "json://"])
def test_an_address_that_is_of_no_use_is_named_by_number_and_scheme(address: str) -> None:
    with pytest.raises(ConfigError, match=r"the address number 2 \(\w+://…\)") as refused:
        open_routes(["json://example.org", address], "UTC", 5.0)
    assert SECRET not in str(refused.value)


def test_a_parameter_that_may_be_the_end_of_a_password_is_refused_by_its_number() -> None:
    mail = f"mailtos://example.org?user=u&pass=a&{SECRET}=b&to=me@example.org"
    with pytest.raises(
        ConfigError, match=r"its parameter number 3 is none of this service.*& as %26"
    ) as refused:
        open_routes([mail], "UTC", 5.0)
    assert SECRET.lower() not in str(refused.value).lower()
    assert open_routes([mail.replace(f"&{SECRET}=", "%26")], "UTC", 5.0)


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ReceiverAnswer(status=404), "refused with status 404 (Not Found)"),
        (ReceiverAnswer(status=599), "refused with status 599"),
        (ReceiverAnswer(error=requests.ReadTimeout(SECRET)), "no answer in time"),
        (
            ReceiverAnswer(error=caused(requests.ConnectionError(SECRET), socket.gaierror(-2))),
            "the name of the host was not found",
        ),
        (ReceiverAnswer(error=ConnectionRefusedError()), "the connection was refused"),
        (
            ReceiverAnswer(error=smtplib.SMTPAuthenticationError(535, SECRET)),
            "refused with status 535 of the mail server",
        ),
        (
            ReceiverAnswer(error=smtplib.SMTPRecipientsRefused({SECRET: (550, b"unknown")})),
            "refused with status 550 of the mail server",
        ),
        (ReceiverAnswer(error=KeyError(SECRET)), "it failed (KeyError)"),
        (ReceiverAnswer(), "refused, the service gave no reason"),
    ],
)
def test_what_happened_is_reported_without_text_of_the_receiver(answer: ReceiverAnswer, words: str) -> None:
    assert result_of(False, answer).words == words
    assert broken(answer.error or KeyError(SECRET)).words.find(SECRET) < 0


def test_a_pause_that_a_receiver_asks_for_is_heard() -> None:
    assert result_of(False, ReceiverAnswer(status=429, retry_after="17")).retry_after == 17.0
    dates = ("Wed, 01 Jul 2026 12:01:00 GMT", "Wed, 01 Jul 2026 12:00:00 GMT")
    assert result_of(False, ReceiverAnswer(503, *dates)).retry_after == 60.0
    assert result_of(False, ReceiverAnswer(status=503)).retry_after is None


def test_a_login_that_is_refused_is_not_tried_again_soon() -> None:
    assert result_of(False, ReceiverAnswer(status=401)).retry_after == 300.0
    refused = ReceiverAnswer(error=smtplib.SMTPAuthenticationError(535, "no"))
    assert result_of(False, refused).retry_after == 300.0


def lane() -> Lane:
    (route,) = open_routes(["json://example.org"], "UTC", 5.0)
    assert isinstance(route, Route)
    return Lane(route, RouteState(), SimpleQueue())


def test_pauses_grow_up_to_half_a_minute_and_end_with_a_success() -> None:
    failing, pauses = lane(), []
    for _ in range(20):
        failing.settle(failing.next_state(SendingResult(False, "no"), NOON))
        assert failing.state.not_before is not None
        pauses.append((failing.state.not_before - NOON) / timedelta(seconds=1))
    assert pauses[0] <= 2 and all(15 <= pause <= 30 for pause in pauses[6:])
    assert len({*pauses}) == 20
    assert failing.next_state(SendingResult(True, "delivered"), NOON) == RouteState()


def test_a_longer_pause_that_the_receiver_asks_for_is_kept() -> None:
    state = lane().next_state(SendingResult(False, "no", retry_after=500.0), NOON)
    assert state.not_before == NOON + timedelta(seconds=500)


@pytest.mark.parametrize(
    ("address", "is_plain"),
    [
        ("json://example.org", True),
        ("jsons://example.org", False),
        ("json://127.0.0.1", False),
        ("mailto://me:secret@example.org", True),
        ("mailto://me:secret@gmail.com", False),
        (f"tgram://123456789:{SECRET}abcdefghij/12315544/", False),
    ],
)
def test_a_route_that_sends_unencrypted_over_a_network_is_known(address: str, is_plain: bool) -> None:
    (route,) = open_routes([address], "UTC", 5.0)
    assert route.is_plain == is_plain
