"""Answers of Binance, and the provider that asks for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

from producer.sources.binance import Binance
from shared.market.records import INTERVAL_SECONDS, RecordedBar
from shared.settings.provider_settings import Providers
from tests.slowness import PATIENCE
from tests.standing_clock import standing_at
from tests.unit.local_http import Asked, Local, Reply, answering

NOW = datetime(2024, 3, 25, 10, 7, 30, tzinfo=UTC)
LISTED = datetime(2024, 3, 20, tzinfo=UTC)


def binance(url: str) -> Binance:
    providers = Providers(binance_url=url, binance_requests=10_000, http_timeout=PATIENCE)
    return Binance(providers, standing_at(NOW), Event())


@contextmanager
def binance_answering(answer: Callable[[Asked], Reply]) -> Iterator[tuple[Binance, Local]]:
    with answering(answer) as local:
        yield binance(local.url), local


def milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def trade(number: int, price: str = "67187.34000000") -> dict[str, object]:
    time = milliseconds(NOW) - 5000
    return {"a": number, "p": price, "q": "0.00150000", "f": 1, "l": 2, "T": time, "m": True, "M": True}


def trades(asked: Asked) -> Reply:
    """Trades up to number 2500."""
    first, limit = int(asked.params.get("fromId", 2500)), int(asked.params["limit"])
    return Reply([trade(number) for number in range(first, min(2501, first + limit))])


def kline(start: int, seconds: int, count: int = 7) -> list[object]:
    """A row of bars: its price is that of the time it starts at."""
    price = f"{1000 + start // 60_000 % 1000}.50000000"
    end = start + 1000 * seconds - 1
    return [start, price, price, price, price, "3.25000000", end, "9.0", count, "1.0", "1.0", "0"]


def klines(asked: Asked) -> Reply:
    """Bars of a pair that was listed on LISTED, the unfinished one with them."""
    seconds = INTERVAL_SECONDS[asked.params["interval"]]
    length = 1000 * seconds
    first = max(int(asked.params["startTime"]), milliseconds(LISTED))
    starts = range(-(-first // length) * length, int(asked.params["endTime"]) + 1, length)
    return Reply([kline(start, seconds) for start in starts[: int(asked.params["limit"])]])


def past(provider: Binance, after: datetime | None = None) -> list[RecordedBar]:
    bars = [record for part in provider.history("BTCUSDT", after, NOW) for record in part.records]
    return [bar for bar in bars if isinstance(bar, RecordedBar)]
