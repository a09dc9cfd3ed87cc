"""A key is sent only to the address that its owner set, and never unencrypted over a network."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from dashboard.text.rewording import SETTLED, Rewording
from producer.transport.http import HttpClient
from producer.transport.rate_limits import RequestLimit
from producer.transport.websocket import Connection
from shared.errors import SourceDown
from shared.settings.addresses import stays_here
from shared.settings.model_settings import RewordingSettings
from tests.inputs.env_files import loaded, refusal
from tests.slowness import PATIENCE
from tests.unit.dashboard.text.language_model import KEY, TEXT, completion
from tests.unit.local_http import Reply, answering
from tests.waiting import wait_for

SECRET = "sk-never-shown"
KEYS = [
    ("LLM_BASE_URL", "http", "LLM_API_KEY"),
    ("FINNHUB_URL", "http", "FINNHUB_API_KEY"),
    ("FINNHUB_STREAM_URL", "ws", "FINNHUB_API_KEY"),
    ("ALPHAVANTAGE_URL", "http", "ALPHAVANTAGE_API_KEY"),
]


@pytest.mark.parametrize(("setting", "scheme", "key"), KEYS)
@pytest.mark.parametrize(
    "place",
    ["192.168.1.20:11434/v1", "llm.example.org", "127.0.0.1.example.org", "localhost@example.org", "0.0.0.0"],
)
def test_key_for_an_unencrypted_address_of_another_machine_is_refused_at_the_start(
    setting: str, scheme: str, key: str, place: str, env_file: Path
) -> None:
    """Scenario: LLM_BASE_URL=http://192.168.1.20:11434/v1 sent the key in the clear."""
    error = refusal(env_file, f"{setting}={scheme}://{place}", f"{key}={SECRET}")
    assert error.startswith(f"{setting}={scheme}://")
    assert f"must begin with {scheme}s://" in error
    assert key in error
    assert SECRET not in error


@pytest.mark.parametrize(("setting", "scheme", "key"), KEYS)
@pytest.mark.parametrize(
    "place", ["127.0.0.1:11434/v1", "localhost", "[::1]:8080", "127.8.8.8", "a.localhost"]
)
def test_key_may_go_to_this_machine_and_encrypted_to_any(
    setting: str, scheme: str, key: str, place: str, env_file: Path
) -> None:
    """Scenario: a language model or a proxy on this machine needs no certificate."""
    assert loaded(env_file, f"{setting}={scheme}://{place}", f"{key}={SECRET}")
    assert loaded(env_file, f"{setting}={scheme}s://example.org", f"{key}={SECRET}")
    assert loaded(env_file, f"{setting}={scheme}://example.org")


@pytest.mark.parametrize(("setting", "scheme"), [("YAHOO_URL", "http"), ("BINANCE_STREAM_URL", "ws")])
def test_password_within_an_address_is_treated_as_a_key(setting: str, scheme: str, env_file: Path) -> None:
    """Scenario: a mirror behind a password, http://user:password@mirror."""
    error = refusal(env_file, f"{setting}={scheme}://me:{SECRET}@mirror.example.org")
    assert "the password in it" in error
    assert SECRET not in error


def test_address_that_programs_read_differently_is_not_this_machine() -> None:
    """Scenario: one reader of an address takes a backslash for a slash, another for a part of the name."""
    assert not stays_here("http://example.org\\@127.0.0.1")
    assert stays_here("http://[::ffff:127.0.0.1]")


def test_request_with_a_key_follows_no_redirect() -> None:
    """Scenario: the provider leads elsewhere, and the address that it gives repeats the key."""
    with answering(lambda _: Reply({"c": 1})) as elsewhere:
        away = Reply("", 302, (("Location", f"{elsewhere.url}/quote?token={SECRET}"),))
        with answering(lambda _: away) as provider:
            limit = RequestLimit(1000, lambda _: False)
            keyed = HttpClient(provider.url, limit, PATIENCE, secrets=(SECRET,))
            with pytest.raises(SourceDown, match="302") as error:
                keyed.get("/quote", {"token": SECRET})
            assert SECRET not in str(error.value)
            assert elsewhere.asked == []
            assert HttpClient(provider.url, limit, PATIENCE).get("/quote", {}).json == {"c": 1}


def test_stream_of_this_machine_follows_no_redirect_to_another() -> None:
    """Scenario: a local relay leads the stream, and the key in its address, to ws://elsewhere."""
    with answering(lambda _: Reply({})) as elsewhere:
        away = f"{elsewhere.url.replace('http', 'ws')}/?token={SECRET}"
        with answering(lambda _: Reply("", 302, (("Location", away),))) as relay:
            with pytest.raises(SourceDown) as error:
                Connection(f"{relay.url.replace('http', 'ws')}/?token={SECRET}", secrets=(SECRET,))
            assert SECRET not in str(error.value)
            assert elsewhere.asked == []


def test_key_for_this_machine_does_not_pass_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario: http_proxy is set, and the language model runs on this machine."""
    with answering(lambda _: Reply("", 502)) as proxy, answering(lambda _: completion(TEXT)) as local:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        made = Rewording(RewordingSettings(base_url=local.url, api_key=SecretStr(SECRET), model="small-1"))
        made.start()
        made.of(KEY, 60, TEXT, 100.0)
        made.of(KEY, 60, TEXT, 100.0 + SETTLED)
        wait_for(lambda: bool(proxy.asked or local.asked))
        made.stop()
        assert HttpClient(local.url, RequestLimit(1000, lambda _: False), PATIENCE).get("/", {}).status == 200
        assert proxy.asked == []
