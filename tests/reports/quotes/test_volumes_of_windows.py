"""Volumes other than the day's total so far: of a moving window, received late, or counted from zero again."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from producer.live.day_volume import DayVolume
from producer.sources.yahoo.quotes import read
from tests.reports.quotes.new_york_quotes import LATER, second, sizes, streamed

COIN = {"symbol": "BTC-USD", "exchange": "CCC", "currency": "USD", "regularMarketPrice": 95_900.0}


@pytest.mark.parametrize(
    "is_coin",
    [{"quoteType": "CRYPTOCURRENCY"}, {"volume24Hr": 1.0}, {"exchange": "CCC"}, {"quoteType": "CURRENCY"}],
)
def test_polled_volume_of_a_coin_is_never_a_size(is_coin: dict[str, Any]) -> None:
    """A coin's regularMarketVolume is the sum of the last 24 hours: it rises and falls, also over midnight."""
    midnight = second(20, 0, 0, zone=ZoneInfo("UTC"))
    volumes = [45_120_000_000, 45_121_500_000, 45_119_000_000, 45_126_000_000, 45_130_000_000]
    row = {**COIN, "exchange": None, **is_coin}
    rows = [
        {**row, "regularMarketTime": midnight - 120 + 60 * number, "regularMarketVolume": volume}
        for number, volume in enumerate(volumes)
    ]
    quotes = [read([each], ["BTC-USD"], LATER).quotes[0] for each in rows]
    assert {quote.day_volume for quote in quotes} == {None}
    assert sizes(quotes) == [None] * len(volumes)


def test_streamed_volume_of_a_coin_is_never_a_size_whatever_names_it_a_coin() -> None:
    """A frame of a coin that leaves out its market hours, its place, or the volume of 24 hours."""
    time = second(19, 12, 0) * 1000
    for fields in ({"quote_type": 41}, {"exchange": "CCC", "quote_type": 0}, {"vol_24hr": 45_120_000_000}):
        quote = streamed(
            time=time, market_hours=1, day_volume=45_120_000_000, last_size=45_120_000_000, **fields
        )
        assert (quote.day_volume, quote.size) == (None, None)
    assert streamed(time=time, quote_type=41).session == "regular"


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ([1_000_000, 1_000_100, 990_000, 1_000_200], [None, 100, None, 100]),
        ([1_000_000, 990_000, 995_000, 1_000_200], [None, None, None, 200]),
        ([1_000_000, 1_000_100, 0, 1_000_100, 1_000_300], [None, 100, None, None, 200]),
        ([1_000_000, 0, 0, 1_000_300], [None, None, None, 300]),
    ],
)
def test_older_volume_that_comes_late_counts_nothing_twice(
    volumes: list[float], expected: list[float | None]
) -> None:
    """A stale lower volume within a day: sizes came to 10,300 where 200 were traded."""
    volume = DayVolume()
    sizes = [volume.size(1, each) for each in volumes]
    assert sizes == expected
    assert sum(size for size in sizes if size) == max(volumes) - volumes[0]


def test_volume_that_is_reset_within_a_day_goes_on_to_give_sizes() -> None:
    """A source that begins its day at another hour than the exchange's calendar."""
    volume = DayVolume()
    sizes = [volume.size(1, each) for each in (900_000, 900_100, 50, 57, 64)]
    assert sizes == [None, 100, None, 7, 7]
