"""Pairs of coins whose names at the provider are written in Chinese.

Reported to ccxt, python-binance, freqtrade and XChange.
"""

from dataclasses import replace

import pytest

from shared.market.listings import Listing, listings_named
from shared.market.messages import decode, encode
from tests.integration.live.live import COIN, at_work, stand_in, trade
from tests.waiting import wait_for

MUCH_LATER = 2**42
"""Epoch milliseconds at which the broker takes a message."""
LIFE = replace(COIN, name="LIFE-USD", names={"binance": "币安人生USDT"})


def test_pair_is_followed_with_its_history_under_its_configured_name() -> None:
    with stand_in(LIFE) as standin, at_work(standin, "binance:LIFE-USD@币安人生USDT") as live:
        wait_for(lambda: bool(standin.streams.subscribed["binance"]))
        live.wait_until_reported("", symbol="LIFE-USD")
        made = trade(standin, "LIFE-USD")
        wait_for(lambda: live.has_received(made, "LIFE-USD"))
        wait_for(lambda: bool(live.bars("LIFE-USD")))
        assert all(decode(encode(record), MUCH_LATER) == record for record in live.records[:])


@pytest.mark.parametrize("name", ["币安人生USDT", "我踏马来了USDT", "人生K线USDT"])
def test_provider_name_may_be_in_any_script_and_the_configured_name_may_not(name: str) -> None:
    """Ours are keys of the log, and what one types."""
    assert listings_named([f"binance:LIFE@{name}"], "yahoo") == {"LIFE": (Listing("binance", name),)}
    for word in (f"binance:{name}", f"binance:{name}@LIFEUSDT"):
        with pytest.raises(ValueError, match=r"ours@theirs.*theirs may use any script"):
            listings_named([word], "yahoo")


@pytest.mark.parametrize("name", ["", "A B", "A,B", "A;B", "A@B", "A?b=1", "A/../B%", "a" * 33])
def test_name_that_would_be_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must name symbols as AAPL"):
        listings_named([f"binance:LIFE@{name}"], "yahoo")
