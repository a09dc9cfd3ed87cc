"""Settings: which value is used, what is refused, and the messages."""

import itertools
import re
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import ConfigError
from shared.settings.config import KEYS, OTHER_NAMES, load
from shared.settings.example import EXAMPLE, with_parameters
from shared.settings.server_types import PROJECT
from tests.inputs.env_files import loaded, refusal


def example_lines() -> dict[str, str]:
    """Key to the line before it, for every setting of the example."""
    lines = EXAMPLE.read_text("utf-8").splitlines()
    pairs = itertools.pairwise(lines)
    return {line.partition("=")[0]: before for before, line in pairs if re.match(r"[A-Z_]+=", line)}


def test_example_names_every_setting_once_and_no_other() -> None:
    keys = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(KEYS), "run `make example`, which writes the lines of indicators"


def test_example_has_the_parameters_of_the_catalog_as_they_are() -> None:
    text = EXAMPLE.read_text("utf-8")
    assert with_parameters(text) == text, "run `make example`: .env.example is not what the catalog says"


def test_example_gives_every_setting_a_line_of_meaning() -> None:
    for key, before in example_lines().items():
        assert re.match(r"# [A-Z1a-z].+\.$", before), key


def test_example_mentions_every_other_name_beside_its_setting() -> None:
    example = example_lines()
    for other, key in OTHER_NAMES.items():
        assert f"Also read from {other}." in example[key]


def test_example_as_env_file_changes_nothing() -> None:
    assert load(EXAMPLE) == load(None)


def test_example_leaves_empty_only_what_is_empty_by_default() -> None:
    keys = re.findall(r"^([A-Z_]+)=$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert [key for key in keys if KEYS[key].default] == []


def test_without_any_file_everything_has_a_default(env_file: Path) -> None:
    config = load(env_file)
    assert config.kafka.is_embedded
    assert config.postgres.is_embedded
    assert config.feed == "live"
    assert config.producer.tickers[0] == "AAPL"
    assert config.warnings == ()


def test_process_environment_wins_over_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSI_PERIOD", "9")
    assert loaded(env_file, "RSI_PERIOD=7", "SMA_LONG_PERIOD=60").indicators.rsi_period == 9


def test_other_name_in_the_environment_wins_over_the_file(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_RSI_OVERBOUGHT", "81")
    assert loaded(env_file, "RSI_OVERBOUGHT=75").alerts.rsi_overbought == 81


@pytest.mark.parametrize(("other", "key"), OTHER_NAMES.items())
def test_other_name_sets_the_same_value(env_file: Path, other: str, key: str) -> None:
    assert loaded(env_file, f"{other}=60") == loaded(env_file, f"{key}=60") != load(None)


def test_exact_name_wins_over_the_other_with_a_warning(env_file: Path) -> None:
    config = loaded(env_file, "PERFORMANCE_BATCH_SIZE=7", "BATCH_SIZE=8")
    assert config.running.batch_size == 8
    assert config.warnings == (
        "BATCH_SIZE and PERFORMANCE_BATCH_SIZE are one setting with two values: BATCH_SIZE=8 is used.",
    )


def test_wrong_value_under_the_other_name_is_refused_by_the_name_the_user_wrote(env_file: Path) -> None:
    message = refusal(env_file, "ALERT_RSI_OVERBOUGHT=high")
    assert message == "ALERT_RSI_OVERBOUGHT=high: must be a number from 0 to 100."


@pytest.mark.parametrize("value", ["", "  ", '""'])
@pytest.mark.parametrize("key", KEYS)
def test_empty_value_means_the_default(env_file: Path, key: str, value: str) -> None:
    assert loaded(env_file, f"{key}={value}") == load(None)


def test_empty_value_in_the_environment_overrides_the_file(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "")
    assert loaded(env_file, "KAFKA_BOOTSTRAP_SERVERS=kafka:9092").kafka.is_embedded


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("RSI_PERIOD=abc", "must be a whole number from 2 to 5000"),
        ("RSI_PERIOD=1", "must be a whole number from 2 to 5000"),
        ("SMA_SHORT_PERIOD=0", "must be a whole number from 1 to 5000"),
        ("BOLLINGER_PERIOD=5001", "must be a whole number from 2 to 5000"),
        ("MACD_FAST=26", "must be below MACD_SLOW, which is 26"),
        ("SMA_SHORT_PERIOD=80", "must be below SMA_LONG_PERIOD, which is 50"),
        ("EMA_SHORT_PERIOD=80", "must be below EMA_LONG_PERIOD, which is 26"),
        ("RSI_OVERSOLD=70.5", "must be below RSI_OVERBOUGHT, which is 70"),
        ("RSI_OVERBOUGHT=nan", "must be a number from 0 to 100"),
        ("PRICE_CHANGE_THRESHOLD=inf", "must be a number above 0 and up to 1000000"),
        ("ARIMA_MAX_D=3", "must be a whole number from 0 to 2"),
        ("TEST_SIZE=1", "must be a number above 0 and below 1"),
        ("LOG_LEVEL=LOUD", "must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("LOG_FORMAT=%(mesage)s", "must be a format of Python's logging"),
        ("KAFKA_AUTO_OFFSET_RESET=middle", "must be one of earliest, latest"),
        ("KAFKA_BOOTSTRAP_SERVERS=kafka", "must be host:port, several separated by commas"),
        ("KAFKA_TOPIC=stock prices", "must be 1 to 200 of letters, digits and . _ -"),
        ("POSTGRES_PORT=70000", "must be a whole number from 1 to 65535"),
        ("SOURCES=simulated,replay", "must be empty, simulated, replay, or groups such as yahoo:AAPL"),
        ("SOURCES=magic", "must be empty, simulated, replay, or groups such as yahoo:AAPL"),
        ("SOURCES=simulated;yahoo", "must be simulated alone, or groups of providers"),
        ("SOURCES=;", "must name at least one provider: the known providers are yahoo, binance, coingecko"),
        ("SOURCES=yahoo:AAPL@", "must name symbols as AAPL or, where the provider's name differs, ours@"),
        ("SOURCES=yahoo:AAPL@A B", "must name symbols as AAPL or, where the provider's name differs, ours@"),
        ("SOURCES=yahoo:A;binance:A;finnhub:A", "must name at most 2 sources of a symbol"),
        ("SOURCES=yahoo;binance;finnhub", "must name at most 2 sources of a symbol"),
        ("SOURCES=binance:X@Y,X@Z", "must name X once at binance, not under two names"),
        ("TICKSTREAM_FEED=replay", "must be empty, live or simulated"),
        ("REPLAY_SPEED=0", "must be a number above 0, or max"),
        ("REPLAY_SPEED=nan", "must be a number above 0, or max"),
        ("ALERT_INTERVALS=1m,2m", "must be one or more of 1m, 5m, 15m, 1h, 1d, separated by commas"),
        ("FORECAST_INTERVALS=1m,none", "must be some of 1m, 5m, 15m, 1h, 1d, separated by commas, or none"),
        ("TICKERS=,", "must name at least one symbol"),
        ("MARKET_BENCHMARK=SPY,QQQ", "must be none or a symbol: 1 to 32 of letters, digits and"),
        ("MARKET_RETURNS=19", "must be a whole number from 20 to 5000"),
        ("SKIP_INVALID_DATA=maybe", "must be true or false"),
        ("BAR_GRACE_SECONDS=-1", "must be a number from 0 to 3600"),
        ("TRADE_CONDITIONS=nyse", "must begin with one of tape, without-sweeps, all"),
        ("TRADE_CONDITIONS=tape,I:half", "'I:half' is no change of a condition: must be its code"),
        ("TRADE_CONDITIONS=tape,I:all,I:none", "changes the condition I twice: only one rule can hold"),
        (
            "LLM_BASE_URL=//host",
            "must be empty, or a URL such as https://host/v1 or http://localhost:11434/v1",
        ),
        (
            "LOG_FILE_PATH=~nobody-of-that-name/log",
            "must be a path, and ~ must be followed by an existing user",
        ),
    ],
)
def test_wrong_value_is_refused_with_key_value_and_what_is_allowed(
    env_file: Path, line: str, allowed: str
) -> None:
    message = refusal(env_file, line)
    assert message.startswith(f"{line}: {allowed}")
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize(("line", "benchmark"), [("=", "SPY"), ("=qqq", "QQQ"), ("=None", "")])
def test_benchmark_is_a_symbol_or_none(env_file: Path, line: str, benchmark: str) -> None:
    """An empty value means the default, as everywhere."""
    assert loaded(env_file, f"MARKET_BENCHMARK{line}").market.benchmark == benchmark


def test_every_wrong_value_gets_a_line_of_its_own(env_file: Path) -> None:
    message = refusal(env_file, "RSI_PERIOD=abc", "LOG_LEVEL=LOUD", "ALERT_INTERVALS=2m,3m")
    assert [line.partition("=")[0] for line in message.splitlines()] == [
        "RSI_PERIOD",
        "ALERT_INTERVALS",
        "LOG_LEVEL",
    ]


TYPED = st.text(string.ascii_letters + string.digits + " .,;:=%-_/<>äß\t", min_size=1, max_size=120)


@given(key=st.sampled_from(sorted(KEYS)), value=TYPED)
@settings(max_examples=300, deadline=None)
def test_wrong_value_never_leaks_a_secret_and_always_names_its_key(key: str, value: str) -> None:
    secrets = {"POSTGRES_PASSWORD": "hunter2hunter2", "POSTGRES_DSN": "host=db password=hunter2hunter2"}
    with pytest.MonkeyPatch.context() as environment:
        for name, setting in (secrets | {key: value}).items():
            environment.setenv(name, setting)
        try:
            shown = repr(load(None))
        except ConfigError as refused:
            shown = str(refused)
            assert key in shown
            assert "\n" not in shown
            assert refused.__cause__ is None
            assert refused.__suppress_context__ or refused.__context__ is None
    assert "hunter2" not in shown


@given(secret=st.text(string.ascii_letters, min_size=8, max_size=20).map("0{}9".format))
@settings(max_examples=50, deadline=None)
def test_wrong_connection_string_is_not_shown(secret: str) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("POSTGRES_DSN", f"host=db password={secret} {secret}")
        with pytest.raises(ConfigError) as caught:
            load(None)
    assert str(caught.value).startswith("POSTGRES_DSN=**********: must be a connection string")
    assert secret not in str(caught.value)


def test_key_that_looks_like_a_typo_is_named_without_its_value(env_file: Path) -> None:
    config = loaded(env_file, "POSTGRES_PASWORD=hunter2", "rsi_period=7", "COMPOSE_PROFILES=all")
    assert config.warnings == (
        "POSTGRES_PASWORD in .env is not a setting and is ignored: did you mean POSTGRES_PASSWORD?",
        "rsi_period in .env is not a setting and is ignored: did you mean RSI_PERIOD?",
    )


def test_unknown_key_of_the_process_environment_is_none_of_our_business(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTGRES_PASWORD", "hunter2")
    assert load(None).warnings == ()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(None).indicators.rsi_period = 3


def test_file_with_a_byte_order_mark_is_read(env_file: Path) -> None:
    env_file.write_bytes(b"\xef\xbb\xbfRSI_PERIOD=7\r\nMACD_FAST=5\r\n")
    assert load(env_file).indicators.rsi_period == 7


def test_file_that_is_no_text_is_refused(env_file: Path) -> None:
    env_file.write_bytes(b"RSI_PERIOD=\xff\xfe")
    with pytest.raises(ConfigError, match="can't be read as UTF-8"):
        load(env_file)


def test_relative_paths_count_from_the_project(env_file: Path) -> None:
    config = loaded(env_file, "TICKSTREAM_DATA=data", "LOG_FILE_PATH=/var/log/desk.log")
    assert config.embedded.data == PROJECT / "data"
    assert config.logging.file_path == Path("/var/log/desk.log")
