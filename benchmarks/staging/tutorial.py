"""The baseline: usual tutorial code that consumes a topic of quotes, on the same backlog.

    python -m benchmarks.staging.tutorial storage --messages 20000       one INSERT and one commit per message
    python -m benchmarks.staging.tutorial indicators --messages 20000    pandas over the last 100 prices per message

Prints one line of JSON: times of the first and the last message, and CPU seconds.
"""

import argparse
import json
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pandas as pd
from kafka import KafkaConsumer

from shared.kafka.clients.kafka_python.settings import client_settings
from shared.postgres.database import connect, make_database
from shared.runtime.lifecycle import servers
from shared.settings.config import Config, load

Handle = Callable[[dict[str, Any]], None]
WINDOW = 100
TABLE = """
    create table if not exists tutorial_quotes (id serial primary key, symbol text, price double precision,
        size double precision, event_time timestamptz)
"""
INSERT = "insert into tutorial_quotes (symbol, price, size, event_time) values (%s, %s, %s, %s)"


@contextmanager
def storage(config: Config) -> Iterator[Handle]:
    """One row and one commit per message."""
    dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
    with closing(connect(dsn, "tutorial")) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)

        def handle(quote: dict[str, Any]) -> None:
            values = (quote["symbol"], quote["price"], quote["size"], quote["event_time"])
            cursor.execute(INSERT, values)
            connection.commit()

        yield handle


@contextmanager
def indicators(_: Config) -> Iterator[Handle]:
    """The usual six indicators, calculated again from a window of prices at each message; nothing is stored."""
    windows: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=WINDOW))

    def handle(quote: dict[str, Any]) -> None:
        window = windows[quote["symbol"]]
        window.append(quote["price"])
        recompute(pd.Series(window))

    yield handle


def recompute(prices: pd.Series) -> dict[str, float]:
    """RSI, SMA, EMA, Bollinger bands, MACD and volatility as of the last price."""
    change = prices.diff()
    gain, loss = change.clip(lower=0).rolling(14).mean(), -change.clip(upper=0).rolling(14).mean()
    middle, spread = prices.rolling(20).mean(), prices.rolling(20).std()
    macd = prices.ewm(span=12).mean() - prices.ewm(span=26).mean()
    series = {
        "rsi": 100 - 100 / (1 + gain / loss),
        "sma": middle,
        "sma_long": prices.rolling(50).mean(),
        "upper": middle + 2 * spread,
        "lower": middle - 2 * spread,
        "macd": macd,
        "signal": macd.ewm(span=9).mean(),
        "volatility": prices.pct_change().rolling(20).std(),
    }
    return {name: values.iloc[-1] for name, values in series.items()}


def consume(config: Config, handle: Handle, messages: int) -> dict[str, float]:
    """Handle `messages` messages one by one, with the default client; returns start, end and CPU seconds."""
    consumer = KafkaConsumer(
        config.topic(),
        **client_settings(config.kafka.brokers),
        group_id="tutorial",
        auto_offset_reset="earliest",
    )
    done, began, cpu = 0, 0.0, 0.0
    for message in consumer:
        if not began:
            began, cpu = time.time(), time.process_time()
        record = json.loads(message.value)
        if record["kind"] != "quote.v1":
            continue
        handle(record)
        done += 1
        if done >= messages:
            break
    used = {"began": began, "ended": time.time(), "cpu": time.process_time() - cpu}
    consumer.close()
    return used


def main() -> int:
    """Run as the command line states; returns the exit status."""
    kinds = {"storage": storage, "indicators": indicators}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("--messages", type=int, required=True)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        config = stack.enter_context(servers(load()))
        handle = stack.enter_context(kinds[arguments.kind](config))
        print(json.dumps(consume(config, handle, arguments.messages)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
