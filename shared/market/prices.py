"""Which prices are possible: finite ones above zero, and of futures also zero and below. Pure."""

PRICE_LIMIT = 1e15
MIN_PRICE = 1 / PRICE_LIMIT
"""A price outside these limits is an error; sums and ratios of such prices might not be finite."""
FUTURES_SUFFIX = "=F"
FUTURES_EXCHANGES = frozenset(
    (
        "CMX",
        "NYM",
        "CBT",
        "CME",
        "NYB",
        "CMES",
        "IEPA",
        "COMEX",
        "NY Mercantile",
        "CBOT",
        "NYBOT",
        "ICE Futures",
    )
)
"""Yahoo's names of the exchanges that trade only futures, and the names of their calendars."""


def require_price(name: str, price: float) -> None:
    """Raise ValueError unless `price` is finite and positive; NaN fails all comparisons."""
    if not MIN_PRICE < price < PRICE_LIMIT:
        raise ValueError(f"{name} is not a finite positive number: {price!r}")


def may_fall_below_zero(symbol: str, exchange: str | None) -> bool:
    """Whether prices of zero or below are possible, which is so only for futures.

    The holder of an expiring future must take delivery, and may have to pay to avoid that. The value of a share, fund
    or coin can't be negative; indices and currencies are ratios of such prices.
    """
    return symbol.endswith(FUTURES_SUFFIX) or exchange in FUTURES_EXCHANGES


def require_possible_negative(symbol: str, exchange: str | None, price: float) -> None:
    """Raise ValueError unless `price` is a possible price of zero or below."""
    if not (-PRICE_LIMIT < price <= 0 and may_fall_below_zero(symbol, exchange)):
        require_price("price", price)
