"""Settings of the feed: symbols, sources, recordings, topics and databases."""

import math
from pathlib import Path

from shared.market.listings import Listing
from shared.recordings.digest import digest
from shared.settings.config import load
from tests.inputs.env_files import loaded, refusal


def test_symbols_are_upper_case_and_each_one_once(env_file: Path) -> None:
    assert loaded(env_file, "TICKERS=aapl, brk-b ,AAPL,^gspc").producer.tickers == ("AAPL", "BRK-B", "^GSPC")


def test_symbol_that_no_exchange_could_have_is_named(env_file: Path) -> None:
    assert "'MS<T' is not a symbol" in refusal(env_file, "TICKERS=AAPL,MS<T")


def test_fastest_replay_has_no_finite_speed(env_file: Path) -> None:
    assert loaded(env_file, "REPLAY_SPEED=max").producer.replay_speed == math.inf


def test_each_feed_has_its_own_topic_and_database(env_file: Path, tmp_path: Path) -> None:
    recording = tmp_path / "day.csv"
    recording.write_text("AAPL,2024-01-02T15:00:00Z,185.5\n")
    simulated = loaded(env_file, "SOURCES=Simulated")
    assert (simulated.topic(), simulated.database()) == ("stock-prices-simulated", "stocks_simulated")
    replay = loaded(env_file, "SOURCES=replay", f"REPLAY_FILES={recording}")
    name = digest([recording])
    assert (replay.feed, replay.topic()) == ("replay", f"stock-prices-replay-{name}")
    assert replay.database() == f"stocks_replay_{name}"


def test_live_quotes_have_topic_and_database_without_a_suffix(env_file: Path) -> None:
    for lines in ([], ["SOURCES=yahoo:AAPL"], ["SOURCES=binance:BTC-USDT", "SIMULATED_SEED=3"]):
        config = loaded(env_file, *lines)
        assert (config.feed, config.topic(), config.database()) == ("live", "stock-prices", "stocks")


def test_feed_may_be_chosen_where_no_source_is(env_file: Path) -> None:
    simulated = loaded(env_file, "TICKSTREAM_FEED=Simulated")
    assert (simulated.feed, simulated.topic()) == ("simulated", "stock-prices-simulated")
    assert not simulated.producer.is_source_chosen
    assert loaded(env_file, "TICKSTREAM_FEED=live").feed == "live"


def test_feed_that_contradicts_the_sources_is_refused(env_file: Path) -> None:
    message = refusal(env_file, "TICKSTREAM_FEED=simulated", "SOURCES=yahoo:AAPL")
    assert message == "TICKSTREAM_FEED=simulated: must be empty or live while SOURCES names providers."
    message = refusal(env_file, "TICKSTREAM_FEED=live", "SOURCES=simulated")
    assert message == "TICKSTREAM_FEED=live: must be empty or simulated while SOURCES is simulated."


def test_replay_is_a_replay_whatever_feed_is_chosen(env_file: Path, tmp_path: Path) -> None:
    recording = tmp_path / "day.csv"
    recording.write_text("AAPL,2024-01-02T15:00:00Z,185.5\n")
    config = loaded(env_file, "SOURCES=replay", f"REPLAY_FILES={recording}", "TICKSTREAM_FEED=live")
    assert (config.feed, config.producer.listings) == ("replay", {})


def test_sources_define_where_each_symbol_comes_from(env_file: Path) -> None:
    producer = loaded(env_file, "SOURCES=yahoo:AAPL;finnhub", "TICKERS=aapl,MSFT").producer
    assert producer.is_source_chosen
    assert producer.listings == {
        "AAPL": (Listing("yahoo", "AAPL"), Listing("finnhub", "AAPL")),
        "MSFT": (Listing("finnhub", "MSFT"),),
    }


def test_without_sources_every_ticker_comes_from_yahoo(env_file: Path) -> None:
    producer = loaded(env_file, "TICKERS=AAPL,BP.L").producer
    assert producer.listings == {"AAPL": (Listing("yahoo", "AAPL"),), "BP.L": (Listing("yahoo", "BP.L"),)}


def test_replay_without_files_is_refused(env_file: Path) -> None:
    assert refusal(env_file, "SOURCES=replay").startswith("REPLAY_FILES is empty: must name at least one")


def test_replay_of_a_file_that_is_not_there_is_refused(env_file: Path, tmp_path: Path) -> None:
    message = refusal(env_file, "SOURCES=replay", f"REPLAY_FILES={tmp_path}/gone.csv")
    assert message == f"REPLAY_FILES: {tmp_path}/gone.csv can't be read: No such file or directory."


def test_another_seed_is_another_market_with_a_topic_and_database_of_its_own() -> None:
    other = load(None, {"SOURCES": "simulated", "SIMULATED_SEED": str(2**32 - 1), "POSTGRES_DB": "x" * 42})
    assert other.topic() == "stock-prices-simulated-4294967295"
    assert other.database() == "x" * 42 + "_simulated_4294967295"
    assert len(other.database()) == 63
