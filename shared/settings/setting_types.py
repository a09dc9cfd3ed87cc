"""The types of settings, each with its allowed range or a description of it."""

import math
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field

from shared.market.listings import ALONE
from shared.market.records import Interval, Symbol
from shared.market.trade_conditions import rules_of
from shared.settings.brokers import ClientChoice

MAX_PERIOD = 5000
MAX_GRACE = 3600
"""Seconds. The final mark of a replay is this much later, so that it closes all bars under any allowed grace."""
TOPIC_NAME = r"^[A-Za-z0-9._\-]{1,200}$"
# PostgreSQL truncates names at 63 bytes, and a simulated market with a long seed adds 21 bytes to this name.
DATABASE_NAME = r"^[A-Za-z_][A-Za-z0-9_\-]{0,41}$"
DATABASE_WORDS = "1 to 42 of letters, digits, _ and -, no digit or - first"
SYMBOL_WORDS = "1 to 32 of letters, digits and . ^ = - _ : / &"
HOST_AND_PORT = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+)(:\d{1,5})?$"
SERVERS = r"^\s*[^\s,]+:\d{1,5}(\s*,\s*[^\s,]+:\d{1,5})*\s*$"


def split_list(text: object) -> object:
    """Split a comma-separated list into a tuple without duplicates; other types are returned unchanged."""
    if not isinstance(text, str):
        return text
    return tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


def _symbols(text: object) -> object:
    return split_list(text.upper()) if isinstance(text, str) else text


def _is_symbol(text: str) -> bool:
    try:
        msgspec.convert(text, Symbol)
    except msgspec.ValidationError:
        return False
    return True


def _require_symbols(symbols: tuple[str, ...]) -> tuple[str, ...]:
    if not symbols:
        raise ValueError("must name at least one symbol")
    for symbol in symbols:
        if not _is_symbol(symbol):
            raise ValueError(
                f"must be symbols separated by commas, and {symbol[:40]!r} is not a symbol: {SYMBOL_WORDS}"
            )
    return symbols


def _sources(text: str) -> str:
    """`simulated` and `replay` in lower case; the section checks providers and symbols."""
    text = text.strip()
    return text.lower() if text.lower() in ALONE else text


def _conditions(text: str) -> str:
    """A setting of trade conditions, without spaces and with its first word in lower case; raises ValueError as
    `rules_of` does, or if a condition is changed twice."""
    reading, comma, changes = "".join(text.split()).partition(",")
    setting = reading.lower() + comma + changes
    rules_of(setting)
    codes = [change.partition(":")[0] for change in changes.split(",")]
    if twice := [code for code in codes if codes.count(code) > 1]:
        raise ValueError(f"changes the condition {twice[0]} twice: only one rule can hold")
    return setting


def _some_or_none(text: object) -> object:
    """Parse a list, with "none" for the empty list, because an empty setting means the default."""
    return () if isinstance(text, str) and text.strip().lower() == "none" else split_list(text)


def _benchmark(text: object) -> object:
    """A symbol in upper case, with "none" for the empty text, because an empty setting means the default."""
    if not isinstance(text, str):
        return text
    return "" if text.strip().lower() == "none" else text.strip().upper()


def _require_symbol_or_none(symbol: str) -> str:
    if symbol and not _is_symbol(symbol):
        raise ValueError(f"must be none or a symbol: {SYMBOL_WORDS}")
    return symbol


def _speed(text: object) -> object:
    return math.inf if isinstance(text, str) and text.strip().lower() == "max" else text


def _upper(text: object) -> object:
    return text.strip().upper() if isinstance(text, str) else text


def _lower(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text


Name = Annotated[str, Field(pattern=TOPIC_NAME, description="1 to 200 of letters, digits and . _ -")]
DatabaseName = Annotated[
    str,
    Field(pattern=DATABASE_NAME, description=DATABASE_WORDS),
]
Servers = Annotated[str, Field(pattern=SERVERS, description="host:port, several separated by commas")]
HostName = Annotated[str, Field(pattern=r"^\S+$", description="a host's name or address, without spaces")]
HostNames = Annotated[
    tuple[Annotated[str, Field(pattern=HOST_AND_PORT)], ...],
    BeforeValidator(split_list),
    Field(description="host or host:port without a scheme, several separated by commas"),
]
Url = Annotated[
    str,
    Field(
        pattern=r"^https?://[^\s/]\S*$",
        description="a URL such as https://host or http://host:port/path",
    ),
    AfterValidator(lambda url: url.rstrip("/")),
]
StreamUrl = Annotated[
    str,
    Field(pattern=r"^wss?://[^\s/]\S*$", description="a URL such as wss://host or ws://host:port/path"),
]
Port = Annotated[int, Field(ge=1, le=65535)]

Symbols = Annotated[tuple[str, ...], BeforeValidator(_symbols), AfterValidator(_require_symbols)]
Benchmark = Annotated[str, BeforeValidator(_benchmark), AfterValidator(_require_symbol_or_none)]
Sources = Annotated[str, AfterValidator(_sources)]
TradeConditions = Annotated[str, AfterValidator(_conditions)]
FeedChoice = Annotated[
    Literal["", "live", "simulated"], BeforeValidator(_lower), Field(description="empty, live or simulated")
]
Intervals = Annotated[
    tuple[Interval, ...],
    BeforeValidator(split_list),
    Field(min_length=1, description="one or more of 1m, 5m, 15m, 1h, 1d, separated by commas"),
]
IntervalsOrNone = Annotated[
    tuple[Interval, ...],
    BeforeValidator(_some_or_none),
    Field(description="some of 1m, 5m, 15m, 1h, 1d, separated by commas, or none"),
]
TrainedModel = Literal[
    "linear_regression", "exponential_smoothing", "random_forest", "gradient_boosting", "xgboost", "lstm"
]
TRAINED_MODELS: tuple[TrainedModel, ...] = (
    *("linear_regression", "exponential_smoothing", "random_forest", "gradient_boosting", "xgboost"),
)
"""The models that the base installation can train."""
TrainedModels = Annotated[
    tuple[TrainedModel, ...],
    BeforeValidator(_some_or_none),
    Field(description=f"some of {', '.join(TRAINED_MODELS)}, lstm, separated by commas, or none"),
]
Speed = Annotated[
    float, Field(gt=0, allow_inf_nan=True, description="a number above 0, or max"), BeforeValidator(_speed)
]
ClientName = Annotated[ClientChoice, BeforeValidator(_lower)]
OffsetReset = Annotated[Literal["earliest", "latest"], BeforeValidator(_lower)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]


LookBack = Annotated[int, Field(ge=1, le=64)]
"""Bars of a trained model's input or horizon: its input holds at most 64 returns."""
Every = Annotated[int, Field(ge=1, le=1_000_000)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Attempts = Annotated[int, Field(ge=0, le=1000)]
Observations = Annotated[int, Field(ge=10, le=MAX_PERIOD)]
ForecastSteps = Annotated[int, Field(ge=1, le=500)]
ArimaOrder = Annotated[int, Field(ge=0, le=20)]
Percent = Annotated[float, Field(ge=0, le=100)]
Threshold = Annotated[float, Field(gt=0, le=1_000_000)]
WaitSeconds = Annotated[float, Field(ge=60, le=31_536_000)]
StormSymbols = Annotated[int, Field(ge=2, le=1_000_000)]
PollSeconds = Annotated[float, Field(gt=0, le=86_400)]
PerMinute = Annotated[int, Field(ge=1, le=100_000)]
Rate = Annotated[float, Field(gt=0, le=100_000)]
Share = Annotated[float, Field(gt=0, lt=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Megabytes = Annotated[int, Field(ge=0, le=10**9)]
HangSeconds = Annotated[float, Field(ge=5, le=3600)]
Grace = Annotated[float, Field(ge=0, le=MAX_GRACE)]
