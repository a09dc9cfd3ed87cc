"""Many viewers of `/ws/ticks` in one process, and how soon each of them gets a tick.

    python -m benchmarks.screen.sockets --address http://127.0.0.1:8050 --viewers 200 --seconds 30

Each shows the symbol whose states the benchmark notes. Prints one line of JSON: for each viewer the ticks with a price
of this symbol, each as the time of its receipt, epoch seconds, and the price.
"""

import argparse
import asyncio
import json
import sys
import time

import msgspec
from websockets.asyncio.client import connect

from benchmarks.screen.desk import CHARTED

ASKED = {"symbol": CHARTED, "interval": "1m", "sequence": 0, "generation": 0, "last_start": 0}
Received = list[tuple[float, float]]


class PushedRow(msgspec.Struct):
    """What is read of a row of the watchlist."""

    symbol: str
    last: float | None


class PushedTick(msgspec.Struct):
    """What is read of a tick."""

    rows: list[PushedRow]


async def followed(address: str, ends: float) -> Received:
    """What one viewer receives until a time, monotonic seconds."""
    found: Received = []
    decoder = msgspec.json.Decoder(PushedTick)
    async with connect(address.replace("http", "ws") + "/ws/ticks", compression=None) as viewer:
        await viewer.send(json.dumps(ASKED))
        while (left := ends - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    text = await viewer.recv()
            except TimeoutError:
                break
            now = time.time()
            prices = [row.last for row in decoder.decode(text).rows if row.symbol == CHARTED]
            found += [(now, price) for price in prices if price is not None]
    return found


async def all_followed(address: str, viewers: int, seconds: float) -> list[Received]:
    """What all viewers receive."""
    ends = time.monotonic() + seconds
    return await asyncio.gather(*(followed(address, ends) for _ in range(viewers)))


def main() -> int:
    """Follow as the command line states; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", required=True)
    parser.add_argument("--viewers", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(all_followed(arguments.address, arguments.viewers, arguments.seconds))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
