"""An instrument of the stand-in's market."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from shared.calendars.calendars import SessionCalendar, calendar_of


@dataclass(frozen=True)
class Instrument:
    """One instrument, with the values that every provider gives for it.

    `price` is where its walk returns to, in the currency and in the shares of today. `exchange` is Yahoo's code,
    `calendar` a name that shared.calendars.calendars knows. `decimals` and `size_decimals` are the grids of prices and
    of volumes, `minute_volume` the mean volume of a minute, `delay` the delay in minutes that Yahoo states.

    `splits` maps an ex-date to (new shares, for old shares), `dividends` an ex-date to the amount paid per share of
    that day. Nothing trades within `halts`, spans of [from, to). `names` holds its names at providers;
    without an entry, Yahoo, Finnhub and Alpha Vantage know it by `name`, the others not at all.
    """

    name: str
    price: float
    currency: str = "USD"
    exchange: str = "NMS"
    exchange_name: str = "NasdaqGS"
    calendar: str = "XNYS"
    quote_type: str = "EQUITY"
    long_name: str = ""
    sector: str = ""
    industry: str = ""
    decimals: int = 2
    size_decimals: int = 0
    minute_volume: float = 20_000.0
    delay: int = 0
    splits: Mapping[date, tuple[int, int]] = field(default_factory=dict)
    dividends: Mapping[date, float] = field(default_factory=dict)
    halts: tuple[tuple[datetime, datetime], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def name_at(self, provider: str) -> str | None:
        """The name a provider knows it by; None where the provider does not have it."""
        known_to_all = self.name if provider in ("yahoo", "finnhub", "alphavantage") else None
        return self.names.get(provider, known_to_all)

    @property
    def sessions(self) -> SessionCalendar:
        """The calendar of its exchange."""
        return calendar_of(self.calendar)

    @property
    def has_extended_hours(self) -> bool:
        """Whether it trades before and after its sessions too, as in New York."""
        return self.calendar == "XNYS"

    def trading_date(self, second: int) -> date:
        """The day it is at its exchange, at `second` in epoch seconds."""
        return datetime.fromtimestamp(second, self.sessions.zone).date()

    def split_factor(self, day: date, today: date | None = None) -> float:
        """How many shares one share of `day` has become by `today`, or by the last split there is."""
        factor = 1.0
        for ex_date, (new, old) in self.splits.items():
            if day < ex_date and (today is None or ex_date <= today):
                factor *= new / old
        return factor


AAPL = Instrument(
    name="AAPL",
    price=230.0,
    long_name="Apple Inc.",
    sector="Technology",
    industry="Consumer Electronics",
    dividends={date(2024, 2, 9): 0.24, date(2024, 5, 10): 0.25},
)
NVDA = Instrument(
    name="NVDA",
    price=125.0,
    long_name="NVIDIA Corporation",
    sector="Technology",
    industry="Semiconductors",
    minute_volume=400_000.0,
    splits={date(2024, 6, 10): (10, 1)},
    dividends={date(2024, 3, 5): 0.04, date(2024, 6, 11): 0.01},
)
TOYOTA = Instrument(
    name="7203.T",
    price=2_900.0,
    currency="JPY",
    exchange="JPX",
    exchange_name="Tokyo",
    calendar="XTKS",
    long_name="Toyota Motor Corporation",
    sector="Consumer Cyclical",
    industry="Auto Manufacturers",
    decimals=1,
    minute_volume=60_000.0,
    delay=15,
)
BITCOIN = Instrument(
    name="BTC-USD",
    price=60_000.0,
    exchange="CCC",
    exchange_name="CCC",
    calendar="24/7",
    quote_type="CRYPTOCURRENCY",
    long_name="Bitcoin USD",
    size_decimals=5,
    minute_volume=12.0,
    names={"binance": "BTCUSDT", "coingecko": "bitcoin", "finnhub": "BINANCE:BTCUSDT"},
)

SAMPLE = (AAPL, NVDA, TOYOTA, BITCOIN)
"""A market for tests that need nothing special: shares, a 10:1 split on 2024-06-10, yen, and a coin."""


def coins(count: int) -> tuple[Instrument, ...]:
    """That many coins, which trade at any hour: COIN1-USD, at Binance COIN1USDT, and so on."""
    return tuple(
        replace(
            BITCOIN,
            name=f"COIN{number}-USD",
            price=float(10 + number),
            long_name=f"Coin{number} USD",
            names={"binance": f"COIN{number}USDT", "coingecko": f"coin{number}"},
        )
        for number in range(1, count + 1)
    )
